"""Transit gateways, their peering, Direct Connect and its VPN: who reaches whom, and by what."""

import json
from ipaddress import IPv4Address, IPv4Network

import pytest

from components.iam import policy_json
from components.markets import Region
from components.network import (
    DepotRouter,
    DirectConnect,
    DirectConnectArgs,
    DirectConnectGateway,
    DirectConnectGatewayArgs,
    TransitGatewayPeering,
    TransitGatewayPeeringArgs,
    hub_link_statements,
)
from components.network.addressing import DIRECT_CONNECT_ASN
from tests.components.network_building import (
    HUB_ACCOUNT,
    TAGS,
    build,
    foundation,
    gateway,
    on,
    provider,
)
from tests.components.network_routing import TGW, Internet, static_routes
from tests.iam_evaluator import Request, allows
from tests.recording import ACCOUNT, Recording

JAPAN_ACCOUNT = "777788889999"
HUB, MARKET, STANDBY, JAPAN = (
    IPv4Network(cidr) for cidr in ("10.10.0.0/16", "10.11.0.0/16", "10.31.0.0/16", "10.14.0.0/16")
)
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
VPN = "aws:ec2/vpnConnection:VpnConnection"
ROUTER = DepotRouter(IPv4Address("203.0.113.4"), 65_010)


@pytest.fixture(scope="module")
def company() -> Recording:
    """A hub, two markets and the standby Region of one of them, joined as stacks join them."""

    def make() -> None:
        hub = gateway(foundation(account_id=HUB_ACCOUNT), HUB)
        market = gateway(foundation(region=Region.MALAYSIA), MARKET)
        standby = gateway(foundation(), STANDBY)
        japan = gateway(foundation(region=Region.TOKYO, account_id=JAPAN_ACCOUNT), JAPAN)
        at_hub = provider(Region.SINGAPORE, HUB_ACCOUNT)
        for name, own, other, accepter in (
            ("market", market, hub, at_hub),
            ("standby", standby, market, provider(Region.MALAYSIA)),
            ("japan", japan, hub, at_hub),
        ):
            asker = JAPAN_ACCOUNT if name == "japan" else ACCOUNT
            TransitGatewayPeering(
                name,
                TransitGatewayPeeringArgs(own.peer, other.peer, accepter, TAGS),
                opts=on(own.peer.region, asker),
            )

    return build(make)


@pytest.fixture(scope="module")
def depot() -> Recording:
    """A market whose depots come by Direct Connect of the hub's account, with a VPN beside."""

    def make() -> None:
        base = foundation(region=Region.MALAYSIA)
        DirectConnect(
            "depot",
            DirectConnectArgs(
                foundation=base,
                gateway=gateway(base, MARKET),
                dx_gateway_id="dx-1",
                hub_account_id=HUB_ACCOUNT,
                hub_provider=provider(Region.SINGAPORE, HUB_ACCOUNT),
                router=ROUTER,
                connection_id="dxcon-1",
            ),
            opts=on(Region.MALAYSIA),
        )

    return build(make)


@pytest.fixture(scope="module")
def home_depot() -> Recording:
    """The hub's own depots: nothing crosses accounts, no circuit is known yet."""

    def make() -> None:
        base = foundation()
        hub = DirectConnectGateway("dx", DirectConnectGatewayArgs(1, TAGS), opts=on(Region.SINGAPORE))
        DirectConnect(
            "depot",
            DirectConnectArgs(
                foundation=base,
                gateway=gateway(base, HUB),
                dx_gateway_id=hub.gateway_id,
                hub_account_id=ACCOUNT,
                hub_provider=provider(Region.SINGAPORE),
                router=ROUTER,
            ),
            opts=on(Region.SINGAPORE),
        )

    return build(make)


# ---- transit gateways --------------------------------------------------------------------------------------


