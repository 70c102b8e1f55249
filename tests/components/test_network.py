"""The VPC: subnets, fences, endpoints, flow logs."""

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from components.markets import Region
from components.network import NetworkArgs
from components.network.access_lists import MAX_RULES, AccessList, AclRule
from components.network.addressing import EVERYWHERE, AddressError
from components.network.endpoints import endpoint_policy
from tests.components.network_building import build, foundation, network
from tests.iam_evaluator import Request, allows
from tests.recording import ACCOUNT, Recording

VPC = "awsx:ec2:Vpc"
ACL = "aws:ec2/networkAcl:NetworkAcl"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
OTHER_ACCOUNT = "999999999999"


@pytest.fixture(scope="module")
def prod() -> Recording:
    """A production network."""
    return build(lambda: network(foundation()))


@pytest.fixture(scope="module")
def dev() -> Recording:
    """A network of dev."""
    return build(lambda: network(foundation(production=False)))


# ---- the VPC -----------------------------------------------------------------------------------------------


def test_the_vpc_has_a_subnet_of_each_kind_in_three_zones(prod: Recording) -> None:
    vpc = prod.one(VPC)
    assert (vpc["cidrBlock"], vpc["numberOfAvailabilityZones"]) == ("10.10.0.0/16", 3)
    assert vpc["enableDnsHostnames"] is True
    assert vpc["enableDnsSupport"] is True
    layout = {spec["type"]: spec["cidrBlocks"] for spec in vpc["subnetSpecs"]}
    assert layout == {
        "Public": ["10.10.128.0/22", "10.10.132.0/22", "10.10.136.0/22"],
        "Private": ["10.10.0.0/19", "10.10.32.0/19", "10.10.64.0/19"],
        "Isolated": ["10.10.144.0/28", "10.10.144.16/28", "10.10.144.32/28"],
    }


def test_production_has_a_nat_gateway_a_zone_and_dev_has_one(prod: Recording, dev: Recording) -> None:
    assert prod.one(VPC)["natGateways"] == {"strategy": "OnePerAz"}
    assert dev.one(VPC)["natGateways"] == {"strategy": "Single"}


def test_a_network_refuses_a_range_that_it_cannot_cut() -> None:
    def make() -> None:
        with pytest.raises(AddressError, match="is a /24"):
            NetworkArgs(foundation(), IPv4Network("10.10.0.0/24"))

    build(make)


def test_everything_is_on_the_regions_own_provider(prod: Recording) -> None:
    names = {r.provider_name for r in prod.resources if r.type.startswith("aws:")}
    assert names == {f"{ACCOUNT}-ap-southeast-1"}


# ---- network ACLs ------------------------------------------------------------------------------------------


def lets(
    recording: Recording, tier: str, direction: str, peer: str, port: int, protocol: str = "tcp"
) -> bool:
    """Whether the tier's ACL lets a packet pass: the lowest rule that matches decides, as in EC2."""
    for rule in sorted(recording.one(ACL, f"-{tier}")[direction], key=lambda r: r["ruleNo"]):
        if IPv4Address(peer) not in IPv4Network(rule["cidrBlock"]):
            continue
        in_ports = rule["fromPort"] <= port <= rule["toPort"]
        if rule["protocol"] == "-1" or (rule["protocol"] == protocol and (protocol != "tcp" or in_ports)):
            return bool(rule["action"] == "allow")
    return False


WORLD, NEIGHBOUR, WORKLOAD, BALANCER, DEPOT, HUB = (
    "203.0.113.9",
    "192.168.1.1",
    "10.10.40.1",
    "10.10.128.7",
    "10.74.0.9",
    "10.11.3.4",
)


