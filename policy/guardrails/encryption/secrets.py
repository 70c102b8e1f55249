"""Secrets, secure parameters and application configuration."""

from .slots import equals, key_rule, slot

SLOTS = (
    slot("aws:secretsmanager/secret:Secret", "kmsKeyId"),
    slot("aws:secretsmanager/secret:Secret", "kmsKeyId", block="replicas[]", if_block=True),
    slot("aws:ssm/parameter:Parameter", "keyId", when=equals("type", "SecureString")),
    slot("aws:appconfig/configurationProfile:ConfigurationProfile", "kmsKeyIdentifier"),
    slot("aws:appconfig/deployment:Deployment", "kmsKeyIdentifier", if_key=True),
)

RULE = key_rule(
    "encryption-secrets",
    "Secrets, secure parameters and application configuration",
    SLOTS,
    "https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html",
)
