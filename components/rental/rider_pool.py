"""Who riders are: a Cognito user pool, hosted login and a public app client with PKCE."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import create_alarms, function_alarms
from components.encryption import DataDomain
from components.foundation import Foundation
from components.lambda_function import LambdaFunction, LambdaFunctionArgs
from components.markets import Region
from components.rental.access import RentalTables
from components.tags import DataClass, component_tags

RESOURCE_SERVER = "rental"
RIDE_SCOPE = "ride"
APP_CALLBACK = "bluehorizons://signed-in"
APP_LOGOUT = "bluehorizons://signed-out"


@dataclass(frozen=True)
class RiderPoolArgs:
    """`domain_prefix` names the hosted login, unique in the Region.

    Riders are registered in `tables`, those of the Region that writes, `tables_region`: None for the
    foundation's own. `writes_enabled` is False while no Region writes: riders sign in, and are registered
    at their next sign-in.
    """

    foundation: Foundation
    domain_prefix: str
    tables: RentalTables
    tables_region: Region | None = None
    writes_enabled: bool = True


class RiderPool(pulumi.ComponentResource):
    """Riders sign up with e-mail or phone; a second factor is theirs to choose."""

    pool_arn: pulumi.Output[str]
    pool_id: pulumi.Output[str]
    client_id: pulumi.Output[str]

    def __init__(self, name: str, args: RiderPoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:rental:RiderPool", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        production = args.foundation.production
        tags = component_tags(args.foundation.tags, "rental", DataClass.PERSONAL)
        signup = self._signup(name, args)
        pool = aws.cognito.UserPool(
            f"{name}-pool",
            aws.cognito.UserPoolArgs(
                username_attributes=["email"],
                # At each sign-in too: a rider whose registration failed is registered at the next.
                lambda_config=aws.cognito.UserPoolLambdaConfigArgs(
                    post_confirmation=signup.alias_arn, post_authentication=signup.alias_arn
                ),
                auto_verified_attributes=["email"],
                username_configuration=aws.cognito.UserPoolUsernameConfigurationArgs(case_sensitive=False),
                deletion_protection="ACTIVE" if production else "INACTIVE",
                mfa_configuration="OPTIONAL",
                software_token_mfa_configuration=aws.cognito.UserPoolSoftwareTokenMfaConfigurationArgs(
                    enabled=True
                ),
                # Threat protection comes with the Plus tier only.
                user_pool_tier="PLUS" if production else "ESSENTIALS",
                user_pool_add_ons=aws.cognito.UserPoolUserPoolAddOnsArgs(
                    advanced_security_mode="ENFORCED" if production else "OFF"
                ),
                password_policy=aws.cognito.UserPoolPasswordPolicyArgs(
                    minimum_length=12,
                    require_lowercase=True,
                    require_uppercase=True,
                    require_numbers=True,
                    require_symbols=True,
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
            ),
            opts=pulumi.ResourceOptions(parent=self, protect=production),
        )
        aws.lambda_.Permission(
            f"{name}-signup-permission",
            aws.lambda_.PermissionArgs(
                action="lambda:InvokeFunction",
                function=signup.function_name,
                qualifier=signup.alias_name,
                principal="cognito-idp.amazonaws.com",
                source_account=args.foundation.account_id,
                source_arn=pool.arn,
            ),
            opts=child,
        )
        server = aws.cognito.ResourceServer(
            f"{name}-scopes",
            aws.cognito.ResourceServerArgs(
                user_pool_id=pool.id,
                identifier=RESOURCE_SERVER,
                name="Rental",
                scopes=[
                    aws.cognito.ResourceServerScopeArgs(
                        scope_name=RIDE_SCOPE, scope_description="Find, book and drive cars"
                    )
                ],
            ),
            opts=child,
        )
        client = aws.cognito.UserPoolClient(
            f"{name}-app",
            aws.cognito.UserPoolClientArgs(
                user_pool_id=pool.id,
                generate_secret=False,  # an app cannot keep one; PKCE takes its place
                allowed_oauth_flows_user_pool_client=True,
                allowed_oauth_flows=["code"],
                allowed_oauth_scopes=["openid", "email", f"{RESOURCE_SERVER}/{RIDE_SCOPE}"],
                callback_urls=[APP_CALLBACK],
                logout_urls=[APP_LOGOUT],
                supported_identity_providers=["COGNITO"],
                explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"],
                prevent_user_existence_errors="ENABLED",
                enable_token_revocation=True,
                access_token_validity=60,
                id_token_validity=60,
                refresh_token_validity=30,
                token_validity_units=aws.cognito.UserPoolClientTokenValidityUnitsArgs(
                    access_token="minutes",  # noqa: S106 - a unit
                    id_token="minutes",  # noqa: S106 - a unit
                    refresh_token="days",  # noqa: S106 - a unit
                ),
            ),
            # A client cannot name a scope that does not exist yet.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[server]),
        )
        aws.cognito.UserPoolDomain(
            f"{name}-login",
            aws.cognito.UserPoolDomainArgs(
                user_pool_id=pool.id, domain=args.domain_prefix, managed_login_version=2
            ),
            opts=child,
        )
        aws.cognito.ManagedLoginBranding(
            f"{name}-branding",
            # Without a style of its client, managed login says that it is unavailable.
            aws.cognito.ManagedLoginBrandingArgs(
                user_pool_id=pool.id, client_id=client.id, use_cognito_provided_values=True
            ),
            opts=child,
        )
        self.pool_arn = pool.arn
        self.pool_id = pool.id
        self.client_id = client.id
        self.register_outputs({"poolId": self.pool_id, "clientId": self.client_id})

    def _signup(self, name: str, args: RiderPoolArgs) -> LambdaFunction:
        base = args.foundation
        tags = component_tags(base.tags, "rental", DataClass.PERSONAL)
        signup = LambdaFunction(
            f"{name}-signup",
            LambdaFunctionArgs(
                function="rider_signup",
                packages=("rental_events", "rental_store"),
                description="Makes a rider of whoever signed up",
                account_id=base.account_id,
                layer_arn=base.layer_arn,
                environment=args.tables.environment(
                    "rider-signup",
                    market=base.market,
                    tables_region=args.tables_region or base.region,
                    writes_enabled=args.writes_enabled,
                ),
                environment_key_arn=base.key_arn(DataDomain.RENTAL),
                log_key_arn=base.key_arn(DataDomain.LOGS),
                log_retention_days=base.log_retention_days,
                statements=[*args.tables.read(), args.tables.write()],
                tags=tags,
                timeout_seconds=5,  # Cognito waits no longer
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        create_alarms(
            name,
            function_alarms("signup", signup.function_name),
            topic_arn=base.alarm_topic_arn,
            tags=tags,
            parent=self,
        )
        return signup
