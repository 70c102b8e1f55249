"""What watches an account and its bill: trail, findings, configuration, baseline, budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.bucket import EncryptedBucket, EncryptedBucketArgs, expire
from components.encryption import DataDomain
from components.foundation import Foundation
from components.governance.account import AccountBaseline, AccountBaselineArgs, region_baseline
from components.governance.costs import CostWatch, CostWatchArgs
from components.governance.detection import ThreatDetection, ThreatDetectionArgs
from components.governance.recording import ConfigRecording, ConfigRecordingArgs
from components.governance.trail import AuditTrail, AuditTrailArgs, TrailScope
from components.iam import Condition, Principal, Statement
from components.markets import Region
from components.tags import DataClass, component_tags

HISTORY_DAYS = 7 * 365
OTHER_HISTORY_DAYS = 90


@dataclass(frozen=True)
class GovernanceArgs:
    """`regions` are the foundations of all Regions that the stack uses, the primary's first.

    `providers` has one for each, and `cost_provider` is of us-east-1. `trail` is None where the hub's trail
    of the organisation records this account already. For the others see AuditTrailArgs, CostWatchArgs and
    AccountBaselineArgs.
    """

    regions: Sequence[Foundation]
    providers: Mapping[Region, pulumi.ProviderResource]
    cost_provider: pulumi.ProviderResource
    budget_monthly_usd: int
    email: str
    trail: TrailScope | None = TrailScope.ACCOUNT
    organization_id: pulumi.Input[str] | None = None
    watched_bucket_arns: Sequence[pulumi.Input[str]] = ()
    anomaly_monitor_arn: pulumi.Input[str] | None = None
    config_service_role: bool = True

    def __post_init__(self) -> None:
        if not self.regions:
            raise ValueError("regions is empty: give the foundations of the stack, the primary's first")
        missing = [base.region for base in self.regions if base.region not in self.providers]
        if missing:
            raise ValueError(f"providers has none for {', '.join(missing)}: a guard is of its Region")


class Governance(pulumi.ComponentResource):
    """Once an account."""

    trail: AuditTrail | None = None

    def __init__(self, name: str, args: GovernanceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:governance:Governance", name, None, opts)
        self._name = name
        self._args = args
        primary = args.regions[0]
        on_primary = self._on(args.providers[primary.region])
        baseline = AccountBaseline(
            f"{name}-account",
            AccountBaselineArgs(primary.account_id, primary.tags, args.config_service_role),
            opts=on_primary,
        )
        if args.trail is not None:
            self.trail = AuditTrail(
                f"{name}-audit",
                AuditTrailArgs(primary, args.trail, args.organization_id, args.watched_bucket_arns),
                opts=on_primary,
            )
        history = self._history(primary, on_primary)
        regions = {base.region: base for base in reversed(args.regions)}
        for region, base in sorted(regions.items()):
            self._guard(base, history, baseline, args.providers[region])
        CostWatch(
            f"{name}-costs",
            CostWatchArgs(
                prefix=primary.prefix,
                monthly_usd=args.budget_monthly_usd,
                email=args.email,
                tags=primary.tags,
                anomaly_monitor_arn=args.anomaly_monitor_arn,
            ),
            opts=self._on(args.cost_provider),
        )
        self.register_outputs({"trailArn": self.trail.trail_arn if self.trail else None})

    def _on(
        self, provider: pulumi.ProviderResource, waits: Sequence[pulumi.Resource] = ()
    ) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, providers=[provider], depends_on=list(waits))

    def _guard(
        self,
        base: Foundation,
        history: EncryptedBucket,
        baseline: AccountBaseline,
        provider: pulumi.ProviderResource,
    ) -> None:
        args, primary = self._args, self._args.regions[0]
        is_primary = base.region is primary.region
        guard = _RegionGuard(f"{self._name}-{base.region}", base, self._on(provider))
        child = pulumi.ResourceOptions(parent=guard)
        ThreatDetection(
            f"{self._name}-{base.region}-threats", ThreatDetectionArgs(base, is_primary), opts=child
        )
        ConfigRecording(
            f"{self._name}-{base.region}-config",
            ConfigRecordingArgs(
                base,
                is_primary,
                bucket_name=history.bucket_name,
                bucket_key_arn=args.regions[0].key_arn(DataDomain.LOGS),
            ),
            # Config tries role and bucket when its channel is made.
            opts=pulumi.ResourceOptions(parent=guard, depends_on=[baseline, history.policy]),
        )

    def _history(self, base: Foundation, opts: pulumi.ResourceOptions) -> EncryptedBucket:
        """What resources were like, of all Regions of the account."""
        return EncryptedBucket(
            f"{self._name}-history",
            EncryptedBucketArgs(
                key_arn=base.key_arn(DataDomain.LOGS),
                tags=component_tags(base.tags, "governance", DataClass.CONFIDENTIAL),
                protect=base.production,
                lifecycle_rules=[expire(HISTORY_DAYS if base.production else OTHER_HISTORY_DAYS)],
                statements=lambda arn: _config_writes(base.account_id, arn),
            ),
            opts=opts,
        )


class _RegionGuard(pulumi.ComponentResource):
    """What is of one Region, under its provider."""

    def __init__(self, name: str, base: Foundation, opts: pulumi.ResourceOptions) -> None:
        super().__init__("bluehorizons:governance:RegionGuard", name, None, opts)
        region_baseline(name, base, self)
        self.register_outputs({})


def _config_writes(account_id: str, bucket_arn: pulumi.Output[str]) -> list[Statement]:
    """https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html"""
    config = [Principal(type="Service", identifiers=["config.amazonaws.com"])]
    own = Condition(test="StringEquals", variable="aws:SourceAccount", values=[account_id])
    return [
        Statement(
            sid="ConfigLooks",
            actions=["s3:GetBucketAcl", "s3:ListBucket"],
            resources=[bucket_arn],
            principals=config,
            conditions=[own],
        ),
        Statement(
            sid="ConfigWrites",
            actions=["s3:PutObject"],
            resources=[pulumi.Output.concat(bucket_arn, f"/AWSLogs/{account_id}/Config/*")],
            principals=config,
            conditions=[
                own,
                Condition(test="StringEquals", variable="s3:x-amz-acl", values=["bucket-owner-full-control"]),
            ],
        ),
    ]
