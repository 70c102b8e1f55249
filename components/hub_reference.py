"""What a market's stack reads of its environment's hub: typed, checked, never guessed.

An output that the hub's last update did not export, or exported as something else, is an error that says
what to do; one that is not known yet (in a preview of both) stays unknown; a secret stays one.
"""

from enum import StrEnum

import pulumi

from components.markets import Market


class HubOutput(StrEnum):
    """The names under which the home stack exports what all markets of its environment share."""

    DOMAIN = "hubDomain"
    ROOT_ZONE_ID = "hubRootZoneId"
    MARKET_ZONE_IDS = "hubMarketZoneIds"
    MARKET_LINK_ROLE_ARNS = "hubMarketLinkRoleArns"
    TRANSIT_GATEWAY_ID = "hubTransitGatewayId"
    TRANSIT_GATEWAY_VPC_TABLE_ID = "hubTransitGatewayVpcTableId"
    TRANSIT_GATEWAY_OUTSIDE_TABLE_ID = "hubTransitGatewayOutsideTableId"
    DIRECT_CONNECT_GATEWAY_ID = "hubDirectConnectGatewayId"


class HubReferenceError(ValueError):
    """The hub does not export what a market needs of it."""


class HubReference:
    """The outputs of the home stack, read by one of the other stacks of its environment."""

    def __init__(self, home_stack: str, *, domain: str, opts: pulumi.ResourceOptions | None = None) -> None:
        """`domain` is the stack's own: the zones of a hub with another domain are never handed out."""
        self.stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{home_stack}"
        self._domain = domain
        self._reference = pulumi.StackReference(self.stack, opts=opts)

    def text(self, output: HubOutput) -> pulumi.Output[str]:
        """An output that is a string. Raises HubReferenceError, when it is known, unless it is one."""
        return pulumi.Output.all(self._reference.get_output(output), self._checked_domain()).apply(
            lambda values: self._text(output, values[0])
        )

    def for_market(self, output: HubOutput, market: Market) -> pulumi.Output[str]:
        """The market's entry of an output that has one for each. Raises HubReferenceError likewise."""
        return pulumi.Output.all(self._reference.get_output(output), self._checked_domain()).apply(
            lambda values: self._entry(output, values[0], market)
        )

    def _checked_domain(self) -> pulumi.Output[str]:
        return self._reference.get_output(HubOutput.DOMAIN).apply(self._own_domain)

    def _own_domain(self, value: object) -> str:
        domain = self._text(HubOutput.DOMAIN, value)
        if domain != self._domain:
            raise HubReferenceError(
                f"blue-horizons:domain = {self._domain!r}, the hub {self.stack} has {domain!r}: "
                "all stacks of an environment share one domain; correct the stack file that is wrong"
            )
        return domain

    def _text(self, output: str, value: object) -> str:
        if isinstance(value, str) and value:
            return value
        # The value may be secret: its type says enough.
        found = "nothing" if value is None else f"a {type(value).__name__}"
        raise HubReferenceError(
            f"the hub {self.stack} exports {found} as {output}, where a text is expected: "
            f"run `pulumi up --stack {self.stack}` with this version of the program first"
        )

    def _entry(self, output: HubOutput, value: object, market: Market) -> str:
        if not isinstance(value, dict):
            return self._text(output, None)
        if market not in value:
            raise HubReferenceError(
                f"the hub {self.stack} has no entry for {str(market)!r} in {output}: it knows "
                f"{', '.join(sorted(value)) or 'no market'}; run `pulumi up --stack {self.stack}` after the "
                "market's stack file was added"
            )
        return self._text(f"{output}.{market}", value[market])
