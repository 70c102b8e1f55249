"""How the world reaches a market: certificates, names, failover, cars' endpoint, zones."""

from functools import cache
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.edge import (
    AliasTarget,
    ApiEndpoint,
    Audience,
    CertificateArgs,
    DnsName,
    DnsZones,
    DnsZonesArgs,
    HostedZone,
    MarketNames,
    MarketRoutingArgs,
    MqttRoutingArgs,
    Protected,
    RegionalEdgeArgs,
    RegionOfMarket,
    RegionRole,
    Shield,
    ShieldArgs,
    dns_link_statements,
)
from components.edge.dns import Choice
from components.iam import policy_json
from components.markets import Market as MarketId, Region
from tests.components.edge_building import ROOT_ZONE, ZONE, Api, Market, build, market, whole
from tests.iam_evaluator import Request, allows
from tests.recording import Recorded, Recording, record

RECORD = "aws:route53/record:Record"
CHECK = "aws:route53/healthCheck:HealthCheck"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
CERTIFICATE = "aws:acm/certificate:Certificate"
ISSUED = "aws:acm/certificateValidation:CertificateValidation"
DOMAIN = "aws:apigateway/domainName:DomainName"
MAPPING = "aws:apigateway/basePathMapping:BasePathMapping"
SG = "sg.bluehorizons.example"


@pytest.fixture(scope="module")
def prod() -> Recording:
    """The whole edge of the home market."""
    return whole("prod")


@pytest.fixture(scope="module")
def dev() -> Recording:
    """The whole edge of dev, which has no standby."""
    return whole("dev")


def records(stack: Recording, name: str) -> list[Recorded]:
    return [r for r in stack.all(RECORD) if r["name"] == name]


def by_role(stack: Recording, name: str, kind: str = "A") -> dict[str, Recorded]:
    """The failover records of a name, by what they are to Route 53."""
    return {r["failoverRoutingPolicies"][0]["type"]: r for r in records(stack, name) if r["type"] == kind}


# ---- names and certificates --------------------------------------------------------------------------------


def test_the_names_of_a_market_are_pinned() -> None:
    names = MarketNames("bluehorizons.example", SG)
    assert names.api == f"api.{SG}"
    assert names.api_in(RegionRole.STANDBY) == f"standby.api.{SG}"
    assert names.global_api == "api.bluehorizons.example"
    assert names.staff_api == f"staff-api.{SG}"
    assert names.staff_login == f"login.backoffice.{SG}"
    assert names.mqtt == f"mqtt.{SG}"


def test_a_market_outside_of_the_shared_domain_is_refused() -> None:
    with pytest.raises(ValueError, match=r"market_domain is 'sg\.elsewhere\.example'"):
        MarketNames("bluehorizons.example", "sg.elsewhere.example")


def test_each_regions_certificate_is_of_that_region_and_names_what_answers_there(prod: Recording) -> None:
    for role, region, names in (
        (
            "primary",
            "ap-southeast-1",
            {f"api.{SG}", f"primary.api.{SG}", "api.bluehorizons.example", f"staff-api.{SG}"},
        ),
        ("standby", "ap-southeast-5", {f"api.{SG}", f"standby.api.{SG}"}),
    ):
        made = prod.one(CERTIFICATE, f"-edge-{role}-tls-certificate")
        assert made.provider_name == f"aws-{region}"
        assert {made["domainName"], *made["subjectAlternativeNames"]} == names
        assert made["validationMethod"] == "DNS"
        issued = prod.one(ISSUED, f"-edge-{role}-tls-issued")
        assert issued["certificateArn"] == made.arn
        assert set(issued["validationRecordFqdns"]) == {f"_proof.{name}" for name in names}


