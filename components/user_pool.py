"""Cognito user pools as staff and riders have them, and the hosted login of each: a client with PKCE."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.tags import Tags

_MINUTES = "minutes"


@dataclass(frozen=True)
class Login:
    """A hosted login and the page or app that it leads back to.

    `client` ends the name of the client's resource. `scope` is `<identifier of the resource server>/<scope>`,
    `server` and `scope_description` say for people what these are. `signed_in`, `signed_out`: where the login
    leads back to. `token_minutes`: how long an access and an identity token hold; `refresh_validity`: how
    long nobody signs in again, in `refresh_unit` (hours, days). `readable`, `writable`: attributes that the
    client may read and write; None: all.
    """

    client: str
    server: str
    scope: str
    scope_description: str
    signed_in: str
    signed_out: str
    token_minutes: int
    refresh_validity: int
    refresh_unit: str
    readable: Sequence[str] | None = None
    writable: Sequence[str] | None = None


def user_pool(
    name: str,
    *,
    production: bool,
    mfa: str,
    password_policy: aws.cognito.UserPoolPasswordPolicyArgs,
    tags: Tags,
    parent: pulumi.Resource,
    alias_attributes: Sequence[str] | None = None,
    username_attributes: Sequence[str] | None = None,
    admin_create_user_config: aws.cognito.UserPoolAdminCreateUserConfigArgs | None = None,
    lambda_config: aws.cognito.UserPoolLambdaConfigArgs | None = None,
) -> aws.cognito.UserPool:
    """Create a pool as a child of `parent`, with the other arguments as Cognito names them: a verified e-mail
    address is the way back in, an authenticator app the second factor."""
    return aws.cognito.UserPool(
        name,
        aws.cognito.UserPoolArgs(
            alias_attributes=alias_attributes,
            username_attributes=username_attributes,
            lambda_config=lambda_config,
            auto_verified_attributes=["email"],
            username_configuration=aws.cognito.UserPoolUsernameConfigurationArgs(case_sensitive=False),
            admin_create_user_config=admin_create_user_config,
            deletion_protection="ACTIVE" if production else "INACTIVE",
            mfa_configuration=mfa,
            # An authenticator app and no text message, which can be redirected.
            software_token_mfa_configuration=aws.cognito.UserPoolSoftwareTokenMfaConfigurationArgs(
                enabled=True
            ),
            # Threat protection comes with the Plus tier only.
            user_pool_tier="PLUS" if production else "ESSENTIALS",
            user_pool_add_ons=aws.cognito.UserPoolUserPoolAddOnsArgs(
                advanced_security_mode="ENFORCED" if production else "OFF"
            ),
            password_policy=password_policy,
            account_recovery_setting=aws.cognito.UserPoolAccountRecoverySettingArgs(
                recovery_mechanisms=[
                    aws.cognito.UserPoolAccountRecoverySettingRecoveryMechanismArgs(
                        name="verified_email", priority=1
                    )
                ]
            ),
            user_attribute_update_settings=aws.cognito.UserPoolUserAttributeUpdateSettingsArgs(
                attributes_require_verification_before_updates=["email"]
            ),
            tags=tags,
        ),
        opts=pulumi.ResourceOptions(parent=parent, protect=production),
    )


def password_policy(
    minimum_length: int, remembered: int | None = None
) -> aws.cognito.UserPoolPasswordPolicyArgs:
    """A password of all kinds of characters. `remembered`: how many old ones cannot be used again."""
    return aws.cognito.UserPoolPasswordPolicyArgs(
        minimum_length=minimum_length,
        require_lowercase=True,
        require_uppercase=True,
        require_numbers=True,
        require_symbols=True,  # Security Hub, Cognito.3
        password_history_size=remembered,
        temporary_password_validity_days=1,
    )


def open_login(
    name: str, login: Login, *, pool_id: pulumi.Input[str], parent: pulumi.Resource
) -> aws.cognito.UserPoolClient:
    """Create the scope and the client of a login in the pool, as children of `parent`."""
    child = pulumi.ResourceOptions(parent=parent)
    identifier, _, scope = login.scope.partition("/")
    server = aws.cognito.ResourceServer(
        f"{name}-scopes",
        aws.cognito.ResourceServerArgs(
            user_pool_id=pool_id,
            identifier=identifier,
            name=login.server,
            scopes=[
                aws.cognito.ResourceServerScopeArgs(
                    scope_name=scope, scope_description=login.scope_description
                )
            ],
        ),
        opts=child,
    )
    client = aws.cognito.UserPoolClient(
        f"{name}-{login.client}",
        aws.cognito.UserPoolClientArgs(
            user_pool_id=pool_id,
            generate_secret=False,  # neither a page nor an app can keep one; PKCE takes its place
            allowed_oauth_flows_user_pool_client=True,
            allowed_oauth_flows=["code"],
            allowed_oauth_scopes=["openid", "email", login.scope],
            callback_urls=[login.signed_in],
            logout_urls=[login.signed_out],
            supported_identity_providers=["COGNITO"],
            explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"],
            prevent_user_existence_errors="ENABLED",
            enable_token_revocation=True,
            read_attributes=login.readable,
            write_attributes=login.writable,
            access_token_validity=login.token_minutes,
            id_token_validity=login.token_minutes,
            refresh_token_validity=login.refresh_validity,
            token_validity_units=aws.cognito.UserPoolClientTokenValidityUnitsArgs(
                access_token=_MINUTES,
                id_token=_MINUTES,
                refresh_token=login.refresh_unit,
            ),
        ),
        # A client cannot name a scope that does not exist yet.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[server]),
    )
    aws.cognito.ManagedLoginBranding(
        f"{name}-branding",
        # Without a style of its client, managed login says that it is unavailable.
        aws.cognito.ManagedLoginBrandingArgs(
            user_pool_id=pool_id, client_id=client.id, use_cognito_provided_values=True
        ),
        opts=child,
    )
    return client
