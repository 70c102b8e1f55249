"""The lake's columns are what the functions write, and every question asks for what there is."""

import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session
import msgspec
import pytest
import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.qualify import qualify

from components.analytics import schema
from components.analytics.catalog import DAILY_KPIS, DEMAND_FORECAST, STATION_DEMAND
from components.analytics.queries import QUESTIONS, Question
from components.markets import MARKETS, Region
from components.telemetry.lake_schema import COLUMNS as TELEMETRY_COLUMNS
from ev_rental.alerts import AlertChange
from ev_rental.kpi import DailyTotals
from ev_rental.rental.booking import Booking
from ev_rental.rental.events import Event
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.vehicle import RentalVehicle
from ev_rental.rental.vocabulary import EventType
from event_publisher.facts import FactType
from kpi_store import lake
from telemetry_processor.items import alert_update, new_alert
from tests.stacks import ROOT

# The type of `detail` is looked at apart: parsing it for every query takes a test its time.
DETAIL = exp.DataType.build(schema.EVENT_COLUMNS["detail"], dialect="hive")
TABLES: dict[str, dict[str, str]] = {
    "rental_events": {**schema.EVENT_COLUMNS, "detail": "string", "type": "string", "dt": "string"},
    "daily_kpis": {**schema.DAILY_KPI_COLUMNS, "dt": "string"},
    "station_demand": {**schema.DEMAND_COLUMNS, "dt": "string"},
    "demand_forecast": {**schema.FORECAST_COLUMNS, "dt": "string"},
    "telemetry": {**TELEMETRY_COLUMNS, "dt": "string", "hour": "int"},
}


# ---- columns -----------------------------------------------------------------------------------------------


def hive_type(kind: Any) -> str:
    """The type of a column that holds values of a field's type."""
    if isinstance(kind, types.UnionType):
        (kind,) = [part for part in typing.get_args(kind) if part is not type(None)]
    if typing.get_origin(kind) is list:
        return f"array<{hive_type(typing.get_args(kind)[0])}>"
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return f"struct<{','.join(f'{name}:{type_}' for name, type_ in hive_fields(kind).items())}>"
    return {int: "bigint", bool: "boolean", float: "double"}.get(kind, "string")


def hive_fields(struct: type[msgspec.Struct]) -> dict[str, str]:
    return {field.encode_name.lower(): hive_type(field.type) for field in msgspec.structs.fields(struct)}


@pytest.mark.parametrize(
    ("columns", "struct"),
    [
        (schema.BOOKING, Booking),
        (schema.VEHICLE, RentalVehicle),
        (schema.INVOICE, Invoice),
        ({k: v for k, v in schema.DAILY_KPI_COLUMNS.items() if k not in ("market", "currency")}, DailyTotals),
    ],
)
def test_columns_are_the_fields_of_what_is_written(
    columns: Mapping[str, str], struct: type[msgspec.Struct]
) -> None:
    assert dict(columns) == hive_fields(struct)


def test_an_event_has_the_columns_of_its_envelope() -> None:
    names = {field.name for field in DETAIL.expressions}
    assert names == {field.encode_name.lower() for field in msgspec.structs.fields(Event)}


def test_an_alerts_columns_are_the_attributes_of_its_item() -> None:
    opened = AlertChange(vehicle_id="v", rule="collision", raised_at=1, created=True, occurrences=1)
    resolved = AlertChange(vehicle_id="v", rule="collision", raised_at=1, resolved_at=2)
    written = new_alert(opened, "sg").keys() | alert_update(resolved, "sg").keys()
    assert written == schema.ALERT.keys()


def test_fields_that_entities_share_have_one_type() -> None:
    for columns in (schema.BOOKING, schema.VEHICLE, schema.INVOICE, schema.ALERT, schema.FACTS):
        for name, type_ in columns.items():
            assert schema.DATA[name] == type_, name


def test_the_lake_gets_types_that_the_bus_has() -> None:
    assert set(schema.EVENT_TYPES) <= {*EventType, *FactType}


def test_functions_write_the_tables_that_the_catalogue_knows() -> None:
    assert (lake.DAILY_KPIS, lake.STATION_DEMAND, lake.DEMAND_FORECAST) == (
        DAILY_KPIS,
        STATION_DEMAND,
        DEMAND_FORECAST,
    )
    (row,) = lake.hours_of_stations({"sg-orchard": [0] * 8 + [3] + [0] * 15})
    assert row == {"station_id": "sg-orchard", "hour": 8, "holds": 3}
    assert row.keys() == schema.DEMAND_COLUMNS.keys() == schema.FORECAST_COLUMNS.keys()


