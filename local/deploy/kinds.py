"""Who stands for a resource here: the emulated AWS, another process of the platform, or nobody."""

from enum import StrEnum
from typing import Final

from local.deploy.handlers import HANDLERS

SERVED: Final = frozenset(
    {
        "aws:apigateway/deployment:Deployment",
        "aws:apigateway/methodSettings:MethodSettings",
        "aws:apigateway/restApi:RestApi",
        "aws:apigateway/stage:Stage",
        "aws:cognito/resourceServer:ResourceServer",
        "aws:cognito/userPoolDomain:UserPoolDomain",
        "aws:iot/policy:Policy",
        "aws:iot/topicRule:TopicRule",
        "aws:lambda/alias:Alias",
        "aws:lambda/eventSourceMapping:EventSourceMapping",
        "aws:lambda/function:Function",
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
        "aws:scheduler/schedule:Schedule",
        "aws:scheduler/scheduleGroup:ScheduleGroup",
    }
)
"""The functions', the front's and IoT's processes take these from deployment.json."""


class Kind(StrEnum):
    """`created`: it exists in the emulated AWS. `served`: a process of the platform does what it says, from
    deployment.json. `recorded`: it is only in deployment.json, with outputs that are made up.
    """

    CREATED = "created"
    SERVED = "served"
    RECORDED = "recorded"


def kind_of(type_: str) -> Kind:
    """The kind of a type of custom resources."""
    if type_ in HANDLERS:
        return Kind.CREATED
    return Kind.SERVED if type_ in SERVED else Kind.RECORDED
