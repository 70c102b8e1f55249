"""Web ACLs: what they refuse, what they tell, what they keep to themselves."""

import json
from typing import Any

import pytest

from components.edge import Audience, RegionRole, WebAcl, WebAclArgs
from components.edge.waf_rules import PROFILES, RateRule
from tests.components.edge_building import Market, build, edge_of, market, settings, whole
from tests.iam_evaluator import Request, allows
from tests.recording import Recorded, Recording

ACL = "aws:wafv2/webAcl:WebAcl"
LOGGING = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"
ASSOCIATION = "aws:wafv2/webAclAssociation:WebAclAssociation"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
ACL_TYPES_OF_AUDIENCES = [Audience.RIDERS, Audience.STAFF, Audience.SIGN_IN]


@pytest.fixture(params=["dev", "prod"])
def stack(request: pytest.FixtureRequest) -> Recording:
    """The edge of each of the home market's stacks."""
    return whole(request.param)


def acl(stack: Recording, audience: Audience) -> Recorded:
    return stack.one(ACL, f"-edge-primary-{audience}-acl")


def rules(made: Recorded) -> dict[str, dict[str, Any]]:
    return {rule["name"]: rule for rule in made["rules"]}


def rate(made: Recorded, name: str) -> dict[str, Any]:
    statement: dict[str, Any] = rules(made)[name]["statement"]["rateBasedStatement"]
    return statement


def scope(rate_statement: dict[str, Any]) -> list[str]:
    """The regular expressions that say which requests are counted."""
    found = rate_statement["scopeDownStatement"]
    parts = found["andStatement"]["statements"] if "andStatement" in found else [found]
    return [part["regexMatchStatement"]["regexString"] for part in parts]


# ---- rules -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("audience", ACL_TYPES_OF_AUDIENCES)
def test_an_acl_lets_in_what_no_rule_refuses_and_asks_each_rule_once(
    stack: Recording, audience: Audience
) -> None:
    made = acl(stack, audience)
    assert made["defaultAction"] == {"allow": {}}
    assert made["scope"] == "REGIONAL"
    priorities = [rule["priority"] for rule in made["rules"]]
    assert priorities == list(range(len(priorities)))


@pytest.mark.parametrize("audience", ACL_TYPES_OF_AUDIENCES)
def test_managed_groups_refuse_and_do_not_merely_count(stack: Recording, audience: Audience) -> None:
    groups = {
        name: rule for name, rule in rules(acl(stack, audience)).items() if name.startswith("AWSManaged")
    }
    assert {
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesAmazonIpReputationList",
    } <= set(groups)
    for name, rule in groups.items():
        assert rule["overrideAction"] == {"none": {}}
        assert rule["statement"] == {"managedRuleGroupStatement": {"name": name, "vendorName": "AWS"}}


def test_only_staff_are_refused_for_hiding_where_they_are() -> None:
    group = "AWSManagedRulesAnonymousIpList"
    assert {audience for audience, profile in PROFILES.items() if group in profile.groups} == {
        Audience.STAFF,
        Audience.PAGES,
    }


def test_no_user_pool_gets_a_group_that_cognito_refuses() -> None:
    groups = PROFILES[Audience.SIGN_IN].groups
    assert not [group for group in groups if "ATP" in group or "ACFP" in group or "Takeover" in group]


def test_requests_of_one_address_are_limited_everywhere(stack: Recording) -> None:
    for audience in ACL_TYPES_OF_AUDIENCES:
        limit = rate(acl(stack, audience), "requests")
        assert limit["aggregateKeyType"] == "IP"
        assert "scopeDownStatement" not in limit


def test_a_rider_books_less_often_than_an_address_may_ask(stack: Recording) -> None:
    riders = acl(stack, Audience.RIDERS)
    changes = rate(riders, "changes")
    assert changes["limit"] < rate(riders, "requests")["limit"]
    assert changes["aggregateKeyType"] == "CUSTOM_KEYS"
    assert [key["header"]["name"] for key in changes["customKeys"]] == ["authorization"]
    assert scope(changes) == ["^/v1/", "^(POST|PUT|PATCH|DELETE)$"]
    assert scope(rate(riders, "commands")) == ["^/v1/commands/"]


