"""The rows of the table `kpi`, as everybody but the aggregator uses them."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from ev_rental.kpi import DailyKpis
from kpi_store import items
from kpi_store.items import DEMAND, FORECAST, KPI, Forecast
from rental_store.pages import every_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class KpiStore:
    """`table`: the name of the table `kpi`. Days that were never counted are not in any answer.

    Errors of the client are raised as they are.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def days(self, first: date, last: date) -> list[DailyKpis]:
        """Key figures of the days from `first` to `last`, both included, oldest first."""
        return [items.totals_from(row).kpis for row in self._rows(KPI, first, last)]

    def demand(self, first: date, last: date) -> dict[date, dict[str, list[int]]]:
        """Day -> station id -> holds by local hour; a station where nobody held a car is left out."""
        return dict(items.demand_from(row) for row in self._rows(DEMAND, first, last))

    def forecast(self, day: date) -> Forecast | None:
        """The forecast for a day, None before it is made."""
        found = self._client.get_item(TableName=self._table, Key=items.key(FORECAST, day)).get("Item")
        return None if found is None else items.forecast_from(found)

    def keep_forecast(self, forecast: Forecast) -> None:
        """Replaces the forecast of its day."""
        self._client.put_item(TableName=self._table, Item=items.forecast_row(forecast))

    def _rows(self, kind: str, first: date, last: date) -> Iterator[Mapping[str, Any]]:
        if first > last:
            raise ValueError(f"the first day, {first}, is after the last, {last}: exchange them")
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :kind AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {
                ":kind": {"S": kind},
                ":first": {"S": first.isoformat()},
                ":last": {"S": last.isoformat()},
            },
        }
        return every_item(self._client.query, request)