def test_each_name_is_proven_once_in_its_own_zone_by_the_dns_provider(prod: Recording) -> None:
    proofs = [r for r in prod.all(RECORD) if r.name.endswith("-proof")]
    zones = {r["name"]: r["zoneId"] for r in proofs}
    assert len(zones) == len(proofs)
    assert zones == {
        f"_proof.api.{SG}": ZONE,
        f"_proof.primary.api.{SG}": ZONE,
        f"_proof.standby.api.{SG}": ZONE,
        f"_proof.staff-api.{SG}": ZONE,
        f"_proof.mqtt.{SG}": ZONE,
        "_proof.api.bluehorizons.example": ROOT_ZONE,
    }
    for proof in proofs:
        assert proof["records"] == [f"{proof['name'].removeprefix('_proof.')}.acm-validations.aws"]
        assert (proof["type"], proof.provider_name) == ("CNAME", "dns")


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        ((), "a certificate for 0 names"),
        (("a.example", "a.example"), "the name that is there twice"),
        (tuple(f"a{n}.example" for n in range(11)), "a certificate for 11 names"),
    ],
)
def test_a_certificate_that_acm_refuses_is_refused(names: tuple[str, ...], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        CertificateArgs(tuple(DnsName(name, ZONE) for name in names), market("dev").dns, {})


@pytest.mark.parametrize("name", ["Api.example.com", "api.example.com.", "localhost"])
def test_a_name_that_route_53_would_write_otherwise_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no DNS name as Route 53 keeps it"):
        DnsName(name, ZONE)


# ---- custom domains ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_every_name_of_an_api_leads_to_its_stage_over_tls_1_2_and_both_ips(stack: str) -> None:
    recording = whole(stack)
    domains = recording.all(DOMAIN)
    assert domains
    for domain in domains:
        assert domain["securityPolicy"] == "TLS_1_2"
        assert domain["endpointConfiguration"] == {"types": "REGIONAL", "ipAddressType": "dualstack"}
        role = "standby" if "-edge-standby-" in domain.name else "primary"
        certificate = recording.one(CERTIFICATE, f"-edge-{role}-tls-certificate")
        assert domain["regionalCertificateArn"] == certificate.arn
        name = domain["domainName"]
        mapping = recording.one(MAPPING, f"-edge-{role}-{name}-mapping")
        api = "staff-api" if name.startswith("staff-api.") else f"rider-api-{role}"
        assert (mapping["domainName"], mapping["restApi"], mapping["stageName"]) == (name, api, "live")


def apis(*names: str) -> dict[str, Api]:
    made: dict[str, Api] = {}
    record(lambda: made.update({name: Api(name) for name in names}))
    return made


def edge_args(of: Market, **changes: Any) -> RegionalEdgeArgs:
    given: dict[str, Any] = {"foundation": of.regions.primary, "dns_provider": of.dns, "apis": ()}
    return RegionalEdgeArgs(**{**given, **changes})


def test_an_edge_without_an_endpoint_is_refused() -> None:
    with pytest.raises(ValueError, match="no API in ap-southeast-1"):
        edge_args(market("dev"))


def test_two_apis_under_one_name_are_refused() -> None:
    name, made = DnsName("api.example.com", ZONE), apis("one", "two")
    twice = tuple(ApiEndpoint(n, Audience.RIDERS, api, (name,)) for n, api in made.items())
    with pytest.raises(ValueError, match=r"api\.example\.com: API Gateway takes a name once a Region"):
        edge_args(market("dev"), apis=twice)


def test_an_api_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="API bare has no name"):
        ApiEndpoint("bare", Audience.RIDERS, apis("bare")["bare"], ())


# ---- routing within a market -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["A", "AAAA"])
def test_the_markets_name_fails_over_from_the_primary_to_the_standby(prod: Recording, kind: str) -> None:
    found = by_role(prod, f"api.{SG}", kind)
    assert {type_: r["setIdentifier"] for type_, r in found.items()} == {
        "PRIMARY": "first",
        "SECONDARY": "second",
    }
    for type_, role in (("PRIMARY", "primary"), ("SECONDARY", "standby")):
        made = found[type_]
        domain = prod.one(DOMAIN, f"-edge-{role}-api.{SG}")
        (alias,) = made["aliases"]
        assert alias == {
            "name": f"d-{domain.name}",
            "zoneId": f"api-zone-{domain.provider_name}",
            "evaluateTargetHealth": False,
        }
        assert made["healthCheckId"] == f"{prod.one(CHECK, f'-{role}-health').name}-id"
        assert (made["zoneId"], made.provider_name) == (ZONE, "dns")


