"""The back office's web app: its files, CloudFront before them, its names, and where staff sign in."""

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.backoffice.distribution import SiteDistribution, SiteDistributionArgs
from components.backoffice.site_files import (
    BUILT_SITE,
    NEVER_KEPT,
    RUNTIME_CONFIG,
    SiteFile,
    read_site,
)
from components.backoffice.staff_pool import STAFF_SCOPE, StaffPool
from components.bucket import EncryptedBucket, EncryptedBucketArgs
from components.edge import AliasTarget, Certificate, CertificateArgs, DnsName, address_records
from components.encryption import DataDomain
from components.foundation import Foundation
from components.iam import Condition, Principal, Statement
from components.markets import GLOBAL_REGION, MARKETS, Environment
from components.tags import DataClass, component_tags


@dataclass(frozen=True)
class BackofficeSpaArgs:
    """`primary` holds the files, `edge` is us-east-1's foundation and `edge_provider` its provider.

    `page` is the app's name, `login` the hosted login's, which Cognito wants under a name that has an A
    record: under `page`. `staff_api` is the host that the app calls. `site` is the folder of the built app.
    """

    primary: Foundation
    edge: Foundation
    edge_provider: pulumi.ProviderResource
    dns_provider: pulumi.ProviderResource
    environment: Environment
    page: DnsName
    login: DnsName
    staff_api: str
    pool: StaffPool
    site: Path = BUILT_SITE

    def __post_init__(self) -> None:
        if self.edge.region is not GLOBAL_REGION:
            raise ValueError(
                f"edge is of {self.edge.region}: CloudFront takes certificate and web ACL from "
                f"{GLOBAL_REGION} only; hand in that foundation"
            )
        if not self.login.name.endswith(f".{self.page.name}"):
            raise ValueError(
                f"login is {self.login.name!r}: Cognito takes a name only under one that has an A record; "
                f"use a name under {self.page.name!r}"
            )


