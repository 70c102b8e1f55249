"""A demand: what one property of a resource type must be. Many rules are nothing but tables of demands.

PASS     the demand does not apply, or the property is as demanded, or absent where the service's default is
FAIL     the property is otherwise, or absent where the default is not as demanded
UNKNOWN  the property, its block or a condition is known only at deployment
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pulumi_policy import Severity

from .conditions import Condition, Tribool, all_hold, is_given
from .peek import MISSING, UNKNOWN, Absent, elements, is_list, joined, places, text_of
from .rule import Outcome, Resource, ResourceRule, Verdict


class Check(Protocol):
    """What a value must be; the text form is read after `must be`."""

    def accepts(self, value: object) -> Tribool:
        """Whether a value that is there is right."""


@dataclass(frozen=True)
class OneOf:
    """The value, or one element of a list, is one of these texts (booleans as `true` and `false`)."""

    values: tuple[str, ...]

    def accepts(self, value: object) -> Tribool:
        texts = _texts(value)
        if any(text in self.values for text in texts):
            return True
        return UNKNOWN if UNKNOWN in texts else False

    def __str__(self) -> str:
        return " or ".join(self.values)


@dataclass(frozen=True)
class NoneOf:
    """Neither the value nor an element of a list is one of these texts."""

    values: tuple[str, ...]

    def accepts(self, value: object) -> Tribool:
        texts = _texts(value)
        if any(text in self.values for text in texts):
            return False
        return UNKNOWN if UNKNOWN in texts else True

    def __str__(self) -> str:
        return f"anything but {' or '.join(self.values)}"


@dataclass(frozen=True)
class AllOf:
    """The list holds each of these texts."""

    values: tuple[str, ...]

    def accepts(self, value: object) -> Tribool:
        texts = _texts(value)
        if all(text in texts for text in self.values):
            return True
        return UNKNOWN if UNKNOWN in texts else False

    def __str__(self) -> str:
        return " and ".join(self.values)


@dataclass(frozen=True)
class Between:
    """The number lies between these, both included; `None` is no limit."""

    least: float | None = None
    most: float | None = None

    def accepts(self, value: object) -> Tribool:
        number = _number(value)
        if number is None:
            return False
        return (self.least is None or number >= self.least) and (self.most is None or number <= self.most)

    def __str__(self) -> str:
        if self.most is None:
            return f"at least {self.least:g}"
        return f"at most {self.most:g}" if self.least is None else f"{self.least:g} to {self.most:g}"


@dataclass(frozen=True)
class Like:
    """The text, and each element of a list, matches this pattern as a whole."""

    pattern: str
    said: str
    """What that means, to be read after `must be`."""
    example: str
    """A text that matches, for tests and for readers."""

    def accepts(self, value: object) -> Tribool:
        texts = _texts(value)
        if any(isinstance(text, str) and not re.fullmatch(self.pattern, text) for text in texts):
            return False
        return UNKNOWN if UNKNOWN in texts else bool(texts)

    def __str__(self) -> str:
        return self.said


@dataclass(frozen=True)
class NotLike:
    """Neither the text nor an element of a list matches this pattern as a whole."""

    pattern: str
    said: str
    """What that would mean, to be read after `anything but`."""
    example: str
    """A text that matches, for tests and for readers."""

    def accepts(self, value: object) -> Tribool:
        texts = _texts(value)
        if any(isinstance(text, str) and re.fullmatch(self.pattern, text) for text in texts):
            return False
        return UNKNOWN if UNKNOWN in texts else True

    def __str__(self) -> str:
        return f"anything but {self.said}"


@dataclass(frozen=True)
class NotBeginning:
    """Neither the text nor an element of a list begins with one of these, in any case."""

    prefixes: tuple[str, ...]

    def accepts(self, value: object) -> Tribool:
        texts = _texts(value)
        if any(isinstance(text, str) and text.lower().startswith(self.prefixes) for text in texts):
            return False
        return UNKNOWN if UNKNOWN in texts else True

    def __str__(self) -> str:
        return f"a text that does not begin with {' or '.join(self.prefixes)}"


@dataclass(frozen=True)
class Given:
    """There is a value, and it is not empty."""

    def accepts(self, value: object) -> Tribool:
        return is_given(value) and not (isinstance(value, str) and not value.strip())

    def __str__(self) -> str:
        return "given"


@dataclass(frozen=True)
class NotGiven:
    """There is no value, or an empty one."""

    def accepts(self, value: object) -> Tribool:
        return not is_given(value)

    def __str__(self) -> str:
        return "left out"


@dataclass(frozen=True)
class Demand:
    """One row of a table."""

    types: tuple[str, ...]
    """The type tokens that have this property: resources with versions share a row."""
    path: str
    """The property, below `block`."""
    check: Check
    absent: bool = False
    """Whether the property may be absent, because the service's default is as demanded."""
    block: str = ""
    """The block, or each block of a list, that the demand is about; empty: the resource itself."""
    if_block: bool = False
    """Whether the demand applies only where the block is given."""
    some: bool = False
    """Whether one place that is as demanded is enough, of the several that a list has."""
    when: tuple[Condition, ...] = ()
    """All must hold for the demand to apply."""
    control: str = ""

    @property
    def whole_path(self) -> str:
        """The path of the property from the resource."""
        return joined(self.block, self.path)

    @property
    def way_out(self) -> str:
        """What to do, as a sentence without its full stop."""
        if isinstance(self.check, NotGiven):
            return "Leave it out"
        return "Give it" if isinstance(self.check, Given) else f"Set it to {self.check}"


