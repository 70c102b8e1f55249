"""Conditions: when a row of a table applies, told by other properties of the same resource."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from dataclasses import dataclass
from typing import Any, Literal

from .peek import MISSING, UNKNOWN, Absent, places, text_of

Tribool = bool | Literal[Absent.UNKNOWN]
"""Yes, no, or not to be told before a deployment."""


@dataclass(frozen=True)
class Condition:
    """When a row applies, told by one property of the same resource."""

    path: str
    values: tuple[str, ...] = ()
    """The texts that satisfy it; empty: any value does."""
    negated: bool = False
    beginning: bool = False
    """Whether a text that begins with one of the values satisfies it, too."""

    def holds(self, props: Mapping[str, Any]) -> Tribool:
        """Whether it does. An unknown block counts as given; an unknown text gives `UNKNOWN`."""
        satisfied = False
        for _, value in places(props, self.path):
            if not self.values:
                satisfied = satisfied or is_given(value)
            elif value is UNKNOWN:
                return UNKNOWN
            else:
                satisfied = satisfied or self._satisfies(text_of(value))
        return satisfied != self.negated

    def _satisfies(self, text: str | Absent) -> bool:
        if self.beginning:
            return isinstance(text, str) and text.startswith(self.values)
        return text in self.values

    def __str__(self) -> str:
        if self.beginning:
            return f"{self.path} begins with {' or '.join(self.values)}"
        if self.values:
            return f"{self.path} is {'not ' if self.negated else ''}{' or '.join(self.values)}"
        return f"{self.path} is {'not ' if self.negated else ''}given"


def is_given(value: object) -> bool:
    """Whether a value is there and not empty; an unknown one is."""
    return value is UNKNOWN or (value is not MISSING and not (isinstance(value, Sized) and len(value) == 0))


def given(path: str) -> Condition:
    """The property has a value that is not empty."""
    return Condition(path)


def not_given(path: str) -> Condition:
    """The property is absent or empty."""
    return Condition(path, negated=True)


def equals(path: str, *values: str) -> Condition:
    """The property is one of these texts."""
    return Condition(path, values)


def differs(path: str, *values: str) -> Condition:
    """The property is none of these texts; an absent one is none."""
    return Condition(path, values, negated=True)


def begins(path: str, *values: str) -> Condition:
    """The property is a text that begins with one of these."""
    return Condition(path, values, beginning=True)


def all_hold(conditions: Iterable[Condition], props: Mapping[str, Any]) -> Tribool:
    """Whether all conditions hold; `UNKNOWN` when none fails but one cannot be told."""
    answers = [condition.holds(props) for condition in conditions]
    if any(answer is False for answer in answers):
        return False
    return UNKNOWN if any(answer is UNKNOWN for answer in answers) else True
