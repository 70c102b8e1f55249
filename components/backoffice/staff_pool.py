"""Who staff are: a Cognito user pool that only administrators fill, four groups, a client with PKCE."""

from dataclasses import dataclass
from enum import StrEnum

import pulumi
import pulumi_aws as aws

from components.foundation import Foundation
from components.log_delivery import delivered_log
from components.tags import DataClass, Tags, component_tags
from components.user_pool import Login, open_login, password_policy, user_pool

STAFF_SCOPE = "backoffice/staff"
SIGNED_IN_PATH, SIGNED_OUT_PATH = "/signed-in", "/signed-out"
ACCESS_MINUTES = 15
SHIFT_HOURS = 10
_INVITATION = (
    "You have an account in the Blue Horizons back office. Sign in with the user name {username} and the "
    "password {####} within a day; you will be asked for a password of your own and an authenticator app."
)


_INVITED_ONLY = aws.cognito.UserPoolAdminCreateUserConfigArgs(
    allow_admin_create_user_only=True,
    invite_message_template=aws.cognito.UserPoolAdminCreateUserConfigInviteMessageTemplateArgs(
        email_subject="Your back office account",
        email_message=_INVITATION,
        sms_message="User name {username}, password {####}",
    ),
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
        pool = user_pool(
            f"{name}-pool",
            production=production,
            mfa="ON" if production else "OPTIONAL",
            password_policy=password_policy(minimum_length=14, remembered=5 if production else 0),
            alias_attributes=["email"],
            admin_create_user_config=_INVITED_ONLY,
            tags=tags,
            parent=self,
        )
        for precedence, (group, description) in enumerate(_DESCRIPTIONS.items()):
            aws.cognito.UserGroup(
                f"{name}-{group}",
                aws.cognito.UserGroupArgs(
                    user_pool_id=pool.id, name=str(group), description=description, precedence=precedence
                ),
                opts=child,
            )
        client = open_login(name, _login(f"https://{args.page_host}"), pool_id=pool.id, parent=self)
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


def _login(page: str) -> Login:
    return Login(
        client="page",
        server="Back office",
        scope=STAFF_SCOPE,
        scope_description="Work in the back office",
        signed_in=f"{page}{SIGNED_IN_PATH}",
        signed_out=f"{page}{SIGNED_OUT_PATH}",
        token_minutes=ACCESS_MINUTES,
        refresh_validity=SHIFT_HOURS,
        refresh_unit="hours",
        readable=["email", "email_verified", "name"],
        writable=["name"],  # who could change the e-mail could take over by recovery
    )
