"""A workload on ECS with Fargate, behind an internal load balancer."""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx

from components.alarms import Alarm, create_alarms
from components.containers.ecs_cluster import create_cluster
from components.containers.load_balancer import LoadBalancer, LoadBalancerArgs
from components.containers.workload import STOP_SECONDS, USER_ID, ContainerImage, Workload
from components.encryption import DataDomain
from components.foundation import Foundation
from components.iam import ServiceRole, Statement, service_role
from components.network import WORKLOAD_PORT, Network
from components.tags import DataClass, component_tags

CPU_TARGET = 60.0
REQUESTS_TARGET = 600.0
"""Requests a minute and container: half of what five processes with 100 ms a request could do, and more."""
BUSY_PERCENT = 85
TASKS_SERVICE = "ecs-tasks.amazonaws.com"


@dataclass(frozen=True)
class EcsPlatformArgs:
    """`certificate_arn` is for the name that callers use: see load_balancer."""

    foundation: Foundation
    network: Network
    workload: Workload
    certificate_arn: pulumi.Input[str]


class EcsPlatform(pulumi.ComponentResource):
    """Cluster, load balancer and, once there is an image, the service. Needs an awsx provider in `providers`.

    Outside of production containers run on spare capacity, which AWS may take back with two minutes' notice.
    """

    cluster_arn: pulumi.Output[str]
    load_balancer: LoadBalancer

    def __init__(self, name: str, args: EcsPlatformArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:containers:EcsPlatform", name, None, opts)
        self._name = name
        self._args = args
        self._tags = component_tags(args.foundation.tags, "containers", DataClass.PERSONAL)
        self._child = pulumi.ResourceOptions(parent=self)
        self._capacity = "FARGATE" if args.foundation.production else "FARGATE_SPOT"
        self._cluster = create_cluster(
            name, args.foundation, capacity=self._capacity, tags=self._tags, parent=self
        )
        self.load_balancer = LoadBalancer(
            f"{name}-lb",
            LoadBalancerArgs(args.foundation, args.network, args.certificate_arn, self._tags),
            opts=self._child,
        )
        if args.workload.image is not None:
            self._run(args.workload.image)
        self.cluster_arn = self._cluster.arn
        self.register_outputs({"clusterArn": self.cluster_arn})

    def _run(self, image: ContainerImage) -> None:
        args, workload = self._args, self._args.workload
        logs = aws.cloudwatch.LogGroup(
            f"{self._name}-logs",
            aws.cloudwatch.LogGroupArgs(
                retention_in_days=args.foundation.log_retention_days,
                kms_key_id=args.foundation.key_arn(DataDomain.LOGS),
                tags=self._tags,
            ),
            opts=self._child,
        )
        task = self._task_definition(image, logs)
        service = awsx.ecs.FargateService(
            f"{self._name}-service",
            awsx.ecs.FargateServiceArgs(
                name=workload.name,  # unique in the cluster alone; scaling and alarms ask for it by name
                cluster=self._cluster.arn,
                task_definition=task.arn,
                desired_count=workload.minimum,
                capacity_provider_strategies=[
                    aws.ecs.ServiceCapacityProviderStrategyArgs(capacity_provider=self._capacity, weight=1)
                ],
                network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(
                    subnets=args.network.private_subnet_ids,
                    security_groups=[args.network.security_groups.workload],
                    assign_public_ip=False,
                ),
                load_balancers=[
                    aws.ecs.ServiceLoadBalancerArgs(
                        target_group_arn=self.load_balancer.target_group_arn,
                        container_name=workload.name,
                        container_port=WORKLOAD_PORT,
                    )
                ],
                availability_zone_rebalancing="ENABLED",
                deployment_minimum_healthy_percent=100,
                deployment_maximum_percent=200,
                deployment_circuit_breaker=aws.ecs.ServiceDeploymentCircuitBreakerArgs(
                    enable=True, rollback=True
                ),
                alarms=aws.ecs.ServiceAlarmsArgs(
                    enable=True, rollback=True, alarm_names=[self.load_balancer.error_alarm.name]
                ),
                health_check_grace_period_seconds=60,
                enable_execute_command=False,  # nobody gets a shell in a container
                enable_ecs_managed_tags=True,
                propagate_tags="SERVICE",
                tags=self._tags,
            ),
            # ECS refuses a target group that no listener leads to yet.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.load_balancer.listener]),
        )
        self._scale(service)
        self._watch()

    def _task_definition(
        self, image: ContainerImage, logs: aws.cloudwatch.LogGroup
    ) -> aws.ecs.TaskDefinition:
        base, workload = self._args.foundation, self._args.workload
        definition: dict[str, Any] = {
            "name": workload.name,
            "image": image.uri,
            "essential": True,
            "user": str(USER_ID),
            "readonlyRootFilesystem": True,
            "linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}},
            "stopTimeout": STOP_SECONDS,
            "portMappings": [{"containerPort": WORKLOAD_PORT, "protocol": "tcp"}],
            "environment": [
                {"name": name, "value": value} for name, value in sorted(workload.environment.items())
            ],
            "secrets": [{"name": name, "valueFrom": arn} for name, arn in sorted(workload.secrets.items())],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": logs.name,
                    "awslogs-region": str(base.region),
                    "awslogs-stream-prefix": workload.name,
                    # A container that cannot log for a moment goes on serving.
                    "mode": "non-blocking",
                    "max-buffer-size": "8m",
                },
            },
        }
        return aws.ecs.TaskDefinition(
            f"{self._name}-task",
            aws.ecs.TaskDefinitionArgs(
                family=f"{base.prefix}-{workload.name}",
                requires_compatibilities=["FARGATE"],
                network_mode="awsvpc",
                cpu=str(workload.cpu),
                memory=str(workload.memory),
                runtime_platform=aws.ecs.TaskDefinitionRuntimePlatformArgs(
                    cpu_architecture="ARM64", operating_system_family="LINUX"
                ),
                execution_role_arn=self._execution_role(image, logs).arn,
                task_role_arn=service_role(
                    f"{self._name}-task-role",
                    service=TASKS_SERVICE,
                    account_id=base.account_id,
                    statements=workload.statements,
                    description=f"What {workload.name} may do",
                    tags=self._tags,
                    parent=self,
                ).arn,
                container_definitions=pulumi.Output.json_dumps([definition], sort_keys=True),
                tags=self._tags,
            ),
            opts=self._child,
        )

    def _execution_role(self, image: ContainerImage, logs: aws.cloudwatch.LogGroup) -> ServiceRole:
        """What ECS itself does to start a container."""
        workload = self._args.workload
        secrets = [
            Statement(
                sid="ReadSecrets",
                actions=["secretsmanager:GetSecretValue"],
                resources=list(workload.secrets.values()),
            ),
            Statement(
                sid="DecryptSecrets", actions=["kms:Decrypt"], resources=list(workload.secret_key_arns)
            ),
        ]
        return service_role(
            f"{self._name}-execution-role",
            service=TASKS_SERVICE,
            account_id=self._args.foundation.account_id,
            statements=[
                *image.pull_statements(),
                Statement(
                    sid="WriteLogs",
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                    resources=[pulumi.Output.concat(logs.arn, ":*")],
                ),
                *(secrets if workload.secrets else []),
            ],
            description=f"Starts containers of {workload.name}",
            tags=self._tags,
            parent=self,
        )

    def _scale(self, service: pulumi.Resource) -> None:
        """Target tracking: each policy keeps its metric near its target, the larger wish wins."""
        workload = self._args.workload
        target = aws.appautoscaling.Target(
            f"{self._name}-scaling",
            aws.appautoscaling.TargetArgs(
                min_capacity=workload.minimum,
                max_capacity=workload.maximum,
                resource_id=pulumi.Output.concat("service/", self._cluster.name, "/", workload.name),
                scalable_dimension="ecs:service:DesiredCount",
                service_namespace="ecs",
                tags=self._tags,
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[service]),
        )
        for purpose, metric, label, value in (
            ("cpu", "ECSServiceAverageCPUUtilization", None, CPU_TARGET),
            ("requests", "ALBRequestCountPerTarget", self.load_balancer.requests_label, REQUESTS_TARGET),
        ):
            aws.appautoscaling.Policy(
                f"{self._name}-scaling-{purpose}",
                aws.appautoscaling.PolicyArgs(
                    policy_type="TargetTrackingScaling",
                    resource_id=target.resource_id,
                    scalable_dimension=target.scalable_dimension,
                    service_namespace=target.service_namespace,
                    target_tracking_scaling_policy_configuration=(
                        aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs(
                            target_value=value,
                            scale_out_cooldown=60,
                            scale_in_cooldown=300,  # slower down than up: the next rush may be near
                            predefined_metric_specification=aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs(
                                predefined_metric_type=metric, resource_label=label
                            ),
                        )
                    ),
                ),
                opts=pulumi.ResourceOptions(parent=target),
            )

    def _watch(self) -> None:
        base, workload = self._args.foundation, self._args.workload
        dimensions: dict[str, pulumi.Input[str]] = {
            "ClusterName": self._cluster.name,
            "ServiceName": workload.name,
        }
        create_alarms(
            self._name,
            [
                Alarm(
                    name="too-few",
                    description="Fewer containers run than should: read the service's events",
                    namespace="ECS/ContainerInsights",
                    metric="RunningTaskCount",
                    dimensions=dimensions,
                    statistic="Minimum",
                    threshold=workload.minimum,
                    below=True,
                    period_seconds=60,
                    periods=5,
                    missing_is_bad=True,
                ),
                *(
                    Alarm(
                        name=f"busy-{metric.removesuffix('Utilization').lower()}",
                        description=f"Containers are short of {metric.removesuffix('Utilization')}",
                        namespace="AWS/ECS",
                        metric=metric,
                        dimensions=dimensions,
                        statistic="Average",
                        threshold=BUSY_PERCENT,
                        periods=3,
                    )
                    for metric in ("CPUUtilization", "MemoryUtilization")
                ),
            ],
            topic_arn=base.alarm_topic_arn,
            tags=self._tags,
            parent=self,
        )