def test_once_the_standby_writes_the_market_leads_there_and_fails_over_back() -> None:
    promoted = whole("prod", standby_writes=True)
    for name, kind in ((f"api.{SG}", "A"), (f"mqtt.{SG}", "CNAME")):
        for type_, role in (("PRIMARY", "standby"), ("SECONDARY", "primary")):
            made = by_role(promoted, name, kind)[type_]
            assert made["healthCheckId"] == f"{promoted.one(CHECK, f'-{role}-health').name}-id"
    (alias,) = by_role(promoted, f"api.{SG}")["PRIMARY"]["aliases"]
    assert alias["name"] == f"d-{promoted.one(DOMAIN, f'-standby-api.{SG}').name}"


def test_a_promotion_renames_no_record_and_changes_no_failover_type(prod: Recording) -> None:
    def kinds(stack: Recording) -> dict[str, tuple[object, object]]:
        return {
            r.name: (r.inputs.get("setIdentifier"), r.inputs.get("failoverRoutingPolicies"))
            for r in stack.all(RECORD)
        }

    assert kinds(prod) == kinds(whole("prod", standby_writes=True))


def test_a_region_is_asked_by_its_own_name_whatever_the_other_does(prod: Recording) -> None:
    for role in ("primary", "standby"):
        own = records(prod, f"{role}.api.{SG}")
        assert {r["type"] for r in own} == {"A", "AAAA"}
        assert not [r for r in own if "failoverRoutingPolicies" in r.inputs]
        check = prod.one(CHECK, f"-{role}-endpoint")
        assert (check["type"], check["fqdn"], check["port"]) == ("HTTPS", f"{role}.api.{SG}", 443)
        assert check["resourcePath"] == "/gbfs/3/station_status.json"
        assert (check["enableSni"], check["requestInterval"], check["failureThreshold"]) == (True, 10, 3)
        assert len(check["regions"]) >= 3


def test_a_region_is_lost_when_the_world_and_the_other_region_both_say_so(prod: Recording) -> None:
    for role, watcher in (("primary", "ap-southeast-5"), ("standby", "ap-southeast-1")):
        health = prod.one(CHECK, f"-{role}-health")
        assert (health["type"], health["childHealthThreshold"]) == ("CALCULATED", 1)
        endpoint, seen = (prod.one(CHECK, f"-{role}-{what}") for what in ("endpoint", "seen"))
        assert set(health["childHealthchecks"]) == {f"{endpoint.name}-id", f"{seen.name}-id"}
        assert (seen["type"], seen["cloudwatchAlarmRegion"]) == ("CLOUDWATCH_METRIC", watcher)
        assert seen["insufficientDataHealthStatus"] == "Healthy"
        alarm = prod.one(ALARM, f"-probe-{role}-unreachable")
        assert seen["cloudwatchAlarmName"] == alarm.name
        assert alarm.provider_name == f"aws-{watcher}"


def test_what_route_53_thinks_of_a_region_is_an_alarm_where_its_metrics_are(prod: Recording) -> None:
    for role in ("primary", "standby"):
        for alarm_name, check_name in (("lost", "health"), ("unanswered", "endpoint")):
            alarm = prod.one(ALARM, f"-routing-{role}-{alarm_name}")
            assert alarm.provider_name == "aws-us-east-1"
            assert (alarm["namespace"], alarm["metricName"]) == ("AWS/Route53", "HealthCheckStatus")
            check = prod.one(CHECK, f"-{role}-{check_name}")
            assert alarm["dimensions"] == {"HealthCheckId": f"{check.name}-id"}
            assert (alarm["comparisonOperator"], alarm["threshold"]) == ("LessThanThreshold", 1)
            (topic,) = alarm["alarmActions"]
            assert topic == prod.one("aws:sns/topic:Topic", "-us-east-1-operations-topic").arn


def test_without_a_standby_the_name_leads_to_the_one_region(dev: Recording) -> None:
    found = records(dev, "api.sg.dev.bluehorizons.example")
    assert {r["type"] for r in found} == {"A", "AAAA"}
    for made in found:
        assert not {"failoverRoutingPolicies", "setIdentifier", "healthCheckId"} & set(made.inputs)
    assert not [c for c in dev.all(CHECK) if c["type"] != "HTTPS"]


def routing_args(of: Market, **changes: Any) -> MarketRoutingArgs:
    target = AliasTarget("d-1", "zone")
    region = RegionOfMarket(Region.SINGAPORE, target, DnsName("primary.api.example.com", ZONE), target)
    given: dict[str, Any] = {
        "foundation": of.regions.edge,
        "dns_provider": of.dns,
        "api": DnsName("api.example.com", ZONE),
        "primary": region,
    }
    if changes.pop("unwatched_standby", False):
        given["standby"] = region
    return MarketRoutingArgs(**{**given, **changes})