class BackofficeSpa(pulumi.ComponentResource):
    """Build it with the primary Region's provider; what CloudFront needs of us-east-1 is built there."""

    url: pulumi.Output[str]
    distribution_arn: pulumi.Output[str]
    bucket_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: BackofficeSpaArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:backoffice:BackofficeSpa", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._tags = component_tags(args.primary.tags, "backoffice", DataClass.INTERNAL)
        in_us_east_1 = pulumi.ResourceOptions(parent=self, providers=[args.edge_provider])
        records = pulumi.ResourceOptions(parent=self, provider=args.dns_provider)
        files = read_site(args.site)
        certificate = Certificate(
            f"{name}-tls",
            CertificateArgs(names=(args.page, args.login), dns_provider=args.dns_provider, tags=self._tags),
            opts=in_us_east_1,
        )
        bucket = EncryptedBucket(
            f"{name}-files",
            EncryptedBucketArgs(
                key_arn=args.primary.key_arn(DataDomain.BACKOFFICE),
                tags=self._tags,
                protect=args.primary.production,
                policy_later=True,
            ),
            opts=self._child,
        )
        distribution = SiteDistribution(
            f"{name}-site",
            SiteDistributionArgs(
                edge=args.edge,
                host=args.page.name,
                certificate_arn=certificate.arn,
                bucket=bucket,
                calls=(args.staff_api, args.login.name),
                tags=self._tags,
            ),
            opts=in_us_east_1,
        )
        bucket.let(_reads(bucket, distribution))
        self._upload(bucket, files)
        page = address_records(f"{name}-page", args.page, distribution.target, records)
        self._login(certificate, page)
        self.url = pulumi.Output.from_input(f"https://{args.page.name}")
        self.distribution_arn = distribution.arn
        self.bucket_arn = bucket.arn
        self.register_outputs({"url": self.url, "distributionArn": self.distribution_arn})

    def _upload(self, bucket: EncryptedBucket, files: list[SiteFile]) -> None:
        """Hashed files first, then what names them: no browser reads a page whose files are not there."""
        named = [self._object(bucket, file) for file in files if file.hashed]
        after = pulumi.ResourceOptions(parent=self, depends_on=named)
        for file in files:
            if not file.hashed:
                self._object(bucket, file, after)
        aws.s3.BucketObjectv2(
            f"{self._name}-{RUNTIME_CONFIG}",
            self._object_args(
                bucket,
                key=RUNTIME_CONFIG,
                content_type="application/json",
                cache_control=NEVER_KEPT,
                content=self._runtime_config(),
            ),
            opts=after,
        )

    def _object(
        self, bucket: EncryptedBucket, file: SiteFile, opts: pulumi.ResourceOptions | None = None
    ) -> aws.s3.BucketObjectv2:
        return aws.s3.BucketObjectv2(
            f"{self._name}-{file.name}",
            self._object_args(
                bucket,
                key=file.key,
                content_type=file.content_type,
                cache_control=file.cache_control,
                source=file.asset,
            ),
            # Who opened the page before a deployment still asks for the files of then.
            opts=opts or pulumi.ResourceOptions(parent=self, retain_on_delete=file.hashed),
        )

    def _object_args(
        self,
        bucket: EncryptedBucket,
        *,
        key: str,
        content_type: str,
        cache_control: str,
        source: pulumi.FileAsset | None = None,
        content: pulumi.Output[str] | None = None,
    ) -> aws.s3.BucketObjectv2Args:
        return aws.s3.BucketObjectv2Args(
            bucket=bucket.bucket_name,
            key=key,
            source=source,
            content=content,
            content_type=content_type,
            cache_control=cache_control,
            server_side_encryption="aws:kms",
            kms_key_id=self._args.primary.key_arn(DataDomain.BACKOFFICE),
            bucket_key_enabled=True,
            tags=self._tags,
        )

    def _runtime_config(self) -> pulumi.Output[str]:
        """What the app reads at its start: `backoffice/src/config.ts`. Nothing in it is secret."""
        args = self._args
        market = MARKETS[args.primary.market]
        issuer = pulumi.Output.concat(
            f"https://cognito-idp.{args.primary.region}.amazonaws.com/", args.pool.pool_id
        )
        return pulumi.Output.json_dumps(
            {
                "environment": str(args.environment),
                "market": str(args.primary.market),
                "marketName": market.country,
                "locale": market.locale,
                "timeZone": market.time_zone,
                "currency": {"code": market.currency.code, "minorUnits": market.currency.minor_units},
                "apiBaseUrl": f"https://{args.staff_api}",
                "login": {
                    "issuer": issuer,
                    "url": f"https://{args.login.name}",
                    "clientId": args.pool.client_id,
                    "scopes": ["openid", "email", STAFF_SCOPE],
                },
            },
            sort_keys=True,
        )

    def _login(self, certificate: Certificate, page: list[aws.route53.Record]) -> None:
        args = self._args
        login = aws.cognito.UserPoolDomain(
            f"{self._name}-login",
            aws.cognito.UserPoolDomainArgs(
                user_pool_id=args.pool.pool_id,
                domain=args.login.name,
                certificate_arn=certificate.arn,
                managed_login_version=2,
            ),
            # Cognito looks up the A record of the name above.
            opts=pulumi.ResourceOptions(parent=self, depends_on=page),
        )
        address_records(
            f"{self._name}-login",
            args.login,
            AliasTarget(login.cloudfront_distribution, login.cloudfront_distribution_zone_id),
            pulumi.ResourceOptions(parent=self, provider=args.dns_provider),
        )


def _reads(bucket: EncryptedBucket, distribution: SiteDistribution) -> Statement:
    return Statement(
        sid="ThisDistributionReads",
        actions=["s3:GetObject"],
        resources=[pulumi.Output.concat(bucket.arn, "/*")],
        principals=[Principal("Service", ["cloudfront.amazonaws.com"])],
        conditions=[Condition("StringEquals", "aws:SourceArn", [distribution.arn])],
    )
