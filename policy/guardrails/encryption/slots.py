"""A key slot: one place in a resource type where a customer-managed key belongs. Rules are tables of slots.

PASS     the slot does not apply, or holds a customer-managed key and its companions have the right setting
FAIL     the key is absent, blank, managed by AWS or no key; or a setting switches the key off
UNKNOWN  key, setting or condition is known only at deployment
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_policy import Severity

from ..core.conditions import (
    Condition,
    Tribool,
    all_hold,
    differs,
    equals,
    given,
    is_given,
    not_given,
)
from ..core.peek import EACH, MISSING, UNKNOWN, elements, is_list, joined, peek, places, text_of
from ..core.rule import Outcome, Resource, ResourceRule, Verdict
from .key_id import KeyId, classify

GROUP = "encryption at rest"

USE_A_KEY = "Set it to the ARN of a customer-managed KMS key, such as an aws.kms.Key's arn"


@dataclass(frozen=True)
class Setting:
    """A property beside the key that must have a certain value for the key to be used."""

    path: str
    """Below the slot's block."""
    values: tuple[str, ...]
    """The texts allowed, booleans as `true` and `false`; a list must hold one of them."""
    default: str | None = None
    """What the service takes when the property is absent; `None` when that is never right."""


@dataclass(frozen=True)
class KeySlot:
    """One row of a table."""

    types: tuple[str, ...]
    """The type tokens that have this slot: resources with versions share a row."""
    key: str
    """The key property, below `block`."""
    block: str = ""
    """The block, or each block of a list (`replicas[]`), that holds the key; empty: the resource itself."""
    if_block: bool = False
    """Whether the slot applies only where the block is given; otherwise its absence is a failure."""
    if_key: bool = False
    """Whether the key may be absent, because the service then takes the key of something already judged."""
    settings: tuple[Setting, ...] = ()
    when: tuple[Condition, ...] = ()
    """All must hold for the slot to apply."""
    control: str = ""

    @property
    def path(self) -> str:
        """The whole path of the key property."""
        return joined(self.block, self.key)

    def applies(self, props: Mapping[str, Any]) -> Tribool:
        """Whether all conditions hold; `UNKNOWN` when none fails but one cannot be told."""
        return all_hold(self.when, props)


def must(path: str, *values: str, default: str | None = None) -> Setting:
    """The property must be one of these texts."""
    return Setting(path, values, default)


def slot(
    types: str | tuple[str, ...],
    key: str,
    *settings: Setting,
    block: str = "",
    if_block: bool = False,
    if_key: bool = False,
    when: Condition | tuple[Condition, ...] = (),
    control: str = "",
) -> KeySlot:
    """A row, with one type or condition written without its tuple."""
    types = (types,) if isinstance(types, str) else types
    when = (when,) if isinstance(when, Condition) else when
    return KeySlot(types, key, block, if_block, if_key, settings, when, control)


def judge_slot(row: KeySlot, props: Mapping[str, Any]) -> Iterator[Verdict]:
    """The verdicts of one row on the inputs of a resource of one of its types."""
    applies = row.applies(props)
    if applies is not True:
        if applies is UNKNOWN:
            yield _unknown(row.path, row)
        return
    blocks = list(places(props, row.block))
    if not blocks:  # the list is there and empty
        blocks = [(row.block, MISSING)]
    for at, block in blocks:
        if block is MISSING:
            if not row.if_block:
                yield _bad_key(joined(at, row.key), KeyId.ABSENT, row)
        elif block is UNKNOWN:
            yield _unknown(joined(at, row.key), row)
        else:
            yield from _judge_block(row, at, block)


def _judge_block(row: KeySlot, at: str, block: object) -> Iterator[Verdict]:
    for setting in row.settings:
        yield from _judge_setting(row, at, block, setting)
    for below, value in places(block, row.key):
        found = classify(value)
        if found is KeyId.UNKNOWN:
            yield _unknown(joined(at, below), row)
        elif found is not KeyId.CUSTOMER and not (row.if_key and found is KeyId.ABSENT):
            yield _bad_key(joined(at, below), found, row)


def _judge_setting(row: KeySlot, at: str, block: object, setting: Setting) -> Iterator[Verdict]:
    value: object = block
    for name in setting.path.split("."):
        value = peek(value, name)
    path = joined(at, setting.path)
    texts = [text_of(element) for element in elements(value)] if is_list(value) else [text_of(value)]
    if value is MISSING and setting.default is not None:
        texts = [setting.default]
    if any(text in setting.values for text in texts):
        return
    if UNKNOWN in texts:
        yield _unknown(path, row)
    else:
        allowed = " or ".join(setting.values)
        reason = "is missing" if value is MISSING else "switches the customer-managed key off"
        yield Verdict(Outcome.FAIL, path, reason, f"Set it to {allowed}", row.control)


def _bad_key(path: str, found: KeyId, row: KeySlot) -> Verdict:
    return Verdict(Outcome.FAIL, path, found.value, USE_A_KEY, row.control)


def _unknown(path: str, row: KeySlot) -> Verdict:
    return Verdict(Outcome.UNKNOWN, path, KeyId.UNKNOWN.value, USE_A_KEY, row.control)


def by_type(rows: tuple[KeySlot, ...]) -> dict[str, tuple[KeySlot, ...]]:
    """The rows of each type token."""
    index: dict[str, tuple[KeySlot, ...]] = {}
    for row in rows:
        for token in row.types:
            index[token] = (*index.get(token, ()), row)
    return index


def key_rule(name: str, what: str, rows: tuple[KeySlot, ...], url: str) -> ResourceRule:
    """The resource rule that a table of slots amounts to. `what` is its subject in the plural."""
    index = by_type(rows)

    def judge(resource: Resource) -> Iterator[Verdict]:
        for row in index.get(resource.type, ()):
            yield from judge_slot(row, resource.props)

    return ResourceRule(
        name=name,
        group=GROUP,
        description=f"{what} are encrypted at rest with a customer-managed key.",
        remediation=f"{USE_A_KEY}, and grant the service the use of it in the key's policy.",
        severity=Severity.HIGH,
        url=url,
        controls=tuple(dict.fromkeys(row.control for row in rows if row.control)),
        types=frozenset(index),
        judge=judge,
    )


__all__ = [
    "EACH",
    "GROUP",
    "USE_A_KEY",
    "Condition",
    "KeySlot",
    "Setting",
    "by_type",
    "differs",
    "equals",
    "given",
    "is_given",
    "judge_slot",
    "key_rule",
    "must",
    "not_given",
    "slot",
]
