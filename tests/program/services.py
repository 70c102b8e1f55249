"""Which AWS services the platform is made of: the component that has each, and the tests that hold it.

`python -m tests.program.services` writes docs/services.md from the graph of prod with every switch on.
"""

import re
import sys
from dataclasses import dataclass
from functools import cache

from offline.config import Project
from offline.graph import Graph
from offline.run import Options, preview_in_process
from tests.components.conftest import EVERYTHING
from tests.stacks import ROOT

PAGE = ROOT / "docs" / "services.md"
CLUSTER = {
    "blue-horizons:containerPlatform": "eks",
    "blue-horizons:clusterAdminRole": "arn:aws:iam::444455556666:role/platform",
}


@dataclass(frozen=True)
class Service:
    """A service by the name that people use, and the type of resource that shows that it is there.

    `tested_as`: what a test of it says, where that is not the type.
    """

    name: str
    type: str
    tested_as: str = ""


SERVICES = (
    Service("AWS IoT Core", "aws:iot/topicRule:TopicRule"),
    Service("Kinesis Data Streams", "aws:kinesis/stream:Stream"),
    Service("Data Firehose", "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"),
    Service("Lambda", "aws:lambda/function:Function"),
    Service("SNS", "aws:sns/topic:Topic"),
    Service("SQS", "aws:sqs/queue:Queue"),
    Service("EventBridge", "aws:cloudwatch/eventBus:EventBus"),
    Service("EventBridge Scheduler", "aws:scheduler/schedule:Schedule"),
    Service("ECS on Fargate", "awsx:ecs:FargateService"),
    Service(
        "Spot (Fargate Spot)", "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders", "FARGATE_SPOT"
    ),
    Service("EKS on Fargate", "aws:eks/fargateProfile:FargateProfile"),
    Service("ECR", "aws:ecr/repository:Repository"),
    Service("Cognito", "aws:cognito/userPool:UserPool"),
    Service("API Gateway", "aws:apigateway/restApi:RestApi"),
    Service("CloudFront", "aws:cloudfront/distribution:Distribution"),
    Service("Route 53", "aws:route53/record:Record"),
    Service("Certificate Manager", "aws:acm/certificate:Certificate"),
    Service("VPC", "awsx:ec2:Vpc"),
    Service("Security groups", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"),
    Service("Network ACLs", "aws:ec2/networkAcl:NetworkAcl"),
    Service("Transit Gateway", "aws:ec2transitgateway/transitGateway:TransitGateway"),
    Service("Direct Connect", "aws:directconnect/gateway:Gateway"),
    Service("Site-to-Site VPN", "aws:ec2/vpnConnection:VpnConnection"),
    Service("IAM", "aws:iam/role:Role"),
    Service("WAF", "aws:wafv2/webAclAssociation:WebAclAssociation"),
    Service("Shield Advanced", "aws:shield/protection:Protection"),
    Service("KMS", "aws:kms/key:Key"),
    Service("DynamoDB", "aws:dynamodb/table:Table"),
    Service("S3", "aws:s3/bucket:Bucket"),
    Service("Glue", "aws:glue/catalogTable:CatalogTable"),
    Service("Athena", "aws:athena/workgroup:Workgroup"),
    Service("Redshift Serverless", "aws:redshiftserverless/namespace:Namespace"),
    Service("CloudWatch", "aws:cloudwatch/metricAlarm:MetricAlarm"),
    Service("CloudWatch Synthetics", "aws:synthetics/canary:Canary"),
    Service("X-Ray", "aws:xray/group:Group"),
    Service("OpenSearch Service", "aws:opensearch/domain:Domain"),
    Service("Managed Service for Prometheus", "aws:amp/workspace:Workspace"),
    Service("CodeDeploy", "aws:codedeploy/deploymentGroup:DeploymentGroup"),
    Service("CloudTrail", "aws:cloudtrail/trail:Trail"),
    Service("GuardDuty", "aws:guardduty/detector:Detector"),
    Service("Config", "aws:cfg/recorder:Recorder"),
    Service("Budgets", "aws:budgets/budget:Budget"),
    Service("Cost Explorer (anomaly detection)", "aws:costexplorer/anomalyMonitor:AnomalyMonitor"),
)


@cache
def full_graphs() -> tuple[Graph, ...]:
    """Prod with every switch on, once for each way to run containers."""
    project = Project.find(ROOT)
    signed = {**EVERYTHING, "blue-horizons:codeSigning": "true"}
    configs = (signed, {**signed, **CLUSTER})
    return tuple(preview_in_process(project, "prod", Options(config=config)).graph for config in configs)


def components_of(service: Service) -> list[str]:
    """The components that hold a resource of the service: the outermost of ours above each."""
    found = set()
    for graph in full_graphs():
        for resource in graph.of_type(service.type):
            owner = ""
            above = graph.resources.get(resource.parent)
            while above is not None:
                if above.type.startswith("bluehorizons:"):
                    owner = above.type.rpartition(":")[2]
                above = graph.resources.get(above.parent)
            if owner:
                found.add(owner)
    return sorted(found)


def held_by(service: Service) -> list[str]:
    """The tests of components that name the service's type."""
    _, kind, name = service.type.split(":")
    words = [kind, f":{name}", *([service.tested_as] if service.tested_as else [])]
    pattern = re.compile("|".join(rf"{re.escape(word)}\b" for word in words))
    files = sorted((ROOT / "tests" / "components").glob("test_*.py"))
    return [path.name for path in files if pattern.search(path.read_text())]


def page() -> str:
    """docs/services.md."""
    lines = [
        "# Services",
        "",
        "Each AWS service that the platform uses, the components that have it and the tests that hold its",
        "settings. Written by `python -m tests.program.services` from the offline graph of `prod` with every",
        "switch on; a test keeps it true.",
        "",
        "| service | components | tests in `tests/components/` |",
        "| --- | --- | --- |",
    ]
    for service in SERVICES:
        components = ", ".join(f"`{name}`" for name in components_of(service))
        tests = ", ".join(f"`{name}`" for name in held_by(service))
        lines.append(f"| {service.name} | {components} | {tests} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
    sys.stdout.write(f"{PAGE.relative_to(ROOT)}\n")
