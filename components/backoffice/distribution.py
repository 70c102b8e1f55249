"""CloudFront before the bucket of the pages. All of it is built in us-east-1."""

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, create_alarms
from components.backoffice.headers import response_headers
from components.bucket import EncryptedBucket
from components.edge import AliasTarget, Audience, WebAcl, WebAclArgs
from components.foundation import Foundation
from components.log_delivery import delivered_log
from components.markets import Market
from components.tags import Tags

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
"""AWS's own policy of that name: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html"""
A_YEAR = 365 * 24 * 3_600
TLS_POLICY = "TLSv1.2_2021"
ROUTES = Path(__file__).with_name("route_spa.js")
# Without query, cookies and referrer: OAuth's codes come by in the query.
LOG_FIELDS = (
    "timestamp(ms)",
    "DistributionId",
    "x-edge-location",
    "sc-bytes",
    "c-ip",
    "c-country",
    "cs-method",
    "cs(Host)",
    "cs-uri-stem",
    "sc-status",
    "cs(User-Agent)",
    "x-edge-result-type",
    "x-edge-request-id",
    "cs-protocol-version",
    "ssl-protocol",
    "time-taken",
)


@dataclass(frozen=True)
class SiteDistributionArgs:
    """`edge` is us-east-1's foundation; `calls` are the hosts that the pages may call.

    `certificate_arn` is of `host`, in us-east-1. `bucket` waits for its policy, which is given here.
    """

    edge: Foundation
    host: str
    certificate_arn: pulumi.Input[str]
    bucket: EncryptedBucket
    calls: tuple[str, ...]
    tags: Tags


