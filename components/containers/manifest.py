"""A workload as Kubernetes resources: `pulumi stack output containerManifest | kubectl apply -f -`.

Restricted by the Pod Security Standards; sizes are those of Fargate.
"""

from dataclasses import dataclass
from typing import Any

import pulumi

from components.containers.workload import HEALTH_PATH, STOP_SECONDS, USER_ID, ContainerImage, Workload
from components.markets import Region
from components.network import WORKLOAD_PORT

CPU_TARGET_PERCENT = 60
LOGGING_NAMESPACE = "aws-observability"
"""Where Fargate looks for how pods log: https://docs.aws.amazon.com/eks/latest/userguide/fargate-logging.html"""


@dataclass(frozen=True)
class ManifestArgs:
    """`role_arn` is what the pods become in AWS, `log_group` where their lines go."""

    workload: Workload
    image: ContainerImage
    region: Region
    role_arn: pulumi.Input[str]
    log_group: pulumi.Input[str]


def manifest(args: ManifestArgs) -> pulumi.Output[str]:
    """A JSON `List` of everything that the workload needs in the cluster."""
    items = [
        _namespace(args.workload.name, {"pod-security.kubernetes.io/enforce": "restricted"}),
        _resource(
            args,
            "v1",
            "ServiceAccount",
            metadata={"annotations": {"eks.amazonaws.com/role-arn": args.role_arn}},
        ),
        _resource(args, "apps/v1", "Deployment", spec=_deployment(args)),
        _resource(
            args,
            "v1",
            "Service",
            spec={
                "selector": _labels(args),
                "ports": [{"name": "http", "port": 80, "targetPort": WORKLOAD_PORT}],
            },
        ),
        _resource(args, "autoscaling/v2", "HorizontalPodAutoscaler", spec=_scaling(args)),
        _resource(
            args,
            "policy/v1",
            "PodDisruptionBudget",
            spec={"maxUnavailable": 1, "selector": {"matchLabels": _labels(args)}},
        ),
        _namespace(LOGGING_NAMESPACE, {"aws-observability": "enabled"}),
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "aws-logging", "namespace": LOGGING_NAMESPACE},
            "data": {"output.conf": _logging(args)},
        },
    ]
    return pulumi.Output.json_dumps({"apiVersion": "v1", "kind": "List", "items": items}, sort_keys=True)


def _labels(args: ManifestArgs) -> dict[str, str]:
    return {"app.kubernetes.io/name": args.workload.name}


def _namespace(name: str, labels: dict[str, str]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def _resource(
    args: ManifestArgs,
    api_version: str,
    kind: str,
    *,
    metadata: dict[str, Any] | None = None,
    spec: dict[str, Any] | None = None,
) -> dict[str, Any]:
    name = args.workload.name
    made: dict[str, Any] = {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": name, "namespace": name, "labels": _labels(args), **(metadata or {})},
    }
    return {**made, "spec": spec} if spec else made


def _deployment(args: ManifestArgs) -> dict[str, Any]:
    workload = args.workload
    size = {"cpu": f"{workload.cpu * 1_000 // 1_024}m", "memory": f"{workload.memory}Mi"}
    probe = {
        "httpGet": {"path": HEALTH_PATH, "port": WORKLOAD_PORT},
        "periodSeconds": 10,
        "timeoutSeconds": 5,
    }
    container = {
        "name": workload.name,
        "image": args.image.uri,
        "ports": [{"containerPort": WORKLOAD_PORT}],
        "env": [{"name": name, "value": value} for name, value in sorted(workload.environment.items())],
        "resources": {"requests": size, "limits": size},
        "readinessProbe": probe,
        "livenessProbe": {**probe, "failureThreshold": 6},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    return {
        # No `replicas`: the autoscaler has them, and applying the manifest again must not undo it.
        "selector": {"matchLabels": _labels(args)},
        "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": "100%"}},
        "template": {
            "metadata": {"labels": _labels(args)},
            "spec": {
                "serviceAccountName": workload.name,
                "automountServiceAccountToken": False,  # the token for AWS is another, and comes by itself
                "nodeSelector": {"kubernetes.io/arch": "amd64"},  # Fargate has no arm64 in EKS
                "terminationGracePeriodSeconds": STOP_SECONDS,
                "securityContext": {
                    "runAsNonRoot": True,
                    "runAsUser": USER_ID,
                    "runAsGroup": USER_ID,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "containers": [container],
            },
        },
    }


def _scaling(args: ManifestArgs) -> dict[str, Any]:
    return {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": args.workload.name},
        "minReplicas": args.workload.minimum,
        "maxReplicas": args.workload.maximum,
        "metrics": [
            {
                "type": "Resource",
                "resource": {
                    "name": "cpu",
                    "target": {"type": "Utilization", "averageUtilization": CPU_TARGET_PERCENT},
                },
            }
        ],
    }


def _logging(args: ManifestArgs) -> pulumi.Output[str]:
    return pulumi.Output.concat(
        "[OUTPUT]\n    Name cloudwatch_logs\n    Match *\n    region ",
        str(args.region),
        "\n    log_group_name ",
        args.log_group,
        "\n    log_stream_prefix ",
        args.workload.name,
        "-\n    auto_create_group false\n",
    )
