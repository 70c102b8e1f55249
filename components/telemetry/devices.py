"""Cars in AWS IoT Core: their type and group, what a car may do, and how one is enrolled.

A workshop enrols a car by a trusted user: an installer's IAM identity asks for a claim that lives five
minutes (`iot:CreateProvisioningClaim` on the template), so no claim certificate is shipped or can be stolen:
https://docs.aws.amazon.com/iot/latest/developerguide/provision-wo-cert.html
"""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.iam import Condition, Statement, policy_json, service_role
from components.markets import Market, Region
from components.tags import Tags
from components.topics import VehicleTopics

THING_NAME = "${iot:Connection.Thing.ThingName}"
_IOT_LOG_GROUP = "AWSIotLogsV2"  # the name is AWS IoT Core's own; it cannot be chosen


@dataclass(frozen=True)
class FleetDevicesArgs:
    """`log_key_arn` and `log_retention_days` are for the log group of AWS IoT Core."""

    account_id: str
    region: Region
    market: Market
    topics: VehicleTopics
    log_key_arn: pulumi.Input[str]
    log_retention_days: int
    tags: Tags


class FleetDevices(pulumi.ComponentResource):
    """Thing type and group, the policy of every car, the provisioning template, logging."""

    thing_group_arn: pulumi.Output[str]
    thing_policy_name: pulumi.Output[str]
    provisioning_template_arn: pulumi.Output[str]
    provisioning_template_name: pulumi.Output[str]

    def __init__(self, name: str, args: FleetDevicesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:telemetry:FleetDevices", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        thing_type = aws.iot.ThingType(
            f"{name}-type",
            aws.iot.ThingTypeArgs(
                name=f"{args.topics.prefix}-car",
                properties=aws.iot.ThingTypePropertiesArgs(
                    description="A rental car", searchable_attributes=["market", "vehicleType"]
                ),
                tags=args.tags,
            ),
            opts=child,
        )
        group = aws.iot.ThingGroup(
            f"{name}-group",
            aws.iot.ThingGroupArgs(
                name=f"{args.topics.prefix}-fleet",
                properties=aws.iot.ThingGroupPropertiesArgs(description=f"Every car of {args.market}"),
                tags=args.tags,
            ),
            opts=child,
        )
        policy = aws.iot.Policy(
            f"{name}-policy",
            aws.iot.PolicyArgs(
                name=f"{args.topics.prefix}-car", policy=policy_json(*_car_may(args)), tags=args.tags
            ),
            opts=child,
        )
        enrolment = service_role(
            f"{name}-enrolment",
            service="iot.amazonaws.com",
            account_id=args.account_id,
            description="Lets AWS IoT Core enrol a car by the provisioning template",
            statements=_enrolment_may(args, thing_type.arn, group.arn),
            tags=args.tags,
            parent=self,
        )
        template = aws.iot.ProvisioningTemplate(
            f"{name}-template",
            aws.iot.ProvisioningTemplateArgs(
                name=f"{args.topics.prefix}-car",
                description="Enrols a car that a workshop presents",
                enabled=True,
                type="FLEET_PROVISIONING",
                provisioning_role_arn=enrolment.arn,
                template_body=pulumi.Output.all(
                    thing_type=thing_type.name, group=group.name, policy=policy.name
                ).apply(lambda made: _template_body(args.market, **made)),
                tags=args.tags,
            ),
            opts=child,
        )
        self._log(name, args)
        self.thing_group_arn = group.arn
        self.thing_policy_name = policy.name
        self.provisioning_template_arn = template.arn
        self.provisioning_template_name = template.name
        self.register_outputs(
            {
                "thingGroupArn": self.thing_group_arn,
                "provisioningTemplateName": self.provisioning_template_name,
            }
        )

    def _log(self, name: str, args: FleetDevicesArgs) -> None:
        # SQL errors of a topic rule reach no error action; they are seen here only.
        child = pulumi.ResourceOptions(parent=self)
        group = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            aws.cloudwatch.LogGroupArgs(
                name=_IOT_LOG_GROUP,
                kms_key_id=args.log_key_arn,
                retention_in_days=args.log_retention_days,
                tags=args.tags,
            ),
            opts=child,
        )
        role = service_role(
            f"{name}-logging",
            service="iot.amazonaws.com",
            account_id=args.account_id,
            description="Lets AWS IoT Core write its log",
            statements=[
                Statement(
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                    resources=[pulumi.Output.concat(group.arn, ":*")],
                )
            ],
            tags=args.tags,
            parent=self,
        )
        aws.iot.LoggingOptions(
            f"{name}-log-options",
            aws.iot.LoggingOptionsArgs(default_log_level="WARN", role_arn=role.arn),
            opts=child,
        )