@pytest.mark.parametrize(
    ("tier", "direction", "peer", "port"),
    [
        ("private", "egress", WORLD, 443),
        ("private", "ingress", WORLD, 41_000),
        ("private", "ingress", HUB, 443),
        ("private", "egress", HUB, 41_000),
        ("private", "egress", HUB, 443),
        ("private", "ingress", HUB, 41_000),
        ("private", "ingress", DEPOT, 443),
        ("private", "ingress", WORKLOAD, 443),
        ("private", "ingress", BALANCER, 8_080),
        ("private", "egress", BALANCER, 1_024),
        ("public", "ingress", WORLD, 443),
        ("public", "egress", WORLD, 1_024),
        ("public", "ingress", WORKLOAD, 443),
        ("public", "egress", WORLD, 443),
        ("public", "ingress", WORLD, 3_389),  # an answer to a NAT gateway that chose this port
        ("public", "egress", WORKLOAD, 8_080),
        ("transit", "ingress", HUB, 443),
        ("transit", "egress", DEPOT, 41_000),
    ],
)
def test_an_acl_lets_pass_what_must(prod: Recording, tier: str, direction: str, peer: str, port: int) -> None:
    assert lets(prod, tier, direction, peer, port)


@pytest.mark.parametrize(
    ("tier", "direction", "peer", "port"),
    [
        ("private", "ingress", WORLD, 443),
        ("private", "ingress", WORLD, 5_432),
        ("private", "ingress", WORLD, 8_080),
        ("private", "ingress", DEPOT, 22),
        ("private", "ingress", WORKLOAD, 22),
        ("private", "ingress", DEPOT, 5_432),
        ("private", "egress", WORLD, 22),
        ("private", "egress", WORLD, 25),
        ("private", "egress", WORLD, 8_080),
        ("public", "ingress", WORLD, 22),
        ("public", "ingress", WORLD, 80),
        ("public", "egress", WORLD, 25),
        ("transit", "ingress", WORLD, 443),
        ("transit", "egress", WORLD, 443),
        ("transit", "ingress", NEIGHBOUR, 443),
    ],
)
def test_an_acl_stops_what_must_not_pass(
    prod: Recording, tier: str, direction: str, peer: str, port: int
) -> None:
    assert not lets(prod, tier, direction, peer, port)


@pytest.mark.parametrize("tier", ["private", "public"])
def test_packet_too_big_passes_and_no_other_icmp_or_udp_of_the_world(prod: Recording, tier: str) -> None:
    for direction in ("ingress", "egress"):
        rules = prod.one(ACL, f"-{tier}")[direction]
        icmp = [(r["icmpType"], r["icmpCode"], r["action"]) for r in rules if r["protocol"] == "icmp"]
        assert icmp == [(3, 4, "allow")]
        assert not lets(prod, tier, direction, WORLD, 443, protocol="udp")


def test_each_acl_is_of_its_own_subnets(prod: Recording) -> None:
    vpc = prod.one(VPC).name
    subnets = {acl.name.rpartition("-")[2]: acl["subnetIds"] for acl in prod.all(ACL)}
    assert subnets == {
        "private": [f"{vpc}-private-{zone}" for zone in (1, 2, 3)],
        "public": [f"{vpc}-public-{zone}" for zone in (1, 2, 3)],
        "transit": [f"{vpc}-isolated-{zone}" for zone in (1, 2, 3)],
    }


def test_an_acl_with_a_number_twice_or_too_many_rules_is_refused() -> None:
    rule = AclRule(100, EVERYWHERE, "x")
    with pytest.raises(ValueError, match=r"\[100, 100\] repeat"):
        AccessList(ingress=(rule, rule), egress=())
    many = tuple(AclRule(number, EVERYWHERE, "x") for number in range(MAX_RULES + 1))
    with pytest.raises(ValueError, match="21 rules"):
        AccessList(ingress=(), egress=many)


# ---- security groups ---------------------------------------------------------------------------------------


def test_the_world_reaches_https_of_the_edge_and_nothing_else(prod: Recording) -> None:
    edge = f"{prod.one(GROUP, '-edge').name}-id"
    open_to_the_world = [
        (rule["securityGroupId"], rule["fromPort"], rule["toPort"], rule["ipProtocol"])
        for rule in prod.all(INGRESS)
        if rule.inputs.get("cidrIpv4") == "0.0.0.0/0" or "cidrIpv6" in rule.inputs
    ]
    assert open_to_the_world == [(edge, 443, 443, "tcp")]