def test_routing_outside_of_us_east_1_is_refused() -> None:
    with pytest.raises(ValueError, match="routing is built in ap-southeast-1"):
        routing_args(market("dev"), foundation=market("dev").regions.primary)


def test_a_writing_standby_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="standby_writes without a standby"):
        routing_args(market("dev"), standby_writes=True)


def test_a_region_that_nobody_outside_of_it_watches_is_refused() -> None:
    with pytest.raises(ValueError, match="the primary Region ap-southeast-1 is watched from nowhere"):
        routing_args(market("prod"), unwatched_standby=True)


# ---- the watch from the other Region -----------------------------------------------------------------------


def test_a_probe_asks_every_minute_from_the_other_region(prod: Recording) -> None:
    function = prod.one("aws:lambda/function:Function", "-probe-primary-function-function")
    assert function.provider_name == "aws-ap-southeast-5"
    assert function["handler"] == "region_probe.handler.handler"
    variables = function["environment"]["variables"]
    assert variables["PROBE_HOST"] == f"primary.api.{SG}"
    assert variables["PROBE_PATH"] == "/gbfs/3/station_status.json"
    schedule = prod.one("aws:scheduler/schedule:Schedule", "-probe-primary-schedules-probe")
    assert schedule["scheduleExpression"] == "rate(1 minute)"


def test_the_probes_alarm_fires_on_what_it_found_and_not_on_its_own_silence(prod: Recording) -> None:
    function = prod.one("aws:lambda/function:Function", "-probe-primary-function-function")
    alarm = prod.one(ALARM, "-probe-primary-unreachable")
    variables = function["environment"]["variables"]
    assert alarm["namespace"] == variables["POWERTOOLS_METRICS_NAMESPACE"]
    assert alarm["dimensions"] == {"service": variables["POWERTOOLS_SERVICE_NAME"]}
    assert alarm["metricName"] == "Reachable"
    assert (alarm["statistic"], alarm["threshold"]) == ("Maximum", 1)
    assert (alarm["evaluationPeriods"], alarm["period"]) == (3, 60)
    assert alarm["treatMissingData"] == "missing"
    silent = prod.one(ALARM, "-probe-primary-silent")
    assert (silent["statistic"], silent["treatMissingData"]) == ("SampleCount", "breaching")


# ---- routing between markets -------------------------------------------------------------------------------


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_name_of_all_markets_leads_to_the_nearest_that_is_well(stack: str) -> None:
    recording = whole(stack)
    domain = "bluehorizons.example" if stack == "prod" else "dev.bluehorizons.example"
    found = records(recording, f"api.{domain}")
    assert {r["type"] for r in found} == {"A", "AAAA"}
    for made in found:
        assert made["latencyRoutingPolicies"] == [{"region": "ap-southeast-1"}]
        assert (made["setIdentifier"], made["zoneId"]) == ("sg", ROOT_ZONE)
        check = "-primary-health" if stack == "prod" else "-primary-endpoint"
        assert made["healthCheckId"] == f"{recording.one(CHECK, check).name}-id"
        assert made["aliases"][0]["name"].endswith(f"-edge-primary-api.{domain}")


@pytest.mark.parametrize("both", [{}, {"failover": "PRIMARY", "latency_from": Region.TOKYO}])
def test_a_record_that_is_chosen_in_two_ways_or_none_is_refused(both: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="say either failover or latency_from"):
        Choice("primary", "check", **both)


# ---- cars --------------------------------------------------------------------------------------------------


def test_cars_connect_by_a_name_of_ours_with_their_certificates(prod: Recording) -> None:
    domains = prod.all("aws:iot/domainConfiguration:DomainConfiguration")
    assert {d.provider_name for d in domains} == {"aws-ap-southeast-1", "aws-ap-southeast-5"}
    for domain in domains:
        assert domain["domainName"] == f"mqtt.{SG}"
        certificate = prod.one(CERTIFICATE, domain.name.removesuffix("-domain")[-13:] + "-tls-certificate")
        assert domain["serverCertificateArns"] == [certificate.arn]
        assert certificate.provider_name == domain.provider_name
        assert (domain["authenticationType"], domain["applicationProtocol"]) == ("AWS_X509", "SECURE_MQTT")
        assert domain["tlsConfig"] == {"securityPolicy": "IotSecurityPolicy_TLS13_1_2_2022_10"}


