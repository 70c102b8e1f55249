"""The rule tables of the documentation, written from the rules themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from . import encryption
from .core.companions import Companion
from .core.demands import Demand
from .core.forbidden import Forbidden
from .core.frameworks import NOT_IN_FSBP
from .core.rule import ResourceRule, Rule, StackRule
from .encryption.slots import KeySlot
from .pack import ALL_RULES

BEGIN = "<!-- rules: written by `python -m guardrails docs`, do not edit -->"
END = "<!-- rules: end -->"


_Row = TypeVar("_Row")


def render() -> str:
    """The part of the page between the two marks: the rules, then the tables that they amount to."""
    tables = (_rules(), _slots(), _demands(), _companions(), _forbidden())
    return "\n\n".join("\n".join(table) for table in tables)


def replaced(page: str) -> str:
    """The page with its generated part renewed. Raises `ValueError` when a mark is missing."""
    if BEGIN not in page or END not in page:
        raise ValueError(f"The page has no generated part: add the lines {BEGIN!r} and {END!r}")
    before, rest = page.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    return f"{before}{BEGIN}\n{render()}\n{END}{after}"


def _rules() -> Iterable[str]:
    yield "| rule | kind | level | severity | what must hold | Security Hub controls |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for rule in ALL_RULES:
        cells = (
            f"[`{rule.name}`]({rule.url})",
            _kind(rule),
            rule.level.value,
            rule.severity.value,
            rule.description,
            ", ".join(map(_control, rule.controls)),
        )
        yield f"| {' | '.join(cells)} |"


def _kind(rule: Rule) -> str:
    if rule.group == "the pack itself":
        return "pack"
    return "resource" if isinstance(rule, ResourceRule) else "stack"


def _control(control: str) -> str:
    return f"{control}\\*" if control in NOT_IN_FSBP else control


def _slots() -> Iterable[str]:
    yield "| rule | type | key property | must also hold | applies when | control |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for rule, rows in encryption.TABLES:
        for row in rows:
            for token in row.types:
                yield f"| {' | '.join((f'`{rule.name}`', f'`{token}`', *_row(row)))} |"


def _row(row: KeySlot) -> tuple[str, ...]:
    settings = "; ".join(f"`{setting.path}` = {' or '.join(setting.values)}" for setting in row.settings)
    conditions = [str(condition) for condition in row.when]
    conditions += [f"{row.block} is given"] if row.if_block else []
    conditions += ["a key is named"] if row.if_key else []
    return f"`{row.path}`", settings, "; ".join(conditions), _control(row.control)


def _demands() -> Iterable[str]:
    yield "| rule | type | property | must be | may be left out | applies when | control |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for rule, row in _rows(Demand):
        for token in row.types:
            yield f"| {' | '.join((f'`{rule.name}`', f'`{token}`', *_demand(row)))} |"


def _demand(row: Demand) -> tuple[str, ...]:
    conditions = [str(condition) for condition in row.when]
    conditions += [f"{row.block} is given"] if row.if_block else []
    must = f"{row.check}, in one place at least" if row.some else str(row.check)
    return (
        f"`{row.whole_path}`",
        must,
        "yes" if row.absent else "",
        "; ".join(conditions),
        _control(row.control),
    )


def _companions() -> Iterable[str]:
    yield "| rule | each | has beside it | whose property | unless it has | control |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for rule, row in _rows(Companion):
        by, unless = _tokens(row.by), _tokens(row.unless)
        for token in row.of:
            cells = (f"`{rule.name}`", f"`{token}`", by, f"`{row.via}`", unless, _control(row.control))
            yield f"| {' | '.join(cells)} |"


def _forbidden() -> Iterable[str]:
    yield "| rule | type or service | why | way out | control |"
    yield "| --- | --- | --- | --- | --- |"
    for rule, row in _rows(Forbidden):
        cells = (f"`{rule.name}`", f"`{row.what}`", row.reason, row.way_out, _control(row.control))
        yield f"| {' | '.join(cells)} |"


def _rows(kind: type[_Row]) -> Iterable[tuple[Rule, _Row]]:
    for rule in ALL_RULES:
        for row in rule.table if isinstance(rule, ResourceRule | StackRule) else ():
            if isinstance(row, kind):
                yield rule, row


def _tokens(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
