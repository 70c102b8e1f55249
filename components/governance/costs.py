"""What a market costs, and who hears when it costs more: a budget, and anomalies."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.tags import DataClass, Tags, component_tags

LEAST_ANOMALY_SHARE = 0.02
"""Of the month's budget: less than that, in a day, is not worth a message."""
# Per cent of the budget, spent or forecast.
STEPS = ((50, "ACTUAL"), (80, "ACTUAL"), (100, "ACTUAL"), (100, "FORECASTED"), (120, "FORECASTED"))


@dataclass(frozen=True)
class CostWatchArgs:
    """The account is the market's own, so its costs are the market's.

    `anomaly_monitor_arn` is the account's monitor of services where it has one already: AWS allows one, and
    makes it by itself for new accounts.
    """

    prefix: str
    monthly_usd: int
    email: str
    tags: Tags
    anomaly_monitor_arn: pulumi.Input[str] | None = None

    def __post_init__(self) -> None:
        if self.monthly_usd < 1:
            raise ValueError(f"monthly_usd is {self.monthly_usd}: use 1 US dollar or more")


class CostWatch(pulumi.ComponentResource):
    """Needs a provider of us-east-1, where AWS keeps billing."""

    def __init__(self, name: str, args: CostWatchArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:governance:CostWatch", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        tags = component_tags(args.tags, "governance", DataClass.INTERNAL)
        aws.budgets.Budget(
            f"{name}-month",
            aws.budgets.BudgetArgs(
                name=f"{args.prefix}-month",
                budget_type="COST",
                time_unit="MONTHLY",
                limit_amount=str(args.monthly_usd),
                limit_unit="USD",
                notifications=[
                    aws.budgets.BudgetNotificationArgs(
                        comparison_operator="GREATER_THAN",
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                        notification_type=kind,
                        subscriber_email_addresses=[args.email],
                    )
                    for percent, kind in STEPS
                ],
                tags=tags,
            ),
            opts=child,
        )
        monitor_arn = args.anomaly_monitor_arn
        if monitor_arn is None:
            monitor_arn = aws.costexplorer.AnomalyMonitor(
                f"{name}-services",
                aws.costexplorer.AnomalyMonitorArgs(
                    name=f"{args.prefix}-services",
                    monitor_type="DIMENSIONAL",
                    monitor_dimension="SERVICE",
                    tags=tags,
                ),
                opts=child,
            ).arn
        expression = aws.costexplorer.AnomalySubscriptionThresholdExpressionArgs
        dimension = aws.costexplorer.AnomalySubscriptionThresholdExpressionDimensionArgs
        aws.costexplorer.AnomalySubscription(
            f"{name}-anomalies",
            aws.costexplorer.AnomalySubscriptionArgs(
                name=f"{args.prefix}-anomalies",
                frequency="DAILY",
                monitor_arn_lists=[monitor_arn],
                subscribers=[
                    aws.costexplorer.AnomalySubscriptionSubscriberArgs(type="EMAIL", address=args.email)
                ],
                threshold_expression=expression(
                    dimension=dimension(
                        key="ANOMALY_TOTAL_IMPACT_ABSOLUTE",
                        match_options=["GREATER_THAN_OR_EQUAL"],
                        values=[str(least_anomaly_usd(args.monthly_usd))],
                    )
                ),
                tags=tags,
            ),
            opts=child,
        )
        self.register_outputs({})


def least_anomaly_usd(monthly_usd: int) -> int:
    """The least US dollars too much in a day that somebody is told of."""
    return max(10, round(monthly_usd * LEAST_ANOMALY_SHARE))
