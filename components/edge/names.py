"""Every DNS name of a market, made in one place."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class RegionRole(StrEnum):
    """What a market's row makes of a Region. It never changes; which of the two writes does."""

    PRIMARY = "primary"
    STANDBY = "standby"


def in_order(roles: Iterable[RegionRole], standby_writes: bool) -> list[RegionRole]:
    """The roles in which there is a Region, the one that writes first."""
    first = RegionRole.STANDBY if standby_writes else RegionRole.PRIMARY
    return sorted(roles, key=lambda role: role is not first)


@dataclass(frozen=True)
class MarketNames:
    """`domain` is shared by all markets of an environment, `market_domain` is the market's own zone."""

    domain: str
    market_domain: str

    def __post_init__(self) -> None:
        if not self.market_domain.endswith(f".{self.domain}"):
            raise ValueError(
                f"market_domain is {self.market_domain!r}: it must be a name under {self.domain!r}, "
                "whose zone delegates it"
            )

    @property
    def api(self) -> str:
        """The rider API and the feeds, in whichever Region answers."""
        return f"api.{self.market_domain}"

    def api_in(self, role: RegionRole) -> str:
        """The rider API of one Region, whatever the other does: what health checks ask."""
        return f"{role}.{self.api}"

    @property
    def global_api(self) -> str:
        """The rider API of the nearest market."""
        return f"api.{self.domain}"

    @property
    def staff_api(self) -> str:
        """The staff API."""
        return f"staff-api.{self.market_domain}"

    @property
    def backoffice(self) -> str:
        """The staff's web app."""
        return f"backoffice.{self.market_domain}"

    @property
    def staff_login(self) -> str:
        """Where staff sign in."""
        return f"login.{self.backoffice}"

    @property
    def containers(self) -> str:
        """What runs in containers, for clients inside the network."""
        return f"containers.{self.market_domain}"

    @property
    def mqtt(self) -> str:
        """Where cars connect."""
        return f"mqtt.{self.market_domain}"
