"""What SQS says of a message and asks of it: digests, size, characters."""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from local.aws.service import AwsError

_ALLOWED: Final = re.compile("[\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")


def md5(text: str) -> str:
    """The digest of a body."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def md5_of_attributes(attributes: Mapping[str, Mapping[str, Any]]) -> str:
    """The digest that an SDK checks: names in order, each with its type and value, with their lengths."""
    digest = hashlib.md5(usedforsecurity=False)
    for name, attribute in sorted(attributes.items()):
        kind = str(attribute["DataType"])
        for part in (name.encode(), kind.encode()):
            digest.update(len(part).to_bytes(4, "big") + part)
        value = _value(attribute)
        digest.update(b"\2" if kind.startswith("Binary") else b"\1")
        digest.update(len(value).to_bytes(4, "big") + value)
    return digest.hexdigest()


def check_message(body: str, attributes: Mapping[str, Mapping[str, Any]], most_bytes: int) -> int:
    """The size of a message in bytes. Raises AwsError if it cannot be sent."""
    if not body:
        raise AwsError("MissingParameter", "The request must contain the parameter MessageBody.")
    if not _ALLOWED.fullmatch(body):
        raise AwsError("InvalidMessageContents", "The message has characters that XML 1.0 does not allow.")
    size = len(body.encode())
    if len(attributes) > 10:
        raise AwsError("InvalidParameterValue", f"{len(attributes)} message attributes: there can be 10.")
    for name, attribute in attributes.items():
        kind = str(attribute.get("DataType", ""))
        if kind.split(".", maxsplit=1)[0] not in {"String", "Number", "Binary"}:
            raise AwsError(
                "InvalidParameterValue",
                f"The message attribute '{name}' has an invalid message attribute type {kind!r}: "
                "use String, Number or Binary.",
            )
        size += len(name.encode()) + len(kind) + len(_value(attribute))
    if size > most_bytes:
        raise AwsError(
            "InvalidParameterValue",
            f"One or more parameters are invalid. Reason: Message must be shorter than {most_bytes} bytes.",
        )
    return size


def _value(attribute: Mapping[str, Any]) -> bytes:
    if str(attribute["DataType"]).startswith("Binary"):
        return base64.b64decode(attribute.get("BinaryValue", ""))
    return str(attribute.get("StringValue", "")).encode()
