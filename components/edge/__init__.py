"""How the world reaches a market: names, certificates, web ACLs, routing between Regions."""

from components.edge.certificate import Certificate, CertificateArgs
from components.edge.dns import AliasTarget, DnsName, address_records
from components.edge.mqtt import (
    MqttEndpoint,
    MqttEndpointArgs,
    MqttRouting,
    MqttRoutingArgs,
    iot_data_endpoint,
)
from components.edge.names import MarketNames, RegionRole
from components.edge.probe import RegionProbe, RegionProbeArgs
from components.edge.regional_edge import ApiEndpoint, RegionalEdge, RegionalEdgeArgs
from components.edge.routing import MarketRouting, MarketRoutingArgs, NearestMarket, RegionOfMarket
from components.edge.shield import Protected, Shield, ShieldArgs
from components.edge.waf_rules import Audience
from components.edge.web_acl import WebAcl, WebAclArgs
from components.edge.zones import DnsZones, DnsZonesArgs, HostedZone, dns_link_statements

__all__ = [
    "AliasTarget",
    "ApiEndpoint",
    "Audience",
    "Certificate",
    "CertificateArgs",
    "DnsName",
    "DnsZones",
    "DnsZonesArgs",
    "HostedZone",
    "MarketNames",
    "MarketRouting",
    "MarketRoutingArgs",
    "MqttEndpoint",
    "MqttEndpointArgs",
    "MqttRouting",
    "MqttRoutingArgs",
    "NearestMarket",
    "Protected",
    "RegionOfMarket",
    "RegionProbe",
    "RegionProbeArgs",
    "RegionRole",
    "RegionalEdge",
    "RegionalEdgeArgs",
    "Shield",
    "ShieldArgs",
    "WebAcl",
    "WebAclArgs",
    "address_records",
    "dns_link_statements",
    "iot_data_endpoint",
]
