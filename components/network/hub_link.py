"""What a market's role in the hub's account may do to the hub's network: join it, and leave it again."""

import pulumi

from components.iam import Statement
from components.markets import Region


def hub_link_statements(
    *,
    account_id: str,
    region: Region,
    vpc_table_arn: pulumi.Input[str],
    outside_table_arn: pulumi.Input[str],
    dx_gateway_id: pulumi.Input[str] | None = None,
) -> list[Statement]:
    """Statements for the role that market stacks assume in the hub's account.

    `account_id`, `region` and the route tables are the hub's. An attachment gets its id when a market asks
    for it, so the statements cannot name one; they name two route tables, and no other can be touched.
    """
    attachments = f"arn:aws:ec2:{region}:{account_id}:transit-gateway-attachment/*"
    statements = [
        Statement(
            sid="ReadTransitGateways",
            actions=[
                "ec2:DescribeTransitGateways",
                "ec2:DescribeTransitGatewayAttachments",
                "ec2:DescribeTransitGatewayPeeringAttachments",
                "ec2:DescribeTransitGatewayRouteTables",
                "ec2:GetTransitGatewayRouteTableAssociations",
            ],
            resources=["*"],  # these have no resource-level permission
        ),
        Statement(
            sid="ReadRoutesOfTheHub",
            actions=["ec2:SearchTransitGatewayRoutes"],
            resources=[vpc_table_arn, outside_table_arn],
        ),
        Statement(
            sid="AcceptPeerings",
            actions=[
                "ec2:AcceptTransitGatewayPeeringAttachment",
                "ec2:DeleteTransitGatewayPeeringAttachment",
                "ec2:CreateTags",
                "ec2:DeleteTags",
            ],
            resources=[attachments],
        ),
        Statement(
            sid="LookUpOutsideTable",
            actions=["ec2:AssociateTransitGatewayRouteTable", "ec2:DisassociateTransitGatewayRouteTable"],
            resources=[outside_table_arn, attachments],
        ),
        Statement(
            sid="RouteToTheMarket",
            actions=[
                "ec2:CreateTransitGatewayRoute",
                "ec2:ReplaceTransitGatewayRoute",
                "ec2:DeleteTransitGatewayRoute",
            ],
            resources=[vpc_table_arn, attachments],
        ),
    ]
    if dx_gateway_id is not None:
        statements += [
            Statement(
                sid="AcceptDirectConnectAssociations",
                actions=[
                    "directconnect:AcceptDirectConnectGatewayAssociationProposal",
                    "directconnect:UpdateDirectConnectGatewayAssociation",
                    "directconnect:DeleteDirectConnectGatewayAssociation",
                ],
                resources=[
                    pulumi.Output.concat("arn:aws:directconnect::", account_id, ":dx-gateway/", dx_gateway_id)
                ],
            ),
            Statement(
                sid="ReadDirectConnectAssociations",
                actions=[
                    "directconnect:DescribeDirectConnectGatewayAssociations",
                    "directconnect:DescribeDirectConnectGatewayAssociationProposals",
                ],
                resources=["*"],  # reading is asked by proposal and association ids, which have no ARN
            ),
        ]
    return statements
