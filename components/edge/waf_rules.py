"""What a web ACL holds, by whom it lets in: a table, and the arithmetic of its rules.

Every managed rule group blocks: a group that only counts protects nothing. What would turn good clients away
is left out for them, by name and with the reason, rather than switched to count.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

import pulumi_aws as aws

WINDOW_SECONDS = 300
RETRY_AFTER_SECONDS = "60"
MAX_BODY_BYTES = 8_192
"""What AWSManagedRulesCommonRuleSet takes too; here it is answered with a 413 that says why."""
CHANGES = ("POST", "PUT", "PATCH", "DELETE")
PUBLIC_FEEDS = "/gbfs/"
"""Read by journey planners and health checks anywhere in the world."""

_IP_REPUTATION = "AWSManagedRulesAmazonIpReputationList"
_ANONYMOUS_IP = "AWSManagedRulesAnonymousIpList"
_COMMON = "AWSManagedRulesCommonRuleSet"
_KNOWN_BAD_INPUTS = "AWSManagedRulesKnownBadInputsRuleSet"
_SQLI = "AWSManagedRulesSQLiRuleSet"


_Block = TypeVar("_Block")


def empty(block: Callable[..., _Block]) -> _Block:
    """A block that says something by being there; the SDK's classes of such blocks are not annotated."""
    return block()


class Audience(StrEnum):
    """Whom an endpoint serves. It decides what its web ACL refuses."""

    RIDERS = "riders"
    STAFF = "staff"
    PAGES = "pages"
    SIGN_IN = "sign-in"
    SERVICES = "services"


class CountedBy(StrEnum):
    """Whose requests are counted together."""

    ADDRESS = "address"
    TOKEN = "token"  # noqa: S105 - a way to count


@dataclass(frozen=True)
class RateRule:
    """At most `limit` requests in five minutes of one address or token, on paths that match, with the methods.

    Many riders share one address of a mobile carrier; a token is one rider. A request without a token is not
    counted by token: the API's authorizer refuses it, and the limit by address counts it.
    """

    name: str
    limit: int
    by: CountedBy = CountedBy.ADDRESS
    paths: str | None = None
    methods: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 10 <= self.limit <= 2_000_000_000:
            raise ValueError(f"rate rule {self.name}: limit is {self.limit}: AWS WAF takes 10 to 2000000000")
        if self.methods and not self.paths:
            raise ValueError(f"rate rule {self.name}: methods without paths; say which paths it is about")


@dataclass(frozen=True)
class Profile:
    """`groups` are AWS's managed ones; `surge` is how many refusals in five minutes are worth an alarm."""

    groups: tuple[str, ...]
    rates: tuple[RateRule, ...]
    surge: int


PROFILES: Mapping[Audience, Profile] = MappingProxyType(
    {
        # No list of anonymous addresses: riders on a VPN are riders, and journey planners read the feeds from
        # data centres. No SQL rules: nothing behind it speaks SQL.
        Audience.RIDERS: Profile(
            groups=(_IP_REPUTATION, _COMMON, _KNOWN_BAD_INPUTS),
            rates=(
                RateRule("requests", 3_000),
                RateRule("changes", 60, CountedBy.TOKEN, r"^/v1/", CHANGES),
                # An app asks once a second what became of its command.
                RateRule("commands", 600, CountedBy.TOKEN, r"^/v1/commands/"),
            ),
            surge=1_000,
        ),
        Audience.STAFF: Profile(
            groups=(_IP_REPUTATION, _ANONYMOUS_IP, _COMMON, _KNOWN_BAD_INPUTS),
            rates=(
                RateRule("requests", 6_000),  # an office of people, each with a live map
                RateRule("changes", 120, CountedBy.TOKEN, r"^/v1/", CHANGES),
            ),
            surge=200,
        ),
        Audience.PAGES: Profile(
            groups=(_IP_REPUTATION, _ANONYMOUS_IP, _COMMON, _KNOWN_BAD_INPUTS),
            rates=(RateRule("requests", 3_000),),
            surge=200,
        ),
        # Account takeover and creation groups are not for user pools: Cognito refuses an ACL that has them.
        Audience.SIGN_IN: Profile(
            groups=(_IP_REPUTATION, _COMMON, _KNOWN_BAD_INPUTS),
            rates=(
                RateRule("requests", 2_000),
                RateRule(
                    "sign-in",
                    100,
                    paths=r"^/(login|signup|confirm|confirmUser|forgotPassword|resetPassword|mfa|resendcode)",
                    methods=("POST",),
                ),
            ),
            surge=500,
        ),
        # Containers of other teams: who knows what they speak.
        Audience.SERVICES: Profile(
            groups=(_IP_REPUTATION, _COMMON, _KNOWN_BAD_INPUTS, _SQLI),
            rates=(RateRule("requests", 3_000),),
            surge=500,
        ),
    }
)


