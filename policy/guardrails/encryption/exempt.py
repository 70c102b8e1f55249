"""Inputs that look like keys of data at rest and are none, with the reason why no slot judges them.

A test walks every type that the program uses: each input whose name speaks of a key is a slot or is here.
"""

from __future__ import annotations

_SECONDS = "is a number of seconds"

EXEMPT: dict[str, dict[str, str]] = {
    "aws:kms/key:Key": {
        "customerMasterKeySpec": "says which kind of key it is",
    },
    "aws:sqs/queue:Queue": {
        "kmsDataKeyReusePeriodSeconds": _SECONDS,
    },
    "aws:sfn/activity:Activity": {
        "encryptionConfiguration.kmsDataKeyReusePeriodSeconds": _SECONDS,
    },
    "aws:sfn/stateMachine:StateMachine": {
        "encryptionConfiguration.kmsDataKeyReusePeriodSeconds": _SECONDS,
    },
    "aws:s3/objectCopy:ObjectCopy": {
        "kmsEncryptionContext": "is a context that is authenticated, not a key",
        "customerKey": "is a key of the caller (SSE-C), which AWS does not store",
        "customerKeyMd5": "is the digest of such a key",
        "sourceCustomerKey": "is the key that the source was encrypted with",
        "sourceCustomerKeyMd5": "is the digest of such a key",
    },
}
"""Type token -> input path -> reason, to be read after the input's name."""
