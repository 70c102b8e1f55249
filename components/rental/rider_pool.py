"""Who riders are: a Cognito user pool, hosted login and a public app client with PKCE."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.tags import DataClass, Tags, component_tags

RESOURCE_SERVER = "rental"
RIDE_SCOPE = "ride"
APP_CALLBACK = "bluehorizons://signed-in"
APP_LOGOUT = "bluehorizons://signed-out"


@dataclass(frozen=True)
class RiderPoolArgs:
    """`domain_prefix` names the hosted login, unique in the Region; `production` protects and detects."""

    domain_prefix: str
    production: bool
    tags: Tags


class RiderPool(pulumi.ComponentResource):
    """Riders sign up with e-mail or phone; a second factor is theirs to choose."""

    pool_arn: pulumi.Output[str]
    pool_id: pulumi.Output[str]
    client_id: pulumi.Output[str]

    def __init__(self, name: str, args: RiderPoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:rental:RiderPool", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        pool = aws.cognito.UserPool(
            f"{name}-pool",
            aws.cognito.UserPoolArgs(
                username_attributes=["email"],
                auto_verified_attributes=["email"],
                username_configuration=aws.cognito.UserPoolUsernameConfigurationArgs(case_sensitive=False),
                deletion_protection="ACTIVE" if args.production else "INACTIVE",
                mfa_configuration="OPTIONAL",
                software_token_mfa_configuration=aws.cognito.UserPoolSoftwareTokenMfaConfigurationArgs(
                    enabled=True
                ),
                # Threat protection comes with the Plus tier only.
                user_pool_tier="PLUS" if args.production else "ESSENTIALS",
                user_pool_add_ons=aws.cognito.UserPoolUserPoolAddOnsArgs(
                    advanced_security_mode="ENFORCED" if args.production else "OFF"
                ),
                password_policy=aws.cognito.UserPoolPasswordPolicyArgs(
                    minimum_length=12,
                    require_lowercase=True,
                    require_uppercase=True,
                    require_numbers=True,
                    require_symbols=False,  # length is what helps: NIST SP 800-63B, 3.1.1
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
                tags=component_tags(args.tags, "rental", DataClass.PERSONAL),
            ),
            opts=pulumi.ResourceOptions(parent=self, protect=args.production),
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
        self.pool_arn = pool.arn
        self.pool_id = pool.id
        self.client_id = client.id
        self.register_outputs({"poolId": self.pool_id, "clientId": self.client_id})
