"""`python -m local.fleet FOLDER [OPTIONS]`, or `ev simulate`: drives a fleet against a running platform."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from local.fleet.fleet import Fleet, Plan
from local.fleet.scenarios import SCENARIOS
from local.fleet.turn import GAVE_WAY, Turn
from local.folder import Folder

_EXAMPLES = """examples:
  ev simulate --scenario thermal-runaway --minutes 2
  ev simulate --stack prod-my --minutes 10
  ev simulate --cars 200 --riders 40 --scenario rush-hour --minutes 10 --json
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 at its end, 1 when nothing runs, 2 for bad usage."""
    given = _parser().parse_args(arguments)
    folder = Folder(given.folder.resolve())
    if not folder.deployment.is_file():
        sys.stderr.write(f"{folder.stack} is not deployed: bring it up with `ev up {folder.stack}`\n")
        return 1
    plan = Plan(
        cars=given.cars,
        riders=given.riders,
        seed=given.seed,
        minutes=given.minutes,
        interval=given.interval,
        scenarios=tuple(given.scenario),
    )
    fleet = Fleet(folder, plan, _say)
    turn = Turn(folder, background=given.background)
    with turn, suppress(asyncio.CancelledError, KeyboardInterrupt):
        asyncio.run(_until_told(fleet, turn))
    if turn.lost:
        return GAVE_WAY
    if given.json:
        sys.stdout.write(json.dumps(fleet.account(), indent=1) + "\n")
    else:
        _say(fleet.words())
    return 0


async def _until_told(fleet: Fleet, turn: Turn) -> None:
    running = asyncio.create_task(fleet.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    watching = asyncio.create_task(turn.watch(running.cancel))
    try:
        await running
    finally:
        watching.cancel()


def _say(words: str) -> None:
    sys.stderr.write(words + "\n")
    sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ev simulate",
        description="Drive a fleet and its riders against the running platform, by its public doors.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("folder", type=Path, help=argparse.SUPPRESS)
    add("--stack", help="the stack (default: dev)")  # `ev` reads it, and hands over the folder
    add("--cars", type=_count, default=Plan.cars, metavar="N", help="cars (default: %(default)s)")
    add("--riders", type=_count, default=Plan.riders, metavar="N", help="riders (default: %(default)s)")
    add("--seed", type=int, default=Plan.seed, metavar="N", help="another seed is another fleet")
    add("--minutes", type=float, metavar="M", help="of the platform's clock; without it, until Ctrl-C")
    add("--interval", type=float, metavar="S", help="s between a car's reports (default: the stack's own)")
    add(
        "--scenario",
        action="append",
        default=[],
        choices=sorted(SCENARIOS),
        help="what goes wrong; repeatable: " + ", ".join(sorted(SCENARIOS)),
        metavar="NAME",
    )
    add("--background", action="store_true", help=argparse.SUPPRESS)
    add("--json", action="store_true", help="at the end, print all that was sent and booked")
    return parser


def _count(text: str) -> int:
    if not text.isdigit() or int(text) > 5_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 5000")
    return int(text)


if __name__ == "__main__":
    raise SystemExit(main())
