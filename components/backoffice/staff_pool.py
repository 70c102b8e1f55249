"""Who staff are: a Cognito user pool that only administrators fill, four groups, a client with PKCE."""

from dataclasses import dataclass
from enum import StrEnum

import pulumi
import pulumi_aws as aws

from components.foundation import Foundation
from components.log_delivery import delivered_log
from components.tags import DataClass, Tags, component_tags

RESOURCE_SERVER = "backoffice"
STAFF_SCOPE = f"{RESOURCE_SERVER}/staff"
SIGNED_IN_PATH, SIGNED_OUT_PATH = "/signed-in", "/signed-out"
ACCESS_MINUTES = 15
SHIFT_HOURS = 10
_INVITATION = (
    "You have an account in the Blue Horizons back office. Sign in with the user name {username} and the "
    "password {####} within a day; you will be asked for a password of your own and an authenticator app."
)


class StaffGroup(StrEnum):
    """What somebody does here; which routes that opens is one table of the staff API."""

    ADMIN = "admin"
    OPERATIONS = "operations"
    MAINTENANCE = "maintenance"
    ANALYST = "analyst"


_DESCRIPTIONS = {
    StaffGroup.ADMIN: "Everything, and stations, vehicles and riders as such",
    StaffGroup.OPERATIONS: "Runs the fleet: commands, alerts, bookings",
    StaffGroup.MAINTENANCE: "Works alerts and work orders",
    StaffGroup.ANALYST: "Reads, changes nothing",
}


@dataclass(frozen=True)
class StaffPoolArgs:
    """`page_host` is the web app's name, to which the hosted login leads back."""

    foundation: Foundation
    page_host: str

    def __post_init__(self) -> None:
        if "/" in self.page_host or "." not in self.page_host:
            raise ValueError(
                f"page_host is {self.page_host!r}: a host name is expected, such as backoffice.example.com"
            )


