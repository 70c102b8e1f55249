"""The whole fleet in one look: a few dozen reads side by side, good for everybody for a moment."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from backoffice_store.listing import Listing, read_all
from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.vehicle import STATE_SHARDS, RentalVehicle
from ev_rental.staff.alerts import Alert
from ev_rental.staff.fleet import Car, LiveState, by_loudness
from ev_rental.vocabulary import RentalState, Severity
from rental_store.items import plain, reading_from
from rental_store.retries import ATTEMPTS, Retries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FRESH_MS: Final = 2_000
"""How long a look is good: many staff poll, and cars report every few seconds."""

LIVE_ATTRIBUTES: Final = (
    "vehicle_id",
    "ts",
    "last_seen",
    "soc",
    "blocking_alerts",
    "contact",
    "contact_at",
    "leaves",
    "rental_state",
)
_BATCH_KEYS: Final = 100  # BatchGetItem's limit
_decode_leaves: Final = msgspec.json.Decoder(dict[str, Any]).decode


def alert_from(item: Mapping[str, Any]) -> Alert:
    """The alert of a stored item. Raises msgspec.ValidationError."""
    return msgspec.convert(plain(item), Alert)


def live_state(vehicle_id: str, item: Mapping[str, Any]) -> LiveState:
    """What telemetry last said, of an item of the table of vehicle states; {} for none."""
    return LiveState(
        reading=reading_from(vehicle_id, item),
        leaves=_decode_leaves(item["leaves"]["S"]) if "leaves" in item else {},
        at=int(item["ts"]["N"]) if "ts" in item else 0,
    )


class FleetReader:
    """`readers`: runs the reads side by side; the client has as many connections. `clock`: ms."""

    def __init__(
        self,
        client: "DynamoDBClient",
        *,
        rental_table: str,
        vehicle_state_table: str,
        alerts_table: str,
        retries: Retries,
        readers: Executor,
        clock: Callable[[], int],
    ) -> None:
        self._client = client
        self._rental = rental_table
        self._states = vehicle_state_table
        self._alerts = alerts_table
        self._retries = retries
        self._readers = readers
        self._clock = clock
        self._look: tuple[int, Sequence[Car]] | None = None

    def forget(self) -> None:
        """Somebody changed something here: the next look is a new one."""
        self._look = None

    def cars(self) -> Sequence[Car]:
        """By vehicle id, at most FRESH_MS old. Raises RentalError(try_again)."""
        now = self._clock()
        look = self._look
        if look is not None and now - look[0] < FRESH_MS:
            return look[1]
        cars = self._read()
        self._look = (now, cars)
        return cars

    def _read(self) -> list[Car]:
        found = self._readers.map(self._vehicles, *zip(*self._shards(), strict=True))
        alerts = self._readers.map(self._open_alerts, Severity)
        vehicles: dict[str, RentalVehicle] = {}
        for vehicle in (one for part in found for one in part):
            # A vehicle that changes state meanwhile may come twice.
            known = vehicles.get(vehicle.vehicle_id)
            if known is None or known.version < vehicle.version:
                vehicles[vehicle.vehicle_id] = vehicle
        names = sorted(vehicles)
        parts = [names[start : start + _BATCH_KEYS] for start in range(0, len(names), _BATCH_KEYS)]
        items: dict[str, Mapping[str, Any]] = {}
        for states in self._readers.map(self._live, parts):
            items |= states
        of_car: defaultdict[str, list[Alert]] = defaultdict(list)
        for alert in (one for part in alerts for one in part):
            of_car[alert.vehicle_id].append(alert)
        return [
            Car(
                vehicle=vehicles[name],
                live=live_state(name, items.get(name, {})),
                alerts=tuple(by_loudness(of_car[name])) if name in of_car else (),
            )
            for name in names
        ]

    def unresolved_alerts(self) -> list[Alert]:
        """The loudest first, also of vehicles that are not registered. Raises RentalError(try_again)."""
        found = self._readers.map(self._open_alerts, Severity)
        return by_loudness(alert for part in found for alert in part)

    @staticmethod
    def _shards() -> Iterable[tuple[RentalState, int]]:
        return [(state, shard) for state in RentalState for shard in range(STATE_SHARDS)]

    def _vehicles(self, state: RentalState, shard: int) -> list[RentalVehicle]:
        listing = Listing(
            table=self._rental,
            index="by_state",
            keys={"pk": "S", "sk": "S", "state_shard": "S"},
            hash_key="state_shard",
            value=f"{state}#{shard}",
            range_key="pk",
            newest_first=False,
        )
        return read_all(
            self._client, self._retries, listing, lambda item: msgspec.convert(plain(item), RentalVehicle)
        )

    def _open_alerts(self, severity: Severity) -> list[Alert]:
        listing = Listing(
            table=self._alerts,
            index="open_by_severity",
            keys={"vehicle_id": "S", "alert_id": "S", "open_severity": "S", "raised_at": "N"},
            hash_key="open_severity",
            value=severity.value,
            range_key="raised_at",
        )
        return read_all(self._client, self._retries, listing, alert_from)

    def _live(self, names: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Eventually consistent: the look itself is a moment old. Raises RentalError(try_again)."""
        request: Any = {
            self._states: {
                "Keys": [{"vehicle_id": {"S": name}} for name in names],
                "ProjectionExpression": ", ".join(f"#{name}" for name in LIVE_ATTRIBUTES),
                "ExpressionAttributeNames": {f"#{name}": name for name in LIVE_ATTRIBUTES},
            }
        }
        found: dict[str, Mapping[str, Any]] = {}
        for attempt in range(ATTEMPTS):
            if attempt:
                self._retries.wait(attempt)
            answer = self._retries.call(
                "batch get", partial(self._client.batch_get_item, RequestItems=request)
            )
            found |= {item["vehicle_id"]["S"]: item for item in answer["Responses"].get(self._states, [])}
            request = answer.get("UnprocessedKeys", {})
            if not request:
                return found
        raise RentalError(ErrorCode.TRY_AGAIN, "the store did not get to all vehicles: try again")