@dataclass(frozen=True)
class Refusal:
    """What a refused client is told: a problem detail (RFC 9457), as AWS WAF can send it."""

    key: str
    status: int
    title: str

    def body(self) -> aws.wafv2.WebAclCustomResponseBodyArgs:
        """The body; AWS WAF knows no `application/problem+json` and allows no Content-Type of ours."""
        problem = {"type": "about:blank", "title": self.title, "status": self.status}
        return aws.wafv2.WebAclCustomResponseBodyArgs(
            key=self.key, content=json.dumps(problem), content_type="APPLICATION_JSON"
        )


TOO_MANY = Refusal("too-many-requests", 429, "Too many requests: try again in a minute")
TOO_LARGE = Refusal("too-large", 413, f"The body is larger than {MAX_BODY_BYTES} bytes")
NOT_HERE = Refusal("not-here", 403, "The service is not offered in this country")
REFUSALS = (TOO_MANY, TOO_LARGE, NOT_HERE)


def rules_of(
    audience: Audience,
    metric_prefix: str,
    allowed_countries: Sequence[str] | None,
    web_origin: str | None,
) -> list[aws.wafv2.WebAclRuleArgs]:
    """The rules in the order in which they are asked: the cheap ones that refuse most come first."""
    profile = PROFILES[audience]
    reputation, *others = profile.groups
    statements: list[tuple[str, aws.wafv2.WebAclRuleStatementArgs, Refusal | None]] = [
        (reputation, _managed(reputation), None),
        *([("countries", _elsewhere(allowed_countries), NOT_HERE)] if allowed_countries else []),
        *((rule.name, _rate(rule), TOO_MANY) for rule in profile.rates),
        ("body-size", _too_large(), TOO_LARGE),
        *((group, _managed(group), None) for group in others),
    ]
    return [
        aws.wafv2.WebAclRuleArgs(
            name=name,
            priority=priority,
            statement=statement,
            # A managed group's own actions stand; none of them is overridden.
            override_action=None
            if refusal
            else aws.wafv2.WebAclRuleOverrideActionArgs(
                none=empty(aws.wafv2.WebAclRuleOverrideActionNoneArgs)
            ),
            action=_block(refusal, web_origin) if refusal else None,
            visibility_config=aws.wafv2.WebAclRuleVisibilityConfigArgs(
                cloudwatch_metrics_enabled=True,
                sampled_requests_enabled=True,
                metric_name=f"{metric_prefix}-{name}",
            ),
        )
        for priority, (name, statement, refusal) in enumerate(statements)
    ]


def _block(refusal: Refusal, web_origin: str | None) -> aws.wafv2.WebAclRuleActionArgs:
    headers = {
        **({"Retry-After": RETRY_AFTER_SECONDS} if refusal is TOO_MANY else {}),
        # Without it a browser shows the page no answer at all, and the page takes it for a broken network.
        **({"Access-Control-Allow-Origin": web_origin} if web_origin else {}),
    }
    return aws.wafv2.WebAclRuleActionArgs(
        block=aws.wafv2.WebAclRuleActionBlockArgs(
            custom_response=aws.wafv2.WebAclRuleActionBlockCustomResponseArgs(
                response_code=refusal.status,
                custom_response_body_key=refusal.key,
                response_headers=[
                    aws.wafv2.WebAclRuleActionBlockCustomResponseResponseHeaderArgs(name=name, value=value)
                    for name, value in headers.items()
                ]
                or None,
            )
        )
    )


def _managed(group: str) -> aws.wafv2.WebAclRuleStatementArgs:
    return aws.wafv2.WebAclRuleStatementArgs(
        managed_rule_group_statement=aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementArgs(
            vendor_name="AWS", name=group
        )
    )


def _too_large() -> aws.wafv2.WebAclRuleStatementArgs:
    return aws.wafv2.WebAclRuleStatementArgs(
        size_constraint_statement=aws.wafv2.WebAclRuleStatementSizeConstraintStatementArgs(
            comparison_operator="GT",
            size=MAX_BODY_BYTES,
            field_to_match=aws.wafv2.WebAclRuleStatementSizeConstraintStatementFieldToMatchArgs(
                body=aws.wafv2.WebAclRuleStatementSizeConstraintStatementFieldToMatchBodyArgs(
                    oversize_handling="MATCH"  # more than AWS WAF looks at is too much
                )
            ),
            text_transformations=[
                aws.wafv2.WebAclRuleStatementSizeConstraintStatementTextTransformationArgs(
                    priority=0, type="NONE"
                )
            ],
        )
    )


