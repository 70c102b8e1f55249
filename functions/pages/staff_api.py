"""The tables of docs/staff-api.md."""

from typing import Final

from ev_rental.staff.access import ACCESS, Group
from ev_rental.staff.audit import Outcome
from ev_rental.work_orders import TRANSITIONS
from pages.markdown import Tables, table
from pages.rider_api import problems_of
from staff_api.routes import routes

OUTCOMES: Final = {
    Outcome.DONE: "it was done; of a command: the broker has it",
    Outcome.REQUESTED: "a command was given; whether the broker took it is a record of its own",
    Outcome.REFUSED: "a rule forbids it; `code` says which",
    Outcome.DENIED: "the group may not do it",
    Outcome.FAILED: "the broker did not take the command",
}


def routes_table() -> str:
    """Every route with the groups that may use it."""
    return table(
        ("route", "operation", "does", "answers", *Group),
        (
            (
                f"`{operation.method} {operation.path}`",
                f"`{operation.name}`",
                operation.summary,
                f"{operation.status} `{operation.answer.__name__}`",
                *("yes" if group in ACCESS[operation.name] else "" for group in Group),
            )
            for operation in routes.all
        ),
    )


def problems_table() -> str:
    """Every code that staff may meet."""
    return problems_of(code for operation in routes.all for code in operation.all_problems)


def outcomes_table() -> str:
    """How an act may end in the trail."""
    return table(("outcome", "means"), ((f"`{outcome}`", text) for outcome, text in OUTCOMES.items()))


def work_orders_table() -> str:
    """The life of a work order."""
    rows = [(status, ", ".join(sorted(following)) or "(end)") for status, following in TRANSITIONS.items()]
    return table(("status", "next"), rows)


TABLES: Final[Tables] = {
    "routes": routes_table,
    "problems": problems_table,
    "outcomes": outcomes_table,
    "work-orders": work_orders_table,
}