def test_an_encoded_path_is_counted_as_the_path_that_it_is(stack: Recording) -> None:
    scoped = rate(acl(stack, Audience.RIDERS), "commands")["scopeDownStatement"]["regexMatchStatement"]
    assert [t["type"] for t in scoped["textTransformations"]] == ["URL_DECODE", "NORMALIZE_PATH"]
    assert scoped["fieldToMatch"] == {"uriPath": {}}


def test_guessing_passwords_is_limited_by_address(stack: Recording) -> None:
    limit = rate(acl(stack, Audience.SIGN_IN), "sign-in")
    assert (limit["limit"], limit["aggregateKeyType"]) == (100, "IP")
    paths, method = scope(limit)
    assert paths.startswith("^/(login|")
    assert method == "^(POST)$"


@pytest.mark.parametrize(
    ("rule", "status", "title", "headers"),
    [
        ("requests", 429, "Too many requests: try again in a minute", {"Retry-After": "60"}),
        ("body-size", 413, "The body is larger than 8192 bytes", {}),
    ],
)
def test_a_refused_client_reads_why_as_a_problem_detail(
    stack: Recording, rule: str, status: int, title: str, headers: dict[str, str]
) -> None:
    made = acl(stack, Audience.RIDERS)
    response = rules(made)[rule]["action"]["block"]["customResponse"]
    assert response["responseCode"] == status
    assert {h["name"]: h["value"] for h in response.get("responseHeaders", [])} == headers
    (body,) = [b for b in made["customResponseBodies"] if b["key"] == response["customResponseBodyKey"]]
    assert body["contentType"] == "APPLICATION_JSON"
    assert json.loads(body["content"]) == {"type": "about:blank", "title": title, "status": status}


def test_a_body_larger_than_is_looked_at_is_too_large(stack: Recording) -> None:
    statement = rules(acl(stack, Audience.RIDERS))["body-size"]["statement"]["sizeConstraintStatement"]
    assert (statement["comparisonOperator"], statement["size"]) == ("GT", 8_192)
    assert statement["fieldToMatch"] == {"body": {"oversizeHandling": "MATCH"}}


def test_a_web_page_can_read_why_it_is_refused() -> None:
    origin = "https://backoffice.sg.dev.bluehorizons.example"
    recording = build(
        "dev",
        lambda m: edge_of(m, RegionRole.PRIMARY, m.regions.primary, web_origins={Audience.STAFF: origin}),
    )

    def origins(audience: Audience) -> set[str | None]:
        blocks = [r["action"]["block"] for r in rules(acl(recording, audience)).values() if "action" in r]
        answers = [block["customResponse"].get("responseHeaders", []) for block in blocks]
        named = [{header["name"]: header["value"] for header in headers} for headers in answers]
        return {headers.get("Access-Control-Allow-Origin") for headers in named}

    assert origins(Audience.STAFF) == {origin}
    assert origins(Audience.RIDERS) == {None}


# ---- countries ---------------------------------------------------------------------------------------------


def edge_for(countries: tuple[str, ...] | None) -> Recording:
    return build(
        "dev", lambda m: edge_of(m, RegionRole.PRIMARY, m.regions.primary, allowed_countries=countries)
    )


def test_where_a_market_asks_for_it_riders_elsewhere_are_refused_but_feeds_stay_open() -> None:
    recording = edge_for(("SG", "MY"))
    rule = rules(acl(recording, Audience.RIDERS))["countries"]
    assert rule["action"]["block"]["customResponse"]["responseCode"] == 403
    country, feeds = (
        part["notStatement"]["statement"] for part in rule["statement"]["andStatement"]["statements"]
    )
    assert country["geoMatchStatement"] == {"countryCodes": ["MY", "SG"]}
    assert feeds["byteMatchStatement"]["searchString"] == "/gbfs/"
    assert feeds["byteMatchStatement"]["positionalConstraint"] == "STARTS_WITH"
    assert "countries" not in rules(acl(recording, Audience.SIGN_IN))