def _arn(args: FleetDevicesArgs, resource: str) -> str:
    return f"arn:aws:iot:{args.region}:{args.account_id}:{resource}"


def _car_may(args: FleetDevicesArgs) -> list[Statement]:
    """A car connects as itself, publishes its own telemetry and obeys its own commands: nothing else."""
    topics = args.topics
    telemetry = topics.basic_ingest(topics.telemetry_rule, topics.telemetry(THING_NAME))
    answers = topics.basic_ingest(topics.command_acks_rule, topics.command_acks(THING_NAME))
    return [
        Statement(
            sid="ConnectAsItself",
            actions=["iot:Connect"],
            resources=[_arn(args, f"client/{THING_NAME}")],
            conditions=[Condition(test="Bool", variable="iot:Connection.Thing.IsAttached", values=["true"])],
        ),
        Statement(
            sid="PublishItsOwn",
            actions=["iot:Publish"],
            resources=[_arn(args, f"topic/{telemetry}"), _arn(args, f"topic/{answers}")],
        ),
        Statement(
            sid="SubscribeToItsOwnCommands",
            actions=["iot:Subscribe"],
            resources=[_arn(args, f"topicfilter/{topics.commands(THING_NAME)}")],
        ),
        Statement(
            sid="ReceiveItsOwnCommands",
            actions=["iot:Receive"],
            resources=[_arn(args, f"topic/{topics.commands(THING_NAME)}")],
        ),
    ]


def _enrolment_may(
    args: FleetDevicesArgs, thing_type_arn: pulumi.Output[str], group_arn: pulumi.Output[str]
) -> list[Statement]:
    things = _arn(args, f"thing/{args.market.upper()}-EV-*")  # SG-EV-000123, as the processor wants it
    certificates = _arn(args, "cert/*")  # AWS IoT Core names certificates itself
    return [
        Statement(
            sid="Things",
            actions=["iot:CreateThing", "iot:DescribeThing", "iot:UpdateThing", "iot:ListThingPrincipals"],
            resources=[things],
        ),
        Statement(
            sid="ThingTypeAndGroup",
            actions=["iot:DescribeThingType", "iot:DescribeThingGroup", "iot:AddThingToThingGroup"],
            resources=[things, thing_type_arn, group_arn],
        ),
        Statement(
            sid="Certificates",
            actions=["iot:DescribeCertificate", "iot:UpdateCertificate", "iot:AttachThingPrincipal"],
            resources=[things, certificates],
        ),
        Statement(
            sid="CarPolicy",
            actions=["iot:AttachPolicy", "iot:AttachPrincipalPolicy", "iot:GetPolicy"],
            resources=[certificates, _arn(args, f"policy/{args.topics.prefix}-car")],
        ),
    ]


def _template_body(market: Market, *, thing_type: str, group: str, policy: str) -> str:
    """A provisioning template: the thing is named after the vehicle and bound to its certificate."""
    return json.dumps(
        {
            "Parameters": {
                "VehicleId": {"Type": "String"},
                "VehicleType": {"Type": "String"},
                "AWS::IoT::Certificate::Id": {"Type": "String"},
            },
            "Resources": {
                "thing": {
                    "Type": "AWS::IoT::Thing",
                    "OverrideSettings": {
                        "AttributePayload": "MERGE",
                        "ThingTypeName": "REPLACE",
                        "ThingGroups": "DO_NOTHING",
                    },
                    "Properties": {
                        "ThingName": {"Ref": "VehicleId"},
                        "ThingTypeName": thing_type,
                        "ThingGroups": [group],
                        "AttributePayload": {
                            "market": str(market),
                            "vehicleType": {"Ref": "VehicleType"},
                        },
                    },
                },
                "certificate": {
                    "Type": "AWS::IoT::Certificate",
                    "Properties": {
                        "CertificateId": {"Ref": "AWS::IoT::Certificate::Id"},
                        "Status": "ACTIVE",
                    },
                },
                "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": policy}},
            },
        },
        sort_keys=True,
    )