def reaches(recording: Recording, source: IPv4Network, destination: IPv4Network) -> bool:
    internet = Internet(recording)
    ends = internet.ends_in(
        gateway := f"tgw-{source.network_address}-gateway-id",
        internet.vpc_attachment(gateway),
        str(destination.network_address + 300),
    )
    return ends == internet.vpc_attachment(f"tgw-{destination.network_address}-gateway-id")


ALLOWED = {(HUB, MARKET), (HUB, JAPAN), (MARKET, STANDBY)}


@pytest.mark.parametrize("source", [HUB, MARKET, STANDBY, JAPAN], ids=str)
@pytest.mark.parametrize("destination", [HUB, MARKET, STANDBY, JAPAN], ids=str)
def test_hub_and_market_and_market_and_its_standby_reach_each_other_and_nobody_else(
    company: Recording, source: IPv4Network, destination: IPv4Network
) -> None:
    if source == destination:
        return  # within a VPC no packet meets a transit gateway
    wanted = (source, destination) in ALLOWED or (destination, source) in ALLOWED
    assert reaches(company, source, destination) is wanted


def test_what_no_route_of_the_company_covers_is_dropped_and_counted(company: Recording) -> None:
    for suffix in ("-vpc-table", "-outside-table"):
        holes = [r for r in static_routes(company, suffix) if r.inputs.get("blackhole")]
        assert [r["destinationCidrBlock"] for r in holes] == ["10.0.0.0/8"] * 4
    for metric in ("PacketDropCountBlackhole", "PacketDropCountNoRoute"):
        alarms = [a for a in company.all(ALARM) if a["metricName"] == metric]
        assert {a["dimensions"]["TransitGateway"] for a in alarms} == {
            f"tgw-{cidr.network_address}-gateway-id" for cidr in (HUB, MARKET, STANDBY, JAPAN)
        }


def test_a_gateway_accepts_associates_and_learns_nothing_by_itself(company: Recording) -> None:
    gateways = company.all(f"{TGW}/transitGateway:TransitGateway")
    assert len(gateways) == 4
    for made in gateways:
        assert made["autoAcceptSharedAttachments"] == "disable"
        assert made["defaultRouteTableAssociation"] == "disable"
        assert made["defaultRouteTablePropagation"] == "disable"
        assert made["dnsSupport"] == "enable"
    assert len({made["amazonSideAsn"] for made in gateways}) == 4
    for attachment in company.all(f"{TGW}/vpcAttachment:VpcAttachment"):
        assert attachment["transitGatewayDefaultRouteTableAssociation"] is False
        assert attachment["transitGatewayDefaultRouteTablePropagation"] is False
        assert len(attachment["subnetIds"]) == 3
        assert all("-isolated-" in subnet for subnet in attachment["subnetIds"])


def test_every_private_subnet_routes_the_companys_range_to_its_gateway(company: Recording) -> None:
    routes = {
        r["routeTableId"]: (r["destinationCidrBlock"], r["transitGatewayId"])
        for r in company.all("aws:ec2/route:Route")
    }
    assert routes == {
        f"table-of-net-{cidr.network_address}-vpc-private-{zone}": (
            "10.0.0.0/8",
            f"tgw-{cidr.network_address}-gateway-id",
        )
        for cidr in (HUB, MARKET, STANDBY, JAPAN)
        for zone in (1, 2, 3)
    }


def test_each_side_of_a_peering_is_made_in_its_own_account_and_region(company: Recording) -> None:
    asked = company.one(f"{TGW}/peeringAttachment:PeeringAttachment", "market-attachment")
    assert asked.provider_name == f"{ACCOUNT}-ap-southeast-5"
    assert (asked["peerAccountId"], asked["peerRegion"]) == (HUB_ACCOUNT, "ap-southeast-1")
    at_hub = f"{HUB_ACCOUNT}-ap-southeast-1"
    accepter = f"{TGW}/peeringAttachmentAccepter:PeeringAttachmentAccepter"
    assert company.one(accepter, "market-accepter").provider_name == at_hub
    for type_ in ("routeTableAssociation:RouteTableAssociation", "route:Route"):
        own, other = (
            [r for r in company.all(f"{TGW}/{type_}") if r.name.startswith(f"market-{side}-")]
            for side in ("own", "other")
        )
        assert [r.provider_name for r in own] == [f"{ACCOUNT}-ap-southeast-5"]
        assert [r.provider_name for r in other] == [at_hub]
    assert company.one(accepter, "standby-accepter").provider_name == f"{ACCOUNT}-ap-southeast-5"


