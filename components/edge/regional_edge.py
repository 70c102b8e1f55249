"""The public side of one Region: names and certificate of its APIs, and a web ACL before each endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.edge.certificate import Certificate, CertificateArgs
from components.edge.dns import AliasTarget, DnsName
from components.edge.waf_rules import Audience
from components.edge.web_acl import WebAcl, WebAclArgs
from components.foundation import Foundation
from components.rest_api import RestApi
from components.tags import DataClass, component_tags

TLS_POLICY = "TLS_1_2"


@dataclass(frozen=True)
class ApiEndpoint:
    """A REST API of the Region, whom it serves, and the names that it answers on.

    The API must be made with `custom_domain=True`, so that nobody gets around its names and certificate.
    """

    name: str
    audience: Audience
    api: RestApi
    names: tuple[DnsName, ...]

    def __post_init__(self) -> None:
        if not self.names:
            raise ValueError(f"API {self.name} has no name: it would be reached on execute-api only; name it")


@dataclass(frozen=True)
class RegionalEdgeArgs:
    """Every public endpoint of a Region: `apis`, and the ARNs of Cognito user pools and load balancers.

    Load balancers are those that face the internet. `allowed_countries` limits who may call the rider API
    (ISO 3166-1 alpha-2; None: anybody); public feeds stay open. `proven_by` is the certificate of the other
    Region. `web_origins` is the web page (`https://backoffice.example.com`) that calls an audience's APIs.
    """

    foundation: Foundation
    dns_provider: pulumi.ProviderResource
    apis: tuple[ApiEndpoint, ...]
    user_pools: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    load_balancers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    allowed_countries: tuple[str, ...] | None = None
    proven_by: Certificate | None = None
    web_origins: Mapping[Audience, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [at.name for api in self.apis for at in api.names]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(
                f"{', '.join(twice)}: API Gateway takes a name once a Region; give each API its own"
            )
        if not self.apis:
            raise ValueError(
                f"no API in {self.foundation.region}: an edge without an endpoint protects nothing"
            )


class RegionalEdge(pulumi.ComponentResource):
    """`targets` is what a record for each name points at, in this Region."""

    certificate: Certificate
    targets: dict[str, AliasTarget]
    acl_arns: dict[Audience, pulumi.Output[str]]

    def __init__(self, name: str, args: RegionalEdgeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:edge:RegionalEdge", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._tags = component_tags(args.foundation.tags, "edge", DataClass.INTERNAL)
        self._acls: dict[Audience, WebAcl] = {}
        self.certificate = Certificate(
            f"{name}-tls",
            CertificateArgs(
                names=tuple(at for api in args.apis for at in api.names),
                dns_provider=args.dns_provider,
                tags=self._tags,
                proven_by=args.proven_by,
            ),
            opts=self._child,
        )
        self.targets = {}
        for endpoint in args.apis:
            self._put_acl_before(endpoint.name, endpoint.api.stage_arn, endpoint.audience)
            for at in endpoint.names:
                self.targets[at.name] = self._serve(endpoint, at)
        for pool, arn in args.user_pools.items():
            self._put_acl_before(pool, arn, Audience.SIGN_IN)
        for balancer, arn in args.load_balancers.items():
            self._put_acl_before(balancer, arn, Audience.SERVICES)
        self.acl_arns = {audience: acl.arn for audience, acl in self._acls.items()}
        self.register_outputs({"certificateArn": self.certificate.arn})

    def _serve(self, endpoint: ApiEndpoint, at: DnsName) -> AliasTarget:
        domain = aws.apigateway.DomainName(
            f"{self._name}-{at.name}",
            aws.apigateway.DomainNameArgs(
                domain_name=at.name,
                regional_certificate_arn=self.certificate.arn,
                security_policy=TLS_POLICY,
                endpoint_configuration=aws.apigateway.DomainNameEndpointConfigurationArgs(
                    types="REGIONAL", ip_address_type="dualstack"
                ),
                tags=self._tags,
            ),
            opts=self._child,
        )
        aws.apigateway.BasePathMapping(
            f"{self._name}-{at.name}-mapping",
            aws.apigateway.BasePathMappingArgs(
                domain_name=domain.domain_name,
                rest_api=endpoint.api.api_id,
                stage_name=endpoint.api.stage_name,
            ),
            opts=pulumi.ResourceOptions(parent=domain),
        )
        return AliasTarget(dns_name=domain.regional_domain_name, zone_id=domain.regional_zone_id)

    def _put_acl_before(self, endpoint: str, arn: pulumi.Input[str], audience: Audience) -> None:
        """The association is made beside the endpoint: no policy sees one that is made in another stack."""
        aws.wafv2.WebAclAssociation(
            f"{self._name}-{endpoint}-acl",
            aws.wafv2.WebAclAssociationArgs(resource_arn=arn, web_acl_arn=self._acl(audience).arn),
            opts=self._child,
        )

    def _acl(self, audience: Audience) -> WebAcl:
        """One web ACL an audience, made when its first endpoint comes."""
        if audience not in self._acls:
            riders = audience is Audience.RIDERS
            self._acls[audience] = WebAcl(
                f"{self._name}-{audience}",
                WebAclArgs(
                    foundation=self._args.foundation,
                    audience=audience,
                    description=f"Before what {audience} reach in {self._args.foundation.region}",
                    allowed_countries=self._args.allowed_countries if riders else None,
                    web_origin=self._args.web_origins.get(audience),
                ),
                opts=self._child,
            )
        return self._acls[audience]
