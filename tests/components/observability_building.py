"""Observability under mocks, with all that there is to watch, for the tests beside."""

from functools import cache
from ipaddress import IPv4Network

from components.markets import Region
from components.observability import (
    AlertTarget,
    Graph,
    Line,
    LogSearchTarget,
    Metric,
    Observability,
    ObservabilityArgs,
    RiderApiTarget,
    SearchNetwork,
    TelemetryTarget,
    WatchedComponent,
    own_metric,
)
from components.observability.watched import (
    delivery_stream,
    distribution,
    function,
    queue,
    rest_api,
    stream,
    table,
)
from tests.components.operations_building import foundation
from tests.recording import Recording, record

COMPONENTS = (
    WatchedComponent(
        "rental",
        Region.SINGAPORE,
        [
            rest_api("rider API", "api", "live"),
            function("rider-api", "fn-rider"),
            function("gbfs-feed", "fn-gbfs"),
            queue("invoices", "q"),
            table("rental", "t"),
        ],
        own_graphs=[
            Graph(
                "Trips invoiced",
                Region.SINGAPORE,
                [Line(own_metric("BlueHorizons/Rental", "TripsInvoiced", "invoicer"), "Sum", "trips")],
            )
        ],
    ),
    WatchedComponent("telemetry", Region.TOKYO, [stream("cars", "s"), delivery_stream("lake", "d")]),
    WatchedComponent("back-office", Region.NORTHERN_VIRGINIA, [distribution("site", "E123")]),
)


def observe(*, production: bool, everything: bool = True) -> Recording:
    """Observability of a Region with all that there is to watch, or with nothing."""

    def make() -> None:
        base = foundation(production=production)
        if not everything:
            Observability("watch", ObservabilityArgs(base, market_dashboard=False))
            return
        Observability(
            "watch",
            ObservabilityArgs(
                base,
                rider_api=RiderApiTarget("api", "live", ["fn-rider", "fn-gbfs"], "https://api.sg.example"),
                telemetry=TelemetryTarget("fn-telemetry"),
                alerts=AlertTarget(
                    Metric("BlueHorizons/Maintenance", "AlertDelay", {"service": "dispatcher"})
                ),
                components=COMPONENTS,
                headlines=COMPONENTS[0].own_graphs,
                log_search=LogSearchTarget(
                    SearchNetwork(
                        "vpc-1", ["subnet-1", "subnet-2", "subnet-3"], [IPv4Network("10.10.0.0/16")]
                    ),
                    readers=["arn:aws:iam::111122223333:role/reader"],
                ),
                prometheus=True,
            ),
        )

    return record(make)


@cache
def observed(*, production: bool) -> Recording:
    """Everything on, once for all tests: they only read."""
    return observe(production=production)
