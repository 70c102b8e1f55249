"""Redshift Serverless over the lake, for those who need joins and dashboards all day."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, create_alarms
from components.encryption import DataDomain
from components.foundation import Foundation
from components.iam import Principal, Statement, policy_json
from components.network import GroupMaker, Peer
from components.network.access_lists import HTTPS
from components.network.addressing import EVERYWHERE
from components.tags import Tags

DATABASE = "bluehorizons"
ADMIN = "warehouse_admin"
EXTERNAL_SCHEMA = "lake"
PORT = 5439
BASE_RPU = 8
MAX_RPU = 64
RPU_HOURS_A_MONTH = {True: 2_000, False: 60}
"""By production: what compute may use before the warehouse is shut (dev); in production it is only told."""
TELL_AT = 0.8
_PARAMETERS = {
    "require_ssl": "true",
    "enable_user_activity_logging": "true",
    "max_query_execution_time": "3600",  # seconds
}


@dataclass(frozen=True)
class WarehouseNetwork:
    """Where the warehouse is reached: private subnets in three zones of `vpc_id`, from the groups of
    `clients` and by nobody else (Data API and query editor need none)."""

    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    clients: Sequence[pulumi.Input[str]] = field(default_factory=tuple)


@dataclass(frozen=True)
class WarehouseArgs:
    """`lake`: what its role needs to read the catalogue and the buckets of the lake."""

    foundation: Foundation
    network: WarehouseNetwork
    glue_database: pulumi.Input[str]
    lake: Sequence[Statement]
    tags: Tags


class Warehouse(pulumi.ComponentResource):
    """Namespace, workgroup, a limit on what they cost, and the external schema `lake` (Spectrum)."""

    workgroup_name: pulumi.Output[str]
    database: pulumi.Output[str]

    def __init__(self, name: str, args: WarehouseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:analytics:Warehouse", name, None, opts)
        base = args.foundation
        child = pulumi.ResourceOptions(parent=self)
        key_arn = base.key_arn(DataDomain.ANALYTICS)
        role = self._role(name, args)
        namespace = aws.redshiftserverless.Namespace(
            f"{name}-namespace",
            aws.redshiftserverless.NamespaceArgs(
                namespace_name=f"{base.prefix}-analytics",
                db_name=DATABASE,
                admin_username=ADMIN,
                manage_admin_password=True,
                admin_password_secret_kms_key_id=key_arn,
                kms_key_id=key_arn,
                iam_roles=[role],
                default_iam_role_arn=role,
                log_exports=["connectionlog", "useractivitylog", "userlog"],
                tags=args.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self, protect=base.production),
        )
        groups = GroupMaker(name, args.network.vpc_id, args.tags, self)
        group = groups.group("redshift", "The warehouse")
        for number, client in enumerate(args.network.clients):
            groups.let_in(f"in-{number}", group, PORT, Peer(group_id=client), "SQL clients of the VPC")
        # Enhanced routing sends Spectrum's calls to Glue and S3 through the VPC, by its endpoints.
        groups.let_out("out", group, HTTPS, Peer(cidr=EVERYWHERE), "AWS services by HTTPS")
        workgroup = aws.redshiftserverless.Workgroup(
            f"{name}-workgroup",
            aws.redshiftserverless.WorkgroupArgs(
                namespace_name=namespace.namespace_name,
                workgroup_name=f"{base.prefix}-analytics",
                base_capacity=BASE_RPU,
                max_capacity=MAX_RPU,
                subnet_ids=args.network.subnet_ids,
                security_group_ids=[group],
                publicly_accessible=False,
                enhanced_vpc_routing=True,
                port=PORT,
                config_parameters=[
                    aws.redshiftserverless.WorkgroupConfigParameterArgs(
                        parameter_key=key, parameter_value=value
                    )
                    for key, value in _PARAMETERS.items()
                ],
                tags=args.tags,
            ),
            opts=child,
        )
        allowed = RPU_HOURS_A_MONTH[base.production]
        limit = aws.redshiftserverless.UsageLimit(
            f"{name}-usage-limit",
            aws.redshiftserverless.UsageLimitArgs(
                resource_arn=workgroup.arn,
                usage_type="serverless-compute",
                amount=allowed,
                period="monthly",
                breach_action="emit-metric" if base.production else "deactivate",
            ),
            opts=child,
        )
        aws.redshiftdata.Statement(
            f"{name}-lake-schema",
            aws.redshiftdata.StatementArgs(
                workgroup_name=workgroup.workgroup_name,
                database=DATABASE,
                secret_arn=namespace.admin_password_secret_arn,
                statement_name=f"{name}-lake-schema",
                sql=pulumi.Output.concat(
                    f"CREATE EXTERNAL SCHEMA IF NOT EXISTS {EXTERNAL_SCHEMA} FROM DATA CATALOG DATABASE '",
                    args.glue_database,
                    "' IAM_ROLE default;",
                ),
            ),
            opts=child,
        )
        create_alarms(
            name,
            [
                Alarm(
                    name="usage-limit",
                    description=f"The warehouse has used {TELL_AT:.0%} of its compute of the month",
                    namespace="AWS/Redshift-Serverless",
                    metric="UsageLimitConsumed",
                    dimensions={
                        "UsageLimitId": limit.id,
                        "UsageType": "SERVERLESS_COMPUTE",
                        "Workgroup": workgroup.workgroup_name,
                    },
                    statistic="Maximum",
                    threshold=TELL_AT * allowed,
                    period_seconds=3_600,
                )
            ],
            topic_arn=base.alarm_topic_arn,
            tags=args.tags,
            parent=self,
        )
        self.workgroup_name = workgroup.workgroup_name
        self.database = pulumi.Output.from_input(DATABASE)
        self.register_outputs({"workgroupName": self.workgroup_name})

    def _role(self, name: str, args: WarehouseArgs) -> pulumi.Output[str]:
        """The role that Spectrum reads the lake with. Redshift is not known to send `aws:SourceAccount`, and
        wants both of its names trusted:
        https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-security-other-services.html"""
        services = ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"]
        role = aws.iam.Role(
            f"{name}-role",
            aws.iam.RoleArgs(
                description="Lets the warehouse read the lake",
                assume_role_policy=policy_json(
                    Statement(
                        actions=["sts:AssumeRole"],
                        principals=[Principal(type="Service", identifiers=services)],
                    )
                ),
                tags=args.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        policy = aws.iam.RolePolicy(
            f"{name}-role-policy",
            aws.iam.RolePolicyArgs(role=role.name, policy=policy_json(*args.lake)),
            opts=pulumi.ResourceOptions(parent=role),
        )
        # Known when the policy is there: the external schema is tried at once.
        return pulumi.Output.all(role.arn, policy.id).apply(lambda values: str(values[0]))
