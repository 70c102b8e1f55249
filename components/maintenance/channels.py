"""By which ways people are reached, checked against what a Region can do.

AWS's own on-call service, Incident Manager, takes no new customers since 2025-11-07, so whoever is on call is
reached by text message and by the HTTPS endpoint of an on-call product, through a topic of their own:
https://docs.aws.amazon.com/incident-manager/latest/userguide/incident-manager-availability-change.html
"""

import re
from dataclasses import dataclass, replace
from typing import Self

import pulumi

from components.markets import Region

SMS_REGIONS = frozenset({Region.SINGAPORE, Region.SYDNEY, Region.JAKARTA, Region.TOKYO})
"""Where Amazon SNS sends text messages:
https://docs.aws.amazon.com/sns/latest/dg/sns-supported-regions-countries.html"""
PUSH_REGIONS = frozenset({Region.SINGAPORE, Region.SYDNEY, Region.JAKARTA, Region.TOKYO, Region.SEOUL})
"""Where Amazon SNS pushes to apps:
https://docs.aws.amazon.com/sns/latest/dg/sns-mobile-push-supported-regions.html"""
CHAT_REGIONS = frozenset({Region.SINGAPORE})
"""Of ours, those from which Amazon Q Developer in chat applications is set up; it hears topics of any:
https://docs.aws.amazon.com/general/latest/gr/chatbot.html"""

_E164 = re.compile(r"\+[1-9][0-9]{7,14}")


@dataclass(frozen=True)
class ChatHome:
    """From where chat is set up: `region` is of `provider`, and one of CHAT_REGIONS."""

    region: Region
    provider: pulumi.ProviderResource

    def __post_init__(self) -> None:
        if self.region not in CHAT_REGIONS:
            known = ", ".join(sorted(CHAT_REGIONS))
            raise ValueError(
                f"chat cannot be set up from {self.region}: use a provider of {known}, "
                "or subscribe the channel's e-mail address"
            )


@dataclass(frozen=True)
class SlackChannel:
    """Ids of a workspace that was authorised once, in the console of Amazon Q Developer, and of a channel."""

    home: ChatHome
    workspace_id: str
    channel_id: str


@dataclass(frozen=True)
class TeamsChannel:
    """Ids of a team that was authorised once, in the console of Amazon Q Developer, and of a channel."""

    home: ChatHome
    tenant_id: str
    team_id: str
    channel_id: str


@dataclass(frozen=True)
class OnCall:
    """Who hears of a critical alert that nobody took over: numbers in E.164, and HTTPS endpoints that confirm
    a subscription of Amazon SNS by themselves, as on-call products do."""

    sms: tuple[str, ...] = ()
    https: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.sms and not self.https:
            raise ValueError("on call with neither a number nor an endpoint: nobody would hear; name one")
        _check_numbers(self.sms)
        _check_urls(self.https)


@dataclass(frozen=True)
class TicketWebhook:
    """Where tickets go, and the key that they are signed with, a secret."""

    url: str
    signing_key: pulumi.Input[str]

    def __post_init__(self) -> None:
        _check_urls((self.url,))


@dataclass(frozen=True)
class Reach:
    """`emails` hear warnings and critical alerts, `sms` critical ones, chat all; `push_credential` is the
    JSON key of a Firebase service account, a secret: with it the staff's app can subscribe."""

    emails: tuple[str, ...]
    sms: tuple[str, ...] = ()
    slack: SlackChannel | None = None
    teams: TeamsChannel | None = None
    push_credential: pulumi.Input[str] | None = None
    on_call: OnCall | None = None
    webhook: TicketWebhook | None = None

    def __post_init__(self) -> None:
        if not self.emails:
            raise ValueError("emails is empty: whatever else fails, mail arrives; name at least one")
        for email in self.emails:
            if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
                raise ValueError(f"{email!r} is no e-mail address")
        _check_numbers(self.sms)

    def check(self, region: Region) -> None:
        """Raises ValueError that names what a Region cannot do, and the way out."""
        numbers = self.sms or (self.on_call.sms if self.on_call else ())
        if numbers and region not in SMS_REGIONS:
            raise ValueError(
                f"{region} sends no text messages, {', '.join(sorted(SMS_REGIONS))} do: "
                "leave sms out and use an on-call endpoint or push"
            )
        if self.push_credential is not None and region not in PUSH_REGIONS:
            raise ValueError(
                f"{region} pushes to no apps, {', '.join(sorted(PUSH_REGIONS))} do: leave push_credential out"
            )

    def without_chat(self) -> Self:
        """For a further Region: a channel is set up once in an account, and hears topics of every Region."""
        return replace(self, slack=None, teams=None)

    def within(self, region: Region) -> Self:
        """Without the ways that a Region does not have; what is left may be mail alone."""
        reach = self
        if region not in SMS_REGIONS:
            left = self.on_call.https if self.on_call else ()
            reach = replace(reach, sms=(), on_call=OnCall(https=left) if left else None)
        if region not in PUSH_REGIONS:
            reach = replace(reach, push_credential=None)
        return reach


def _check_numbers(numbers: tuple[str, ...]) -> None:
    for number in numbers:
        if not _E164.fullmatch(number):
            raise ValueError(f"{number!r} is no telephone number: use E.164, such as +6591234567")


def _check_urls(urls: tuple[str, ...]) -> None:
    for url in urls:
        if not re.fullmatch(r"https://[^\s/@#]+(/[^\s#]*)?", url):
            raise ValueError(f"{url!r} is no endpoint: https://<host>/<path> is expected")
