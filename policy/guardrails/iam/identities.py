"""Identities: no users with keys of their own, no full-access policies, strong passwords, safe sign-in.

`iam-identities` is a table: a property as demanded passes, otherwise it fails, unknown it waits.
`iam-users` is a list of types that fail wherever they are used.
"""

from __future__ import annotations

from ..core.conditions import differs, equals, not_given
from ..core.demands import (
    TRUE,
    Between,
    Given,
    NoneOf,
    NotBeginning,
    NotLike,
    demand,
    demand_rule,
    one_of,
)
from ..core.forbidden import Forbidden, forbidden_rule
from .documents import GROUP

_POOL = "aws:cognito/userPool:UserPool"
_CLIENT = "aws:cognito/userPoolClient:UserPoolClient"
_PASSWORDS = "aws:iam/accountPasswordPolicy:AccountPasswordPolicy"
_CLASSES = ("requireLowercase", "requireNumbers", "requireSymbols", "requireUppercase")
_SEARCH = "aws:opensearch/domain:Domain"

_NO_FULL_ACCESS = NotLike(
    r".*:policy/(?:job-function/)?(?:AdministratorAccess.*|PowerUserAccess|IAMFullAccess|AWS\w*FullAccess"
    r"|Amazon\w*FullAccess|\w+FullAccess|SystemAdministrator|DatabaseAdministrator)",
    "a policy that gives full access",
    "arn:aws:iam::aws:policy/AdministratorAccess",
)
_ATTACHMENTS = (
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
)

ROWS = (
    demand(_ATTACHMENTS, "policyArn", _NO_FULL_ACCESS, control="IAM.1"),
    demand("aws:iam/role:Role", "managedPolicyArns", _NO_FULL_ACCESS, absent=True, control="IAM.1"),
    demand(
        "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment", "managedPolicyArn", _NO_FULL_ACCESS
    ),
    # AWS's own recommendation, https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
    demand(_PASSWORDS, "minimumPasswordLength", Between(14), control="IAM.7"),
    demand(_PASSWORDS, "passwordReusePrevention", Between(24), control="IAM.7"),
    *(
        demand(_PASSWORDS, name, TRUE, control="IAM.7")
        for name in (
            "requireLowercaseCharacters",
            "requireNumbers",
            "requireSymbols",
            "requireUppercaseCharacters",
        )
    ),
    demand(_POOL, "passwordPolicy.minimumLength", Between(8), absent=True, control="Cognito.3"),
    *(
        demand(_POOL, name, TRUE, absent=True, block="passwordPolicy", if_block=True, control="Cognito.3")
        for name in _CLASSES
    ),
    demand(_POOL, "mfaConfiguration", one_of("ON", "OPTIONAL")),
    # MFA that is on needs a second factor: an app, unless mail or messages are set up.
    demand(
        _POOL,
        "softwareTokenMfaConfiguration.enabled",
        TRUE,
        when=(not_given("smsConfiguration"), not_given("emailMfaConfiguration")),
    ),
    # Passwords that reach the API in plain, and tokens in the address line, are what OAuth 2.1 does without.
    demand(
        _CLIENT,
        "explicitAuthFlows",
        NoneOf(
            (
                "ADMIN_NO_SRP_AUTH",
                "ALLOW_ADMIN_USER_PASSWORD_AUTH",
                "ALLOW_USER_PASSWORD_AUTH",
                "USER_PASSWORD_AUTH",
            )
        ),
        absent=True,
    ),
    demand(_CLIENT, "allowedOauthFlows", NoneOf(("implicit",)), absent=True),
    demand(_CLIENT, "callbackUrls", NotBeginning(("http://",)), absent=True),
    demand(_CLIENT, "logoutUrls", NotBeginning(("http://",)), absent=True),
    demand(_CLIENT, "preventUserExistenceErrors", one_of("ENABLED")),
    demand(_CLIENT, "enableTokenRevocation", TRUE, absent=True),
    # Whoever has a refresh token is signed in for as long: AWS's default is 30 days, its limit ten years.
    demand(
        _CLIENT,
        "refreshTokenValidity",
        Between(most=90),
        absent=True,
        when=differs("tokenValidityUnits.refreshToken", "hours", "minutes", "seconds"),
    ),
    demand(
        _CLIENT,
        "refreshTokenValidity",
        Between(most=90 * 24),
        absent=True,
        when=equals("tokenValidityUnits.refreshToken", "hours"),
    ),
    demand(_SEARCH, "advancedSecurityOptions.enabled", TRUE, control="Opensearch.7"),
    demand("aws:rds/cluster:Cluster", "iamDatabaseAuthenticationEnabled", TRUE, control="RDS.12"),
    demand(
        "aws:rds/instance:Instance",
        "iamDatabaseAuthenticationEnabled",
        TRUE,
        when=differs("engine", "oracle-ee", "oracle-se2", "sqlserver-ee", "sqlserver-ex", "sqlserver-se"),
        control="RDS.10",
    ),
    demand("aws:neptune/cluster:Cluster", "iamDatabaseAuthenticationEnabled", TRUE, control="Neptune.7"),
    demand(
        "aws:secretsmanager/secretRotation:SecretRotation",
        "rotationRules.automaticallyAfterDays",
        Between(1, 90),
        absent=True,
        control="SecretsManager.4",
    ),
    demand("aws:eks/cluster:Cluster", "accessConfig.authenticationMode", one_of("API", "API_AND_CONFIG_MAP")),
    demand("aws:signer/signingProfile:SigningProfile", "platformId", Given()),
    demand("aws:iam/openIdConnectProvider:OpenIdConnectProvider", "url", NotBeginning(("http://",))),
)

RULE = demand_rule(
    "iam-identities",
    GROUP,
    "Passwords are strong, sign-in is safe, and nobody has a policy that gives full access.",
    ROWS,
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
)

_NO_USERS = "Let people sign in through IAM Identity Center, and machines assume a role"

USERS = forbidden_rule(
    "iam-users",
    GROUP,
    "There are no IAM users with keys, passwords or policies of their own.",
    (
        Forbidden("aws:iam/user:User", "is a long-lived identity", _NO_USERS, "IAM.2"),
        Forbidden("aws:iam/accessKey:AccessKey", "is a long-lived key", _NO_USERS, "IAM.3"),
        Forbidden("aws:iam/userLoginProfile:UserLoginProfile", "is a password of a user", _NO_USERS, "IAM.5"),
        Forbidden("aws:iam/userPolicy:UserPolicy", "is a policy of a user", _NO_USERS, "IAM.2"),
        Forbidden(
            "aws:iam/userPolicyAttachment:UserPolicyAttachment", "is a policy of a user", _NO_USERS, "IAM.2"
        ),
    ),
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-users-federation-idp",
)
