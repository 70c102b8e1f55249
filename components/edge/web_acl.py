"""Web ACLs of AWS WAF, with their logs, what those may not show, and alarms."""

import re
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, create_alarms
from components.edge.waf_rules import PROFILES, REFUSALS, Audience, empty, rules_of
from components.foundation import Foundation
from components.log_delivery import delivered_log
from components.markets import GLOBAL_REGION
from components.tags import DataClass, Tags, component_tags

SECRET_HEADERS = ("authorization", "cookie")
SECRET_QUERIES = frozenset({Audience.SIGN_IN, Audience.PAGES})
"""Where OAuth's codes and states come by in the query."""
_Redacted = aws.wafv2.WebAclLoggingConfigurationRedactedFieldArgs
_RedactedHeader = aws.wafv2.WebAclLoggingConfigurationRedactedFieldSingleHeaderArgs
_RedactedQuery = aws.wafv2.WebAclLoggingConfigurationRedactedFieldQueryStringArgs
_Action = aws.wafv2.WebAclLoggingConfigurationLoggingFilterFilterConditionActionConditionArgs
_DESCRIPTION = re.compile(r"[\w+=:#@/\-,.][\w+=:#@/\-,.\s]+[\w+=:#@/\-,.]", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True)
class WebAclArgs:
    """`allowed_countries` are ISO 3166-1 alpha-2 codes, None for the whole world.

    `web_origin` is the web page that calls the endpoint and must be able to read refusals (CORS).
    For CloudFront the foundation must be us-east-1's, for anything else that of the endpoint's Region.
    """

    foundation: Foundation
    audience: Audience
    description: str
    for_cloudfront: bool = False
    allowed_countries: tuple[str, ...] | None = None
    web_origin: str | None = None

    def __post_init__(self) -> None:
        # A dash that is not ASCII passes a preview and fails a deployment.
        if not _DESCRIPTION.fullmatch(self.description) or len(self.description) > 256:
            raise ValueError(
                f"the description of web ACL {self.audience} is {self.description!r}: AWS WAF takes 3 to 256 "
                "ASCII letters, digits, spaces and _+=:#@/-,."
            )
        if self.for_cloudfront and self.foundation.region is not GLOBAL_REGION:
            raise ValueError(
                f"a web ACL for CloudFront in {self.foundation.region}: CloudFront takes it from "
                f"{GLOBAL_REGION} only; hand in that foundation"
            )
        if self.allowed_countries is not None:
            wrong = [code for code in self.allowed_countries if not _COUNTRY.fullmatch(code)]
            if wrong or not self.allowed_countries:
                raise ValueError(
                    f"allowed_countries is {self.allowed_countries!r}: use ISO 3166-1 alpha-2 codes in upper "
                    "case, or None to let in the whole world"
                )


class WebAcl(pulumi.ComponentResource):
    """Lets in what no rule refuses. What it refuses is logged, counted and sampled, without secrets."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: WebAclArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:edge:WebAcl", name, None, opts)
        base = args.foundation
        tags = component_tags(base.tags, "edge", DataClass.CONFIDENTIAL)
        acl = aws.wafv2.WebAcl(
            f"{name}-acl",
            aws.wafv2.WebAclArgs(
                description=args.description,
                scope="CLOUDFRONT" if args.for_cloudfront else "REGIONAL",
                default_action=aws.wafv2.WebAclDefaultActionArgs(
                    allow=aws.wafv2.WebAclDefaultActionAllowArgs()
                ),
                rules=rules_of(args.audience, name, args.allowed_countries, args.web_origin),
                custom_response_bodies=[refusal.body() for refusal in REFUSALS],
                # In logs and samples, and in what a rate rule counted by: who has a token is its rider.
                data_protection_config=aws.wafv2.WebAclDataProtectionConfigArgs(
                    data_protections=[
                        aws.wafv2.WebAclDataProtectionConfigDataProtectionArgs(
                            action="SUBSTITUTION", field=protected
                        )
                        for protected in _protected(args.audience)
                    ]
                ),
                visibility_config=aws.wafv2.WebAclVisibilityConfigArgs(
                    cloudwatch_metrics_enabled=True, sampled_requests_enabled=True, metric_name=name
                ),
                tags=tags,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._log(name, base, args.audience, acl, tags)
        self._alarm(name, args, tags)
        self.arn = acl.arn
        self.register_outputs({"arn": self.arn})

    def _log(
        self, name: str, base: Foundation, audience: Audience, acl: aws.wafv2.WebAcl, tags: Tags
    ) -> None:
        """What was refused or counted; what was let in is in the endpoint's own log."""
        log = delivered_log(
            name,
            group_name=f"aws-waf-logs-{name}",  # AWS WAF writes to no group that is named otherwise
            foundation=base,
            tags=tags,
            parent=self,
        )
        aws.wafv2.WebAclLoggingConfiguration(
            f"{name}-logging",
            aws.wafv2.WebAclLoggingConfigurationArgs(
                resource_arn=acl.arn,
                log_destination_configs=[log.arn],
                redacted_fields=[
                    *(_Redacted(single_header=_RedactedHeader(name=header)) for header in SECRET_HEADERS),
                    *([_Redacted(query_string=empty(_RedactedQuery))] if audience in SECRET_QUERIES else []),
                ],
                logging_filter=_only_what_was_refused(),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[log.may_write]),
        )

    def _alarm(self, name: str, args: WebAclArgs, tags: Tags) -> None:
        profile = PROFILES[args.audience]
        where = {} if args.for_cloudfront else {"Region": str(args.foundation.region)}
        create_alarms(
            name,
            [
                Alarm(
                    name="refusals",
                    description=f"The web ACL for {args.audience} refuses unusually much: see its log",
                    namespace="AWS/WAFV2",
                    metric="BlockedRequests",
                    dimensions={"WebACL": name, "Rule": "ALL", **where},
                    threshold=profile.surge,
                ),
                *(
                    Alarm(
                        name=f"{rule.name}-limit",
                        description=f"Clients run into the limit {rule.name} for {args.audience}",
                        namespace="AWS/WAFV2",
                        metric="BlockedRequests",
                        dimensions={"WebACL": name, "Rule": f"{name}-{rule.name}", **where},
                        threshold=profile.surge / 10,
                        periods=2,
                    )
                    for rule in profile.rates
                    if rule.paths
                ),
            ],
            topic_arn=args.foundation.alarm_topic_arn,
            tags=tags,
            parent=self,
        )


def _protected(audience: Audience) -> list[aws.wafv2.WebAclDataProtectionConfigDataProtectionFieldArgs]:
    field = aws.wafv2.WebAclDataProtectionConfigDataProtectionFieldArgs
    headers = [field(field_type="SINGLE_HEADER", field_keys=[header]) for header in SECRET_HEADERS]
    return [*headers, *([field(field_type="QUERY_STRING")] if audience in SECRET_QUERIES else [])]


def _only_what_was_refused() -> aws.wafv2.WebAclLoggingConfigurationLoggingFilterArgs:
    return aws.wafv2.WebAclLoggingConfigurationLoggingFilterArgs(
        default_behavior="DROP",
        filters=[
            aws.wafv2.WebAclLoggingConfigurationLoggingFilterFilterArgs(
                behavior="KEEP",
                requirement="MEETS_ANY",
                conditions=[
                    aws.wafv2.WebAclLoggingConfigurationLoggingFilterFilterConditionArgs(
                        action_condition=_Action(action=action)
                    )
                    for action in ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT")
                ],
            )
        ],
    )
