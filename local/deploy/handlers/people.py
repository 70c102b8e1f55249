"""Cognito: pools, their clients and groups.

Resource servers are served by who signs people in.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from local.deploy.handlers.handler import Handler, Task, pascal, present, unless
from local.deployment import Deployed

_LOST: Final = "ResourceNotFoundException"
_PAGE: Final = 60  # the most that a list of Cognito's has
_CLIENT: Final = {
    "accessTokenValidity": "AccessTokenValidity",
    "allowedOauthFlows": "AllowedOAuthFlows",
    "allowedOauthFlowsUserPoolClient": "AllowedOAuthFlowsUserPoolClient",
    "allowedOauthScopes": "AllowedOAuthScopes",
    "callbackUrls": "CallbackURLs",
    "defaultRedirectUri": "DefaultRedirectURI",
    "enableTokenRevocation": "EnableTokenRevocation",
    "explicitAuthFlows": "ExplicitAuthFlows",
    "idTokenValidity": "IdTokenValidity",
    "logoutUrls": "LogoutURLs",
    "preventUserExistenceErrors": "PreventUserExistenceErrors",
    "readAttributes": "ReadAttributes",
    "refreshTokenValidity": "RefreshTokenValidity",
    "supportedIdentityProviders": "SupportedIdentityProviders",
    "writeAttributes": "WriteAttributes",
}


def _put_pool(task: Task) -> Mapping[str, Any]:
    client, name = task.client("cognito-idp"), task.wanted.name
    # Triggers are not given: whoever signs people in invokes them, as deployment.json has them.
    settings = present(
        Policies={"PasswordPolicy": _password(task.get("passwordPolicy"))}
        if task.get("passwordPolicy")
        else None,
        AutoVerifiedAttributes=task.get("autoVerifiedAttributes"),
        MfaConfiguration=task.get("mfaConfiguration"),
        AdminCreateUserConfig=_invitation(task.get("adminCreateUserConfig")),
        AccountRecoverySetting=pascal(task.get("accountRecoverySetting")),
        DeletionProtection=task.get("deletionProtection"),
        UserPoolTags=task.tags or None,
    )
    known = task.before.id if task.before else _found(client, name)
    if known is None:
        known = client.create_user_pool(
            PoolName=name,
            **settings,
            **present(
                AliasAttributes=task.get("aliasAttributes"),
                UsernameAttributes=task.get("usernameAttributes"),
                UsernameConfiguration=pascal(task.get("usernameConfiguration")),
                Schema=pascal(task.get("schemas")),
            ),
        )["UserPool"]["Id"]
    else:
        client.update_user_pool(UserPoolId=known, **settings)
    place = f"cognito-idp.{task.wanted.region}.amazonaws.com/{known}"
    arn = f"arn:aws:cognito-idp:{task.wanted.region}:{task.wanted.account}:userpool/{known}"
    return {"id": known, "arn": arn, "endpoint": place}


def _found(client: Any, name: str) -> str | None:  # noqa: ANN401 - a client
    pools = client.list_user_pools(MaxResults=_PAGE)["UserPools"]
    return next((pool["Id"] for pool in pools if pool["Name"] == name), None)


def _password(given: Mapping[str, Any]) -> dict[str, Any]:
    names = {
        "minimumLength",
        "requireLowercase",
        "requireNumbers",
        "requireSymbols",
        "requireUppercase",
        "temporaryPasswordValidityDays",
    }
    policy: dict[str, Any] = pascal({name: value for name, value in given.items() if name in names})
    return policy


def _invitation(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if given is None:
        return None
    message = given.get("inviteMessageTemplate") or {}
    words = present(
        EmailMessage=message.get("emailMessage"),
        EmailSubject=message.get("emailSubject"),
        SMSMessage=message.get("smsMessage"),
    )
    return present(
        AllowAdminCreateUserOnly=given.get("allowAdminCreateUserOnly"), InviteMessageTemplate=words or None
    )


def _delete_pool(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless(_LOST):
        client.delete_user_pool(UserPoolId=before.id)


def _put_client(task: Task) -> Mapping[str, Any]:
    client, name, pool = task.client("cognito-idp"), task.wanted.name, task.get("userPoolId")
    settings = {_CLIENT[key]: value for key, value in task.wanted.inputs.items() if key in _CLIENT}
    if task.get("tokenValidityUnits"):
        settings["TokenValidityUnits"] = pascal(task.get("tokenValidityUnits"))
    known = task.before.id if task.before else _found_client(client, pool, name)
    if known is None:
        made = client.create_user_pool_client(
            UserPoolId=pool, ClientName=name, GenerateSecret=bool(task.get("generateSecret")), **settings
        )
    else:
        made = client.update_user_pool_client(UserPoolId=pool, ClientId=known, ClientName=name, **settings)
    held = made["UserPoolClient"]
    return {"id": held["ClientId"], "clientSecret": held.get("ClientSecret", "")}


def _found_client(client: Any, pool: str, name: str) -> str | None:  # noqa: ANN401 - a client
    held: Iterable[Mapping[str, str]] = client.list_user_pool_clients(UserPoolId=pool, MaxResults=_PAGE)[
        "UserPoolClients"
    ]
    return next((one["ClientId"] for one in held if one["ClientName"] == name), None)


def _delete_client(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless(_LOST):
        client.delete_user_pool_client(UserPoolId=before.inputs["userPoolId"], ClientId=before.id)


def _put_group(task: Task) -> Mapping[str, Any]:
    client, name, pool = task.client("cognito-idp"), task.wanted.name, task.get("userPoolId")
    settings = present(
        Description=task.get("description"), Precedence=task.get("precedence"), RoleArn=task.get("roleArn")
    )
    if task.before is None:
        with unless("GroupExistsException"):
            client.create_group(GroupName=name, UserPoolId=pool, **settings)
            return {"id": f"{pool}/{name}"}
    client.update_group(GroupName=name, UserPoolId=pool, **settings)
    return {"id": f"{pool}/{name}"}


def _delete_group(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless(_LOST):
        client.delete_group(GroupName=before["name"], UserPoolId=before.inputs["userPoolId"])


PEOPLE: Final[Mapping[str, Handler]] = {
    "aws:cognito/userPool:UserPool": Handler(
        _put_pool,
        _delete_pool,
        "cognito-idp",
        replace_on=frozenset(
            {"name", "aliasAttributes", "usernameAttributes", "usernameConfiguration", "schemas"}
        ),
        holds_data=True,
    ),
    "aws:cognito/userPoolClient:UserPoolClient": Handler(
        _put_client, _delete_client, "cognito-idp", replace_on=frozenset({"userPoolId", "generateSecret"})
    ),
    "aws:cognito/userGroup:UserGroup": Handler(
        _put_group, _delete_group, "cognito-idp", replace_on=frozenset({"userPoolId", "name"})
    ),
}
