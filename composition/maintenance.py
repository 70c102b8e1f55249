"""Who is told of alerts and what becomes of them, in each Region that may write."""

from dataclasses import dataclass

import pulumi

from components.backoffice import BackofficeData
from components.encryption import DataDomain
from components.foundation import Foundation, Regions
from components.maintenance import (
    ChatHome,
    MaintenanceAlerts,
    MaintenanceAlertsArgs,
    MaintenanceData,
    OnCall,
    Reach,
    SlackChannel,
    TicketWebhook,
)
from components.maintenance.alerts import METRICS_NAMESPACE
from components.markets import Region
from components.observability import AlertTarget, own_metric
from components.settings import NAMESPACE, Secret, SettingsError, StackSettings
from composition.data import MarketData, data_args
from composition.hub import HubLink
from composition.rental import Rental


@dataclass(frozen=True)
class Maintenance:
    """`alerts` are the primary Region's."""

    data: MaintenanceData
    alerts: MaintenanceAlerts

    @property
    def delay(self) -> AlertTarget:
        """From a car's message to staff being told."""
        return AlertTarget(own_metric(METRICS_NAMESPACE, "AlertDelay", "alert-dispatcher"))


def open_maintenance(
    settings: StackSettings,
    regions: Regions,
    hub: HubLink,
    data: MarketData,
    rental: Rental,
    backoffice: BackofficeData,
) -> Maintenance:
    """Create the dispatcher and the ways to people, in each Region that may write."""
    name, primary, standby = settings.prefix, regions.primary, regions.standby
    memory = MaintenanceData(
        f"{name}-care-data",
        data_args(settings, regions, DataDomain.BACKOFFICE),
        opts=regions.options(primary),
    )
    reach = _reach(settings, regions)

    def alerts(base: Foundation, reach: Reach, also_to_chat: list[pulumi.Output[str]]) -> MaintenanceAlerts:
        own = base is primary
        return MaintenanceAlerts(
            f"{name}-care" if own else f"{name}-care-dr",
            MaintenanceAlertsArgs(
                foundation=base,
                bus=rental.services[base.region].bus,
                tables=data.by_region[base.region],
                dispatch=memory.table if own else memory.table.replica(base.region),
                backoffice=backoffice.table if own else backoffice.table.replica(base.region),
                reach=reach,
                also_to_chat=also_to_chat,
                console_url=f"https://{hub.names.backoffice}",
                time_zone=settings.facts.time_zone,
                writes_enabled=data.writes(base),
            ),
            opts=regions.options(base),
        )

    # A chat channel is set up once an account: the primary's hears the topics of both Regions.
    heard: list[pulumi.Output[str]] = []
    if standby:
        further = alerts(standby, reach.within(standby.region).without_chat(), [])
        heard += further.topics.arns.values()
    return Maintenance(memory, alerts(primary, reach.within(primary.region), heard))


def _reach(settings: StackSettings, regions: Regions) -> Reach:
    config = pulumi.Config(NAMESPACE)
    on_call = None
    if settings.on_call_sms or settings.on_call_url:
        on_call = OnCall(_split(settings.on_call_sms), _split(settings.on_call_url))
    webhook = None
    if settings.ticket_webhook_url:
        key = config.get_secret(Secret.TICKET_WEBHOOK_KEY)
        if key is None:
            raise SettingsError(
                f"{NAMESPACE}:{Secret.TICKET_WEBHOOK_KEY} is not set: tickets to "
                f"{settings.ticket_webhook_url} would not be signed. "
                f"Set it with: pulumi config set --secret {NAMESPACE}:{Secret.TICKET_WEBHOOK_KEY} KEY"
            )
        webhook = TicketWebhook(settings.ticket_webhook_url, key)
    return Reach(
        emails=(settings.alert_email,),
        sms=_split(settings.alert_sms),
        slack=_slack(settings.slack, regions) if settings.slack else None,
        push_credential=config.get_secret(Secret.PUSH_CREDENTIAL),
        on_call=on_call,
        webhook=webhook,
    )


def _slack(channel: str, regions: Regions) -> SlackChannel:
    home = regions.providers.get(Region.SINGAPORE)
    if home is None:
        raise SettingsError(
            f"{NAMESPACE}:slack = {channel!r}: chat is set up from {Region.SINGAPORE}, which this market "
            "does not use; leave it out and subscribe the channel's e-mail address"
        )
    workspace, _, channel_id = channel.partition("/")
    return SlackChannel(ChatHome(Region.SINGAPORE, home), workspace, channel_id)


def _split(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()
