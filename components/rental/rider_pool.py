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
from components.user_pool import Login, open_login, password_policy, user_pool

_LOGIN = Login(
    client="app",
    server="Rental",
    scope="rental/ride",
    scope_description="Find, book and drive cars",
    signed_in="bluehorizons://signed-in",
    signed_out="bluehorizons://signed-out",
    token_minutes=60,
    refresh_validity=30,
    refresh_unit="days",
)


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
        pool = user_pool(
            f"{name}-pool",
            production=production,
            mfa="OPTIONAL",
            password_policy=password_policy(minimum_length=12),
            username_attributes=["email"],
            # At each sign-in too: a rider whose registration failed is registered at the next.
            lambda_config=aws.cognito.UserPoolLambdaConfigArgs(
                post_confirmation=signup.alias_arn, post_authentication=signup.alias_arn
            ),
            tags=tags,
            parent=self,
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
        client = open_login(name, _LOGIN, pool_id=pool.id, parent=self)
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

    def _signup(self, name: str, args: RiderPoolArgs) -> LambdaFunction:
        base = args.foundation
        tags = component_tags(base.tags, "rental", DataClass.PERSONAL)
        signup = LambdaFunction(
            f"{name}-signup",
            LambdaFunctionArgs(
                function="rider_signup",
                packages=("rental_events", "rental_store"),
                description="Makes a rider of whoever signed up",
                home=base.function_home,
                environment=args.tables.environment(
                    "rider-signup",
                    market=base.market,
                    tables_region=args.tables_region or base.region,
                    writes_enabled=args.writes_enabled,
                ),
                environment_key_arn=base.key_arn(DataDomain.RENTAL),
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
