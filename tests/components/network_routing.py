"""Follows a packet through recorded transit gateways as EC2 would: longest prefix, static before learned."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from tests.recording import Recorded, Recording

TGW = "aws:ec2transitgateway"


@dataclass(frozen=True)
class Internet:
    """The gateways, tables and attachments of a recording. Names are those of the recorded resources."""

    recording: Recording

    def ends_in(self, gateway: str, attachment: str, destination: str) -> str | None:
        """The attachment at which a packet leaves that enters `gateway` by `attachment`; None: dropped."""
        seen: set[tuple[str, str]] = set()
        while (gateway, attachment) not in seen:
            seen.add((gateway, attachment))
            out = self._look_up(self._table_of(gateway, attachment), IPv4Address(destination))
            if out is None or not out.endswith("-attachment-id"):
                return out
            gateway, attachment = self._other_side(gateway, out), out
        return None

    def vpc_attachment(self, gateway: str) -> str:
        """The attachment of a gateway's VPC."""
        (found,) = [
            f"{r.name}-id"
            for r in self.recording.all(f"{TGW}/vpcAttachment:VpcAttachment")
            if r["transitGatewayId"] == gateway
        ]
        return found

    def _table_of(self, gateway: str, attachment: str) -> str | None:
        tables = {
            f"{r.name}-id"
            for r in self.recording.all(f"{TGW}/routeTable:RouteTable")
            if r["transitGatewayId"] == gateway
        }
        found = [
            r["transitGatewayRouteTableId"]
            for r in self.recording.all(f"{TGW}/routeTableAssociation:RouteTableAssociation")
            if r["transitGatewayAttachmentId"] == attachment and r["transitGatewayRouteTableId"] in tables
        ]
        assert len(found) <= 1, found  # EC2 refuses a second
        return found[0] if found else None

    def _look_up(self, table: str | None, destination: IPv4Address) -> str | None:
        best: tuple[int, int] | None = None
        out: str | None = None
        for prefix, static, target in self._routes(table):
            rank = (prefix.prefixlen, static)
            if destination in prefix and (best is None or rank > best):
                best, out = rank, target
        return out

    def _routes(self, table: str | None) -> list[tuple[IPv4Network, int, str | None]]:
        static = [
            (IPv4Network(r["destinationCidrBlock"]), 1, r.inputs.get("transitGatewayAttachmentId"))
            for r in self.recording.all(f"{TGW}/route:Route")
            if r["transitGatewayRouteTableId"] == table
        ]
        learned = [
            (self._vpc_behind(r["transitGatewayAttachmentId"]), 0, str(r["transitGatewayAttachmentId"]))
            for r in self.recording.all(f"{TGW}/routeTablePropagation:RouteTablePropagation")
            if r["transitGatewayRouteTableId"] == table
        ]
        return [*static, *[(prefix, rank, out) for prefix, rank, out in learned if prefix]]

    def _vpc_behind(self, attachment: str) -> IPv4Network | None:
        by_name = {f"{r.name}-id": r for r in self.recording.all(f"{TGW}/vpcAttachment:VpcAttachment")}
        if attachment not in by_name:
            return None
        (vpc,) = [
            r for r in self.recording.all("awsx:ec2:Vpc") if f"{r.name}-id" == by_name[attachment]["vpcId"]
        ]
        return IPv4Network(vpc["cidrBlock"])

    def _other_side(self, gateway: str, attachment: str) -> str:
        (peering,) = [
            r
            for r in self.recording.all(f"{TGW}/peeringAttachment:PeeringAttachment")
            if f"{r.name}-id" == attachment
        ]
        sides: set[str] = {peering["transitGatewayId"], peering["peerTransitGatewayId"]}
        (other,) = sides - {gateway}
        return other


def static_routes(recording: Recording, table_suffix: str) -> list[Recorded]:
    """The static routes of the tables whose name ends so."""
    return [
        r
        for r in recording.all(f"{TGW}/route:Route")
        if r["transitGatewayRouteTableId"].endswith(f"{table_suffix}-id")
    ]