def demand(
    types: str | tuple[str, ...],
    path: str,
    check: Check,
    *,
    absent: bool = False,
    block: str = "",
    if_block: bool = False,
    some: bool = False,
    when: Condition | tuple[Condition, ...] = (),
    control: str = "",
) -> Demand:
    """A row, with one type or condition written without its tuple."""
    types = (types,) if isinstance(types, str) else types
    when = (when,) if isinstance(when, Condition) else when
    return Demand(types, path, check, absent, block, if_block, some, when, control)


def one_of(*values: str) -> OneOf:
    """One of these texts."""
    return OneOf(values)


TRUE = OneOf(("true",))
FALSE = OneOf(("false",))


def judge_demand(row: Demand, props: Mapping[str, Any]) -> Iterator[Verdict]:
    """The verdicts of one row on the inputs of a resource of one of its types."""
    applies = all_hold(row.when, props)
    if applies is not True:
        if applies is UNKNOWN:
            yield _verdict(row, row.whole_path, UNKNOWN)
        return
    judged = [list(_judge_value(row, at, value)) for at, value in _values(row, props)]
    if row.some and judged:
        if [] not in judged:
            outcomes = {verdict.outcome for verdicts in judged for verdict in verdicts}
            yield _verdict(row, row.whole_path, UNKNOWN if Outcome.UNKNOWN in outcomes else None)
        return
    for verdicts in judged:
        yield from verdicts


def _values(row: Demand, props: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Each place that the demand is about, with its value."""
    for at, block in list(places(props, row.block)) or [
        (row.block, MISSING)
    ]:  # a list may be there and empty
        if block is MISSING and row.if_block:
            continue
        for below, value in list(places(block, row.path)) or [(row.path, MISSING)]:
            yield joined(at, below), value


def _judge_value(row: Demand, path: str, value: object) -> Iterator[Verdict]:
    if value is MISSING:
        if not row.absent and not isinstance(row.check, NotGiven):
            yield _verdict(row, path, MISSING)
    elif value is UNKNOWN:
        if not isinstance(row.check, Given):  # what is known only later is given all the same
            yield _verdict(row, path, UNKNOWN)
    else:
        accepted = row.check.accepts(value)
        if accepted is not True:
            yield _verdict(row, path, UNKNOWN if accepted is UNKNOWN else None)


def _verdict(row: Demand, path: str, absent: Absent | None) -> Verdict:
    if absent is UNKNOWN:
        return Verdict(Outcome.UNKNOWN, path, "is known only at deployment", row.way_out, row.control)
    reason = "is missing" if absent is MISSING else f"must be {row.check}"
    return Verdict(Outcome.FAIL, path, reason, row.way_out, row.control)


def demand_rule(
    name: str,
    group: str,
    description: str,
    rows: tuple[Demand, ...],
    *,
    url: str,
    remediation: str = "Set the property as the message says.",
    severity: Severity = Severity.HIGH,
    controls: Iterable[str] = (),
) -> ResourceRule:
    """The resource rule that a table of demands amounts to."""
    index: dict[str, tuple[Demand, ...]] = {}
    for row in rows:
        for token in row.types:
            index[token] = (*index.get(token, ()), row)

    def judge(resource: Resource) -> Iterator[Verdict]:
        for row in index.get(resource.type, ()):
            yield from judge_demand(row, resource.props)

    named = (*controls, *(row.control for row in rows if row.control))
    return ResourceRule(
        name=name,
        group=group,
        description=description,
        remediation=remediation,
        severity=severity,
        url=url,
        controls=tuple(dict.fromkeys(named)),
        types=frozenset(index),
        judge=judge,
        table=rows,
    )


def _texts(value: object) -> list[str | Absent]:
    return [text_of(element) for element in elements(value)] if is_list(value) else [text_of(value)]


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    try:
        return float(value) if isinstance(value, str) else None
    except ValueError:
        return None
