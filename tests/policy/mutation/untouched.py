"""Types of the program with a property that speaks of security and that nothing weakens, with the reason."""

from __future__ import annotations

import re
from typing import Final

SPEAKS: Final = re.compile(
    r"encrypt|kms|tls|ssl|public|protect|destroy|logging|retention|rotat|versioning|recovery|polic(?:y|ies)$"
    r"|principal|mfa|password|webAcl|cidr|secure|deadLetter|redrive|onFailure|visibilityTimeout|acl$|sharing",
    re.IGNORECASE,
)
"""Names of inputs that speak of security, in the words of the SDK."""

_CATALOGUE: Final = (
    "The catalogue's settings, which are weakened, say how it is encrypted; data is in buckets."
)
UNTOUCHED: Final[dict[str, str]] = {
    "aws:glue/catalogDatabase:CatalogDatabase": _CATALOGUE,
    "aws:glue/catalogTable:CatalogTable": _CATALOGUE,
    "aws:ec2/route:Route": "Says where a network is; who may reach it, groups and ACLs say.",
}
"""Type token -> why nothing of it is weakened."""