class SiteDistribution(pulumi.ComponentResource):
    """The distribution, its web ACL, headers, routes, log and alarms, and its leave to read the bucket."""

    arn: pulumi.Output[str]
    target: AliasTarget

    def __init__(
        self, name: str, args: SiteDistributionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:backoffice:SiteDistribution", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        acl = WebAcl(
            f"{name}-pages",
            WebAclArgs(
                foundation=args.edge,
                audience=Audience.PAGES,
                description="Before the pages of the back office",
                for_cloudfront=True,
            ),
            opts=self._child,
        )
        distribution = self._distribution(acl)
        self._log(distribution)
        self._alarms(distribution)
        self.arn = distribution.arn
        self.target = AliasTarget(distribution.domain_name, distribution.hosted_zone_id)
        self.register_outputs({"arn": self.arn})

    def _distribution(self, acl: WebAcl) -> aws.cloudfront.Distribution:
        name, args = self._name, self._args
        access = aws.cloudfront.OriginAccessControl(
            f"{name}-access",
            aws.cloudfront.OriginAccessControlArgs(
                description="Signs what CloudFront asks of the bucket",
                origin_access_control_origin_type="s3",
                signing_behavior="always",
                signing_protocol="sigv4",
            ),
            opts=self._child,
        )
        headers = response_headers(f"{name}-headers", calls=args.calls, opts=self._child)
        self.routes = aws.cloudfront.Function(
            f"{name}-routes",
            aws.cloudfront.FunctionArgs(
                comment="Every path of the app is the app",
                runtime="cloudfront-js-2.0",
                code=ROUTES.read_text(encoding="utf-8"),
                publish=True,
                tags=args.tags,
            ),
            opts=self._child,
        )
        methods = ["GET", "HEAD"]
        return aws.cloudfront.Distribution(
            f"{name}-distribution",
            aws.cloudfront.DistributionArgs(
                comment=f"Back office, {args.host}",
                enabled=True,
                aliases=[args.host],
                default_root_object="index.html",
                http_version="http2and3",
                is_ipv6_enabled=True,
                price_class=_price_class(args.edge.market),
                web_acl_id=acl.arn,
                origins=[
                    aws.cloudfront.DistributionOriginArgs(
                        origin_id=_ORIGIN,
                        domain_name=args.bucket.regional_domain_name,
                        origin_access_control_id=access.id,
                    )
                ],
                default_cache_behavior=aws.cloudfront.DistributionDefaultCacheBehaviorArgs(
                    target_origin_id=_ORIGIN,
                    viewer_protocol_policy="redirect-to-https",
                    allowed_methods=methods,
                    cached_methods=methods,
                    cache_policy_id=CACHING_DISABLED,
                    response_headers_policy_id=headers.id,
                    compress=True,
                    function_associations=[
                        aws.cloudfront.DistributionDefaultCacheBehaviorFunctionAssociationArgs(
                            event_type="viewer-request", function_arn=self.routes.arn
                        )
                    ],
                ),
                ordered_cache_behaviors=[
                    aws.cloudfront.DistributionOrderedCacheBehaviorArgs(
                        path_pattern="/assets/*",
                        target_origin_id=_ORIGIN,
                        viewer_protocol_policy="redirect-to-https",
                        allowed_methods=methods,
                        cached_methods=methods,
                        cache_policy_id=self._for_ever().id,
                        response_headers_policy_id=headers.id,
                        compress=True,
                    )
                ],
                # A file that is missing during a deployment is there a moment later.
                custom_error_responses=[
                    aws.cloudfront.DistributionCustomErrorResponseArgs(
                        error_code=code, error_caching_min_ttl=1
                    )
                    for code in (403, 404, 503)
                ],
                restrictions=aws.cloudfront.DistributionRestrictionsArgs(
                    geo_restriction=aws.cloudfront.DistributionRestrictionsGeoRestrictionArgs(
                        restriction_type="none"  # staff travel
                    )
                ),
                viewer_certificate=aws.cloudfront.DistributionViewerCertificateArgs(
                    acm_certificate_arn=args.certificate_arn,
                    minimum_protocol_version=TLS_POLICY,
                    ssl_support_method="sni-only",
                ),
                tags=args.tags,
            ),
            opts=self._child,
        )

    def _for_ever(self) -> aws.cloudfront.CachePolicy:
        """Names of assets change with their content; nothing of the request but the path is looked at."""
        return aws.cloudfront.CachePolicy(
            f"{self._name}-assets",
            aws.cloudfront.CachePolicyArgs(
                comment="Files whose names change with their content",
                min_ttl=0,  # an error is not an asset
                default_ttl=A_YEAR,
                max_ttl=A_YEAR,
                parameters_in_cache_key_and_forwarded_to_origin=_CacheKey(
                    enable_accept_encoding_brotli=True,
                    enable_accept_encoding_gzip=True,
                    cookies_config=_CacheKeyCookies(cookie_behavior="none"),
                    headers_config=_CacheKeyHeaders(header_behavior="none"),
                    query_strings_config=_CacheKeyQuery(query_string_behavior="none"),
                ),
            ),
            opts=self._child,
        )

    def _log(self, distribution: aws.cloudfront.Distribution) -> None:
        """Standard logging, version 2; the legacy one needs a bucket with ACLs."""
        name, args = self._name, self._args
        log = delivered_log(
            f"{name}-access",
            group_name=f"/aws/vendedlogs/cloudfront/{name}",
            foundation=args.edge,
            tags=args.tags,
            parent=self,
        )
        source = aws.cloudwatch.LogDeliverySource(
            f"{name}-log-source",
            aws.cloudwatch.LogDeliverySourceArgs(
                log_type="ACCESS_LOGS", resource_arn=distribution.arn, tags=args.tags
            ),
            opts=self._child,
        )
        destination = aws.cloudwatch.LogDeliveryDestination(
            f"{name}-log-target",
            aws.cloudwatch.LogDeliveryDestinationArgs(
                output_format="json",
                delivery_destination_configuration=_LogTarget(destination_resource_arn=log.arn),
                tags=args.tags,
            ),
            opts=self._child,
        )
        aws.cloudwatch.LogDelivery(
            f"{name}-log-delivery",
            aws.cloudwatch.LogDeliveryArgs(
                delivery_source_name=source.name,
                delivery_destination_arn=destination.arn,
                record_fields=list(LOG_FIELDS),
                tags=args.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[log.may_write]),
        )

    def _alarms(self, distribution: aws.cloudfront.Distribution) -> None:
        create_alarms(
            self._name,
            [
                Alarm(
                    name="page-errors",
                    description="CloudFront cannot serve the back office: more than 5 percent are 5xx",
                    namespace="AWS/CloudFront",
                    metric="5xxErrorRate",
                    dimensions={"DistributionId": distribution.id, "Region": "Global"},
                    statistic="Average",
                    threshold=5,
                    periods=2,
                ),
                Alarm(
                    name="route-errors",
                    description="The function that routes the back office's paths fails",
                    namespace="AWS/CloudFront",
                    metric="FunctionExecutionErrors",
                    dimensions={"FunctionName": self.routes.name, "Region": "Global"},
                    threshold=0,
                ),
            ],
            topic_arn=self._args.edge.alarm_topic_arn,
            tags=self._args.tags,
            parent=self,
        )


_ORIGIN = "pages"
_CacheKey = aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginArgs
_CacheKeyCookies = aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginCookiesConfigArgs
_CacheKeyHeaders = aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginHeadersConfigArgs
_CacheKeyQuery = aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginQueryStringsConfigArgs
_LogTarget = aws.cloudwatch.LogDeliveryDestinationDeliveryDestinationConfigurationArgs


def _price_class(market: Market) -> str:
    """Edge locations where the market's staff are: the middle class has Asia, but not Australia."""
    return "PriceClass_All" if market is Market.AUSTRALIA else "PriceClass_200"
