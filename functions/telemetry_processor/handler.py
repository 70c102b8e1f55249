"""Lambda's entry: `telemetry_processor.handler.handler`, on the telemetry stream's event-source mapping."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit, single_metric
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import get_session

from ev_rental.geofence import market_fence
from telemetry_processor.environment import Environment
from telemetry_processor.processor import Processor, Summary
from telemetry_processor.rejected import RejectedRecords
from telemetry_processor.samples import Samples
from telemetry_processor.store import Store
from telemetry_processor.writer import CALLS, WriterRegion

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

logger: Final = Logger()

_WRITERS: Final = 16

# One call must not eat the function's whole time: what does not answer is reported and tried again. Nearly
# all processor time of a write is botocore's own, so it is spared what it need not do a thousand times a
# second: validating parameters that type checker and tests have seen, and assembling its user agent anew.
CLIENT_CONFIG: Final = Config(
    connect_timeout=1,
    read_timeout=3,
    max_pool_connections=20,
    retries={"mode": "standard", "total_max_attempts": 3},
    parameter_validation=False,
    user_agent="blue-horizons-telemetry-processor",
)


@cache
def writer() -> WriterRegion:
    """Who writes, as far as this execution environment knows."""
    environment = Environment.read(os.environ)
    session = get_session()
    clients = {
        region: session.create_client("dynamodb", region_name=region, config=CALLS)
        for region in environment.writer_regions
    }
    return WriterRegion(
        cast("dict[str, DynamoDBClient]", clients),
        rental_table=environment.rental_table,
        default=environment.tables_region,
        on_problem=_log_problem,
    )


def tables_region() -> str:
    """The Region whose tables are written now. Raises UnknownWriterError."""
    environment = Environment.read(os.environ)
    return writer().region() if environment.writer_regions else environment.tables_region


@cache
def processor(region: str) -> Processor:
    """The processor of this execution environment, over the tables of a Region."""
    environment = Environment.read(os.environ)
    # botocore, not boto3: the same clients, without importing boto3's transfer manager at a cold start.
    session = get_session()
    tables = session.create_client("dynamodb", region_name=region, config=CLIENT_CONFIG)
    objects = session.create_client("s3", config=CLIENT_CONFIG)
    return Processor(
        market=environment.market,
        fence=market_fence(environment.market),
        store=Store(
            cast("DynamoDBClient", tables),
            vehicle_state_table=environment.vehicle_state_table,
            alerts_table=environment.alerts_table,
            market=environment.market,
        ),
        rejected=RejectedRecords(cast("S3Client", objects), bucket=environment.rejected_bucket),
        writers=ThreadPoolExecutor(_WRITERS, thread_name_prefix="vehicle"),
        on_problem=_log_problem,
        # After a failover the tables are elsewhere, and staff who look at charts are not there.
        samples=Samples(cast("DynamoDBClient", tables), environment.recent_telemetry_table)
        if environment.recent_telemetry_table and region == environment.tables_region
        else None,
    )


def handler(event: dict[str, Any], _: "LambdaContext") -> dict[str, list[dict[str, str]]]:
    """A Kinesis event in, a partial batch response out."""
    summary = processor(tables_region()).process(event["Records"])
    _report(summary)
    return summary.response


def _log_problem(what: str, where: str, error: Exception) -> None:
    # The type and AWS's code only: a message may quote the item, and with it a position.
    code = error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""
    logger.error(what, extra={"where": where, "error": type(error).__name__, "code": code})


def _report(summary: Summary) -> None:
    metrics = Metrics()
    metrics.add_metric("Applied", MetricUnit.Count, summary.applied)
    metrics.add_metric("Superseded", MetricUnit.Count, summary.superseded)
    metrics.add_metric("Failed", MetricUnit.Count, summary.failed)
    metrics.add_metric("AlertsCleared", MetricUnit.Count, summary.alerts_cleared)
    metrics.add_metric("SamplesDropped", MetricUnit.Count, summary.samples_dropped)
    metrics.flush_metrics()
    for reason, count in summary.rejected.items():
        with single_metric("Rejected", MetricUnit.Count, count) as metric:
            metric.add_dimension("reason", reason)
    for severity, count in summary.alerts_raised.items():
        with single_metric("AlertsRaised", MetricUnit.Count, count) as metric:
            metric.add_dimension("severity", severity)
    if summary.rejected or summary.failed:
        logger.warning(
            "batch with rejected or failed records",
            extra={
                "rejected": dict(summary.rejected),
                "failed": summary.failed,
                "retry_from": summary.retry_from,
            },
        )
