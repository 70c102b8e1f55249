"""Shield Advanced, by switch.

The subscription is not made here: it costs 3,000 US dollars a month for a year at least, whoever ends the
stack. Subscribe the account (or the organisation) first, or AWS refuses every protection.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.tags import DataClass, Tags, component_tags


@dataclass(frozen=True)
class Protected:
    """What is protected. With `health_check_arn` Shield tells attacks from traffic by the endpoint's health;
    hosted zones take none: https://docs.aws.amazon.com/waf/latest/developerguide/ddos-advanced-health-checks.html
    """

    arn: pulumi.Input[str]
    health_check_arn: pulumi.Input[str] | None = None


@dataclass(frozen=True)
class ShieldArgs:
    """`resources` by name: hosted zones, CloudFront distributions, load balancers, Elastic IPs.

    API Gateway, Cognito and AWS IoT Core cannot be protected so: their web ACLs and names are what there is.
    """

    resources: Mapping[str, Protected]
    tags: Tags

    def __post_init__(self) -> None:
        if not self.resources:
            raise ValueError(
                "Shield Advanced without a resource: it would be paid for nothing; switch it off"
            )


class Shield(pulumi.ComponentResource):
    """A protection for each resource, with the health check that goes with it."""

    def __init__(self, name: str, args: ShieldArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:edge:Shield", name, None, opts)
        tags = component_tags(args.tags, "edge", DataClass.INTERNAL)
        for what, protected in args.resources.items():
            protection = aws.shield.Protection(
                f"{name}-{what}",
                aws.shield.ProtectionArgs(resource_arn=protected.arn, tags=tags),
                opts=pulumi.ResourceOptions(parent=self),
            )
            if protected.health_check_arn is not None:
                aws.shield.ProtectionHealthCheckAssociation(
                    f"{name}-{what}-health",
                    aws.shield.ProtectionHealthCheckAssociationArgs(
                        shield_protection_id=protection.id, health_check_arn=protected.health_check_arn
                    ),
                    opts=pulumi.ResourceOptions(parent=protection),
                )
        self.register_outputs({})
