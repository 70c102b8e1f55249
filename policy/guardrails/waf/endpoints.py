"""Which resources are public endpoints that a web ACL can and must protect.

REST stages, Application Load Balancers, Cognito user pools, AppSync APIs and App Runner services are joined
with a regional web ACL by an association; CloudFront distributions name a global one themselves. Nothing
else can carry one: https://docs.aws.amazon.com/waf/latest/developerguide/how-aws-waf-works-resources.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pulumi_policy import PolicyResource

from ..core.conditions import Tribool
from ..core.peek import MISSING, UNKNOWN, elements, is_list, peek, text_of
from ..core.related import input_of, sources

GROUP = "web application firewall"

STAGE = "aws:apigateway/stage:Stage"
REST_API = "aws:apigateway/restApi:RestApi"
LOAD_BALANCERS = ("aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer")
USER_POOL = "aws:cognito/userPool:UserPool"
GRAPHQL_API = "aws:appsync/graphQLApi:GraphQLApi"
APP_RUNNER = "aws:apprunner/service:Service"

ASSOCIATION = "aws:wafv2/webAclAssociation:WebAclAssociation"
ACL = "aws:wafv2/webAcl:WebAcl"
DISTRIBUTIONS = (
    "aws:cloudfront/distribution:Distribution",
    "aws:cloudfront/multitenantDistribution:MultitenantDistribution",
)

CONTROLS = {STAGE: "APIGateway.4", **dict.fromkeys(LOAD_BALANCERS, "ELB.16")}
"""The AWS Security Hub control that wants an ACL on an endpoint of a type."""


def needs_acl(endpoint: PolicyResource) -> Tribool:
    """Whether a resource of one of `ENDPOINTS` must be joined with a web ACL."""
    return _NEEDS[endpoint.resource_type](endpoint)


def _stage_needs(stage: PolicyResource) -> Tribool:
    apis = [source for source in sources(stage, "restApi") if source.resource_type == REST_API]
    if len(apis) != 1:  # an API of elsewhere counts as public until somebody shows that it is not
        return True
    types = input_of(apis[0], "endpointConfiguration.types")
    texts = elements(types) if is_list(types) else [types]
    if "PRIVATE" in texts:
        return False
    return UNKNOWN if UNKNOWN in texts else True


def _load_balancer_needs(balancer: PolicyResource) -> Tribool:
    kind, internal = input_of(balancer, "loadBalancerType"), text_of(input_of(balancer, "internal"))
    if kind not in (MISSING, UNKNOWN, "application") or internal == "true":
        return False
    return UNKNOWN if UNKNOWN in (kind, internal) else True


def _graphql_api_needs(api: PolicyResource) -> Tribool:
    visibility = input_of(api, "visibility")
    return UNKNOWN if visibility is UNKNOWN else visibility != "PRIVATE"


def _app_runner_needs(service: PolicyResource) -> Tribool:
    public = text_of(input_of(service, "networkConfiguration.ingressConfiguration.isPubliclyAccessible"))
    return UNKNOWN if public is UNKNOWN else public != "false"


_NEEDS: Mapping[str, Callable[[PolicyResource], Tribool]] = {
    STAGE: _stage_needs,
    **dict.fromkeys(LOAD_BALANCERS, _load_balancer_needs),
    USER_POOL: lambda _: True,
    GRAPHQL_API: _graphql_api_needs,
    APP_RUNNER: _app_runner_needs,
}

ENDPOINTS = frozenset(_NEEDS)
"""The types that an association can join with a regional web ACL."""


def managed_groups(acl: Mapping[str, Any] | object) -> set[str]:
    """The names of AWS managed rule groups in an ACL, as far as they are known."""
    rules = peek(acl, "rules")
    return {
        name
        for rule in elements(rules)
        if isinstance(name := peek(peek(peek(rule, "statement"), "managedRuleGroupStatement"), "name"), str)
    }
