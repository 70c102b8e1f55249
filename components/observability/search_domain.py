"""An OpenSearch domain inside the VPC: three zones, TLS 1.2, our key, fine-grained access, audited."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.iam import Principal, Statement, policy_json
from components.tags import Tags

ENGINE = "OpenSearch_2.19"
TLS_POLICY = "Policy-Min-TLS-1-2-PFS-2023-10"
ZONES = 3
LOG_TYPES = ("AUDIT_LOGS", "ES_APPLICATION_LOGS", "INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS")
_HTTP = ["es:ESHttpDelete", "es:ESHttpGet", "es:ESHttpHead", "es:ESHttpPost", "es:ESHttpPut"]


@dataclass(frozen=True)
class SearchDomainArgs:
    """`master_role_arn` decides who may do what; it and `user_role_arns` are let in, nobody else.

    `arn` is what the domain's will be. `service_linked_role` is False where the account has OpenSearch's
    role already: IAM takes it once.
    """

    domain_name: str
    arn: str
    production: bool
    key_arn: pulumi.Input[str]
    log_retention_days: int
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    security_group_id: pulumi.Input[str]
    master_role_arn: pulumi.Input[str]
    user_role_arns: Sequence[pulumi.Input[str]]
    service_linked_role: bool
    tags: Tags


class SearchDomain(pulumi.ComponentResource):
    """The domain and its own logs; `log_group_names` are those."""

    arn: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    log_group_names: list[pulumi.Output[str]]

    def __init__(self, name: str, args: SearchDomainArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:observability:SearchDomain", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        log_groups = {
            log_type: aws.cloudwatch.LogGroup(
                f"{name}-{log_type.lower().replace('_', '-')}",
                aws.cloudwatch.LogGroupArgs(
                    retention_in_days=args.log_retention_days, kms_key_id=args.key_arn, tags=args.tags
                ),
                opts=child,
            )
            for log_type in LOG_TYPES
        }
        may_log = Statement(
            sid="DomainLogs",
            actions=["logs:CreateLogStream", "logs:PutLogEvents", "logs:PutLogEventsBatch"],
            resources=[pulumi.Output.concat(group.arn, ":*") for group in log_groups.values()],
            principals=[Principal(type="Service", identifiers=["es.amazonaws.com"])],
        )
        waits: list[pulumi.Resource] = [
            aws.cloudwatch.LogResourcePolicy(
                f"{name}-log-policy",
                aws.cloudwatch.LogResourcePolicyArgs(
                    policy_name=args.domain_name, policy_document=policy_json(may_log)
                ),
                opts=child,
            )
        ]
        if args.service_linked_role:
            # OpenSearch makes its interfaces in the VPC with it.
            waits.append(
                aws.iam.ServiceLinkedRole(
                    f"{name}-service-role",
                    aws.iam.ServiceLinkedRoleArgs(
                        aws_service_name="opensearchservice.amazonaws.com", tags=args.tags
                    ),
                    opts=child,
                )
            )
        users = Statement(
            sid="RolesOfOurs",
            actions=_HTTP,
            resources=[f"{args.arn}/*"],
            principals=[Principal(type="AWS", identifiers=[args.master_role_arn, *args.user_role_arns])],
        )
        domain = aws.opensearch.Domain(
            f"{name}-domain",
            aws.opensearch.DomainArgs(
                domain_name=args.domain_name,
                engine_version=ENGINE,
                cluster_config=_cluster(args.production),
                ebs_options=aws.opensearch.DomainEbsOptionsArgs(
                    ebs_enabled=True, volume_type="gp3", volume_size=200 if args.production else 20
                ),
                vpc_options=aws.opensearch.DomainVpcOptionsArgs(
                    subnet_ids=args.subnet_ids, security_group_ids=[args.security_group_id]
                ),
                encrypt_at_rest=aws.opensearch.DomainEncryptAtRestArgs(enabled=True, kms_key_id=args.key_arn),
                node_to_node_encryption=aws.opensearch.DomainNodeToNodeEncryptionArgs(enabled=True),
                domain_endpoint_options=aws.opensearch.DomainDomainEndpointOptionsArgs(
                    enforce_https=True, tls_security_policy=TLS_POLICY
                ),
                advanced_security_options=aws.opensearch.DomainAdvancedSecurityOptionsArgs(
                    enabled=True,
                    internal_user_database_enabled=False,  # IAM roles only: there is no password to lose
                    anonymous_auth_enabled=False,
                    master_user_options=aws.opensearch.DomainAdvancedSecurityOptionsMasterUserOptionsArgs(
                        master_user_arn=args.master_role_arn
                    ),
                ),
                access_policies=policy_json(users),
                log_publishing_options=[
                    aws.opensearch.DomainLogPublishingOptionArgs(
                        log_type=log_type, cloudwatch_log_group_arn=group.arn, enabled=True
                    )
                    for log_type, group in log_groups.items()
                ],
                software_update_options=aws.opensearch.DomainSoftwareUpdateOptionsArgs(
                    auto_software_update_enabled=True
                ),
                tags=args.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self, protect=args.production, depends_on=waits),
        )
        self.arn = domain.arn
        self.endpoint = domain.endpoint
        self.log_group_names = [group.name for group in log_groups.values()]
        self.register_outputs({"arn": self.arn, "endpoint": self.endpoint})


def _cluster(production: bool) -> aws.opensearch.DomainClusterConfigArgs:
    return aws.opensearch.DomainClusterConfigArgs(
        instance_type="r7g.large.search" if production else "t3.medium.search",
        instance_count=ZONES,
        zone_awareness_enabled=True,
        zone_awareness_config=aws.opensearch.DomainClusterConfigZoneAwarenessConfigArgs(
            availability_zone_count=ZONES
        ),
        dedicated_master_enabled=production,
        dedicated_master_type="m7g.large.search" if production else None,
        dedicated_master_count=3 if production else None,
    )
