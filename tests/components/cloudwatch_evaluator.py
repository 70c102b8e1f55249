"""Evaluates recorded alarms on made-up metrics, as CloudWatch would: metric math, windows, composites.

Only the grammar that our alarms use: anything else is an error.
"""

import re
from collections.abc import Mapping, Sequence

from tests.recording import Recorded, Recording

METRIC_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"

Series = Mapping[str, Sequence[float]]
"""Metric name -> a sum for each minute, the newest last."""


class _Number(float):
    """CloudWatch has no value where it divides by zero; Python would raise before IF can choose."""

    def __add__(self, other: float) -> "_Number":
        return _Number(float(self) + float(other))

    def __truediv__(self, other: float) -> "_Number":
        return _Number(float(self) / float(other)) if other else _Number("nan")


def _if(condition: bool, then: float, otherwise: float) -> float:
    return then if condition else otherwise


def fires(alarm: Recorded, series: Series) -> bool:
    """Whether the alarm's one period, the last of the series, breaches its threshold."""
    assert alarm["evaluationPeriods"] == alarm["datapointsToAlarm"] == 1
    assert alarm["comparisonOperator"] == "GreaterThanThreshold"
    values: dict[str, object] = {"IF": _if, "FILL": lambda value, _: value}
    expression = ""
    for query in alarm["metricQueries"]:
        if query["returnData"]:
            expression = query["expression"]
            continue
        metric = query["metric"]
        assert metric["stat"] == "Sum"
        assert metric["period"] % 60 == 0
        values[query["id"]] = _Number(sum(series[metric["metricName"]][-int(metric["period"]) // 60 :]))
    result = eval(expression, {"__builtins__": {}}, values)  # noqa: S307 - of our own making
    return bool(float(result) > alarm["threshold"])


def speaks(composite: Recorded, stack: Recording, series: Series) -> bool:
    """Whether the composite alarm's rule holds."""
    rule = composite["alarmRule"]
    states = {
        alarm.name: fires(alarm, series) for alarm in stack.all(METRIC_ALARM) if f'"{alarm.name}"' in rule
    }
    python = re.sub(r'ALARM\("([^"]+)"\)', lambda found: str(states[found[1]]), rule)
    python = python.replace(" AND ", " and ").replace(" OR ", " or ")
    assert re.fullmatch(r"(True|False|and|or|[() ])+", python), rule
    return bool(eval(python, {"__builtins__": {}}))  # noqa: S307 - of our own making
