"""The alarms of service-level objectives: one for each window, and one voice for each surface."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.observability.metrics import Share
from components.observability.slo import BURN_RATES, BurnRate, Slo, Surface, Urgency
from components.tags import Tags

PAGE_WAIT_SECONDS = 60
"""A ticket waits so long for a page of the same fault, which makes the ticket needless."""
AFTER_PAGE_SECONDS = 600
"""So long after a page is over its ticket still is not sent."""


@dataclass(frozen=True)
class Watch:
    """An objective and how its share of bad events is measured."""

    slo: Slo
    share: Share


@dataclass(frozen=True)
class SloAlarmsArgs:
    """`prefix` starts the alarms' names; each urgency has a topic of this Region."""

    prefix: str
    watches: Sequence[Watch]
    topics: Mapping[Urgency, pulumi.Input[str]]
    tags: Tags

    def __post_init__(self) -> None:
        missing = [str(urgency) for urgency in Urgency if urgency not in self.topics]
        if missing:
            raise ValueError(f"topics has none for {', '.join(missing)}: say whom to tell")


class SloAlarms(pulumi.ComponentResource):
    """Burn-rate alarms that tell nobody, and composite alarms that tell once a surface and urgency.

    `spoken` are the ARNs of those that tell.
    """

    spoken: dict[tuple[Surface, Urgency], pulumi.Output[str]]

    def __init__(self, name: str, args: SloAlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:observability:SloAlarms", name, None, opts)
        self._name = name
        self._args = args
        self.spoken = {}
        conditions: dict[tuple[Surface, Urgency], list[pulumi.Output[str]]] = {}
        for watch in args.watches:
            for rate in BURN_RATES:
                long, short = (self._window(watch, rate, minutes).name for minutes in (rate.long, rate.short))
                both = pulumi.Output.concat('(ALARM("', long, '") AND ALARM("', short, '"))')
                conditions.setdefault((watch.slo.surface, rate.urgency), []).append(both)
        for surface in dict.fromkeys(watch.slo.surface for watch in args.watches):
            page = self._speak(surface, Urgency.PAGE, conditions[surface, Urgency.PAGE])
            self._speak(surface, Urgency.TICKET, conditions[surface, Urgency.TICKET], unless=page)
        self.register_outputs({"alarmArns": list(self.spoken.values())})

    def _window(self, watch: Watch, rate: BurnRate, minutes: int) -> aws.cloudwatch.MetricAlarm:
        slo = watch.slo
        return aws.cloudwatch.MetricAlarm(
            f"{self._name}-{slo.name}-{rate.name}-{minutes}m",
            aws.cloudwatch.MetricAlarmArgs(
                alarm_description=(
                    f"{slo.promise}, {slo.objective:.4g} of them: the budget of 30 days is spent "
                    f"{rate.factor} times too fast over {minutes} min"
                ),
                metric_queries=watch.share.alarm_queries(60 * minutes, f"{slo.name}: share of bad events"),
                comparison_operator="GreaterThanThreshold",
                threshold=slo.threshold(rate),
                # One period is the whole window: it slides on with every evaluation.
                evaluation_periods=1,
                datapoints_to_alarm=1,
                treat_missing_data="notBreaching",  # nothing happened, so nothing was bad
                tags=self._args.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _speak(
        self,
        surface: Surface,
        urgency: Urgency,
        conditions: Sequence[pulumi.Output[str]],
        unless: aws.cloudwatch.CompositeAlarm | None = None,
    ) -> aws.cloudwatch.CompositeAlarm:
        suppressor = None
        if unless is not None:
            suppressor = aws.cloudwatch.CompositeAlarmActionsSuppressorArgs(
                alarm=unless.alarm_name,
                wait_period=PAGE_WAIT_SECONDS,
                extension_period=AFTER_PAGE_SECONDS,
            )
        topic = self._args.topics[urgency]
        composite = aws.cloudwatch.CompositeAlarm(
            f"{self._name}-{surface}-{urgency}",
            aws.cloudwatch.CompositeAlarmArgs(
                alarm_name=f"{self._args.prefix}-{surface}-{urgency}",
                alarm_description=f"{surface}: an objective is being missed ({urgency})",
                alarm_rule=pulumi.Output.all(*conditions).apply(" OR ".join),
                actions_suppressor=suppressor,
                alarm_actions=[topic],
                ok_actions=[topic],
                tags=self._args.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.spoken[surface, urgency] = composite.arn
        return composite
