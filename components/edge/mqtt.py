"""Where cars connect: a name of ours for AWS IoT Core, in each Region that takes telemetry.

A car opens MQTT over TLS with its own certificate (port 8883, or 443 with ALPN) and connects again whenever
the line breaks: after a failover it finds the other Region behind the same name. What a car may do
there needs its certificate to be known in that Region too: docs/edge.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.edge.certificate import Certificate, CertificateArgs
from components.edge.dns import FAILOVER, Choice, DnsName, name_record
from components.edge.names import RegionRole, in_order
from components.tags import DataClass, Tags, component_tags

TLS_POLICY = "IotSecurityPolicy_TLS13_1_2_2022_10"
"""TLS 1.3, or 1.2 with modern ciphers for modems that know no better."""


def iot_data_endpoint(opts: pulumi.InvokeOutputOptions) -> pulumi.Output[str]:
    """AWS IoT Core's own name in the account and Region of the provider in `opts`; no resource tells it."""
    return aws.iot.get_endpoint_output(endpoint_type="iot:Data-ATS", opts=opts).endpoint_address


@dataclass(frozen=True)
class MqttEndpointArgs:
    """`proven_by` is the certificate of the same name in the market's other Region; `tags` the stack's."""

    name: DnsName
    dns_provider: pulumi.ProviderResource
    tags: Tags
    proven_by: Certificate | None = None


class MqttEndpoint(pulumi.ComponentResource):
    """Makes AWS IoT Core of the provider's Region answer to the name."""

    certificate: Certificate
    domain_configuration_name: pulumi.Output[str]

    def __init__(self, name: str, args: MqttEndpointArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:edge:MqttEndpoint", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        tags = component_tags(args.tags, "edge", DataClass.INTERNAL)
        self.certificate = Certificate(
            f"{name}-tls",
            CertificateArgs(
                names=(args.name,), dns_provider=args.dns_provider, tags=tags, proven_by=args.proven_by
            ),
            opts=child,
        )
        domain = aws.iot.DomainConfiguration(
            f"{name}-domain",
            aws.iot.DomainConfigurationArgs(
                domain_name=args.name.name,
                service_type="DATA",
                server_certificate_arns=[self.certificate.arn],
                authentication_type="AWS_X509",
                application_protocol="SECURE_MQTT",
                tls_config=aws.iot.DomainConfigurationTlsConfigArgs(security_policy=TLS_POLICY),
                status="ENABLED",
                tags=tags,
            ),
            opts=child,
        )
        self.domain_configuration_name = domain.name
        self.register_outputs({"domainConfigurationName": self.domain_configuration_name})


@dataclass(frozen=True)
class MqttRoutingArgs:
    """`endpoints`: AWS IoT Core's own name where cars connect in each role; one is enough.

    `health_check_ids` are those of `MarketRouting`: a Region is taken as a whole, so that telemetry arrives
    where bookings are. `standby_writes` swaps the roles.
    """

    name: DnsName
    dns_provider: pulumi.ProviderResource
    endpoints: Mapping[RegionRole, pulumi.Input[str]]
    health_check_ids: Mapping[RegionRole, pulumi.Input[str]]
    standby_writes: bool = False

    def __post_init__(self) -> None:
        if RegionRole.PRIMARY not in self.endpoints:
            raise ValueError(
                f"{self.name.name}: no endpoint of the primary Region; cars would have nowhere to go"
            )
        unwatched = [str(role) for role in self.endpoints if role not in self.health_check_ids]
        if len(self.endpoints) > 1 and unwatched:
            raise ValueError(
                f"{self.name.name}: no health check of {', '.join(unwatched)}; "
                "hand in MarketRouting.health_check_ids"
            )


class MqttRouting(pulumi.ComponentResource):
    """The records by which cars find the Region that takes their telemetry."""

    def __init__(self, name: str, args: MqttRoutingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:edge:MqttRouting", name, None, opts)
        records = pulumi.ResourceOptions(parent=self, provider=args.dns_provider)
        roles = in_order(args.endpoints, args.standby_writes)
        for (place, failover), role in zip(FAILOVER.items(), roles, strict=False):
            choice = Choice(place, args.health_check_ids[role], failover=failover) if len(roles) > 1 else None
            name_record(f"{name}-{place}", args.name, args.endpoints[role], records, choice)
        self.register_outputs({})
