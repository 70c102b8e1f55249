"""Is a value the name of a customer-managed KMS key?

PASS     a key ARN, a key id (`mrk-` too), an alias or alias ARN of one's own
FAIL     nothing, blank text, `aws/...`, `alias/aws/...` (AWS managed keys), anything that names no key
UNKNOWN  a value only a deployment can tell
"""

from __future__ import annotations

import re
from enum import Enum

from ..core.peek import MISSING, UNKNOWN


class KeyId(Enum):
    """What a key property holds; the text is the reason in a message."""

    CUSTOMER = "is a customer-managed key"
    UNKNOWN = "is known only at deployment"
    ABSENT = "is missing"
    BLANK = "is blank"
    AWS_MANAGED = "names a key that AWS manages"
    NOT_A_KEY = "is not the ARN, id or alias of a KMS key"


_ID = r"(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_ALIAS = r"alias/[A-Za-z0-9/_-]+"
_ARN_PREFIX = r"arn:aws(?:-[a-z]+)*:kms:[a-z0-9-]+:[0-9]{12}:"
_CUSTOMER = re.compile(rf"(?:{_ARN_PREFIX})?{_ALIAS}|{_ARN_PREFIX}key/{_ID}|{_ID}")
_AWS_MANAGED = re.compile(r"(?:.*:)?(?:alias/)?aws/.*", re.IGNORECASE | re.DOTALL)


def classify(value: object) -> KeyId:
    """What the value of a key property is. Never raises.

    An AWS managed key named by its plain key ARN cannot be told from one's own: nobody but AWS KMS knows.
    """
    if value is MISSING:
        return KeyId.ABSENT
    if value is UNKNOWN:
        return KeyId.UNKNOWN
    if not isinstance(value, str):
        return KeyId.NOT_A_KEY
    if not value.strip():
        return KeyId.BLANK
    if _AWS_MANAGED.fullmatch(value.strip()):
        return KeyId.AWS_MANAGED
    return KeyId.CUSTOMER if _CUSTOMER.fullmatch(value) else KeyId.NOT_A_KEY
