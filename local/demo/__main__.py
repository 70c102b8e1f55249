"""`python -m local.demo [--market sg] [--cars 240] [--port 8600]`, or `make backoffice-dev`.

Everything is bound to 127.0.0.1 and forgotten at the end (Ctrl-C).
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from threading import Event

from ev_rental.vocabulary import Market
from local.demo.office import Backoffice, Options
from local.site import NotBuiltError


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. Exit code 0 after Ctrl-C, 1 when it could not start."""
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument("--market", type=Market, choices=list(Market), default=Market.SINGAPORE)
    parser.add_argument("--cars", type=int, default=240, help="how many cars the fleet has (default 240)")
    parser.add_argument("--seed", type=int, default=7, help="another seed is another fleet")
    parser.add_argument("--port", type=int, default=0, help="of the page; a free one by default")
    given = parser.parse_args(arguments)
    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        options = Options(market=given.market, cars=given.cars, seed=given.seed, port=given.port)
        with Backoffice(options) as backoffice:
            _say(f"Back office: {backoffice.page.origin}  (staff API: {backoffice.api.origin}; Ctrl-C ends)")
            ended.wait()
    except (NotBuiltError, ValueError, OSError) as error:
        _say(f"local.demo: {error}", to_errors=True)
        return 1
    return 0


def _say(words: str, *, to_errors: bool = False) -> None:
    print(words, file=sys.stderr if to_errors else sys.stdout, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