def test_where_no_market_asks_for_it_nobody_is_refused_for_a_country(stack: Recording) -> None:
    assert "countries" not in rules(acl(stack, Audience.RIDERS))


# ---- associations ------------------------------------------------------------------------------------------


def test_every_stage_and_every_pool_has_the_acl_of_its_audience(stack: Recording) -> None:
    wired = {a["resourceArn"]: a["webAclArn"] for a in stack.all(ASSOCIATION) if "-primary-" in a.name}
    stage = "arn:aws:apigateway:::/restapis/{}/stages/live"
    assert wired == {
        stage.format("rider-api-primary"): acl(stack, Audience.RIDERS).arn,
        stage.format("staff-api"): acl(stack, Audience.STAFF).arn,
        "arn:rider-pool": acl(stack, Audience.SIGN_IN).arn,
        "arn:staff-pool": acl(stack, Audience.SIGN_IN).arn,
    }


def test_the_standbys_stage_has_an_acl_of_its_own_region() -> None:
    prod = whole("prod")
    association = prod.one(ASSOCIATION, "-edge-standby-rider-api-acl")
    made = prod.one(ACL, "-edge-standby-riders-acl")
    assert association["webAclArn"] == made.arn
    assert {association.provider_name, made.provider_name} == {"aws-ap-southeast-5"}


def test_a_load_balancer_gets_rules_for_services_that_may_speak_sql() -> None:
    recording = build(
        "dev",
        lambda m: edge_of(
            m, RegionRole.PRIMARY, m.regions.primary, load_balancers={"services": "arn:balancer"}
        ),
    )
    made = acl(recording, Audience.SERVICES)
    assert recording.one(ASSOCIATION, "-services-acl")["webAclArn"] == made.arn
    assert "AWSManagedRulesSQLiRuleSet" in rules(made)


# ---- logs --------------------------------------------------------------------------------------------------


def test_refusals_are_logged_encrypted_and_for_as_long_as_other_logs(stack: Recording) -> None:
    for logging in stack.all(LOGGING):
        audience = logging.name.removesuffix("-logging")
        group = stack.one(LOG_GROUP, f"{audience}-logs")
        assert group["name"].startswith("aws-waf-logs-bluehorizons-")
        assert logging["logDestinationConfigs"] == [group.arn]
        assert logging["resourceArn"] == stack.one(ACL, f"{audience}-acl").arn
        assert group["kmsKeyId"]
        (kept,) = logging["loggingFilter"]["filters"]
        assert (logging["loggingFilter"]["defaultBehavior"], kept["behavior"]) == ("DROP", "KEEP")
        assert {c["actionCondition"]["action"] for c in kept["conditions"]} >= {"BLOCK", "COUNT"}
    assert len(stack.all(LOGGING)) == len(stack.all(ACL))


def test_neither_logs_nor_samples_hold_a_token_or_a_cookie(stack: Recording) -> None:
    for made in stack.all(ACL):
        protected = made["dataProtectionConfig"]["dataProtections"]
        headers = [p["field"] for p in protected if p["field"]["fieldType"] == "SINGLE_HEADER"]
        assert [field["fieldKeys"] for field in headers] == [["authorization"], ["cookie"]]
        assert {p["action"] for p in protected} == {"SUBSTITUTION"}
        assert not [p for p in protected if p.get("excludeRateBasedDetails")]
    for logging in stack.all(LOGGING):
        redacted = {f["singleHeader"]["name"] for f in logging["redactedFields"] if "singleHeader" in f}
        assert redacted == {"authorization", "cookie"}


