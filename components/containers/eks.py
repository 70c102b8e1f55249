"""A workload on EKS with Fargate: a private cluster without machines of ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, create_alarms
from components.containers.eks_roles import cluster_role, pod_execution_role, workload_role
from components.containers.manifest import ManifestArgs, manifest
from components.containers.workload import Workload
from components.encryption import DataDomain
from components.foundation import Foundation
from components.network import GroupMaker, Network, Peer
from components.network.access_lists import HTTPS
from components.network.addressing import COMPANY
from components.tags import DataClass, component_tags

KUBERNETES_VERSION = "1.35"
SERVICE_CIDR = "172.20.0.0/16"
"""Of Kubernetes services: outside of the company's range, which pods must reach."""
LOG_TYPES = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
_ADMIN_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"


@dataclass(frozen=True)
class EksPlatformArgs:
    """`admins` maps a name to the ARN of a role that administers the cluster: nobody else may, not even its
    creator."""

    foundation: Foundation
    network: Network
    workload: Workload
    admins: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.workload.secrets:
            raise ValueError(
                f"workload {self.workload.name}: {', '.join(self.workload.secrets)} cannot be filled from "
                "Secrets Manager, whose driver does not run on Fargate in EKS; let the workload read it "
                "by its role"
            )


class EksPlatform(pulumi.ComponentResource):
    """Cluster, Fargate profiles, add-ons and the workload's role.

    The API server answers within the company only, so the workload's resources are not applied from here:
    `manifest` is what a pipeline inside of the VPC applies. None without an image.
    """

    cluster_name: pulumi.Output[str]
    workload_role_arn: pulumi.Output[str]
    manifest: pulumi.Output[str] | None

    def __init__(self, name: str, args: EksPlatformArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:containers:EksPlatform", name, None, opts)
        self._name = name
        self._args = args
        self._tags = component_tags(args.foundation.tags, "containers", DataClass.PERSONAL)
        self._child = pulumi.ResourceOptions(parent=self)
        # Known beforehand: its log group and the trust of its roles name it.
        self._cluster_name = f"{args.foundation.prefix}-{args.workload.name}"
        cluster = self._cluster()
        self._let_administer(cluster)
        pod_logs = self._log_group("pod-logs", None)
        profiles = self._profiles(cluster, pod_logs)
        self._add_ons(cluster, profiles)
        self.workload_role_arn = workload_role(
            self._name, cluster, args.workload, tags=self._tags, parent=self
        )
        self._watch(cluster)
        image = args.workload.image
        self.manifest = None
        if image is not None:
            self.manifest = manifest(
                ManifestArgs(
                    workload=args.workload,
                    image=image,
                    region=args.foundation.region,
                    role_arn=self.workload_role_arn,
                    log_group=pod_logs.name,
                )
            )
        self.cluster_name = cluster.name
        self.register_outputs({"clusterName": self.cluster_name})

    def _log_group(self, purpose: str, group_name: str | None) -> aws.cloudwatch.LogGroup:
        base = self._args.foundation
        return aws.cloudwatch.LogGroup(
            f"{self._name}-{purpose}",
            aws.cloudwatch.LogGroupArgs(
                name=group_name,
                retention_in_days=base.log_retention_days,
                kms_key_id=base.key_arn(DataDomain.LOGS),
                tags=self._tags,
            ),
            opts=self._child,
        )

    def _cluster(self) -> aws.eks.Cluster:
        base, network = self._args.foundation, self._args.network
        key_arn = base.key_arn(DataDomain.RENTAL)
        # EKS's own name for it; made here so that it is encrypted and ends.
        logs = self._log_group("control-logs", f"/aws/eks/{self._cluster_name}/cluster")
        maker = GroupMaker(self._name, network.vpc_id, self._tags, self)
        group = maker.group("api", "API server of the cluster")
        maker.let_in("api-in", group, HTTPS, Peer(cidr=COMPANY), "Administrators and pipelines by HTTPS")
        role = cluster_role(
            self._name,
            cluster_arn=f"arn:aws:eks:{base.region}:{base.account_id}:cluster/{self._cluster_name}",
            key_arn=key_arn,
            tags=self._tags,
            parent=self,
        )
        return aws.eks.Cluster(
            f"{self._name}-cluster",
            aws.eks.ClusterArgs(
                name=self._cluster_name,
                role_arn=role,
                version=KUBERNETES_VERSION,
                vpc_config=aws.eks.ClusterVpcConfigArgs(
                    subnet_ids=network.private_subnet_ids,
                    security_group_ids=[group],
                    endpoint_private_access=True,
                    endpoint_public_access=False,
                ),
                kubernetes_network_config=aws.eks.ClusterKubernetesNetworkConfigArgs(
                    service_ipv4_cidr=SERVICE_CIDR
                ),
                access_config=aws.eks.ClusterAccessConfigArgs(
                    authentication_mode="API", bootstrap_cluster_creator_admin_permissions=False
                ),
                encryption_config=aws.eks.ClusterEncryptionConfigArgs(
                    resources=["secrets"],
                    provider=aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=key_arn),
                ),
                enabled_cluster_log_types=LOG_TYPES,
                bootstrap_self_managed_addons=False,  # they are for machines, which there are none of
                upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type="STANDARD"),
                zonal_shift_config=aws.eks.ClusterZonalShiftConfigArgs(enabled=True),
                deletion_protection=base.production,
                tags=self._tags,
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[logs], protect=base.production or None),
        )

    def _let_administer(self, cluster: aws.eks.Cluster) -> None:
        for name, role_arn in self._args.admins.items():
            entry = aws.eks.AccessEntry(
                f"{self._name}-admin-{name}",
                aws.eks.AccessEntryArgs(
                    cluster_name=cluster.name, principal_arn=role_arn, type="STANDARD", tags=self._tags
                ),
                opts=self._child,
            )
            aws.eks.AccessPolicyAssociation(
                f"{self._name}-admin-{name}-policy",
                aws.eks.AccessPolicyAssociationArgs(
                    cluster_name=cluster.name,
                    principal_arn=entry.principal_arn,
                    policy_arn=_ADMIN_POLICY,
                    access_scope=aws.eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
                ),
                opts=pulumi.ResourceOptions(parent=entry),
            )

    def _profiles(self, cluster: aws.eks.Cluster, pod_logs: aws.cloudwatch.LogGroup) -> list[pulumi.Resource]:
        """Which pods run: those of the add-ons and of the workload, no others."""
        base = self._args.foundation
        role = pod_execution_role(
            self._name,
            profiles=f"arn:aws:eks:{base.region}:{base.account_id}:fargateprofile/{self._cluster_name}/*",
            log_group_arn=pod_logs.arn,
            image=self._args.workload.image,
            tags=self._tags,
            parent=self,
        )
        return [
            aws.eks.FargateProfile(
                f"{self._name}-{namespace}",
                aws.eks.FargateProfileArgs(
                    cluster_name=cluster.name,
                    pod_execution_role_arn=role,
                    subnet_ids=self._args.network.private_subnet_ids,
                    selectors=[aws.eks.FargateProfileSelectorArgs(namespace=namespace)],
                    tags=self._tags,
                ),
                opts=self._child,
            )
            for namespace in ("kube-system", self._args.workload.name)
        ]

    def _add_ons(self, cluster: aws.eks.Cluster, profiles: list[pulumi.Resource]) -> None:
        """Names for services, and the metrics that scaling asks for."""
        for add_on, configuration in (("coredns", '{"computeType":"Fargate"}'), ("metrics-server", None)):
            aws.eks.Addon(
                f"{self._name}-{add_on}",
                aws.eks.AddonArgs(
                    cluster_name=cluster.name,
                    addon_name=add_on,
                    configuration_values=configuration,
                    resolve_conflicts_on_create="OVERWRITE",
                    resolve_conflicts_on_update="OVERWRITE",
                    tags=self._tags,
                ),
                # Its pods need a profile to run by.
                opts=pulumi.ResourceOptions(parent=self, depends_on=profiles),
            )

    def _watch(self, cluster: aws.eks.Cluster) -> None:
        create_alarms(
            self._name,
            [
                Alarm(
                    name="api-errors",
                    description="The cluster's API server answers with 5xx: see the control plane's logs",
                    namespace="AWS/EKS",
                    metric="apiserver_request_total_5XX",
                    dimensions={"ClusterName": cluster.name},
                    threshold=10,
                    periods=3,
                ),
                Alarm(
                    name="pending",
                    description="Pods wait for a place to run: see the events of the pods",
                    namespace="AWS/EKS",
                    metric="scheduler_pending_pods_UNSCHEDULABLE",
                    dimensions={"ClusterName": cluster.name},
                    statistic="Maximum",
                    threshold=0,
                    periods=3,
                ),
            ],
            topic_arn=self._args.foundation.alarm_topic_arn,
            tags=self._tags,
            parent=self,
        )
