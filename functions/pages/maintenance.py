"""The tables of docs/maintenance.md."""

from typing import Final

from ev_rental.dispatching import policy, storm
from ev_rental.rules import RULES
from pages.markdown import Tables, table
from ticket_webhook.backoff import FIRST_SECONDS, LONGEST_SECONDS


def _rules() -> str:
    rows = [
        (
            f"`{rule.name}`",
            rule.severity,
            _minutes(policy.REMIND_MS.get(rule.severity)),
            policy.WORK.get(rule.name, ""),
            "" if rule.rate_limited else "every occurrence, storm or not",
        )
        for rule in RULES
    ]
    return table(("rule", "severity", "told again after", "work order", "notes"), rows)


def _limits() -> str:
    rows = [
        ("a critical alert that nobody took over is escalated after", _minutes(policy.ESCALATE_MS)),
        (
            "notices of one severity at a station at once",
            f"{storm.LIMIT} in {_minutes(storm.WINDOW_MS)}",
        ),
        ("the same, of all cars that stand at none", f"{storm.ELSEWHERE_LIMIT}"),
        ("a summary waits until it was quiet for", _minutes(storm.QUIET_MS)),
        ("and no longer than", _minutes(storm.LONGEST_MS)),
        ("a ticket that was not taken is tried again after", f"{FIRST_SECONDS} s, doubled each time"),
        ("up to", f"{LONGEST_SECONDS} s"),
    ]
    return table(("limit", "value"), rows)


def _minutes(ms: int | None) -> str:
    if ms is None:
        return "never"
    minutes = ms // policy.MINUTE
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


TABLES: Final[Tables] = {"alert-rules": _rules, "dispatch-limits": _limits}