def test_codes_of_sign_in_are_neither_logged_nor_sampled(stack: Recording) -> None:
    fields = stack.one(LOGGING, "-edge-primary-sign-in-logging")["redactedFields"]
    assert [f for f in fields if "queryString" in f]
    for audience, expected in ((Audience.SIGN_IN, True), (Audience.RIDERS, False)):
        protected = acl(stack, audience)["dataProtectionConfig"]["dataProtections"]
        assert ("QUERY_STRING" in [p["field"]["fieldType"] for p in protected]) is expected


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_only_log_delivery_of_this_account_writes_the_log(name: str) -> None:
    stack, account = whole(name), settings(name).account_id
    policy = stack.one(
        "aws:cloudwatch/logResourcePolicy:LogResourcePolicy", "-edge-primary-riders-logs-policy"
    )["policyDocument"]
    stream = f"{stack.one(LOG_GROUP, '-edge-primary-riders-logs').arn}:log-stream:x"
    for source_account, source, expected in (
        (account, account, True),
        (account, "999999999999", False),
        ("999999999999", account, False),
    ):
        context = {
            "aws:SourceAccount": source_account,
            "aws:SourceArn": f"arn:aws:logs:ap-southeast-1:{source}:something",
        }
        request = Request("logs:PutLogEvents", stream, service="delivery.logs.amazonaws.com", context=context)
        assert allows(policy, request) is expected


# ---- alarms ------------------------------------------------------------------------------------------------


def test_a_surge_of_refusals_tells_operations(stack: Recording) -> None:
    for audience in ACL_TYPES_OF_AUDIENCES:
        made = acl(stack, audience)
        alarm = stack.one(ALARM, f"-edge-primary-{audience}-refusals")
        assert alarm["metricName"] == "BlockedRequests"
        assert alarm["dimensions"] == {
            "WebACL": made["visibilityConfig"]["metricName"],
            "Rule": "ALL",
            "Region": "ap-southeast-1",
        }
        assert alarm["alarmActions"]


def test_an_alarm_on_a_limit_reads_the_metric_of_its_rule(stack: Recording) -> None:
    made = acl(stack, Audience.SIGN_IN)
    alarm = stack.one(ALARM, "-edge-primary-sign-in-sign-in-limit")
    assert alarm["dimensions"]["Rule"] == rules(made)["sign-in"]["visibilityConfig"]["metricName"]
    assert all(rule["visibilityConfig"]["sampledRequestsEnabled"] for rule in made["rules"])


# ---- CloudFront --------------------------------------------------------------------------------------------


def pages_args(of: Market, **changes: Any) -> WebAclArgs:
    given = {
        "foundation": of.regions.edge,
        "audience": Audience.PAGES,
        "description": "Before the pages of the back office",
        "for_cloudfront": True,
    }
    return WebAclArgs(**{**given, **changes})


def test_an_acl_for_cloudfront_is_in_us_east_1_and_its_metrics_have_no_region() -> None:
    recording = build("dev", lambda m: WebAcl("pages", pages_args(m), opts=m.regions.options(m.regions.edge)))
    made = recording.one(ACL)
    assert (made["scope"], made.provider_name) == ("CLOUDFRONT", "aws-us-east-1")
    assert recording.one(ALARM)["dimensions"] == {"WebACL": "pages", "Rule": "ALL"}


def test_an_acl_for_cloudfront_anywhere_else_is_refused() -> None:
    with pytest.raises(ValueError, match="a web ACL for CloudFront in ap-southeast-1"):
        pages_args(market("dev"), foundation=market("dev").regions.primary)


@pytest.mark.parametrize("description", ["Riders \u2013 and others", "", "x" * 257, "what(s)"])
def test_a_description_that_would_fail_at_deployment_is_refused(description: str) -> None:
    with pytest.raises(ValueError, match="AWS WAF takes 3 to 256 ASCII"):
        pages_args(market("dev"), description=description)


@pytest.mark.parametrize("countries", [(), ("sg",), ("SGP",)])
def test_countries_that_aws_waf_does_not_know_are_refused(countries: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="allowed_countries is"):
        pages_args(market("dev"), allowed_countries=countries)


def test_a_limit_that_aws_waf_does_not_take_is_refused() -> None:
    with pytest.raises(ValueError, match="limit is 5"):
        RateRule("few", 5)
    with pytest.raises(ValueError, match="methods without paths"):
        RateRule("posts", 100, methods=("POST",))
