"""Cognito, AWS IoT's registry, secrets and parameters: moto keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from local.deploy.handlers import Handler, Made, Target, given
from local.deployment import Deployed


def _create_pool(target: Target) -> Made:
    client = target.client("cognito-idp")
    known = client.list_user_pools(MaxResults=60)["UserPools"]
    pool = next((one["Id"] for one in known if one["Name"] == target.name), None)
    if pool is None:
        pool = client.create_user_pool(PoolName=target.name)["UserPool"]["Id"]
    arn = f"arn:aws:cognito-idp:{target.region}:{target.account}:userpool/{pool}"
    endpoint = f"cognito-idp.{target.region}.amazonaws.com/{pool}"
    return Made(pool, {"arn": arn, "name": target.name, "endpoint": endpoint})


def _same(_: Target, before: Deployed) -> Made:
    """What moto keeps of it does not change; the rest of it is served."""
    return Made(before.id, {key: before.outputs[key] for key in ("arn", "endpoint") if key in before.outputs})


def _delete_pool(target: Target, before: Deployed) -> None:
    target.client("cognito-idp").delete_user_pool(UserPoolId=before.id)


def _create_client(target: Target) -> Made:
    inputs = target.inputs
    made = target.client("cognito-idp").create_user_pool_client(
        UserPoolId=inputs["userPoolId"],
        ClientName=target.name,
        **given(
            inputs,
            AllowedOAuthFlows="allowedOauthFlows",
            AllowedOAuthScopes="allowedOauthScopes",
            CallbackURLs="callbackUrls",
            LogoutURLs="logoutUrls",
        ),
    )
    return Made(made["UserPoolClient"]["ClientId"], {"name": target.name})


def _delete_client(target: Target, before: Deployed) -> None:
    pool = before.inputs["userPoolId"]
    target.client("cognito-idp").delete_user_pool_client(UserPoolId=pool, ClientId=before.id)


def _create_group(target: Target) -> Made:
    client, inputs = target.client("cognito-idp"), target.inputs
    request = {"UserPoolId": inputs["userPoolId"], "GroupName": target.name}
    with suppress(client.exceptions.GroupExistsException):  # an interrupted deployment made it
        client.create_group(**request, **given(inputs, Description="description", Precedence="precedence"))
    return Made(f"{inputs['userPoolId']}/{target.name}", {"name": target.name})


def _delete_group(target: Target, before: Deployed) -> None:
    pool, _, name = before.id.partition("/")
    target.client("cognito-idp").delete_group(UserPoolId=pool, GroupName=name)


def _create_thing_type(target: Target) -> Made:
    client = target.client("iot")
    try:
        arn = client.create_thing_type(thingTypeName=target.name)["thingTypeArn"]
    except client.exceptions.ResourceAlreadyExistsException:
        arn = client.describe_thing_type(thingTypeName=target.name)["thingTypeArn"]
    return Made(target.name, {"arn": arn, "name": target.name})


def _create_thing_group(target: Target) -> Made:
    client = target.client("iot")
    try:
        arn = client.create_thing_group(thingGroupName=target.name)["thingGroupArn"]
    except client.exceptions.ResourceAlreadyExistsException:
        arn = client.describe_thing_group(thingGroupName=target.name)["thingGroupArn"]
    return Made(target.name, {"arn": arn, "name": target.name})


def _create_secret(target: Target) -> Made:
    client = target.client("secretsmanager")
    try:
        arn = client.create_secret(Name=target.name)["ARN"]
    except client.exceptions.ResourceExistsException:
        arn = client.describe_secret(SecretId=target.name)["ARN"]
    return Made(arn, {"arn": arn, "name": target.name})


def _delete_secret(target: Target, before: Deployed) -> None:
    target.client("secretsmanager").delete_secret(SecretId=before.id, ForceDeleteWithoutRecovery=True)


def _put_secret(target: Target) -> Made:
    inputs = target.inputs
    made = target.client("secretsmanager").put_secret_value(
        SecretId=inputs["secretId"], SecretString=str(inputs.get("secretString") or "")
    )
    version = made["VersionId"]
    return Made(f"{inputs['secretId']}|{version}", {"arn": made["ARN"], "versionId": version})


def _put_parameter(target: Target) -> Made:
    inputs: Mapping[str, Any] = target.inputs
    target.client("ssm").put_parameter(
        Name=target.name, Value=str(inputs["value"]), Type=inputs["type"], Overwrite=True
    )
    name = target.name.lstrip("/")
    arn = f"arn:aws:ssm:{target.region}:{target.account}:parameter/{name}"
    return Made(target.name, {"arn": arn, "name": target.name})


def _delete_parameter(target: Target, before: Deployed) -> None:
    target.client("ssm").delete_parameter(Name=before.id)


HANDLERS: Final[Mapping[str, Handler]] = {
    "aws:cognito/userPool:UserPool": Handler(_create_pool, _same, _delete_pool),
    "aws:cognito/userPoolClient:UserPoolClient": Handler(_create_client, _same, _delete_client),
    "aws:cognito/userGroup:UserGroup": Handler(_create_group, _same, _delete_group),
    "aws:iot/thingType:ThingType": Handler(_create_thing_type, _same),
    "aws:iot/thingGroup:ThingGroup": Handler(_create_thing_group, _same),
    "aws:secretsmanager/secret:Secret": Handler(_create_secret, _same, _delete_secret),
    "aws:secretsmanager/secretVersion:SecretVersion": Handler(
        _put_secret, lambda target, _: _put_secret(target)
    ),
    "aws:ssm/parameter:Parameter": Handler(
        _put_parameter, lambda target, _: _put_parameter(target), _delete_parameter
    ),
}

SERVED: Final = frozenset(
    {
        "aws:apigateway/deployment:Deployment",
        "aws:apigateway/methodSettings:MethodSettings",
        "aws:apigateway/restApi:RestApi",
        "aws:apigateway/stage:Stage",
        "aws:cognito/resourceServer:ResourceServer",
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
"""Types that the processes of functions, front and IoT do what they say of."""
