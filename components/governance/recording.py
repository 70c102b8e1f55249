"""AWS Config in a Region: what every resource is like and was like, and whether it is as it should be."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.foundation import Foundation
from components.governance.config_rules import rules_of
from components.tags import DataClass, component_tags


@dataclass(frozen=True)
class ConfigRecordingArgs:
    """`primary`: of the account, so that what belongs to no Region is recorded once.

    `bucket_name` and `bucket_key_arn` may be of another Region of the account.
    """

    foundation: Foundation
    primary: bool
    bucket_name: pulumi.Input[str]
    bucket_key_arn: pulumi.Input[str]


class ConfigRecording(pulumi.ComponentResource):
    """Recorder, delivery and rules."""

    def __init__(
        self, name: str, args: ConfigRecordingArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:governance:ConfigRecording", name, None, opts)
        base = args.foundation
        recorder = aws.cfg.Recorder(
            f"{name}-recorder",
            aws.cfg.RecorderArgs(
                # The service-linked role reads every type of resource, also those of tomorrow.
                role_arn=(
                    f"arn:aws:iam::{base.account_id}:role/aws-service-role/config.amazonaws.com/"
                    "AWSServiceRoleForConfig"
                ),
                recording_group=aws.cfg.RecorderRecordingGroupArgs(
                    all_supported=True, include_global_resource_types=args.primary
                ),
                recording_mode=aws.cfg.RecorderRecordingModeArgs(
                    recording_frequency="CONTINUOUS" if base.production else "DAILY"
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        channel = aws.cfg.DeliveryChannel(
            f"{name}-channel",
            aws.cfg.DeliveryChannelArgs(
                s3_bucket_name=args.bucket_name,
                s3_kms_key_arn=args.bucket_key_arn,
                snapshot_delivery_properties=aws.cfg.DeliveryChannelSnapshotDeliveryPropertiesArgs(
                    delivery_frequency="TwentyFour_Hours"
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[recorder]),
        )
        recording = aws.cfg.RecorderStatus(
            f"{name}-recording",
            aws.cfg.RecorderStatusArgs(name=recorder.name, is_enabled=True),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[channel]),
        )
        for rule in rules_of(base.region, primary=args.primary):
            aws.cfg.Rule(
                f"{name}-{rule.name}",
                aws.cfg.RuleArgs(
                    name=rule.name,
                    description=rule.description,
                    source=aws.cfg.RuleSourceArgs(owner="AWS", source_identifier=rule.identifier),
                    input_parameters=json.dumps(dict(rule.parameters)) if rule.parameters else None,
                    tags=component_tags(base.tags, "governance", DataClass.INTERNAL),
                ),
                # Config takes no rule while nothing is recorded.
                opts=pulumi.ResourceOptions(parent=self, depends_on=[recording]),
            )
        self.register_outputs({"recorder": recorder.name})
