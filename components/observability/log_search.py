"""OpenSearch for logs: the domain, who may do what in it, and everybody's logs on their way to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, create_alarms
from components.encryption import DataDomain
from components.foundation import Foundation
from components.iam import Statement
from components.lambda_function import FunctionNetwork, LambdaFunction, LambdaFunctionArgs
from components.network.access_lists import HTTPS
from components.network.security_groups import GroupMaker, Peer
from components.observability.log_delivery import LogDelivery, LogDeliveryArgs
from components.observability.log_sink import LogSink, create_log_sink
from components.observability.search_domain import SearchDomain, SearchDomainArgs
from components.tags import DataClass, component_tags

MAX_DOMAIN_NAME = 28
LEAST_FREE_MB = 4_096


@dataclass(frozen=True)
class SearchNetwork:
    """The VPC of the domain, its private subnets, one a zone, and from where people may search."""

    vpc_id: pulumi.Input[str]
    private_subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    reader_ranges: Sequence[IPv4Network] = ()


@dataclass(frozen=True)
class LogSearchArgs:
    """`readers` are ARNs of roles that may search; `index_days` is how long an index is kept."""

    foundation: Foundation
    network: SearchNetwork
    readers: Sequence[pulumi.Input[str]] = ()
    index_days: int = 30
    service_linked_role: bool = True

    def __post_init__(self) -> None:
        if len(self.domain_name) > MAX_DOMAIN_NAME:
            raise ValueError(
                f"domain {self.domain_name!r} has {len(self.domain_name)} characters: "
                f"OpenSearch takes {MAX_DOMAIN_NAME}, use a shorter prefix than {self.foundation.prefix!r}"
            )
        if self.index_days < 1:
            raise ValueError(f"index_days is {self.index_days}: keep an index for 1 day or more")

    @property
    def domain_name(self) -> str:
        """Unique in the account and Region."""
        return f"{self.foundation.prefix}-logs"

    @property
    def domain_arn(self) -> str:
        """Known before the domain is: policies name it."""
        base = self.foundation
        return f"arn:aws:es:{base.region}:{base.account_id}:domain/{self.domain_name}"


class LogSearch(pulumi.ComponentResource):
    """Sink first, then the domain that knows the sink's role, then the delivery."""

    endpoint: pulumi.Output[str]

    def __init__(self, name: str, args: LogSearchArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:observability:LogSearch", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        base = args.foundation
        tags = component_tags(base.tags, "observability", DataClass.CONFIDENTIAL)
        maker = GroupMaker(name, args.network.vpc_id, tags, self)
        domain_group, client_group = _groups(maker, args.network.reader_ranges)
        sink = create_log_sink(name, foundation=base, domain_arn=args.domain_arn, tags=tags, parent=self)
        security = self._security_function(name, args, client_group)
        domain = SearchDomain(
            f"{name}-search",
            SearchDomainArgs(
                domain_name=args.domain_name,
                arn=args.domain_arn,
                production=base.production,
                key_arn=base.key_arn(DataDomain.LOGS),
                log_retention_days=base.log_retention_days,
                subnet_ids=args.network.private_subnet_ids,
                security_group_id=domain_group,
                master_role_arn=security.role_arn,
                user_role_arns=[sink.role_arn, *args.readers],
                service_linked_role=args.service_linked_role,
                tags=tags,
            ),
            opts=child,
        )
        secured = _secure(name, args, security, domain, sink, self)
        LogDelivery(
            f"{name}-delivery",
            LogDeliveryArgs(
                foundation=base,
                domain_arn=domain.arn,
                sink=sink,
                subnet_ids=args.network.private_subnet_ids,
                security_group_id=client_group,
                left_out=[*domain.log_group_names, security.log_group_name],
            ),
            # Until the domain knows the sink's role it refuses all that Firehose sends.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[secured]),
        )
        create_alarms(
            name,
            _domain_alarms({"DomainName": args.domain_name, "ClientId": base.account_id}),
            topic_arn=base.alarm_topic_arn,
            tags=tags,
            parent=self,
        )
        self.endpoint = domain.endpoint
        self.register_outputs({"endpoint": self.endpoint})

    def _security_function(self, name: str, args: LogSearchArgs, group: pulumi.Output[str]) -> LambdaFunction:
        """The one principal that may change who may do what in the domain."""
        base = args.foundation
        key_arn = base.key_arn(DataDomain.LOGS)
        return LambdaFunction(
            f"{name}-security",
            LambdaFunctionArgs(
                function="log_search_security",
                description="Tells OpenSearch which role may do what, and how long to keep logs",
                home=base.function_home,
                environment={"POWERTOOLS_SERVICE_NAME": "log-search-security"},
                environment_key_arn=key_arn,
                statements=[
                    Statement(
                        sid="ChangeSecurity",
                        actions=["es:ESHttpGet", "es:ESHttpPut"],
                        resources=[f"{args.domain_arn}/*"],
                    )
                ],
                tags=component_tags(base.tags, "observability", DataClass.CONFIDENTIAL),
                network=FunctionNetwork(args.network.private_subnet_ids, [group]),
                timeout_seconds=120,
                reserved_concurrency=1,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _groups(
    maker: GroupMaker, reader_ranges: Sequence[IPv4Network]
) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
    domain = maker.group("domain", "OpenSearch for logs")
    clients = maker.group("clients", "What delivers logs to OpenSearch")
    maker.let_out("clients-out", clients, HTTPS, Peer(group_id=domain), "To the domain")
    maker.let_in("domain-in", domain, HTTPS, Peer(group_id=clients), "Delivery of logs")
    for readers in reader_ranges:
        rule = f"domain-in-{str(readers).replace('/', '-')}"
        maker.let_in(rule, domain, HTTPS, Peer(cidr=readers), "Who searches the logs")
    return domain, clients


def _secure(
    name: str,
    args: LogSearchArgs,
    security: LambdaFunction,
    domain: SearchDomain,
    sink: LogSink,
    parent: pulumi.Resource,
) -> aws.lambda_.Invocation:
    return aws.lambda_.Invocation(
        f"{name}-secured",
        aws.lambda_.InvocationArgs(
            function_name=security.function_name,
            qualifier=security.version,  # not the alias, which a canary moves later
            input=pulumi.Output.json_dumps(
                {
                    "endpoint": domain.endpoint,
                    "writers": [sink.role_arn],
                    "readers": list(args.readers),
                    "index_days": args.index_days,
                }
            ),
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _domain_alarms(dimensions: dict[str, pulumi.Input[str]]) -> list[Alarm]:
    """https://docs.aws.amazon.com/opensearch-service/latest/developerguide/cloudwatch-alarms.html"""
    return [
        Alarm(
            name="red",
            description="OpenSearch has lost primary shards",
            namespace="AWS/ES",
            metric="ClusterStatus.red",
            dimensions=dimensions,
            statistic="Maximum",
            threshold=0,
            period_seconds=60,
        ),
        Alarm(
            name="full",
            description="An OpenSearch node is short of disk: keep indexes shorter or add disk",
            namespace="AWS/ES",
            metric="FreeStorageSpace",
            dimensions=dimensions,
            statistic="Minimum",
            threshold=LEAST_FREE_MB,
            below=True,
            period_seconds=60,
            periods=5,
        ),
        Alarm(
            name="blocked",
            description="OpenSearch refuses all writes",
            namespace="AWS/ES",
            metric="ClusterIndexWritesBlocked",
            dimensions=dimensions,
            statistic="Maximum",
            threshold=0,
        ),
        Alarm(
            name="key-lost",
            description="OpenSearch cannot use its key: enable it again or the domain is lost",
            namespace="AWS/ES",
            metric="KMSKeyInaccessible",
            dimensions=dimensions,
            statistic="Maximum",
            threshold=0,
        ),
    ]
