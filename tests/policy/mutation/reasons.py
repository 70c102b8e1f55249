"""Why a weakening may survive. A row is a type, a place and a kind, each a shell pattern, and the reason.

A row that nothing needs any longer fails a test: so the list can only get shorter, or be argued for anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from .runner import Survivor


@dataclass(frozen=True)
class Reason:
    """Why weakenings of these places need no rule."""

    type: str
    """What the type token ends with, without its service: `Queue`; `*` for all."""
    place: str
    kind: str
    text: str

    def fits(self, survivor: Survivor) -> bool:
        """Whether it explains a survivor."""
        token = survivor.type.rpartition(":")[2]
        return (
            fnmatchcase(token, self.type)
            and fnmatchcase(survivor.place.replace("[]", ""), self.place.replace("[]", ""))
            and fnmatchcase(survivor.kind, self.kind)
        )


GUARD: Final = (
    "That a stack has one at all, a pack that knows no project cannot demand. The rename guard refuses a "
    "change with which a URN disappears (`ev urns`, docs/offline.md)."
)
PINNED: Final = (
    "A condition still says for which account or resource: AWS's own test of public access passes it, too."
)
OTHER_CONDITION: Final = "The other condition of the statement still says for which account or resource."
ITSELF: Final = "Such a policy holds for the one resource that has it, whatever it names: nothing is widened."
NARROWER: Final = (
    "The statement names its resources. How much further a function of ours is narrowed is its design, which "
    "its own tests hold with an evaluator of policies (tests/iam_evaluator.py)."
)
PRODUCT: Final = "Says what the product does, and protects nothing."
SPEED: Final = "Is about speed or cost of delivery, not about protection."
STRICTER: Final = "The other value is as strict, or stricter."
LABEL: Final = "Names a Region in order to measure or route; no data goes there."
BOUNDARY: Final = "Waived in the stacks' configuration: a boundary grants nothing, it cuts what a role has."

REASONS: Final = (
    # What is gone
    *(
        Reason(name, "", "gone", GUARD)
        for name in (
            "AccountPasswordPolicy",
            "AccountPublicAccessBlock",
            "Analyzer",
            "AnomalyMonitor",
            "AnomalySubscription",
            "BucketObjectLockConfiguration",
            "Budget",
            "DataCatalogEncryptionSettings",
            "DefaultKmsKey",
            "DeliveryChannel",
            "Detector",
            "DetectorFeature",
            "EncryptionByDefault",
            "EncryptionConfig",
            "InstanceMetadataDefaults",
            "LogDeliveryConfiguration",
            "LoggingOptions",
            "Recorder",
            "Rule",
            "SnapshotBlockPublicAccess",
        )
    ),
    Reason(
        "RedriveAllowPolicy",
        "",
        "gone",
        "Without it other queues may send their dead letters there, too: none is lost.",
    ),
    Reason(
        "TopicPolicy",
        "",
        "gone",
        "Without a policy only the account itself may use the topic; who calls AWS by SDK uses HTTPS.",
    ),
    Reason(
        "TopicPolicy",
        "policy Deny *",
        "Deny removed",
        "A second belt: publishers are services and SDKs, which use HTTPS; no public standard asks for it.",
    ),
    Reason(
        "LogDeliveryConfiguration",
        "userPoolId",
        "*",
        "A pool without its plan cannot have one: which pool pays for logs is a decision, not a protection.",
    ),
    Reason(
        "BucketObjectLockConfiguration",
        "bucket",
        "*",
        "AWS refuses a lock on a bucket that was not made for it, and the only such bucket is the trail's.",
    ),
    # Policies
    *(
        Reason(name, "* Allow Service", kind, PINNED)
        for name in ("BucketPolicy", "LogResourcePolicy", "QueuePolicy", "Role", "TopicPolicy")
        for kind in ("principal is everybody", "principal is every account")
    ),
    Reason("Permission", "principal", "set to [*]", PINNED),
    Reason(
        "Permission", "sourceArn", "removed", "`sourceAccount` beside it still says whose call it must be."
    ),
    *(
        Reason(name, "*", f"condition {key} {what}", OTHER_CONDITION)
        for name, keys in (
            ("LogResourcePolicy", ("aws:SourceAccount", "aws:SourceArn")),
            ("Key", ("aws:SourceArn", "kms:EncryptionContext:*")),
            ("ReplicaKey", ("aws:SourceArn", "kms:EncryptionContext:*")),
            ("BucketPolicy", ("s3:x-amz-acl",)),
        )
        for key in keys
        for what in ("removed", "is a wildcard")
    ),
    *(
        Reason(name, "*", "resource is everything", ITSELF)
        for name in ("BucketPolicy", "QueuePolicy", "TopicPolicy")
    ),
    Reason(
        "VpcEndpoint",
        "policy Allow [*]",
        "action is everything",
        "An endpoint serves one service: all actions are all of that service, for callers that stay pinned.",
    ),
    Reason("RolePolicy", "policy Allow", "condition *", NARROWER),
    Reason("RolePolicy", "policy Deny", "*", NARROWER),
    Reason("Policy", "policy Allow", "condition removed", NARROWER),
    Reason(
        "RolePolicy",
        "policy Allow",
        "resource is everything",
        "Its condition still names the records that may be changed, or no action of it can name a resource.",
    ),
    Reason(
        "Policy",
        "policy Allow",
        "resource is everything",
        "A device may connect only as the thing that its certificate belongs to, whatever the resource says.",
    ),
    Reason("Policy", "policy", "statement added: *", BOUNDARY),
    Reason("Policy", "policy Deny", "Deny *", BOUNDARY),
    # Keys and data
    Reason("ReplicaKey", "primaryKeyArn", "*", "Names the key that it is a replica of; it encrypts nothing."),
    Reason(
        "BucketObjectv2",
        "kmsKeyId",
        "key removed",
        "The object then takes the key of its bucket, which `encryption-storage` judges.",
    ),
    Reason("Bucket*", "*bucketKeyEnabled", "*", "Saves calls to KMS; the key is the same."),
    Reason("Key", "multiRegion", "*", "Whether a key has replicas is for availability; each is judged."),
    Reason("Table", "streamEnabled", "*", PRODUCT),
    Reason("Table", "ttl.enabled", "*", PRODUCT),
    Reason("Table", "replicas[].propagateTags", "*", "`tags-required` wants the tags on the table itself."),
    Reason("*", "deletionProtectionEnabled", "switched on", STRICTER),
    Reason("*", "forceDestroy", "switched off", STRICTER),
    Reason("*", "forceDelete", "switched off", STRICTER),
    Reason("Zone", "forceDestroy", "switched on", "`dev` has `protection-deletion` at advisory: it may go."),
    Reason(
        "BucketObjectv2",
        "forceDestroy",
        "opened",
        "`dev` has `protection-deletion` at advisory: its data may go.",
    ),
    Reason("Event*", "forceDestroy", "opened", "Is about rules that AWS manages; ours are none of them."),
    Reason(
        "Bucket",
        "objectLockEnabled",
        "*",
        "AWS refuses the lock configuration, which is judged, on a bucket without it.",
    ),
    Reason("LayerVersion", "skipDestroy", "*", "Keeps old versions of code, which are in the repository."),
    # Logs
    Reason("*Alarm", "alarmActions", "*", "Another resource acts on the alarm: it still tells somebody."),
    Reason("MetricAlarm", "metricQueries[].returnData", "*", "AWS refuses all but one answer of an alarm."),
    Reason(
        "Recorder",
        "recordingGroup.includeGlobalResourceTypes",
        "*",
        "One Region of a stack records what is global: which, no rule can tell.",
    ),
    Reason("Trail", "isOrganizationTrail", "*", STRICTER),
    Reason(
        "WebAcl", "*sampledRequestsEnabled", "*", "A web ACL's log, which is demanded, has every request."
    ),
    Reason(
        "WebAcl",
        "dataProtectionConfig",
        "removed",
        "`waf-logging-settings` judges what the log leaves out; this is a second belt over samples.",
    ),
    Reason("Group", "insightsConfiguration.*", "*", "Finds causes of faults; traces are there without."),
    Reason("MetricAlarm", "dimensions.Region", "*", LABEL),
    Reason("HealthCheck", "regions[]", "*", "Names from where AWS asks; no data goes there."),
    Reason("Record", "latencyRoutingPolicies[].region", "*", LABEL),
    # Firewall
    Reason("WebAcl", "rules rateBasedStatement", "removed", "Another rate rule of the ACL still blocks."),
    Reason(
        "WebAcl",
        "rules sizeConstraintStatement",
        "*",
        "The common rule set, which is demanded, limits bodies, too; this is for larger ones.",
    ),
    Reason(
        "WebAcl",
        "rules AWSManagedRulesAnonymousIpList",
        "removed",
        "Is no baseline group of AWS: riders may use a VPN.",
    ),
    Reason(
        "WebAcl",
        "*responseHeaders[].value",
        "plain HTTP",
        "Tells browsers who may read an answer that is refused.",
    ),
    # Identities
    Reason(
        "UserPool",
        "adminCreateUserConfig.allowAdminCreateUserOnly",
        "*",
        "Whether strangers may sign up is what a pool is for: staff or riders "
        "(tests/components/test_backoffice_site.py).",
    ),
    Reason("UserPool", "usernameConfiguration.caseSensitive", "*", PRODUCT),
    Reason("UserPoolClient", "allowedOauthFlowsUserPoolClient", "*", STRICTER),
    Reason("UserPoolClient", "generateSecret", "*", STRICTER),
    Reason("ManagedLoginBranding", "useCognitoProvidedValues", "*", PRODUCT),
    Reason("AccountPasswordPolicy", "allowUsersToChangePassword", "*", "There are no users: `iam-users`."),
    # Network
    Reason(
        "Vpc*", "privateDnsEnabled", "*", "Without it calls leave by the NAT gateway, encrypted as before."
    ),
    Reason("Vpc", "enableDns*", "*", "Names then do not resolve: nothing works, and nothing is open."),
    Reason(
        "VpcAttachment",
        "transitGatewayDefaultRouteTable*",
        "*",
        "The gateway has no default route table, so that there is nothing to join.",
    ),
    Reason("Route", "blackhole", "switched off", "AWS refuses a route that has neither target nor hole."),
    Reason("RestApi", "failOnWarnings", "*", "Makes an import of a definition fail; it opens nothing."),
    # Delivery and the product
    Reason("CachePolicy", "*enableAcceptEncoding*", "*", SPEED),
    Reason("Distribution", "*ompress", "*", SPEED),
    Reason("Distribution", "enabled", "*", "Takes the site off the network."),
    Reason("Distribution", "isIpv6Enabled", "*", PRODUCT),
    Reason(
        "ResponseHeadersPolicy",
        "customHeadersConfig.items[].override",
        "*",
        "The origin is a bucket, which sends no such headers.",
    ),
    Reason(
        "ResponseHeadersPolicy",
        "securityHeadersConfig.referrerPolicy.override",
        "*",
        "The origin is a bucket, which sends no such header.",
    ),
    Reason("Function", "publish", "*", PRODUCT),
    Reason(
        "EventSourceMapping", "enabled", "*", "Where it is off, another Region consumes; nothing is lost."
    ),
    Reason("TopicRule", "*", "switched *", PRODUCT),
    Reason("ProvisioningTemplate", "enabled", "*", "Where it is off, no car can enrol."),
    Reason("FirehoseDeliveryStream", "extendedS3Configuration.d*", "switched *", PRODUCT),
    Reason("FirehoseDeliveryStream", "extendedS3Configuration.processing*", "switched *", PRODUCT),
    Reason("Workgroup", "configuration.requesterPaysEnabled", "*", "Says who pays for reading a bucket."),
    Reason("HealthCheck", "enableSni", "*", "Without it AWS's check of an HTTPS endpoint fails."),
    Reason("HealthCheck", "measureLatency", "*", PRODUCT),
    Reason("Record", "aliases[].evaluateTargetHealth", "*", PRODUCT),
    Reason(
        "Zone", "enableAcceleratedRecovery", "*", "Is about how soon records can be changed in an outage."
    ),
    Reason("Canary", "*", "switched off", PRODUCT),
)


def reason_of(survivor: Survivor) -> str:
    """Why a survivor needs no rule; empty when nobody has said."""
    return next((reason.text for reason in REASONS if reason.fits(survivor)), "")
