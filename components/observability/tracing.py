"""X-Ray: what is sampled, what is grouped, and with which key traces are kept."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.tags import Tags

MAX_NAME = 32  # of groups and rules, by X-Ray's API
SLOW_SECONDS = 1


@dataclass(frozen=True)
class TracingArgs:
    """`api` is "<API name>/<stage>", as X-Ray calls a stage, where there is one to watch.

    One request a second is always traced; `share` of the others, 0 to 1.
    """

    prefix: str
    key_arn: pulumi.Input[str]
    share: float
    tags: Tags
    api: pulumi.Input[str] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"share is {self.share}: use a share of requests, 0 to 1")
        if len(self.group_name) > MAX_NAME:
            raise ValueError(
                f"group {self.group_name!r} has {len(self.group_name)} characters: "
                f"X-Ray takes {MAX_NAME}, use a shorter prefix than {self.prefix!r}"
            )

    @property
    def group_name(self) -> str:
        """The name of the group of requests that went wrong, and of the sampling rule."""
        return f"{self.prefix}-rider-api"


class Tracing(pulumi.ComponentResource):
    """Encryption of all traces of the Region, sampling of the API's, and a group of those that went wrong."""

    def __init__(self, name: str, args: TracingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:observability:Tracing", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        # One for the account and Region, with no ARN and no tags.
        aws.xray.EncryptionConfig(
            f"{name}-encryption",
            aws.xray.EncryptionConfigArgs(type="KMS", key_id=args.key_arn),
            opts=child,
        )
        if args.api is not None:
            aws.xray.SamplingRule(
                f"{name}-sampling",
                aws.xray.SamplingRuleArgs(
                    rule_name=args.group_name,
                    priority=1_000,
                    version=1,
                    reservoir_size=1,
                    fixed_rate=args.share,
                    service_type="AWS::ApiGateway::Stage",
                    service_name=args.api,
                    host="*",
                    http_method="*",
                    url_path="*",
                    resource_arn="*",
                    tags=args.tags,
                ),
                opts=child,
            )
            aws.xray.Group(
                f"{name}-group",
                aws.xray.GroupArgs(
                    group_name=args.group_name,
                    filter_expression=pulumi.Output.concat(
                        'service("', args.api, f'") AND (fault = true OR responsetime > {SLOW_SECONDS})'
                    ),
                    insights_configuration=aws.xray.GroupInsightsConfigurationArgs(
                        insights_enabled=True, notifications_enabled=True
                    ),
                    tags=args.tags,
                ),
                opts=child,
            )
        self.register_outputs({})
