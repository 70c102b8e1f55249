"""Work orders and the audit trail in DynamoDB."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from backoffice_store import items
from backoffice_store.listing import Listing, read_page
from ev_rental.rental.store import Page
from ev_rental.staff.audit import AuditRecord
from ev_rental.work_orders import WorkOrder, WorkOrderStatus
from rental_store.retries import Retries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEYS: Final = {"pk": "S", "sk": "S"}
_LAST_MS: Final = 9_999_999_999_999


class ChangedMeanwhileError(Exception):
    """The stored item is not the version that was read: read it again and decide anew."""


class BackofficeStore:
    """Reads of one item see every write that was answered before; lists may lag a little.

    Every method raises RentalError(try_again) when the store does not answer after a few attempts, and those
    that answer pages RentalError(invalid_cursor, invalid_request).
    """

    def __init__(self, client: "DynamoDBClient", table: str, *, retries: Retries | None = None) -> None:
        self._client = client
        self._table = table
        self._retries = retries or Retries()

    # Work orders

    def work_order(self, name: str) -> WorkOrder | None:
        """By id."""
        answer = self._retries.call(
            "get",
            lambda: self._client.get_item(
                TableName=self._table, Key=items.work_order_key(name), ConsistentRead=True
            ),
        )
        item = answer.get("Item")
        return None if item is None else items.work_order_from(item)

    def open(self, order: WorkOrder) -> bool:
        """Stores a new one; False when there is one with that id, which is left as it is."""
        try:
            self._put(order, "attribute_not_exists(#pk)", {"#pk": "pk"}, None)
        except ChangedMeanwhileError:
            return False
        return True

    def replace(self, before: WorkOrder, after: WorkOrder) -> None:
        """Raises ChangedMeanwhileError when the stored version is not that of `before`.

        Also when it was stored by this very call and the answer was lost: who reads again sees it.
        """
        self._put(after, "#version = :read", {"#version": "version"}, before.version)

    def work_orders(
        self,
        status: WorkOrderStatus,
        *,
        limit: int,
        cursor: str | None = None,
        assignee: str | None = None,
    ) -> Page[WorkOrder]:
        """Those in one status, the last opened first."""
        listing = Listing(
            table=self._table,
            index="by_status",
            keys={**KEYS, "work_order_status": "S", "opened_at": "N"},
            hash_key="work_order_status",
            value=status.value,
            range_key="opened_at",
            accepted={} if assignee is None else {"assignee": [assignee]},
        )
        return read_page(
            self._client, self._retries, listing, items.work_order_from, limit=limit, cursor=cursor
        )

    def work_orders_of(
        self,
        vehicle_id: str,
        *,
        limit: int,
        cursor: str | None = None,
        statuses: Sequence[WorkOrderStatus] = (),
    ) -> Page[WorkOrder]:
        """Those of a vehicle, the last opened first; in any status when `statuses` is empty."""
        listing = Listing(
            table=self._table,
            index="by_vehicle",
            keys={**KEYS, "vehicle_id": "S", "opened_at": "N"},
            hash_key="vehicle_id",
            value=vehicle_id,
            range_key="opened_at",
            accepted={"status": [status.value for status in statuses]} if statuses else {},
        )
        return read_page(
            self._client, self._retries, listing, items.work_order_from, limit=limit, cursor=cursor
        )

    # The audit trail

    def append(self, record: AuditRecord) -> None:
        """Adds a record; one that is there already is left as it is."""
        try:
            self._retries.call(
                "put",
                lambda: self._client.put_item(
                    TableName=self._table,
                    Item=items.audit_attributes(record),
                    ConditionExpression="attribute_not_exists(#pk)",
                    ExpressionAttributeNames={"#pk": "pk"},
                ),
            )
        except ClientError as error:
            if not _is_refused(error):
                raise

    def audit_of_day(
        self, day: str, *, limit: int, cursor: str | None = None, actor: str | None = None
    ) -> Page[AuditRecord]:
        """The records of a day (`yyyy-mm-dd`, the market's calendar), newest first; `actor`: a `sub`."""
        listing = Listing(
            table=self._table,
            keys=KEYS,
            hash_key="pk",
            value=items.audit_partition(day),
            range_key="sk",
            accepted={} if actor is None else {"actor": [actor]},
        )
        return read_page(
            self._client, self._retries, listing, items.audit_record_from, limit=limit, cursor=cursor
        )

    def audit_of_subject(
        self,
        subject: str,
        *,
        limit: int,
        cursor: str | None = None,
        between: tuple[int, int] = (0, _LAST_MS),
        actor: str | None = None,
    ) -> Page[AuditRecord]:
        """The records of a subject (`<kind>/<id>`), newest first. `between`: ms, both included."""
        listing = Listing(
            table=self._table,
            index="by_subject",
            keys={**KEYS, "subject": "S"},
            hash_key="subject",
            value=subject,
            range_key="sk",
            # `~` comes after every character of an id.
            between=(items.audit_sort_key(between[0]), items.audit_sort_key(between[1], "~")),
            accepted={} if actor is None else {"actor": [actor]},
        )
        return read_page(
            self._client, self._retries, listing, items.audit_record_from, limit=limit, cursor=cursor
        )

    def _put(self, order: WorkOrder, condition: str, names: dict[str, str], version: int | None) -> None:
        request: dict[str, Any] = {
            "TableName": self._table,
            "Item": items.work_order_attributes(order),
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
        }
        if version is not None:
            request["ExpressionAttributeValues"] = {":read": {"N": str(version)}}
        try:
            self._retries.call("put", lambda: self._client.put_item(**request))
        except ClientError as error:
            if _is_refused(error):
                raise ChangedMeanwhileError(order.work_order_id) from error
            raise


def _is_refused(error: ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException"