class StaffPool(pulumi.ComponentResource):
    """A second factor is a must in production. User names are chosen by who invites: audits show them."""

    pool_arn: pulumi.Output[str]
    pool_id: pulumi.Output[str]
    client_id: pulumi.Output[str]

    def __init__(self, name: str, args: StaffPoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:backoffice:StaffPool", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        production = args.foundation.production
        tags = component_tags(args.foundation.tags, "backoffice", DataClass.PERSONAL)
        pool = aws.cognito.UserPool(
            f"{name}-pool",
            _pool_args(production, tags),
            opts=pulumi.ResourceOptions(parent=self, protect=production),
        )
        for precedence, (group, description) in enumerate(_DESCRIPTIONS.items()):
            aws.cognito.UserGroup(
                f"{name}-{group}",
                aws.cognito.UserGroupArgs(
                    user_pool_id=pool.id, name=str(group), description=description, precedence=precedence
                ),
                opts=child,
            )
        server = aws.cognito.ResourceServer(
            f"{name}-scopes",
            aws.cognito.ResourceServerArgs(
                user_pool_id=pool.id,
                identifier=RESOURCE_SERVER,
                name="Back office",
                scopes=[
                    aws.cognito.ResourceServerScopeArgs(
                        scope_name=STAFF_SCOPE.removeprefix(f"{RESOURCE_SERVER}/"),
                        scope_description="Work in the back office",
                    )
                ],
            ),
            opts=child,
        )
        client = aws.cognito.UserPoolClient(
            f"{name}-page",
            _client_args(pool.id, f"https://{args.page_host}"),
            # A client cannot name a scope that does not exist yet.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[server]),
        )
        aws.cognito.ManagedLoginBranding(
            f"{name}-branding",
            # Without a style of its client, managed login says that it is unavailable.
            aws.cognito.ManagedLoginBrandingArgs(
                user_pool_id=pool.id, client_id=client.id, use_cognito_provided_values=True
            ),
            opts=child,
        )
        if production:
            self._log(name, args.foundation, pool, tags)
        self.pool_arn = pool.arn
        self.pool_id = pool.id
        self.client_id = client.id
        self.register_outputs({"poolId": self.pool_id, "clientId": self.client_id})

    def _log(self, name: str, base: Foundation, pool: aws.cognito.UserPool, tags: Tags) -> None:
        """Who signed in, from where, and what was thought of it; the Plus tier tells it."""
        log = delivered_log(
            name,
            group_name=f"/aws/vendedlogs/cognito/{name}",
            foundation=base,
            tags=tags,
            parent=self,
        )
        aws.cognito.LogDeliveryConfiguration(
            f"{name}-sign-ins",
            aws.cognito.LogDeliveryConfigurationArgs(
                user_pool_id=pool.id,
                log_configurations=[
                    aws.cognito.LogDeliveryConfigurationLogConfigurationArgs(
                        event_source=source,
                        log_level=level,
                        cloud_watch_logs_configuration=_LogGroup(log_group_arn=log.arn),
                    )
                    for source, level in (("userAuthEvents", "INFO"), ("userNotification", "ERROR"))
                ],
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[log.may_write]),
        )


_LogGroup = aws.cognito.LogDeliveryConfigurationLogConfigurationCloudWatchLogsConfigurationArgs


def _pool_args(production: bool, tags: Tags) -> aws.cognito.UserPoolArgs:
    return aws.cognito.UserPoolArgs(
        alias_attributes=["email"],
        auto_verified_attributes=["email"],
        username_configuration=aws.cognito.UserPoolUsernameConfigurationArgs(case_sensitive=False),
        admin_create_user_config=aws.cognito.UserPoolAdminCreateUserConfigArgs(
            allow_admin_create_user_only=True,
            invite_message_template=aws.cognito.UserPoolAdminCreateUserConfigInviteMessageTemplateArgs(
                email_subject="Your back office account",
                email_message=_INVITATION,
                sms_message="User name {username}, password {####}",
            ),
        ),
        deletion_protection="ACTIVE" if production else "INACTIVE",
        mfa_configuration="ON" if production else "OPTIONAL",
        # An authenticator app and no text message, which can be redirected.
        software_token_mfa_configuration=aws.cognito.UserPoolSoftwareTokenMfaConfigurationArgs(enabled=True),
        # Threat protection comes with the Plus tier only.
        user_pool_tier="PLUS" if production else "ESSENTIALS",
        user_pool_add_ons=aws.cognito.UserPoolUserPoolAddOnsArgs(
            advanced_security_mode="ENFORCED" if production else "OFF"
        ),
        password_policy=aws.cognito.UserPoolPasswordPolicyArgs(
            minimum_length=14,
            require_lowercase=True,
            require_uppercase=True,
            require_numbers=True,
            require_symbols=True,  # Security Hub, Cognito.3
            password_history_size=5 if production else 0,
            temporary_password_validity_days=1,
        ),
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
    )


def _client_args(pool_id: pulumi.Input[str], page: str) -> aws.cognito.UserPoolClientArgs:
    return aws.cognito.UserPoolClientArgs(
        user_pool_id=pool_id,
        generate_secret=False,  # a page cannot keep one; PKCE takes its place
        allowed_oauth_flows_user_pool_client=True,
        allowed_oauth_flows=["code"],
        allowed_oauth_scopes=["openid", "email", STAFF_SCOPE],
        callback_urls=[f"{page}{SIGNED_IN_PATH}"],
        logout_urls=[f"{page}{SIGNED_OUT_PATH}"],
        supported_identity_providers=["COGNITO"],
        explicit_auth_flows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        prevent_user_existence_errors="ENABLED",
        enable_token_revocation=True,
        read_attributes=["email", "email_verified", "name"],
        write_attributes=["name"],  # who could change the e-mail could take over by recovery
        access_token_validity=ACCESS_MINUTES,
        id_token_validity=ACCESS_MINUTES,
        refresh_token_validity=SHIFT_HOURS,
        token_validity_units=aws.cognito.UserPoolClientTokenValidityUnitsArgs(
            access_token="minutes",  # noqa: S106 - a unit
            id_token="minutes",  # noqa: S106 - a unit
            refresh_token="hours",  # noqa: S106 - a unit
        ),
    )
