"""Work orders and the audit trail over moto: keys, indexes and expressions are DynamoDB's own grammar."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from backoffice_store.store import BackofficeStore, ChangedMeanwhileError
from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.staff.audit import Actor, AuditRecord, Outcome, audit_record
from ev_rental.vocabulary import Severity
from ev_rental.work_orders import Priority, WorkOrderStatus, add_note, assign, cancel, finish, open_for_alert

NOON = 1_772_596_800_000  # Wednesday 2026-03-04 12:00:00 in Singapore
CAR = "SG-EV-000001"
TABLE = "backoffice"
INDEXES = {
    "by_subject": ("subject", "sk"),
    "by_status": ("work_order_status", "opened_at"),
    "by_vehicle": ("vehicle_id", "opened_at"),
}
ANN = Actor(sub="sub-ann", name="ann@example.com", groups=("operations",), ip="203.0.113.7")


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    patch = pytest.MonkeyPatch()
    patch.setenv("AWS_ACCESS_KEY_ID", "testing")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield boto3.client("dynamodb", region_name="ap-southeast-1")
    patch.undo()


@pytest.fixture
def store(client: Any) -> Iterator[BackofficeStore]:
    names = {"pk", "sk"} | {name for index in INDEXES.values() for name in index}
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "N" if name == "opened_at" else "S"}
            for name in sorted(names)
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": first, "KeyType": "HASH"},
                    {"AttributeName": second, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, (first, second) in INDEXES.items()
        ],
    )
    yield BackofficeStore(client, TABLE)
    client.delete_table(TableName=TABLE)


def order(number: int = 1, car: str = CAR) -> Any:
    return open_for_alert(
        vehicle_id=car,
        alert_id=f"battery_hot#{NOON + number:013d}",
        market="sg",
        title="Battery is hot",
        severity=Severity.CRITICAL,
        at=NOON + number,
    )


def record(number: int = 1, *, subject: str = f"vehicle/{CAR}", actor: Actor = ANN) -> AuditRecord:
    return audit_record(
        actor,
        action="lockVehicle",
        subject=subject,
        outcome=Outcome.DONE,
        at=NOON + number,
        time_zone="Asia/Singapore",
        cause=f"key-{number}",
        reason="left open",
        detail={"commandId": "c"},
    )


def test_an_alert_opens_one_work_order_however_often_it_is_opened(store: BackofficeStore) -> None:
    assert store.open(order())
    taken = assign(order(), "ann@example.com", at=NOON + 5)
    store.replace(order(), taken)
    assert not store.open(order())
    assert store.work_order(order().work_order_id) == taken
    assert (taken.priority, taken.status) == (Priority.URGENT, WorkOrderStatus.ASSIGNED)
    assert store.work_order("unknown") is None


def test_who_was_slower_is_told_and_changes_nothing(store: BackofficeStore) -> None:
    store.open(order())
    store.replace(order(), assign(order(), "ann", at=NOON))
    with pytest.raises(ChangedMeanwhileError):
        store.replace(order(), assign(order(), "ben", at=NOON))
    stored = store.work_order(order().work_order_id)
    assert stored is not None
    assert stored.assignee == "ann"


def test_work_orders_are_listed_by_status_newest_first_and_page_by_page(store: BackofficeStore) -> None:
    for number in range(5):
        store.open(order(number))
    done = finish(order(0), at=NOON + 60)
    store.replace(order(0), done)
    first = store.work_orders(WorkOrderStatus.OPEN, limit=3)
    rest = store.work_orders(WorkOrderStatus.OPEN, limit=3, cursor=first.cursor)
    assert [found.opened_at - NOON for found in (*first.items, *rest.items)] == [4, 3, 2, 1]
    assert rest.cursor is None
    assert store.work_orders(WorkOrderStatus.DONE, limit=3).items == [done]


def test_work_orders_are_found_by_who_has_them_and_by_their_car(store: BackofficeStore) -> None:
    for number in range(4):
        store.open(order(number, car=f"SG-EV-00000{number % 2}"))
    store.replace(order(1, car="SG-EV-000001"), assign(order(1, car="SG-EV-000001"), "ann", at=NOON))
    mine = store.work_orders(WorkOrderStatus.ASSIGNED, limit=10, assignee="ann").items
    assert [found.opened_at - NOON for found in mine] == [1]
    assert store.work_orders(WorkOrderStatus.ASSIGNED, limit=10, assignee="ben").items == []
    of_car = store.work_orders_of("SG-EV-000001", limit=10)
    assert [found.opened_at - NOON for found in of_car.items] == [3, 1]
    opened = store.work_orders_of("SG-EV-000001", limit=10, statuses=[WorkOrderStatus.OPEN])
    assert [found.opened_at - NOON for found in opened.items] == [3]


def test_a_finished_work_order_goes_away_one_day_and_an_open_one_does_not(
    client: Any, store: BackofficeStore
) -> None:
    store.open(order())
    key = {"pk": {"S": f"WORKORDER#{order().work_order_id}"}, "sk": {"S": "WORKORDER"}}
    assert "expires_at" not in client.get_item(TableName=TABLE, Key=key)["Item"]
    store.replace(order(), cancel(order(), at=NOON))
    expires = int(client.get_item(TableName=TABLE, Key=key)["Item"]["expires_at"]["N"])
    assert expires == NOON // 1000 + 400 * 86_400


def test_notes_come_back_as_they_were_written(store: BackofficeStore) -> None:
    noted = add_note(order(), " Towed to Jurong ", at=NOON, author="ann")
    store.open(noted)
    assert store.work_order(noted.work_order_id) == noted
    assert noted.notes[0].text == "Towed to Jurong"


def test_an_audit_record_is_added_once_and_never_changed(store: BackofficeStore) -> None:
    first = record()
    store.append(first)
    changed = AuditRecord(
        **{name: getattr(first, name) for name in first.__struct_fields__} | {"reason": "x"}
    )
    store.append(changed)
    assert store.audit_of_day("2026-03-04", limit=10).items == [first]


def test_the_trail_is_read_by_day_by_subject_and_by_actor(store: BackofficeStore) -> None:
    ben = Actor(sub="sub-ben", name="ben@example.com", groups=("admin",))
    for number in range(4):
        store.append(record(number, actor=ben if number == 3 else ANN))
    store.append(record(9, subject="rider/r"))
    pages = [store.audit_of_day("2026-03-04", limit=2)]
    while pages[-1].cursor:
        pages.append(store.audit_of_day("2026-03-04", limit=2, cursor=pages[-1].cursor))
    assert [found.at - NOON for page in pages for found in page.items] == [9, 3, 2, 1, 0]
    of_ann = store.audit_of_day("2026-03-04", limit=10, actor="sub-ann")
    assert [found.at - NOON for found in of_ann.items] == [9, 2, 1, 0]
    of_car = store.audit_of_subject(f"vehicle/{CAR}", limit=10, between=(NOON + 1, NOON + 3))
    assert [found.at - NOON for found in of_car.items] == [3, 2, 1]
    assert store.audit_of_day("2026-03-05", limit=10).items == []


@pytest.mark.parametrize("cursor", ["", "!", "W10", "WyIiLCIiXQ", "eyJhIjoxfQ", "a" * 2_000])
def test_a_crafted_cursor_is_refused(store: BackofficeStore, cursor: str) -> None:
    with pytest.raises(RentalError) as caught:
        store.audit_of_day("2026-03-04", limit=10, cursor=cursor)
    assert caught.value.code is ErrorCode.INVALID_CURSOR


def test_a_record_belongs_to_the_markets_own_day() -> None:
    late = audit_record(
        ANN,
        action="a",
        subject="s",
        outcome=Outcome.DONE,
        at=NOON + 12 * 3_600_000,
        time_zone="Asia/Singapore",
        cause="k",
    )
    assert (record().day, late.day) == ("2026-03-04", "2026-03-05")


def test_a_page_of_no_size_is_refused(store: BackofficeStore) -> None:
    with pytest.raises(RentalError, match="1 to 100"):
        store.work_orders(WorkOrderStatus.OPEN, limit=101)
