"""`ev up`, `down`, `status`, `logs`, `events`, `inbox`, `simulate`: the platform on this machine."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Final
from urllib.request import urlopen

from cli.command import Commands, add_command
from offline.errors import UsageError

if TYPE_CHECKING:
    from local.folder import Folder

_LOOK_SECONDS: Final = 0.3
_WAIT_SECONDS: Final = 20
_ANSWER_SECONDS: Final = 60
"""More than the emulated AWS waits for an event."""
_COLUMNS: Final = 80


def add(commands: Commands) -> None:
    """Add the commands."""
    up = _command(
        commands,
        "up",
        _up,
        "bring the platform up on this machine, or a running one up to date",
        "ev up\nev up dev --cars 200 --speed 10\nev up dev --config blue-horizons:fleetSize=500",
    )
    up.add_argument(
        "--cars", type=int, default=60, metavar="N", help="cars of the fleet; 0: no fleet (default: 60)"
    )
    up.add_argument("--riders", type=int, default=8, metavar="N", help="riders who use it (default: 8)")
    up.add_argument(
        "--seed", type=int, default=7, metavar="N", help="another seed is another fleet (default: 7)"
    )
    up.add_argument("--speed", type=float, metavar="X", help="how many times as fast as time (default: 1)")
    up.add_argument(
        "--config", action="append", default=[], metavar="K=V", help="set a configuration value; repeatable"
    )
    down = _command(commands, "down", _down, "stop the platform and forget it", "ev down\nev down dev --keep")
    down.add_argument("--keep", action="store_true", help="keep what it knows, for the next `ev up`")
    status = _command(
        commands, "status", _status, "what the platform is doing", "ev status\nev status --json"
    )
    status.add_argument("--json", action="store_true", help="print it as JSON")
    logs = _command(
        commands,
        "logs",
        _logs,
        "what a process or a function said",
        "ev logs telemetry -f\nev logs aws\nev logs   # lists what there is",
        by_option=True,
    )
    logs.add_argument("name", nargs="?", metavar="NAME", help="a process or (part of the name of) a function")
    logs.add_argument("-f", "--follow", action="store_true", help="go on, until Ctrl-C")
    events = _command(
        commands, "events", _events, "what the event buses carry", "ev events -f\nev events --json | head"
    )
    events.add_argument("-f", "--follow", action="store_true", help="go on, until Ctrl-C")
    events.add_argument("--json", action="store_true", help="whole events, one a line")
    inbox = _command(
        commands, "inbox", _inbox, "mails, text messages and pushes that would have been sent", "ev inbox"
    )
    inbox.add_argument("--json", action="store_true", help="print them as JSON")
    region = _command(
        commands,
        "region",
        _region,
        "lose a Region, or get it back: for drills of a failover",
        "ev region lose ap-southeast-1\nev region restore ap-southeast-1",
        by_option=True,
    )
    region.add_argument("verb", choices=("lose", "restore"), help="what happens to it")
    region.add_argument("region", metavar="REGION", help="such as ap-southeast-1")
    simulate = commands.add_parser(
        "simulate",
        help="drive a fleet, or one of its scenarios, against the running platform",
        add_help=False,
        prefix_chars="\0",  # its options are the fleet's own
    )
    simulate.add_argument("arguments", nargs=argparse.REMAINDER)
    simulate.set_defaults(run=_simulate)


def _command(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace], int],
    what: str,
    examples: str,
    *,
    by_option: bool = False,
) -> argparse.ArgumentParser:
    """A command of a stack, which is its argument or, `by_option`, an option."""
    parser = add_command(commands, name, run, what, examples)
    if by_option:
        parser.add_argument("--stack", default="dev", help="the stack (default: dev)")
    else:
        parser.add_argument(
            "stack", nargs="?", default="dev", metavar="STACK", help="the stack (default: dev)"
        )
    return parser


def _folder(options: argparse.Namespace) -> Folder:
    from local.folder import ROOT, Folder

    known = sorted(file.name.split(".")[1] for file in ROOT.glob("Pulumi.*.yaml"))
    if options.stack not in known:
        raise UsageError(f"there is no stack {options.stack!r}: the stacks are {', '.join(known)}")
    return Folder.of(options.stack)


def _running(options: argparse.Namespace) -> Folder:
    from local.supervisor import is_running

    folder = _folder(options)
    if not is_running(folder):
        raise UsageError(f"{folder.stack} does not run: bring it up with `ev up {folder.stack}`")
    return folder


def _up(options: argparse.Namespace) -> int:
    from local.control import ControlError, UpOptions, up
    from local.supervisor import Options
    from local.welcome import welcome

    folder = _folder(options)
    for pair in options.config:
        if "=" not in pair:
            raise UsageError(f"--config {pair!r} must be KEY=VALUE")
    if not 0 <= options.cars <= 5_000:
        raise UsageError(f"--cars {options.cars}: 0 to 5000 can be")
    if options.speed is not None and not 0 < options.speed <= 100:
        raise UsageError(f"--speed {options.speed:g}: above 0 and up to 100 can be")
    run = Options(tuple(options.config), options.cars, options.riders, options.seed)
    began = time.monotonic()
    try:
        up(folder, UpOptions(run, options.speed), _say)
    except ControlError as error:
        print(f"ev: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"ev: stopped; what {folder.stack} knows is kept for the next `ev up`", file=sys.stderr)
        return 1
    print(welcome(folder, time.monotonic() - began))
    return 0


def _down(options: argparse.Namespace) -> int:
    from local.control import ControlError, forget, stop

    folder = _folder(options)
    try:
        ran = stop(folder)
        if not options.keep:
            forget(folder)
    except ControlError as error:
        print(f"ev: {error}", file=sys.stderr)
        return 1
    ended = "stopped" if ran else "did not run"
    print(f"{folder.stack} {ended}; {'what it knows is kept' if options.keep else 'nothing of it is left'}")
    return 0


def _status(options: argparse.Namespace) -> int:
    from local.report import gather, render

    told = gather(_folder(options))
    print(json.dumps(told, indent=2) if options.json else render(told))
    return 0 if told["phase"] in ("ready", "absent") else 1


def _logs(options: argparse.Namespace) -> int:
    folder = _folder(options)
    found = sorted(folder.logs.glob("*.log")) + sorted((folder.logs / "functions").glob("*.log"))
    names = [file.stem for file in found]
    if options.name is None:
        print("\n".join(names) or f"{folder.stack} has no logs")
        return 0
    exact = [file for file in found if file.stem == options.name]
    chosen = exact or [file for file in found if options.name in file.stem]
    if len(chosen) > 1:
        several = ", ".join(file.stem for file in chosen)
        raise UsageError(
            f"{options.name!r} is in the names of {len(chosen)} logs, give more of it: {several}"
        )
    if not chosen:
        raise UsageError(f"no log has {options.name!r} in its name{_nearest(options.name, names)}")
    for text in _lines(chosen[0], follow=options.follow):
        print(text, end="", flush=True)
    return 0


def _nearest(name: str, names: Sequence[str]) -> str:
    """What may have been meant, and where to look."""
    if not names:
        return ": nothing ran yet"
    # A function's name has its stack's before it, which nobody types.
    near = [whole for whole in names if get_close_matches(name, [whole, *_parts(whole)], 1, 0.7)]
    meant = f"; near it: {', '.join(near)}" if near else ""
    return f"{meant}; `ev logs` lists all {len(names)}"


def _parts(name: str) -> list[str]:
    """`a-b-c` -> `a`, `a-b`, `b`, `b-c`, `c`."""
    words = name.split("-")
    return ["-".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)]


def _lines(file: Path, *, follow: bool) -> Iterator[str]:
    position = 0
    while True:
        if file.exists() and file.stat().st_size < position:  # it was begun anew
            position = 0
        if file.exists():
            with file.open(errors="replace") as stream:
                stream.seek(position)
                yield from stream
                position = stream.tell()
        if not follow:
            return
        Event().wait(_LOOK_SECONDS)


def _events(options: argparse.Namespace) -> int:
    from local.endpoints import Endpoints

    origin = Endpoints.load(_running(options).endpoints).url("aws")
    after = 0
    while True:
        wait = _WAIT_SECONDS if options.follow else 0
        told = _told(f"{origin}/_local/events?after={after}&wait={wait}")
        for event in told["events"]:
            print(json.dumps(event) if options.json else _event_line(event), flush=True)
        after = told["next"]
        if not options.follow:
            return 0


def _told(url: str) -> Any:  # noqa: ANN401 - JSON
    with urlopen(url, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310 - an origin of ours
        return json.load(answer)


def _event_line(event: dict[str, Any]) -> str:
    detail = event["detail"]
    about = detail.get("entity") or detail.get("id") or "" if isinstance(detail, dict) else ""
    line = f"{event['time'][11:19]}  {event['detail-type']:<24} {about}"
    return line if len(line) <= _COLUMNS else f"{line[: _COLUMNS - 3]}..."  # --json has all of it


def _inbox(options: argparse.Namespace) -> int:
    from local.endpoints import Endpoints

    origin = Endpoints.load(_running(options).endpoints).url("aws")
    notices = _told(f"{origin}/_local/inbox")
    if options.json:
        print(json.dumps(notices, indent=2))
        return 0
    for notice in notices:
        at = time.strftime("%H:%M:%S", time.gmtime(notice["at"]))
        print(
            f"{at}  {notice['protocol']} to {notice['endpoint']}: {notice['subject']}\n{notice['message']}\n"
        )
    if not notices:
        print("nothing was sent")
    return 0


def _region(options: argparse.Namespace) -> int:
    from local.deployment import Deployment
    from local.lost import LostRegions

    folder = _running(options)
    known = sorted({made.region for made in Deployment.load(folder.deployment).resources.values()} - {""})
    if options.region not in known:
        raise UsageError(
            f"{options.region!r} has nothing of {folder.stack}: its Regions are {', '.join(known)}"
        )
    lost = LostRegions(folder)
    if options.verb == "lose":
        lost.lose(options.region)
    else:
        lost.restore(options.region)
    print(f"lost: {', '.join(sorted(lost())) or 'no Region'}")
    return 0


def _simulate(options: argparse.Namespace) -> int:
    from local.folder import ROOT, python_environment

    whose = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    whose.add_argument("--stack", default="dev")
    given, others = whose.parse_known_args(options.arguments)
    return subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "local.fleet", str(_folder(given).path), *others],
        cwd=ROOT,
        env=python_environment(),
        check=False,
    ).returncode


def _say(words: str) -> None:
    print(f"  {words}", file=sys.stderr, flush=True)