def test_containers_are_reached_from_the_edge_and_endpoints_from_the_vpc(prod: Recording) -> None:
    edge, workload, endpoints = (
        f"{prod.one(GROUP, f'-{purpose}').name}-id" for purpose in ("edge", "workload", "endpoints")
    )

    def reached(rules: list[Any], group: str) -> list[tuple[str | None, int]]:
        return [
            (r.inputs.get("referencedSecurityGroupId") or r.inputs.get("cidrIpv4"), r["fromPort"])
            for r in rules
            if r["securityGroupId"] == group
        ]

    assert reached(prod.all(INGRESS), workload) == [(edge, 8_080)]
    assert reached(prod.all(INGRESS), endpoints) == [("10.10.0.0/16", 443)]
    assert reached(prod.all(EGRESS), edge) == [(workload, 8_080)]
    assert reached(prod.all(EGRESS), workload) == [("0.0.0.0/0", 443)]
    assert reached(prod.all(EGRESS), endpoints) == []


def test_every_rule_says_what_it_is_for_and_none_is_inside_of_a_group(prod: Recording) -> None:
    assert all(rule["description"] for rule in [*prod.all(INGRESS), *prod.all(EGRESS)])
    for group in prod.all(GROUP):
        assert "ingress" not in group.inputs
        assert "egress" not in group.inputs


def test_the_default_group_lets_nothing_in_or_out(prod: Recording) -> None:
    default = prod.one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
    assert (default["ingress"], default["egress"]) == ([], [])
    assert default["vpcId"] == f"{prod.one(VPC).name}-id"


# ---- endpoints ---------------------------------------------------------------------------------------------


def services(recording: Recording, kind: str) -> set[str]:
    return {
        endpoint["serviceName"].removeprefix("com.amazonaws.ap-southeast-1.")
        for endpoint in recording.all(ENDPOINT)
        if endpoint["vpcEndpointType"] == kind
    }


def test_services_that_containers_call_have_private_addresses_and_dev_has_few(
    prod: Recording, dev: Recording
) -> None:
    for stack in (prod, dev):
        assert services(stack, "Gateway") == {"s3", "dynamodb"}
    assert services(prod, "Interface") == {
        *("ecr.api", "ecr.dkr", "events", "kinesis-streams", "kms", "logs", "monitoring"),
        *("secretsmanager", "sns", "sqs", "ssm", "sts", "xray"),
    }
    assert services(dev, "Interface") == {"kms", "secretsmanager"}


def test_public_apis_keep_their_public_addresses(prod: Recording) -> None:
    assert "execute-api" not in services(prod, "Interface")


def test_interfaces_are_in_every_zone_of_production_behind_their_own_group(
    prod: Recording, dev: Recording
) -> None:
    for stack, zones in ((prod, 3), (dev, 1)):
        group = f"{stack.one(GROUP, '-endpoints').name}-id"
        for endpoint in stack.all(ENDPOINT):
            if endpoint["vpcEndpointType"] == "Interface":
                assert len(endpoint["subnetIds"]) == zones
                assert all("-private-" in subnet for subnet in endpoint["subnetIds"])
                assert endpoint["securityGroupIds"] == [group]
                assert endpoint["privateDnsEnabled"] is True


def test_gateway_endpoints_are_in_the_route_table_of_every_private_subnet(prod: Recording) -> None:
    for service in ("s3", "dynamodb"):
        tables = prod.one(ENDPOINT, f"-{service}")["routeTableIds"]
        assert tables == [f"table-of-{prod.one(VPC).name}-private-{zone}" for zone in (1, 2, 3)]


def asked(action: str, principal: str, resource: str, arn: str = "*") -> Request:
    context = {"aws:PrincipalAccount": principal, "aws:ResourceAccount": resource}
    return Request(action, arn, context=context)