def _elsewhere(allowed_countries: Sequence[str]) -> aws.wafv2.WebAclRuleStatementArgs:
    """Neither in one of the countries nor about a public feed."""
    there = aws.wafv2.WebAclRuleStatementArgs(
        geo_match_statement=aws.wafv2.WebAclRuleStatementGeoMatchStatementArgs(
            country_codes=sorted(allowed_countries)
        )
    )
    feeds = aws.wafv2.WebAclRuleStatementArgs(
        byte_match_statement=aws.wafv2.WebAclRuleStatementByteMatchStatementArgs(
            positional_constraint="STARTS_WITH",
            search_string=PUBLIC_FEEDS,
            field_to_match=aws.wafv2.WebAclRuleStatementByteMatchStatementFieldToMatchArgs(
                uri_path=empty(aws.wafv2.WebAclRuleStatementByteMatchStatementFieldToMatchUriPathArgs)
            ),
            text_transformations=[
                aws.wafv2.WebAclRuleStatementByteMatchStatementTextTransformationArgs(
                    priority=0, type="NORMALIZE_PATH"
                )
            ],
        )
    )
    return aws.wafv2.WebAclRuleStatementArgs(
        and_statement=aws.wafv2.WebAclRuleStatementAndStatementArgs(statements=[_not(there), _not(feeds)])
    )


def _not(statement: aws.wafv2.WebAclRuleStatementArgs) -> aws.wafv2.WebAclRuleStatementArgs:
    return aws.wafv2.WebAclRuleStatementArgs(
        not_statement=aws.wafv2.WebAclRuleStatementNotStatementArgs(statement=statement)
    )


# The SDK repeats the whole path of a nested statement in its name.
_Rate = aws.wafv2.WebAclRuleStatementRateBasedStatementArgs
_RateKey = aws.wafv2.WebAclRuleStatementRateBasedStatementCustomKeyArgs
_RateKeyHeader = aws.wafv2.WebAclRuleStatementRateBasedStatementCustomKeyHeaderArgs
_RateKeyText = aws.wafv2.WebAclRuleStatementRateBasedStatementCustomKeyHeaderTextTransformationArgs
_Scope = aws.wafv2.WebAclRuleStatementRateBasedStatementScopeDownStatementArgs
_ScopeAnd = aws.wafv2.WebAclRuleStatementRateBasedStatementScopeDownStatementAndStatementArgs
_Regex = aws.wafv2.WebAclRuleStatementRateBasedStatementScopeDownStatementRegexMatchStatementArgs
_RegexField = (
    aws.wafv2.WebAclRuleStatementRateBasedStatementScopeDownStatementRegexMatchStatementFieldToMatchArgs
)
_RegexPath = aws.wafv2.WebAclRuleStatementRateBasedStatementScopeDownStatementRegexMatchStatementFieldToMatchUriPathArgs
_RegexMethod = (
    aws.wafv2.WebAclRuleStatementRateBasedStatementScopeDownStatementRegexMatchStatementFieldToMatchMethodArgs
)
_RegexText = (
    aws.wafv2.WebAclRuleStatementRateBasedStatementScopeDownStatementRegexMatchStatementTextTransformationArgs
)


def _rate(rule: RateRule) -> aws.wafv2.WebAclRuleStatementArgs:
    by_token = rule.by is CountedBy.TOKEN
    return aws.wafv2.WebAclRuleStatementArgs(
        rate_based_statement=_Rate(
            limit=rule.limit,
            evaluation_window_sec=WINDOW_SECONDS,
            aggregate_key_type="CUSTOM_KEYS" if by_token else "IP",
            custom_keys=[
                _RateKey(
                    header=_RateKeyHeader(
                        name="authorization",
                        text_transformations=[_RateKeyText(priority=0, type="NONE")],
                    )
                )
            ]
            if by_token
            else None,
            scope_down_statement=_scope(rule),
        )
    )


def _scope(rule: RateRule) -> _Scope | None:
    if rule.paths is None:
        return None
    # Decoded first: %2Fv1 must not be another path than /v1.
    path = _matches(rule.paths, _RegexField(uri_path=empty(_RegexPath)), "URL_DECODE", "NORMALIZE_PATH")
    if not rule.methods:
        return path
    method = _matches(f"^({'|'.join(rule.methods)})$", _RegexField(method=empty(_RegexMethod)), "NONE")
    return _Scope(and_statement=_ScopeAnd(statements=[path, method]))


def _matches(regex: str, field: _RegexField, *transformations: str) -> _Scope:
    return _Scope(
        regex_match_statement=_Regex(
            regex_string=regex,
            field_to_match=field,
            text_transformations=[
                _RegexText(priority=priority, type=kind) for priority, kind in enumerate(transformations)
            ],
        )
    )