def test_gateways_whose_ranges_overlap_cannot_peer() -> None:
    def make() -> None:
        one = gateway(foundation(), HUB).peer
        with pytest.raises(ValueError, match=r"10\.10\.0\.0/16 with 10\.10\.0\.0/16: the ranges overlap"):
            TransitGatewayPeeringArgs(one, one, provider(Region.SINGAPORE), TAGS)

    build(make)


def test_what_passes_a_gateway_is_logged(company: Recording) -> None:
    logged = {
        r["transitGatewayId"]: r["maxAggregationInterval"]
        for r in company.all("aws:ec2/flowLog:FlowLog")
        if "transitGatewayId" in r.inputs
    }
    assert len(logged) == 4
    assert set(logged.values()) == {60}


# ---- Direct Connect ----------------------------------------------------------------------------------------


def test_a_market_proposes_its_own_range_and_the_hub_accepts(depot: Recording) -> None:
    proposal = depot.one("aws:directconnect/gatewayAssociationProposal:GatewayAssociationProposal")
    assert proposal.provider_name == f"{ACCOUNT}-ap-southeast-5"
    assert (proposal["dxGatewayId"], proposal["dxGatewayOwnerAccountId"]) == ("dx-1", HUB_ACCOUNT)
    assert proposal["associatedGatewayId"] == "tgw-10.11.0.0-gateway-id"
    accepted = depot.one("aws:directconnect/gatewayAssociation:GatewayAssociation")
    assert accepted.provider_name == f"{HUB_ACCOUNT}-ap-southeast-1"
    assert accepted["proposalId"] == f"{proposal.name}-id"
    assert accepted["associatedGatewayOwnerAccountId"] == ACCOUNT
    assert proposal["allowedPrefixes"] == accepted["allowedPrefixes"] == ["10.11.0.0/16"]


def test_in_the_hubs_own_account_the_association_needs_no_proposal(home_depot: Recording) -> None:
    assert home_depot.all("aws:directconnect/gatewayAssociationProposal:GatewayAssociationProposal") == []
    made = home_depot.one("aws:directconnect/gatewayAssociation:GatewayAssociation")
    assert made["associatedGatewayId"] == "tgw-10.10.0.0-gateway-id"
    assert made["dxGatewayId"] == "dx-gateway-id"
    assert "associatedGatewayOwnerAccountId" not in made.inputs
    gateway_asn = home_depot.one("aws:directconnect/gateway:Gateway")["amazonSideAsn"]
    assert gateway_asn == str(DIRECT_CONNECT_ASN)


def test_depots_reach_the_vpc_alone_and_the_vpc_knows_them_by_both_ways(depot: Recording) -> None:
    gateway = "tgw-10.11.0.0-gateway-id"
    internet = Internet(depot)
    ways = {"dx-1-to-tgw-10.11.0.0-gateway-id", "depot-vpn-connection-attachment"}
    for way in ways:
        vpc = internet.vpc_attachment(gateway)
        assert internet.ends_in(gateway, way, "10.11.3.4") == vpc
        for elsewhere in ("10.10.0.9", "10.14.0.9", "10.64.0.9"):
            assert internet.ends_in(gateway, way, elsewhere) is None
    learned = {
        r["transitGatewayAttachmentId"]
        for r in depot.all(f"{TGW}/routeTablePropagation:RouteTablePropagation")
        if r["transitGatewayRouteTableId"] == "tgw-10.11.0.0-vpc-table-id"
    }
    assert learned == ways