def test_an_endpoint_takes_our_principals_on_our_resources_only(prod: Recording) -> None:
    for endpoint in prod.all(ENDPOINT):
        action = {
            "monitoring": "cloudwatch:PutMetricData",
            "kinesis-streams": "kinesis:PutRecord",
            "ecr.api": "ecr:PutImage",
            "ecr.dkr": "ecr:PutImage",
        }.get(
            service := endpoint["serviceName"].removeprefix("com.amazonaws.ap-southeast-1."), f"{service}:X"
        )
        document = endpoint["policy"]
        assert allows(document, asked(action, ACCOUNT, ACCOUNT)), service
        assert not allows(document, asked(action, OTHER_ACCOUNT, ACCOUNT)), service
        assert not allows(document, asked(action, ACCOUNT, OTHER_ACCOUNT)), service


def test_containers_can_be_started_through_the_endpoints(prod: Recording) -> None:
    layers = "arn:aws:s3:::prod-ap-southeast-1-starport-layer-bucket/layer"
    s3 = prod.one(ENDPOINT, "-s3")["policy"]
    assert allows(s3, Request("s3:GetObject", layers))
    assert not allows(s3, Request("s3:PutObject", layers))
    assert not allows(s3, Request("s3:GetObject", "arn:aws:s3:::somebody-elses/layer"))
    registry = prod.one(ENDPOINT, "-ecr-dkr")["policy"]
    assert allows(registry, asked("ecr:BatchGetImage", ACCOUNT, OTHER_ACCOUNT))
    assert not allows(registry, asked("ecr:BatchGetImage", OTHER_ACCOUNT, ACCOUNT))
    tokens = prod.one(ENDPOINT, "-sts")["policy"]
    assume = "sts:AssumeRoleWithWebIdentity"
    assert allows(tokens, Request(assume, context={"aws:ResourceAccount": ACCOUNT}))
    assert not allows(tokens, Request(assume, context={"aws:ResourceAccount": OTHER_ACCOUNT}))


def test_an_endpoints_exceptions_are_of_its_own_region() -> None:
    layers = endpoint_policy("s3", ACCOUNT, Region.TOKYO)[1]
    assert layers.resources == ["arn:aws:s3:::prod-ap-northeast-1-starport-layer-bucket/*"]


# ---- flow logs ---------------------------------------------------------------------------------------------


def test_every_connection_is_logged_encrypted_and_for_a_time(prod: Recording, dev: Recording) -> None:
    for stack, days in ((prod, 365), (dev, 14)):
        flows = stack.one("aws:ec2/flowLog:FlowLog")
        assert flows["vpcId"] == f"{stack.one(VPC).name}-id"
        assert (flows["trafficType"], flows["maxAggregationInterval"]) == ("ALL", 60)
        group = stack.one("aws:cloudwatch/logGroup:LogGroup")
        assert flows["logDestination"] == group.arn
        assert group["retentionInDays"] == days
        assert group["kmsKeyId"] == stack.one("aws:kms/key:Key", "-logs").arn


def test_flow_logs_write_to_their_own_group_only(prod: Recording) -> None:
    document = prod.one("aws:iam/rolePolicy:RolePolicy")["policy"]
    group = prod.one("aws:cloudwatch/logGroup:LogGroup").arn
    assert allows(document, Request("logs:PutLogEvents", f"{group}:log-stream:eni"))
    assert not allows(document, Request("logs:PutLogEvents", "arn:aws:logs:r:a:log-group:other:log-stream:x"))
    trust = prod.one("aws:iam/role:Role")["assumeRolePolicy"]
    ours = {"aws:SourceAccount": ACCOUNT}
    request = Request("sts:AssumeRole", service="vpc-flow-logs.amazonaws.com", context=ours)
    assert allows(trust, request)
    assert not allows(trust, Request("sts:AssumeRole", service="vpc-flow-logs.amazonaws.com"))