def test_cars_follow_their_market_to_the_other_region(prod: Recording) -> None:
    found = by_role(prod, f"mqtt.{SG}", "CNAME")
    for role, made in found.items():
        expected = {"PRIMARY": "primary", "SECONDARY": "standby"}[role]
        assert made["healthCheckId"] == f"{prod.one(CHECK, f'-{expected}-health').name}-id"
        assert made["records"] == ["iot-data-ats.iot"]
        assert made["ttl"] == 60


def test_where_standby_and_ingest_are_one_region_cars_have_one_way() -> None:
    (made,) = records(whole("prod-id"), "mqtt.id.bluehorizons.example")
    assert not {"failoverRoutingPolicies", "healthCheckId"} & set(made.inputs)


def mqtt_routing_args(endpoints: dict[RegionRole, str], checks: dict[RegionRole, str]) -> MqttRoutingArgs:
    return MqttRoutingArgs(DnsName("mqtt.example.com", ZONE), market("dev").dns, endpoints, checks)


def test_cars_with_two_ways_and_nobody_to_say_which_is_open_are_refused() -> None:
    endpoints = {RegionRole.PRIMARY: "one", RegionRole.STANDBY: "two"}
    with pytest.raises(ValueError, match="no health check of standby"):
        mqtt_routing_args(endpoints, {RegionRole.PRIMARY: "check"})


def test_cars_without_a_primary_endpoint_are_refused() -> None:
    with pytest.raises(ValueError, match="no endpoint of the primary Region"):
        mqtt_routing_args({}, {})


# ---- Shield ------------------------------------------------------------------------------------------------


def test_shield_protects_each_resource_and_is_told_the_health_of_those_that_have_one() -> None:
    args = ShieldArgs(
        {"zone": Protected("arn:zone"), "pages": Protected("arn:distribution", "arn:check")},
        {"Project": "p", "Environment": "e", "Market": "sg", "Owner": "o", "CostCenter": "c"},
    )
    recording = record(lambda: Shield("shield", args))
    protections = recording.all("aws:shield/protection:Protection")
    assert {p["resourceArn"] for p in protections} == {"arn:zone", "arn:distribution"}
    health = recording.one("aws:shield/protectionHealthCheckAssociation:ProtectionHealthCheckAssociation")
    assert health["healthCheckArn"] == "arn:check"
    assert health["shieldProtectionId"] == "shield-pages-id"


def test_shield_for_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="Shield Advanced without a resource"):
        ShieldArgs({}, {})


# ---- zones -------------------------------------------------------------------------------------------------

ZONE_TYPE = "aws:route53/zone:Zone"


def zones_args(given: Market, **changes: Any) -> DnsZonesArgs:
    markets = (MarketId.SINGAPORE, MarketId.VIETNAM)
    return DnsZonesArgs(
        **{"foundation": given.regions.edge, "domain": given.settings.domain, "markets": markets, **changes}
    )


@cache
def zones(stack: str) -> Recording:
    return build(stack, lambda m: DnsZones("dns", zones_args(m), opts=m.regions.options(m.regions.edge)))


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_every_market_has_a_zone_that_the_shared_one_delegates(stack: str) -> None:
    recording = zones(stack)
    domain = "bluehorizons.example" if stack == "prod" else "dev.bluehorizons.example"
    for name in (domain, f"sg.{domain}", f"vn.{domain}"):
        (zone,) = [z for z in recording.all(ZONE_TYPE) if z["name"] == name]
        assert zone["forceDestroy"] is False
        assert zone["enableAcceleratedRecovery"] is (stack == "prod")
    for label in ("sg", "vn"):
        delegation = recording.one(RECORD, f"-{label}-delegation")
        assert (delegation["name"], delegation["type"]) == (f"{label}.{domain}", "NS")
        assert delegation["zoneId"] == "zone-of-dns-root"
        assert delegation["records"] == [f"ns-1.dns-{label}", f"ns-2.dns-{label}"]