def test_the_hub_takes_no_more_markets_than_aws_does() -> None:
    assert DirectConnectGatewayArgs(6, TAGS).markets == 6
    with pytest.raises(ValueError, match=r"7 markets .* AWS takes 6"):
        DirectConnectGatewayArgs(7, TAGS)


# ---- VPN ---------------------------------------------------------------------------------------------------


def test_both_tunnels_speak_only_ikev2_with_strong_algorithms(depot: Recording) -> None:
    vpn = depot.one(VPN)
    for tunnel in ("tunnel1", "tunnel2"):
        assert vpn[f"{tunnel}IkeVersions"] == ["ikev2"]
        for phase in ("Phase1", "Phase2"):
            assert vpn[f"{tunnel}{phase}EncryptionAlgorithms"] == ["AES256-GCM-16"]
            assert vpn[f"{tunnel}{phase}IntegrityAlgorithms"] == ["SHA2-384", "SHA2-512"]
            assert vpn[f"{tunnel}{phase}DhGroupNumbers"] == [20, 21]
        assert vpn[f"{tunnel}StartupAction"] == "start"
        assert vpn[f"{tunnel}DpdTimeoutAction"] == "restart"


def test_no_key_of_a_tunnel_is_ours_to_lose(depot: Recording) -> None:
    vpn = depot.one(VPN)
    assert vpn["presharedKeyStorage"] == "SecretsManager"
    assert not [name for name in vpn.inputs if name.endswith("PresharedKey")]


def test_tunnels_and_their_bgp_are_logged_encrypted(depot: Recording) -> None:
    vpn, group = depot.one(VPN), depot.one("aws:cloudwatch/logGroup:LogGroup", "depot-vpn-logs")
    for tunnel in ("tunnel1", "tunnel2"):
        options = vpn[f"{tunnel}LogOptions"]["cloudwatchLogOptions"]
        assert (options["logEnabled"], options["bgpLogEnabled"]) == (True, True)
        assert options["logGroupArn"] == options["bgpLogGroupArn"] == group.arn
    assert group["kmsKeyId"] == depot.one("aws:kms/key:Key", "-logs").arn
    assert group["retentionInDays"] == 365
    leave = depot.one("aws:cloudwatch/logResourcePolicy:LogResourcePolicy")["policyDocument"]
    ours = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": f"arn:aws:logs:ap-southeast-5:{ACCOUNT}:x"}
    stream = f"{group.arn}:log-stream:tunnel"
    service = "delivery.logs.amazonaws.com"
    assert allows(leave, Request("logs:PutLogEvents", stream, service=service, context=ours))
    strangers = {**ours, "aws:SourceAccount": "999999999999"}
    assert not allows(leave, Request("logs:PutLogEvents", stream, service=service, context=strangers))


def test_the_depots_router_is_where_and_who_the_settings_say(depot: Recording) -> None:
    router = depot.one("aws:ec2/customerGateway:CustomerGateway")
    assert (router["ipAddress"], router["bgpAsn"], router["type"]) == ("203.0.113.4", "65010", "ipsec.1")
    vpn = depot.one(VPN)
    assert vpn["customerGatewayId"] == f"{router.name}-id"
    assert vpn["staticRoutesOnly"] is False


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.0.1", "172.16.0.1", "100.64.0.1", "127.0.0.1"])
def test_a_router_that_aws_cannot_reach_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=f"{address} cannot be reached"):
        DepotRouter(IPv4Address(address), 65_010)


@pytest.mark.parametrize("asn", [64_511, 65_535, 4_200_000_001])
def test_a_depots_asn_is_private_and_no_gateways(asn: int) -> None:
    with pytest.raises(ValueError, match=f"ASN is {asn}"):
        DepotRouter(IPv4Address("203.0.113.4"), asn)


