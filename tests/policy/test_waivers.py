"""Waivers: agreed exceptions that must be correct and must end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given, strategies as st

from guardrails.core.waivers import FIELDS, Ledger, parse

TODAY = date(2026, 3, 1)
RULES = ("encryption-compute", "encryption-storage")
URN = "urn:pulumi:dev::blue-horizons::bluehorizons:telemetry:Pipeline$aws:lambda/function:Function::p"
GOOD = {
    "rule": "encryption-compute",
    "urn": "*::aws:lambda/function:Function::p",
    "reason": "holds no data; agreed by security",
    "expires": "2026-03-01",
}


def _ledger(*entries: object, today: Callable[[], date] = lambda: TODAY) -> Ledger:
    ledger = Ledger(RULES, today)
    ledger.load({"waivers": list(entries)})
    return ledger


def test_a_waiver_covers_the_resources_that_its_pattern_matches() -> None:
    waiver = {**GOOD, "urn": "urn:pulumi:dev::*$aws:lambda/function:Function::p"}
    ledger = _ledger(waiver)
    assert ledger.parsed.faults == ()
    assert ledger.find("encryption-compute", URN) is not None
    assert ledger.find("encryption-compute", URN + "2") is None
    assert ledger.find("encryption-storage", URN) is None


def test_a_call_that_comes_while_the_waivers_are_being_read_has_them_too() -> None:
    found: list[object] = []

    def today() -> date:
        if not found:
            found.append(None)
            ledger.load(config)
            found.append(ledger.find("encryption-compute", URN))
        return TODAY

    config = {"waivers": [{**GOOD, "urn": "*$aws:lambda/function:Function::p"}]}
    ledger = Ledger(RULES, today)
    ledger.load(config)
    assert found[1] is not None


def test_a_waiver_holds_through_its_last_day_and_not_after() -> None:
    assert _ledger(GOOD).parsed.waivers
    late = _ledger(GOOD, today=lambda: date(2026, 3, 2)).parsed
    assert late.waivers == ()
    assert len(late.faults) == 1


def test_of_two_waivers_the_longer_one_counts() -> None:
    longer = {**GOOD, "urn": "*Function::p", "expires": "2027-01-01"}
    found = _ledger({**GOOD, "urn": "*Function::p"}, longer).find("encryption-compute", URN)
    assert found is not None
    assert found.expires == date(2027, 1, 1)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", [None, "", "  ", 3.0, ["x"]])
def test_every_field_is_needed_as_text(field: str, value: object) -> None:
    parsed = parse({"waivers": [{**GOOD, field: value}]}, RULES, TODAY)
    assert parsed.waivers == ()
    assert parsed.faults
    assert f"waivers[0] has no {field}" in parsed.faults[0]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rule": "encryption-compte"}, "encryption-compute"),
        ({"urn": "*"}, "every resource"),
        ({"urn": "**?*"}, "every resource"),
        ({"expires": "1 March 2026"}, "YYYY-MM-DD"),
        ({"expires": "2026-02-30"}, "YYYY-MM-DD"),
        ({"expires": "2026-W09-7"}, "YYYY-MM-DD"),
        ({"expires": "20260301"}, "YYYY-MM-DD"),
        ({"expires": "2026-02-28"}, "expired"),
        ({"approvedBy": "me"}, "approvedBy"),
    ],
)
def test_a_faulty_waiver_waives_nothing_and_says_why(change: dict[str, str], told: str) -> None:
    parsed = parse({"waivers": [{**GOOD, **change}]}, RULES, TODAY)
    assert parsed.waivers == ()
    assert any(told in fault for fault in parsed.faults)


def test_a_faulty_waiver_does_not_take_the_good_one_with_it() -> None:
    parsed = parse({"waivers": [{**GOOD, "reason": ""}, GOOD]}, RULES, TODAY)
    assert len(parsed.waivers) == 1
    assert len(parsed.faults) == 1


@pytest.mark.parametrize(
    "config", [{"waivers": "all"}, {"waivers": {"a": 1}}, {"waiver": [GOOD]}, {"waivers": [3]}]
)
def test_a_misshapen_configuration_is_a_fault(config: dict[str, Any]) -> None:
    parsed = parse(config, RULES, TODAY)
    assert parsed.waivers == ()
    assert parsed.faults


def test_without_waivers_there_are_no_faults() -> None:
    assert parse({}, RULES, TODAY) == parse({"waivers": []}, RULES, TODAY)
    assert parse({}, RULES, TODAY).faults == ()


def test_before_anything_is_loaded_nothing_is_waived() -> None:
    assert Ledger(RULES, lambda: TODAY).find("encryption-compute", URN) is None


def test_the_configuration_of_a_new_run_replaces_the_old() -> None:
    ledger = _ledger({**GOOD, "urn": "*Function::p"})
    assert ledger.find("encryption-compute", URN)
    ledger.load({})
    assert ledger.find("encryption-compute", URN) is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.sampled_from(FIELDS), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.just("waivers") | st.text(), _JSON, max_size=3))
def test_no_configuration_breaks_the_reader(config: dict[str, Any]) -> None:
    parsed = parse(config, RULES, TODAY)
    assert all(waiver.rule in RULES and waiver.expires >= TODAY for waiver in parsed.waivers)
