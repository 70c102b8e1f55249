"""Settings that are no booleans: each with the values that weaken it, by the name that the SDK gives it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .leaves import GONE, Way, at, blocks, leaves, pattern, put
from .mutants import ANY, Mutant
from .world import Change, Node, World


@dataclass(frozen=True)
class Weakening:
    """A row: places whose written form ends so, and what is put there."""

    suffix: str
    group: str
    values: tuple[object, ...]
    types: str = ""
    """A part of the type tokens that it is about; empty: all."""

    def fits(self, token: str, place: str) -> bool:
        """Whether a place of a resource of this type is meant."""
        return self.types in token and (place == self.suffix or place.endswith(f".{self.suffix}"))


def _row(suffix: str, group: str, *values: object, types: str = "") -> Weakening:
    return Weakening(suffix, group, values, types)


ROWS: Final = (
    # In transit
    _row("securityPolicy", "tls", "TLS_1_0", GONE, types="/domainName:"),
    _row("tlsConfig.securityPolicy", "tls", "IotSecurityPolicy_TLS10_1_0_2016", GONE),
    _row("viewerCertificate.minimumProtocolVersion", "tls", "TLSv1.1_2016", "TLSv1.2_2018", GONE),
    _row("viewerCertificate.sslSupportMethod", "tls", "vip"),
    _row("viewerProtocolPolicy", "tls", "allow-all"),
    _row("protocol", "tls", "http", types="topicSubscription"),
    _row("type", "tls", "HTTP", types="healthCheck:HealthCheck"),
    # Identities
    _row("mfaConfiguration", "iam", "OFF", GONE),
    _row("softwareTokenMfaConfiguration", "iam", GONE),
    _row("passwordPolicy.minimumLength", "iam", 6),
    _row("minimumPasswordLength", "iam", 8, GONE),
    _row("passwordReusePrevention", "iam", 1, GONE),
    _row("preventUserExistenceErrors", "iam", "LEGACY", GONE),
    _row("explicitAuthFlows", "iam", ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]),
    _row("allowedOauthFlows", "iam", ["implicit"]),
    _row("refreshTokenValidity", "iam", 3650),
    _row("signingBehavior", "exposure", "never"),
    # Exposure
    _row("autoAcceptSharedAttachments", "exposure", "enable"),
    _row("domainName", "hardening", "*.example.com", types="certificate:Certificate"),
    _row("state", "exposure", "unblocked", types="snapshotBlockPublicAccess"),
    _row("rule.objectOwnership", "exposure", "ObjectWriter", "BucketOwnerPreferred"),
    _row("originAccessControlId", "hardening", GONE),
    _row("sourceArn", "iam", GONE, types="lambda/permission:"),
    _row("principal", "exposure", "*", types="lambda/permission:"),
    _row("httpTokens", "hardening", "optional", GONE),
    # Logs
    _row("retentionInDays", "logs", 1, GONE),
    _row("accessLogSettings", "logs", GONE),
    _row("loggingLevel", "logs", "OFF", GONE),
    _row("logFormat", "logs", "Text", GONE),
    _row("loggingConfig", "logs", GONE, types="lambda/function:"),
    _row("applicationLogLevel", "logs", "FATAL"),
    _row("tracingConfig.mode", "logs", "PassThrough"),
    _row("tracingConfig", "logs", GONE),
    _row("trafficType", "logs", "REJECT", types="flowLog"),
    _row("status", "logs", "DISABLED", types="detectorFeature"),
    _row("cloudWatchLogsGroupArn", "logs", GONE),
    _row("advancedEventSelectors", "logs", GONE, [], types="cloudtrail/trail:"),
    _row("defaultLogLevel", "logs", "DISABLED"),
    _row("cloudwatchLoggingOptions", "logs", GONE),
    _row("alarmActions", "logs", GONE, [], types="larm"),
    _row("logConfigurations", "logs", [], types="cognito/logDelivery"),
    # Backup and deletion
    _row("versioningConfiguration.status", "protection", "Suspended", "Disabled"),
    _row("pointInTimeRecovery", "protection", GONE),
    _row("deletionProtectionEnabled", "protection", GONE),
    _row("deletionProtection", "protection", "INACTIVE", GONE),
    _row("retentionPeriod", "protection", 24, GONE, types="kinesis/stream:"),
    _row("defaultRetention.mode", "protection", "GOVERNANCE"),
    _row("defaultRetention.days", "protection", 1),
    _row("deletionWindowInDays", "encryption", 7),
    _row("enableKeyRotation", "encryption", GONE),
    _row("rotationPeriodInDays", "encryption", 2560),
    # Events and queues
    _row("maximumRetryAttempts", "events", -1, types="eventSourceMapping"),
    _row("maximumRetryAttempts", "events", GONE, types="eventSourceMapping"),
    _row("maximumRecordAgeInSeconds", "events", -1, GONE),
    _row("functionResponseTypes", "events", [], GONE),
    _row("destinationConfig", "events", GONE),
    _row("bisectBatchOnFunctionError", "events", GONE),
    _row("deadLetterConfig", "events", GONE),
    _row("retryPolicy.maximumRetryAttempts", "events", 100_000),
    _row("retryPolicy", "events", GONE),
    _row("errorAction", "events", GONE),
    _row("visibilityTimeoutSeconds", "events", 1, GONE),
    _row("messageRetentionSeconds", "events", 60),
    # Firewall
    _row("webAclId", "waf", GONE, ""),
    _row("redactedFields", "waf", GONE, []),
    _row("dataProtectionConfig", "waf", GONE),
    # Hardening and versions
    _row("imageTagMutability", "hardening", "MUTABLE", GONE),
    _row("imageScanningConfiguration", "hardening", GONE),
    _row("defaultRootObject", "hardening", GONE),
    _row("responseHeadersPolicyId", "hardening", GONE),
    _row("securityHeadersConfig.contentSecurityPolicy", "hardening", GONE),
    _row("securityHeadersConfig.strictTransportSecurity", "hardening", GONE),
    _row("securityHeadersConfig.contentTypeOptions", "hardening", GONE),
    _row("securityHeadersConfig.frameOptions", "hardening", GONE),
    _row("securityHeadersConfig", "hardening", GONE),
    _row("strictTransportSecurity.accessControlMaxAgeSec", "hardening", 60),
    _row("frameOptions.frameOption", "hardening", "ALLOW-ALL"),
    _row("runtime", "dead", "python3.8", types="lambda/function:"),
    _row("alarmConfiguration", "hardening", GONE, types="deploymentGroup"),
    _row("autoRollbackConfiguration", "hardening", GONE),
    # Cost
    _row("retentionInDays", "cost", 0, 36_500),
    _row("throttlingRateLimit", "cost", 1_000_000, -1, GONE),
    _row("throttlingBurstLimit", "cost", 1_000_000, -1, GONE),
    _row("bytesScannedCutoffPerQuery", "cost", 2**50, GONE),
    _row("memorySize", "cost", 10_240),
    _row("billingMode", "cost", "PROVISIONED", GONE),
    _row("limitAmount", "cost", GONE, types="budgets/"),
    _row("notifications", "cost", GONE, types="budgets/"),
    _row("abortIncompleteMultipartUpload", "cost", GONE),
    _row("successRetentionPeriod", "cost", 1000),
)


_BY_NAME: Final[dict[str, list[Weakening]]] = defaultdict(list)
for _one in ROWS:
    _BY_NAME[_one.suffix.rpartition(".")[2]].append(_one)


def weakened(_world: World, node: Node) -> Iterator[Mutant]:
    """Each row at each place that it fits."""
    if not node.type.startswith("aws:"):
        return
    for way, _ in (*leaves(node.inputs), *blocks(node.inputs)):
        if not way or not isinstance(way[-1], str):
            continue
        rows = _BY_NAME.get(way[-1])
        if rows is None:
            continue
        place = pattern(way)
        for row in rows:
            if row.fits(node.type, place.replace("[]", "")):
                for value in row.values:
                    if at(node.inputs, way) != value:
                        yield _mutant(node, way, place, row, value)


def _mutant(node: Node, way: Way, place: str, row: Weakening, value: object) -> Mutant:
    said = "removed" if value is GONE else f"set to {_short(value)}"
    return Mutant(said, row.group, place, Change(put(node.inputs, way, value)))


def _short(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(str, value))}]"
    return str(value) or "nothing"


_PLAIN_TEXT: Final = frozenset({"environment", "variables", "environmentVariables", "tags", "policy", "body"})
_ADDRESS: Final = re.compile(r"https://\S+")


def addresses(_world: World, node: Node) -> Iterator[Mutant]:
    """Each address that is called becomes one of plain HTTP."""
    for way, value in leaves(node.inputs):
        if isinstance(value, str) and _ADDRESS.fullmatch(value) and _PLAIN_TEXT.isdisjoint(map(str, way)):
            changed = put(node.inputs, way, value.replace("https://", "http://", 1))
            yield Mutant("plain HTTP", ANY, pattern(way), Change(changed))
