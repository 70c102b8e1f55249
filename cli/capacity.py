"""`ev capacity`: which limit bites first, from a thousand cars to a million."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cli.command import CLEAN, Commands, add_command
from offline.errors import UsageError

if TYPE_CHECKING:
    from components.markets import Market

FLEETS = (1_000, 10_000, 100_000, 1_000_000)
INTERVAL = 5
WIDTH = 80
_MOST_COLUMNS = 4
_MOST_CARS = 10_000_000


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "capacity",
        _capacity,
        "how near fleets come to the limits of an account, and which bites first",
        "ev capacity\n"
        "ev capacity --cars 500,5000,50000 --market my --interval 30\n"
        "ev capacity --json | jq '.bites[0]'",
        "Compute each limit's use from 1,000 to 1,000,000 cars. Arithmetic: nothing is asked or run.\n"
        "components/capacity.py holds the assumptions and where each limit is written down.",
    )
    parser.add_argument(
        "--cars",
        default=",".join(map(str, FLEETS)),
        metavar="N,N,...",
        help="fleets (default: %(default)s)",
    )
    parser.add_argument("--market", default="sg", metavar="MARKET", help="the market (default: sg)")
    parser.add_argument(
        "--interval",
        type=int,
        default=INTERVAL,
        metavar="S",
        help="seconds between a car's messages (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def _capacity(options: argparse.Namespace) -> int:
    fleets = _fleets(options.cars)
    market = _market(options.market)
    if not 1 <= options.interval <= 3_600:
        raise UsageError(f"--interval {options.interval}: 1 to 3600 seconds can be")
    if options.json:
        print(json.dumps(document(fleets, market, options.interval), indent=2))
        return CLEAN
    if len(fleets) > _MOST_COLUMNS:
        raise UsageError(
            f"--cars {options.cars}: {len(fleets)} fleets do not fit beside each other; give {_MOST_COLUMNS} "
            "at most, or pass --json"
        )
    print("\n".join(lines(fleets, market, options.interval)))
    return CLEAN


def lines(fleets: Sequence[int], market: Market, interval: int) -> Iterator[str]:
    """The report, in lines of 80 columns at most."""
    from components.capacity import bites, first_new, limits, shards
    from components.markets import MARKETS

    primary, ingest = MARKETS[market].primary, MARKETS[market].telemetry_ingest
    yield f"Market {market} ({primary}), a message a car each {interval} s: part used of each limit"
    if ingest is not primary:
        yield f"Its cars connect in {ingest}."
    yield ""
    yield f"{'cars':<23}{'limit':>20} {''.join(f'{_cars(cars):>9}' for cars in fleets)}"
    for row in zip(*(limits(cars, interval, market) for cars in fleets), strict=True):
        allowed = "" if row[0].allowed is None else f"{row[0].allowed:,g}"
        cells = [_number(r.load) if r.used is None else f"{_number(100 * r.used)}%" for r in row]
        yield f"{row[0].name:<23}{f'{allowed} {row[0].unit}':>20} {''.join(f'{c:>9}' for c in cells)}"
    counts = [shards(cars, interval) for cars in fleets]
    cells = ["*" if count is None else str(count) for count in counts]
    yield f"{'Kinesis shards (* on demand)':<43} {''.join(f'{cell:>9}' for cell in cells)}"
    found = bites(interval, market, max(fleets))
    for above, cars in zip((0, *fleets), fleets, strict=False):
        yield ""
        new = first_new(found, above, cars)
        if not new:
            most = max(limits(cars, interval, market), key=lambda limit: limit.used or 0)
            used = f"{100 * (most.used or 0):.0f}%"
            yield f"Up to {cars:,} cars nothing new bites; nearest: {most.name}, {used}."
            continue
        yield f"On the way to {cars:,} cars:"
        for bite in new:
            yield from textwrap.wrap(
                f"{bite.cars:,} cars: {bite.limit.name}. {bite.limit.then}",
                WIDTH,
                initial_indent="  ",
                subsequent_indent="    ",
                break_on_hyphens=False,
            )


def document(fleets: Sequence[int], market: Market, interval: int) -> dict[str, Any]:
    """The same as data."""
    from components.capacity import bites, limits, shards

    return {
        "market": str(market),
        "intervalSeconds": interval,
        "fleets": [
            {
                "cars": cars,
                "shards": shards(cars, interval),
                "limits": [
                    {
                        "name": limit.name,
                        "load": limit.load,
                        "allowed": limit.allowed,
                        "unit": limit.unit,
                        "used": limit.used,
                        "source": limit.source,
                    }
                    for limit in limits(cars, interval, market)
                ],
            }
            for cars in fleets
        ],
        "bites": [
            {"cars": bite.cars, "limit": bite.limit.name, "then": bite.limit.then}
            for bite in bites(interval, market, max(fleets))
        ],
    }


def _fleets(text: str) -> list[int]:
    try:
        fleets = sorted({int(part) for part in text.split(",")})
    except ValueError:
        raise UsageError(f"--cars {text!r}: numbers with commas between them, such as 1000,10000") from None
    if not all(1 <= cars <= _MOST_CARS for cars in fleets):
        raise UsageError(f"--cars {text!r}: 1 to {_MOST_CARS} cars can be")
    return fleets


def _market(text: str) -> Market:
    from components.markets import Market

    try:
        return Market(text)
    except ValueError:
        raise UsageError(f"--market {text!r}: the markets are {', '.join(Market)}") from None


def _cars(cars: int) -> str:
    return f"{cars / 1e6:g}M" if cars >= 1_000_000 else f"{cars:,}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 0.05 or not value else "<0.1"
