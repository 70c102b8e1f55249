"""A work order goes from its opening to its end and no other way."""

import pytest
from hypothesis import given, strategies as st

from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.vocabulary import Severity
from ev_rental.work_orders import (
    MAX_NOTES,
    MAX_TITLE,
    PRIORITIES,
    TRANSITIONS,
    UNFINISHED,
    Priority,
    WorkOrder,
    WorkOrderStatus as Status,
    add_note,
    assign,
    cancel,
    edit,
    finish,
    open_for_alert,
    open_work_order,
    work_order_id,
)


def opened() -> WorkOrder:
    return open_for_alert(
        vehicle_id="SG-EV-000001",
        alert_id="collision#1772596800000",
        market="sg",
        title="Collision",
        severity=Severity.CRITICAL,
        at=1,
    )


STEPS = {
    "assign": lambda order, at: assign(order, "ann", at=at),
    "give back": lambda order, at: assign(order, None, at=at),
    "finish": lambda order, at: finish(order, at=at),
    "cancel": lambda order, at: cancel(order, at=at),
    "edit": lambda order, at: edit(order, at=at, title="Another", priority=Priority.LOW),
    "note": lambda order, at: add_note(order, "seen", at=at, author="ann"),
}


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=12))
def test_every_way_through_keeps_to_the_table_and_counts_its_versions(names: list[str]) -> None:
    order = opened()
    for at, name in enumerate(names, 2):
        forbidden = order.status is Status.OPEN if name == "give back" else order.status not in UNFINISHED
        if (forbidden or order.status not in UNFINISHED) and name != "note":
            with pytest.raises(RentalError) as caught:
                STEPS[name](order, at)
            assert caught.value.code is ErrorCode.WRONG_STATE
            continue
        after = STEPS[name](order, at)
        assert (after.version, after.updated_at, after.opened_at) == (order.version + 1, at, 1)
        if name in ("edit", "note"):
            assert after.status is order.status
        else:
            assert after.status in TRANSITIONS[order.status]
            assert (after.assignee is not None) or after.status is not Status.ASSIGNED
        order = after


def test_the_same_alert_has_the_same_work_order_and_another_has_another() -> None:
    assert (
        opened().work_order_id
        == opened().work_order_id
        == work_order_id("SG-EV-000001", "collision#1772596800000")
    )
    assert work_order_id("SG-EV-000002", "collision#1772596800000") != opened().work_order_id


def test_every_severity_has_a_priority() -> None:
    assert set(PRIORITIES) == set(Severity)
    assert opened().priority is Priority.URGENT


def test_a_finished_order_is_not_changed_but_may_be_explained() -> None:
    done = finish(opened(), at=2)
    for step in ("assign", "finish", "cancel", "edit"):
        with pytest.raises(RentalError, match="is DONE and cannot be"):
            STEPS[step](done, 3)
    assert add_note(done, "it was the fan", at=3, author="ann").status is Status.DONE


@pytest.mark.parametrize("title", ["", "  ", "x" * (MAX_TITLE + 1)])
def test_a_title_says_something_and_is_no_novel(title: str) -> None:
    with pytest.raises(RentalError) as caught:
        open_work_order("id", vehicle_id="v", market="sg", title=title, priority=Priority.LOW, at=1, by="ann")
    assert caught.value.code is ErrorCode.INVALID_REQUEST


def test_an_order_takes_so_many_notes_and_no_more() -> None:
    order = opened()
    for number in range(MAX_NOTES):
        order = add_note(order, f"note {number}", at=2, author="ann")
    with pytest.raises(RentalError, match="the most there are"):
        add_note(order, "one more", at=2, author="ann")
