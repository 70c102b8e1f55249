"""The function's environment, read once and typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from ev_rental.vocabulary import Market, Severity
from rental_store.environment import market_of, required, writes_enabled


@dataclass(frozen=True, slots=True)
class DispatchEnvironment:
    """Tables are of `tables_region`, topics and queue of the function's own Region. `escalation_topic` and
    `ticket_queue_url` are None where nobody is on call, or no tickets are kept."""

    market: Market
    tables_region: str
    alerts_table: str
    rental_table: str
    dispatch_table: str
    backoffice_table: str
    topics: Mapping[Severity, str]
    console_url: str
    escalation_topic: str | None
    ticket_queue_url: str | None
    writes_enabled: bool

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """From `os.environ` or the like. Raises SettingError."""
        return cls(
            market=market_of(variables),
            tables_region=required(variables, "TABLES_REGION"),
            alerts_table=required(variables, "ALERTS_TABLE"),
            rental_table=required(variables, "RENTAL_TABLE"),
            dispatch_table=required(variables, "DISPATCH_TABLE"),
            backoffice_table=required(variables, "BACKOFFICE_TABLE"),
            topics={s: required(variables, f"{s.upper()}_TOPIC_ARN") for s in Severity},
            console_url=required(variables, "CONSOLE_URL").rstrip("/"),
            escalation_topic=variables.get("ESCALATION_TOPIC_ARN") or None,
            ticket_queue_url=variables.get("TICKET_QUEUE_URL") or None,
            writes_enabled=writes_enabled(variables),
        )