# ---- questions ---------------------------------------------------------------------------------------------


@cache
def check(sql: str) -> exp.Expression:
    """The query with every name resolved. Raises OptimizeError for a table, column or field that is not."""
    parsed = sqlglot.parse_one(sql, dialect="athena")
    for table in parsed.find_all(exp.Table):
        ctes = {cte.alias for cte in parsed.find_all(exp.CTE)}
        if table.name not in TABLES and table.name not in ctes:
            raise OptimizeError(f"there is no table {table.name}")
    resolved = qualify(parsed, schema=TABLES, dialect="athena")
    for dot in resolved.find_all(exp.Dot):
        if not isinstance(dot.parent, exp.Dot):
            _check_fields(dot)
    return resolved


def _check_fields(dot: exp.Dot) -> None:
    _, column, *path = dot.parts  # the table comes first
    assert column.name == "detail"
    kind: Any = DETAIL
    for step in path:
        fields = {field.name: field.kind for field in kind.expressions}
        if step.name not in fields:
            raise OptimizeError(f"{dot.sql()} has no field {step.name}")
        kind = fields[step.name]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_a_question_asks_for_tables_and_columns_that_there_are(question: Question) -> None:
    assert check(question.sql)


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT trips FROM daily_kpi", "no table daily_kpi"),
        ("SELECT trip FROM daily_kpis", "trip"),
        ("SELECT detail.data.speed FROM rental_events", "no field speed"),
        ("SELECT detail.data.price.nett FROM rental_events", "no field nett"),
        ("WITH a AS (SELECT hour FROM station_demand) SELECT holds FROM a", "holds"),
    ],
)
def test_the_check_finds_what_is_not_there(sql: str, why: str) -> None:
    with pytest.raises(OptimizeError, match=why):
        check(sql)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_a_question_names_the_days_and_types_that_it_reads(question: Question) -> None:
    """A partition that is not bounded is read, and paid for, from the first day on."""
    for select in check(question.sql).find_all(exp.Select):
        tables = {table.name for table in select.find_all(exp.Table) if table.parent_select is select}
        read = tables & TABLES.keys()
        if not read:
            continue
        bounded = {column.name for column in select.args["where"].find_all(exp.Column)}
        assert "dt" in bounded
        assert "rental_events" not in read or "type" in bounded


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_an_event_that_came_twice_counts_once(question: Question) -> None:
    for select in check(question.sql).find_all(exp.Select):
        tables = {table.name for table in select.find_all(exp.Table) if table.parent_select is select}
        if "rental_events" in tables:
            newest = list(select.find_all(exp.ArgMax))
            assert select.args.get("distinct") or newest


def test_the_types_that_questions_ask_for_are_in_the_lake() -> None:
    asked = set()
    for question in QUESTIONS:
        for node in check(question.sql).find_all(exp.EQ, exp.In):
            if isinstance(node.this, exp.Column) and node.this.name == "type":
                values = node.expressions if isinstance(node, exp.In) else [node.expression]
                asked |= {value.name for value in values}
    assert len(asked) > 5
    assert asked <= set(schema.EVENT_TYPES)


def test_names_of_questions_are_unique_and_each_is_a_question() -> None:
    assert len({question.name for question in QUESTIONS}) == len(QUESTIONS)
    assert all(question.asks.endswith("?") for question in QUESTIONS)


def test_the_page_lists_every_question_and_every_table() -> None:
    page = (ROOT / "docs" / "analytics.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for question in QUESTIONS:
        assert f"| `{question.name}` | {question.asks} |" in rows
    for table in TABLES:
        assert any(row.startswith(f"| `{table}` |") for row in rows), table


# ---- Regions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", ["athena", "glue", "firehose", "redshift-serverless", "scheduler"])
def test_every_region_of_a_market_has_what_analytics_is_made_of(service: str) -> None:
    regions: set[Region] = {facts.primary for facts in MARKETS.values()}
    available = botocore.session.get_session().get_available_regions(service)
    assert {str(region) for region in regions} <= set(available)
