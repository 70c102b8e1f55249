"""Signed code: a function runs only what this account's profile has signed.

AWS Signer is not in every Region: markets.REGIONS says where.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi_aws.signer.outputs import SigningJobSignedObject

from components.bucket import EncryptedBucket, EncryptedBucketArgs
from components.encryption import DataDomain
from components.foundation import Foundation
from components.markets import REGIONS, Service, UnavailableServiceError
from components.tags import DataClass, component_tags

FUNCTION = "aws:lambda/function:Function"
LAYER = "aws:lambda/layerVersion:LayerVersion"
PLATFORM = "AWSLambda-SHA384-ECDSA"


@dataclass(frozen=True)
class CodeSigningArgs:
    """`enforce`: refuse unsigned code; False lets it run and counts it."""

    foundation: Foundation
    enforce: bool = True

    def __post_init__(self) -> None:
        region = self.foundation.region
        if Service.SIGNER in REGIONS[region].lacks:
            with_signer = ", ".join(r for r, facts in REGIONS.items() if Service.SIGNER not in facts.lacks)
            raise UnavailableServiceError(
                f"{region} has no AWS Signer: leave code signing off there; it is in {with_signer}"
            )


class CodeSigning(pulumi.ComponentResource):
    """Profile, policy and bucket; `rule` signs the code of every function and layer that inherits it."""

    def __init__(self, name: str, args: CodeSigningArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:delivery:CodeSigning", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        base = args.foundation
        tags = component_tags(base.tags, "delivery", DataClass.INTERNAL)
        self._tags = tags
        self._bucket = EncryptedBucket(
            f"{name}-code",
            EncryptedBucketArgs(
                key_arn=base.key_arn(DataDomain.LOGS), tags=tags, protect=base.production, noncurrent_days=90
            ),
            opts=child,
        )
        self._profile = aws.signer.SigningProfile(
            f"{name}-profile",
            aws.signer.SigningProfileArgs(
                name=f"{base.prefix}_code".replace("-", "_"),  # the profile's name takes no dash
                platform_id=PLATFORM,
                tags=tags,
            ),
            opts=child,
        )
        self._policy = aws.lambda_.CodeSigningConfig(
            f"{name}-policy",
            aws.lambda_.CodeSigningConfigArgs(
                description="Code that this account has signed",
                allowed_publishers=aws.lambda_.CodeSigningConfigAllowedPublishersArgs(
                    signing_profile_version_arns=[self._profile.version_arn]
                ),
                policies=aws.lambda_.CodeSigningConfigPoliciesArgs(
                    untrusted_artifact_on_deployment="Enforce" if args.enforce else "Warn"
                ),
                tags=tags,
            ),
            opts=child,
        )
        self.register_outputs({"profileVersionArn": self._profile.version_arn})

    def rule(self, args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        """A rule to be inherited: archives go through the bucket and are signed on their way."""
        if args.type_ not in (FUNCTION, LAYER) or args.props.get("code") is None:
            return None
        props: dict[str, Any] = {key: value for key, value in args.props.items() if key != "code"}
        signed = self._sign(args.name, args.props["code"])
        props["s3_bucket"] = signed.bucket
        props["s3_key"] = signed.key
        if args.type_ == FUNCTION:
            props["code_signing_config_arn"] = self._policy.arn
        return pulumi.ResourceTransformationResult(props, args.opts)

    def _sign(self, name: str, archive: pulumi.Input[pulumi.Archive]) -> "_Signed":
        child = pulumi.ResourceOptions(parent=self)
        unsigned = aws.s3.BucketObjectv2(
            f"{name}-unsigned",
            aws.s3.BucketObjectv2Args(
                bucket=self._bucket.bucket_name,
                key=f"unsigned/{name}.zip",
                source=archive,
                tags=self._tags,
            ),
            opts=child,
        )
        job = aws.signer.SigningJob(
            f"{name}-signing",
            aws.signer.SigningJobArgs(
                profile_name=self._profile.name,
                source=aws.signer.SigningJobSourceArgs(
                    s3=aws.signer.SigningJobSourceS3Args(
                        bucket=self._bucket.bucket_name, key=unsigned.key, version=unsigned.version_id
                    )
                ),
                destination=aws.signer.SigningJobDestinationArgs(
                    s3=aws.signer.SigningJobDestinationS3Args(
                        bucket=self._bucket.bucket_name, prefix=f"signed/{name}/"
                    )
                ),
            ),
            opts=child,
        )
        return _Signed(bucket=self._bucket.bucket_name, key=job.signed_objects.apply(_key))


def _key(signed: Sequence[SigningJobSignedObject]) -> str:
    places = signed[0].s3s or []
    return str(places[0].key)


@dataclass(frozen=True)
class _Signed:
    """Where a signed archive is; its name is of the signing job, so it never changes under its key."""

    bucket: pulumi.Output[str]
    key: pulumi.Output[str]
