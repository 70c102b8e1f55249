"""An alarm tells somebody.

PASS     actions for the state ALARM; or another resource that acts on the alarm: a composite alarm, a
         deployment group, a health check
FAIL     neither
UNKNOWN  never: what is wired is known even while its value is not
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource, Severity

from ..core.conditions import is_given
from ..core.related import input_of, of_types, sources, told
from ..core.rule import Outcome, StackRule, StackVerdict, Verdict
from .settings import GROUP

ALARMS = frozenset({"aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/compositeAlarm:CompositeAlarm"})
USERS = {
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": ("alarmRule", "actionsSuppressor"),
    "aws:codedeploy/deploymentGroup:DeploymentGroup": ("alarmConfiguration",),
    "aws:route53/healthCheck:HealthCheck": ("cloudwatchAlarmName",),
    "aws:ecs/service:Service": ("alarms",),
    "aws:appconfig/environment:Environment": ("monitors",),
    "aws:fis/experimentTemplate:ExperimentTemplate": ("stopConditions",),
}
"""Type token -> properties by which it acts on an alarm."""

_WAY_OUT = "Give it alarm_actions, such as the ARN of a topic, or use it in a composite alarm"


def judge(resources: Sequence[PolicyResource]) -> Iterator[StackVerdict]:
    """A verdict for each alarm that nobody hears."""
    heard = {
        source.urn
        for user in of_types(resources, USERS)
        for name in USERS[user.resource_type]
        for source in sources(user, name)
    }
    for alarm in of_types(resources, ALARMS):
        if alarm.urn not in heard and not is_given(input_of(alarm, "alarmActions")):
            verdict = Verdict(
                Outcome.FAIL, "alarmActions", "are missing: it tells nobody", _WAY_OUT, _CONTROL
            )
            yield told(alarm, verdict)


_CONTROL = "CloudWatch.15"

RULE = StackRule(
    name="logging-alarms",
    group=GROUP,
    description="Each alarm tells somebody, by itself or by what acts on it.",
    remediation=f"{_WAY_OUT}.",
    severity=Severity.MEDIUM,
    url="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html",
    controls=(_CONTROL,),
    types=ALARMS,
    judge=judge,
)
