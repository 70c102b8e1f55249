"""Waivers: agreed, dated exceptions from a rule, kept in the pack's configuration.

Each is `{"rule": name, "urn": pattern, "reason": text, "expires": "YYYY-MM-DD"}`. The pattern is a shell
pattern over the whole URN. A waiver holds through its last day. One with a fault waives nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from typing import Any

from .peek import Absent, elements, is_list, peek

FIELDS = ("rule", "urn", "reason", "expires")

SCHEMA: dict[str, dict[str, Any]] = {
    "waivers": {
        "type": "array",
        "description": "Agreed, dated exceptions from a rule.",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": list(FIELDS),
            "properties": {
                "rule": {"type": "string", "description": "The rule's name."},
                "urn": {"type": "string", "description": "A shell pattern over the whole URN."},
                "reason": {
                    "type": "string",
                    "minLength": 1,
                    "description": "Why it is acceptable, and who agreed.",
                },
                "expires": {"type": "string", "format": "date", "description": "Its last day, YYYY-MM-DD."},
            },
        },
    }
}
"""JSON Schema of the configuration property, as `PolicyConfigSchema` takes it."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Waiver:
    """One exception that holds today."""

    rule: str
    urn: str
    reason: str
    expires: date

    def covers(self, rule: str, urn: str) -> bool:
        """Whether it is about this rule on this resource."""
        return self.rule == rule and fnmatchcase(urn, self.urn)


@dataclass(frozen=True)
class Parsed:
    """What a configuration holds: the waivers that count, and what is wrong with the others."""

    waivers: tuple[Waiver, ...] = ()
    faults: tuple[str, ...] = ()


def today_utc() -> date:
    """Today's date in UTC, so that a waiver ends everywhere at once."""
    return datetime.now(UTC).date()


def parse(config: Mapping[str, Any], rules: Iterable[str], today: date) -> Parsed:
    """Read the `waivers` property. What is not as the module says becomes a fault, never an exception."""
    known = frozenset(rules)
    faults = [
        f"{key!r} is not a setting of this rule: the only one is 'waivers'"
        for key in config
        if key != "waivers"
    ]
    entries = peek(config, "waivers")
    if isinstance(entries, Absent):
        return Parsed(faults=tuple(faults))
    if not is_list(entries):
        return Parsed(faults=(*faults, "'waivers' is not a list: write one entry for each exception"))
    waivers: list[Waiver] = []
    for index, entry in enumerate(elements(entries)):
        found = _entry(entry, known, today)
        if isinstance(found, Waiver):
            waivers.append(found)
        else:
            faults += [f"waivers[{index}] {fault}" for fault in found]
    return Parsed(tuple(waivers), tuple(faults))


def _entry(entry: object, known: frozenset[str], today: date) -> Waiver | list[str]:
    if not isinstance(entry, Mapping):
        return [f"is not an object: write one with {', '.join(FIELDS)}"]
    faults = [
        f"has an unknown field {key!r}: the fields are {', '.join(FIELDS)}"
        for key in entry
        if key not in FIELDS
    ]
    text: dict[str, str] = {}
    for name in FIELDS:
        value = peek(entry, name)
        text[name] = value.strip() if isinstance(value, str) else ""
        if not text[name]:
            faults.append(f"has no {name}: write it as text that is not blank")
    if text["rule"] and text["rule"] not in known:
        faults.append(
            f"names the rule {text['rule']!r}, which does not exist: the rules are {', '.join(sorted(known))}"
        )
    if text["urn"] and not text["urn"].strip("*?"):
        faults.append(
            f"has the pattern {text['urn']!r}, which waives every resource: name the type or the resource"
        )
    expires = _date(text["expires"])
    if text["expires"] and expires is None:
        faults.append(f"expires on {text['expires']!r}, which is not a date: write YYYY-MM-DD")
    if expires is not None and expires < today:
        faults.append(
            f"for {text['rule']!r} expired on {expires}: remove it, or agree on a new date and reason"
        )
    if faults or expires is None:
        return faults
    return Waiver(text["rule"], text["urn"], text["reason"], expires)


def _date(text: str) -> date | None:
    if not _DATE.fullmatch(text):  # fromisoformat also reads week dates and dates without dashes
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class Ledger:
    """The waivers in force, shared by the policies of one pack.

    Pulumi tells a policy only its own configuration, so the policy that owns the waivers is first in the
    pack and loads them here before any other judges the same resource. Until it has, nothing is waived.
    """

    def __init__(self, rules: Iterable[str], today: Callable[[], date] = today_utc) -> None:
        self._rules = tuple(rules)
        self._today = today
        self._config: Mapping[str, Any] | None = None
        self.parsed = Parsed()

    def load(self, config: Mapping[str, Any]) -> Parsed:
        """Take over a configuration; cheap when it is the one already loaded."""
        if config != self._config:
            self.parsed = parse(config, self._rules, self._today())
            # Last: calls come at once, and whoever finds it loaded must find the waivers.
            self._config = dict(config)
        return self.parsed

    def find(self, rule: str, urn: str) -> Waiver | None:
        """The waiver of this rule on this resource that lasts longest, if there is one."""
        found = [waiver for waiver in self.parsed.waivers if waiver.covers(rule, urn)]
        return max(found, key=lambda waiver: waiver.expires, default=None)