def test_operations_hears_of_a_tunnel_and_of_the_circuit_that_is_down(
    depot: Recording, home_depot: Recording
) -> None:
    states = {a.name: a for a in depot.all(ALARM) if a["metricName"] in ("TunnelState", "ConnectionState")}
    assert set(states) == {"depot-vpn-tunnel-1-down", "depot-vpn-tunnel-2-down", "depot-circuit-down"}
    for alarm in states.values():
        assert (alarm["comparisonOperator"], alarm["threshold"]) == ("LessThanThreshold", 1)
        assert alarm["treatMissingData"] == "breaching"
        assert alarm["alarmActions"] == [f"arn:aws:sns:ap-southeast-5:{ACCOUNT}:operations"]
    assert [a for a in home_depot.all(ALARM) if a["metricName"] == "ConnectionState"] == []


def test_a_circuit_that_is_none_is_refused(depot: Recording) -> None:
    del depot

    def make() -> None:
        base = foundation()
        with pytest.raises(ValueError, match="connection_id is 'vpn-1'"):
            DirectConnectArgs(
                foundation=base,
                gateway=gateway(base),
                dx_gateway_id="dx-1",
                hub_account_id=ACCOUNT,
                hub_provider=provider(Region.SINGAPORE),
                router=ROUTER,
                connection_id="vpn-1",
            )

    build(make)


# ---- what a market may do in the hub's account ------------------------------------------------------------


def hub_document(dx_gateway_id: str | None) -> str:
    table = f"arn:aws:ec2:ap-southeast-1:{HUB_ACCOUNT}:transit-gateway-route-table"
    found: list[str] = []

    def make() -> None:
        statements = hub_link_statements(
            account_id=HUB_ACCOUNT,
            region=Region.SINGAPORE,
            vpc_table_arn=f"{table}/vpc",
            outside_table_arn=f"{table}/outside",
            dx_gateway_id=dx_gateway_id,
        )
        policy_json(*statements).apply(found.append)

    build(make)
    return found[0]


def test_a_market_joins_the_hubs_tables_and_no_others() -> None:
    document = hub_document("dx-1")
    base = f"arn:aws:ec2:ap-southeast-1:{HUB_ACCOUNT}"
    attachment = f"{base}:transit-gateway-attachment/tgw-attach-1"
    table = f"{base}:transit-gateway-route-table"
    for action, arn in (
        ("ec2:AcceptTransitGatewayPeeringAttachment", attachment),
        ("ec2:AssociateTransitGatewayRouteTable", f"{table}/outside"),
        ("ec2:CreateTransitGatewayRoute", f"{table}/vpc"),
        (
            "directconnect:AcceptDirectConnectGatewayAssociationProposal",
            f"arn:aws:directconnect::{HUB_ACCOUNT}:dx-gateway/dx-1",
        ),
    ):
        assert allows(document, Request(action, arn)), action
    for action, arn in (
        ("ec2:CreateTransitGatewayRoute", f"{table}/outside"),
        ("ec2:CreateTransitGatewayRoute", f"{table}/other"),
        ("ec2:AssociateTransitGatewayRouteTable", f"{table}/vpc"),
        ("ec2:DeleteTransitGateway", f"{base}:transit-gateway/tgw-1"),
        ("ec2:AcceptTransitGatewayPeeringAttachment", attachment.replace(HUB_ACCOUNT, ACCOUNT)),
        (
            "directconnect:AcceptDirectConnectGatewayAssociationProposal",
            f"arn:aws:directconnect::{HUB_ACCOUNT}:dx-gateway/dx-2",
        ),
    ):
        assert not allows(document, Request(action, arn)), action


def test_without_direct_connect_a_market_may_do_nothing_to_it() -> None:
    actions = [a for s in json.loads(hub_document(None))["Statement"] for a in s["Action"]]
    assert not [action for action in actions if action.startswith("directconnect:")]
