"""VPC endpoints: AWS services by private addresses, for our account's principals and resources only.

An endpoint policy keeps stolen or foreign credentials from carrying data to another account through the VPC:
https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
There is none for execute-api: with private DNS it takes over the names of every regional API, and public ones
refuse what comes that way. Those of IoT Core have no private DNS: commands leave by NAT.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import pulumi
import pulumi_aws as aws

from components.iam import Condition, Principal, Statement, policy_json
from components.markets import Region
from components.tags import Tags

GATEWAY_SERVICES = ("s3", "dynamodb")
"""Free of charge, so every VPC has them."""

# The endpoint's service, and the prefix of its IAM actions.
_INTERFACE_SERVICES: Mapping[str, str] = MappingProxyType(
    {
        "ecr.api": "ecr",
        "ecr.dkr": "ecr",
        "events": "events",
        "kinesis-streams": "kinesis",
        "kms": "kms",
        "logs": "logs",
        "monitoring": "cloudwatch",
        "secretsmanager": "secretsmanager",
        "sns": "sns",
        "sqs": "sqs",
        "ssm": "ssm",
        "sts": "sts",
        "xray": "xray",
    }
)
OTHER_INTERFACE_SERVICES = ("kms", "secretsmanager")
"""Outside of production only what carries secrets is kept off the NAT gateway: endpoints cost by the hour."""


def interface_services(production: bool) -> tuple[str, ...]:
    """The services that have an interface endpoint in a VPC."""
    return tuple(_INTERFACE_SERVICES) if production else OTHER_INTERFACE_SERVICES


@dataclass(frozen=True)
class EndpointsArgs:
    """`subnet_ids` hold the interfaces, one a zone; `route_table_ids` get the gateways' routes."""

    account_id: str
    region: Region
    production: bool
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Output[Sequence[str]]
    route_table_ids: Sequence[pulumi.Input[str]]
    security_group_id: pulumi.Input[str]
    tags: Tags


def create_endpoints(name: str, args: EndpointsArgs, parent: pulumi.Resource) -> None:
    """Create each endpoint as `<name>-<service>`."""
    child = pulumi.ResourceOptions(parent=parent)
    for service in GATEWAY_SERVICES:
        aws.ec2.VpcEndpoint(
            f"{name}-{service}",
            aws.ec2.VpcEndpointArgs(
                vpc_id=args.vpc_id,
                service_name=f"com.amazonaws.{args.region}.{service}",
                vpc_endpoint_type="Gateway",
                route_table_ids=args.route_table_ids,
                policy=policy_json(*endpoint_policy(service, args.account_id, args.region)),
                tags=args.tags,
            ),
            opts=child,
        )
    # One zone is enough where an outage harms nobody.
    subnet_ids = args.subnet_ids if args.production else args.subnet_ids.apply(lambda ids: ids[:1])
    for service in interface_services(args.production):
        aws.ec2.VpcEndpoint(
            f"{name}-{service.replace('.', '-')}",
            aws.ec2.VpcEndpointArgs(
                vpc_id=args.vpc_id,
                service_name=f"com.amazonaws.{args.region}.{service}",
                vpc_endpoint_type="Interface",
                subnet_ids=subnet_ids,
                security_group_ids=[args.security_group_id],
                private_dns_enabled=True,
                policy=policy_json(*endpoint_policy(service, args.account_id, args.region)),
                tags=args.tags,
            ),
            opts=child,
        )


def endpoint_policy(service: str, account_id: str, region: Region) -> list[Statement]:
    """Our principals on our resources, and the few exceptions without which containers do not start."""
    prefix = _INTERFACE_SERVICES.get(service, service)
    ours = [
        Condition(test="StringEquals", variable="aws:PrincipalAccount", values=[account_id]),
        Condition(test="StringEquals", variable="aws:ResourceAccount", values=[account_id]),
    ]
    anyone = [Principal(type="*", identifiers=["*"])]
    statements = [
        Statement(
            sid="OurPrincipalsOnOurResources",
            actions=[f"{prefix}:*"],
            resources=["*"],
            principals=anyone,
            conditions=ours,
        )
    ]
    if service == "s3":
        # ECR hands out signed addresses of image layers in this bucket of AWS's:
        # https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
        statements.append(
            Statement(
                sid="ImageLayers",
                actions=["s3:GetObject"],
                resources=[f"arn:aws:s3:::prod-{region}-starport-layer-bucket/*"],
                principals=anyone,
            )
        )
    if prefix == "ecr":
        # The images of EKS's own add-ons are in registries of AWS's accounts.
        statements.append(
            Statement(
                sid="PullImagesOfOthers",
                actions=[
                    "ecr:BatchGetImage",
                    "ecr:GetDownloadUrlForLayer",
                    "ecr:BatchCheckLayerAvailability",
                ],
                resources=["*"],
                principals=anyone,
                conditions=ours[:1],
            )
        )
    if service == "sts":
        # A pod trades its Kubernetes token for a role: until then it is no principal of any account.
        statements.append(
            Statement(
                sid="PodsBecomeOurRoles",
                actions=["sts:AssumeRoleWithWebIdentity"],
                resources=["*"],
                principals=anyone,
                conditions=ours[1:],
            )
        )
    return statements
