"""Nothing is opened to the world that cannot carry a web ACL.

PASS     REST APIs; function URLs that want a signature (`AWS_IAM`); network load balancers inside the VPC;
         HTTP and WebSocket APIs reached through a protected domain only (`disableExecuteApiEndpoint`)
FAIL     an HTTP or WebSocket API with its own public endpoint, a function URL without authorization, an
         internet-facing network load balancer
UNKNOWN  the deciding property is known only at deployment
"""

from __future__ import annotations

from pulumi_policy import Severity

from ..core.conditions import equals
from ..core.demands import TRUE, demand, demand_rule, one_of
from .endpoints import GROUP, LOAD_BALANCERS

RULE = demand_rule(
    "waf-bypass",
    GROUP,
    "No public endpoint is of a kind that cannot carry a web ACL.",
    (
        demand("aws:apigatewayv2/api:Api", "disableExecuteApiEndpoint", TRUE),
        demand("aws:lambda/functionUrl:FunctionUrl", "authorizationType", one_of("AWS_IAM")),
        demand(LOAD_BALANCERS, "internal", TRUE, when=equals("loadBalancerType", "network")),
    ),
    url="https://docs.aws.amazon.com/waf/latest/developerguide/how-aws-waf-works-resources.html",
    remediation="Use a REST API or an application load balancer with a web ACL, or put CloudFront before it "
    "and close the direct way.",
    severity=Severity.HIGH,
)
