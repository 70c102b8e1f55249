"""A notification in the forms that SNS delivers it in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.sns.utils import FilterPolicyMatcher

from local.aws.service import AwsError


@dataclass(frozen=True)
class Notification:
    """`bodies`: what is sent by protocol, `default` for all others."""

    id: str
    topic_arn: str | None
    bodies: Mapping[str, str]
    subject: str | None
    at: float
    attributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    group: str | None = None
    deduplication: str | None = None

    def body(self, protocol: str) -> str:
        """What this protocol's subscribers get."""
        return self.bodies.get(protocol, self.bodies["default"])

    def passes(self, subscription: Mapping[str, Any]) -> bool:
        """Whether the subscription's filter policy lets it through."""
        policy = subscription["attributes"].get("FilterPolicy")
        if not policy:
            return True
        scope = subscription["attributes"].get("FilterPolicyScope")
        # The matcher knows the attributes as moto keeps them.
        kept = {
            name: {
                "Type": one["DataType"],
                "Value": float(_value(one)) if one["DataType"] == "Number" else _value(one),
            }
            for name, one in self.attributes.items()
        }
        return bool(FilterPolicyMatcher(json.loads(policy), scope).matches(kept, self.bodies["default"]))

    def envelope(self, protocol: str) -> dict[str, Any]:
        """The notification with what is known of it. Nothing signs here: the signature says so."""
        shown: dict[str, Any] = {"Type": "Notification", "MessageId": self.id, "TopicArn": self.topic_arn}
        if self.subject is not None or protocol == "lambda":
            shown["Subject"] = self.subject
        url = "Url" if protocol == "lambda" else "URL"
        shown |= {
            "Message": self.body(protocol),
            "Timestamp": datetime.fromtimestamp(self.at, UTC).isoformat(timespec="milliseconds")[:23] + "Z",
            "SignatureVersion": "1",
            "Signature": "not-signed-locally",
            f"SigningCert{url}": "https://sns.invalid/certificate.pem",
            f"Unsubscribe{url}": "https://sns.invalid/unsubscribe",
        }
        if self.attributes or protocol == "lambda":
            shown["MessageAttributes"] = {
                name: {"Type": one["DataType"], "Value": _value(one)} for name, one in self.attributes.items()
            }
        return shown

    def lambda_event(self, subscription_arn: str) -> dict[str, Any]:
        """What a subscribed function is invoked with."""
        record = {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": subscription_arn}
        return {"Records": [{**record, "Sns": self.envelope("lambda")}]}


def bodies_of(message: str, structure: str | None) -> dict[str, str]:
    """What each protocol gets. Raises AwsError."""
    if structure is None:
        return {"default": message}
    if structure != "json":
        raise AwsError("InvalidParameter", f"MessageStructure is {structure!r}: use json")
    try:
        bodies = json.loads(message)
    except ValueError as error:
        raise AwsError("InvalidParameter", f"Message Structure - JSON message is no JSON: {error}") from None
    if not isinstance(bodies, dict) or not isinstance(bodies.get("default"), str):
        raise AwsError("InvalidParameter", "Message Structure - No default entry in JSON message body")
    return {name: body for name, body in bodies.items() if isinstance(body, str)}


def _value(attribute: Mapping[str, str]) -> str:
    kind = "BinaryValue" if attribute["DataType"] == "Binary" else "StringValue"
    return str(attribute.get(kind, ""))