def test_no_authority_but_amazons_may_certify_our_names() -> None:
    made = zones("prod").one(RECORD, "-authorities")
    assert made["type"] == "CAA"
    assert '0 issue "amazon.com"' in made["records"]
    assert '0 issuewild ";"' in made["records"]


def test_queries_are_logged_encrypted_in_us_east_1() -> None:
    recording = zones("prod")
    groups = {g["name"]: g for g in recording.all("aws:cloudwatch/logGroup:LogGroup")}
    assert set(groups) == {
        f"/aws/route53/{name}" for name in ("bluehorizons.example", SG, "vn.bluehorizons.example")
    }
    for group in groups.values():
        assert (group.provider_name, group["retentionInDays"]) == ("aws-us-east-1", 365)
        assert group["kmsKeyId"]
    assert len(recording.all("aws:route53/queryLog:QueryLog")) == 3


def test_zones_that_could_not_log_are_refused() -> None:
    with pytest.raises(ValueError, match="zones are built in ap-southeast-1"):
        zones_args(market("dev"), foundation=market("dev").regions.primary)


@pytest.mark.parametrize("markets", [(), (MarketId.JAPAN, MarketId.JAPAN)])
def test_a_market_named_twice_or_none_is_refused(markets: tuple[MarketId, ...]) -> None:
    with pytest.raises(ValueError, match="name each market once"):
        zones_args(market("dev"), markets=markets)


# ---- what a market's account may do in the zones of the hub ------------------------------------------------

ROOT_ARN, MARKET_ARN, OTHER_ARN = (f"arn:aws:route53:::hostedzone/{name}" for name in ("ROOT", "VN", "SG"))


def change(zone: str, names: str, kinds: str) -> Request:
    """A change of these names and types, several with commas between; "" says nothing of them."""
    context = {
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": names,
        "route53:ChangeResourceRecordSetsRecordTypes": kinds,
    }
    said = {key: value for key, value in context.items() if value}
    return Request("route53:ChangeResourceRecordSets", zone, context=said)


@cache
def link(latency_name: str | None = "api.bluehorizons.example") -> str:
    def builder() -> None:
        def zone(name: str, arn: str) -> HostedZone:
            return HostedZone(name, pulumi.Output.from_input("id"), pulumi.Output.from_input(arn))

        statements = dns_link_statements(
            root=zone("bluehorizons.example", ROOT_ARN),
            market=zone("vn.bluehorizons.example", MARKET_ARN),
            latency_name=latency_name,
        )
        aws.iam.Policy("p", aws.iam.PolicyArgs(policy=policy_json(*statements)))

    return str(record(builder).one("aws:iam/policy:Policy")["policy"])


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (change(MARKET_ARN, "api.vn.bluehorizons.example", "A,AAAA"), True),
        (change(MARKET_ARN, "_proof.api.vn.bluehorizons.example", "CNAME"), True),
        (change(MARKET_ARN, "vn.bluehorizons.example", "NS"), False),
        (change(MARKET_ARN, "api.vn.bluehorizons.example,vn.bluehorizons.example", "A"), False),
        (change(MARKET_ARN, "api.vn.bluehorizons.example", "A,NS"), False),
        (change(OTHER_ARN, "api.sg.bluehorizons.example", "A"), False),
        (change(ROOT_ARN, "api.bluehorizons.example", "A,AAAA"), True),
        (change(ROOT_ARN, "_proof.api.bluehorizons.example", "CNAME"), True),
        (change(ROOT_ARN, "vn.bluehorizons.example", "NS"), False),
        (change(ROOT_ARN, "www.bluehorizons.example", "A"), False),
        (Request("route53:ChangeResourceRecordSets", MARKET_ARN), False),
        (change(MARKET_ARN, "", "A"), False),
        (change(MARKET_ARN, "api.vn.bluehorizons.example", ""), False),
        (Request("route53:ListResourceRecordSets", ROOT_ARN), True),
        (Request("route53:GetChange", "arn:aws:route53:::change/C1"), True),
        (Request("route53:DeleteHostedZone", MARKET_ARN), False),
    ],
)
def test_a_market_changes_its_own_names_and_nobody_elses(request_: Request, expected: bool) -> None:
    assert allows(link(), request_) is expected


def test_a_market_without_a_latency_record_changes_nothing_in_the_shared_zone() -> None:
    assert not allows(link(None), change(ROOT_ARN, "api.bluehorizons.example", "A"))
