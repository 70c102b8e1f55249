"""The tables of docs/rental.md."""

from typing import Final

from ev_rental.rental import booking, command, vehicle
from ev_rental.rental.errors import ERROR_KINDS
from ev_rental.rental.events import BOOKING_EVENTS, COMMAND_EVENTS
from ev_rental.rental.market import rental_market
from ev_rental.rental.reading import SILENCE
from ev_rental.vocabulary import Market
from pages.markdown import Tables, table


def _vehicle() -> str:
    rows = sorted(
        (source, event, target)
        for (source, event), targets in vehicle.TRANSITIONS.items()
        for target in targets
    )
    return table(("from", "event type", "to"), rows)


def _booking() -> str:
    rows = [
        (state, ", ".join(sorted(targets)) or "(end)", BOOKING_EVENTS[state])
        for state, targets in booking.TRANSITIONS.items()
    ]
    return table(("state", "next", "event on reaching it"), rows)


def _command() -> str:
    rows = [
        (state, ", ".join(sorted(targets)) or "(end)", COMMAND_EVENTS[state])
        for state, targets in command.TRANSITIONS.items()
    ]
    return table(("state", "next", "event on reaching it"), rows)


def _silence() -> str:
    rows = [(state, limit.connected, limit.disconnected) for state, limit in SILENCE.items()]
    return table(("state", "seconds while connected", "seconds once disconnected"), rows)


def _errors() -> str:
    return table(("code", "kind"), [(code, kind) for code, kind in ERROR_KINDS.items()])


def _markets() -> str:
    rows = []
    for market in map(rental_market, Market):
        tax = (
            f"{market.tax.name} {market.tax.rate * 100:.0f} %, {'in' if market.tax.included else 'ex'}clusive"
        )
        ends = "anywhere in the fence" if market.free_floating else "in a bay"
        newest = market.tariffs[-1]
        minimum = f"{newest.plans[0].minimum_minutes} min"
        rows.append((market.market, market.currency.code, market.currency.minor_digits, tax, minimum, ends))
    return table(("market", "currency", "minor digits", "tax on prices", "minimum", "trips end"), rows)


TABLES: Final[Tables] = {
    "vehicle": _vehicle,
    "booking": _booking,
    "command": _command,
    "silence": _silence,
    "errors": _errors,
    "markets": _markets,
}
