"""Resource policies name whom they allow.

PASS     named accounts, roles or services; everybody, under a condition that pins the organisation, account,
         network or source to named ones
FAIL     `NotPrincipal`, `NotAction`, `NotResource`, a wildcard in an action; every log group of a Region; an
         Allow for every principal without such a condition, or with a wildcard as its value; a document
         that is no JSON; a Lambda permission or layer for everybody
UNKNOWN  the document or the principal is known only at deployment
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pulumi_policy import Severity

from ..core.documents import VALID_DOCUMENT, Statement, statements
from ..core.peek import MISSING, UNKNOWN, places
from ..core.pinned import is_pinned, is_wild
from ..core.rule import Outcome, Resource, ResourceRule, Verdict
from .security_groups import GROUP

DOCUMENTS: Mapping[str, tuple[str, str]] = {
    "aws:s3/bucketPolicy:BucketPolicy": ("policy", "S3.2"),
    "aws:s3/bucket:Bucket": ("policy", "S3.2"),
    "aws:s3/bucketV2:BucketV2": ("policy", "S3.2"),
    "aws:s3control/accessPointPolicy:AccessPointPolicy": ("policy", ""),
    "aws:s3control/bucketPolicy:BucketPolicy": ("policy", ""),
    "aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy": ("details.policy", ""),
    "aws:s3tables/tableBucketPolicy:TableBucketPolicy": ("resourcePolicy", ""),
    "aws:s3tables/tablePolicy:TablePolicy": ("resourcePolicy", ""),
    "aws:sns/topic:Topic": ("policy", "SNS.4"),
    "aws:sns/topicPolicy:TopicPolicy": ("policy", "SNS.4"),
    "aws:sqs/queue:Queue": ("policy", "SQS.3"),
    "aws:sqs/queuePolicy:QueuePolicy": ("policy", "SQS.3"),
    "aws:secretsmanager/secret:Secret": ("policy", ""),
    "aws:secretsmanager/secretPolicy:SecretPolicy": ("policy", ""),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": ("policy", ""),
    "aws:ecr/registryPolicy:RegistryPolicy": ("policy", ""),
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy": ("policy", ""),
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": ("policyDocument", ""),
    "aws:cloudwatch/logDestinationPolicy:LogDestinationPolicy": ("accessPolicy", ""),
    "aws:backup/vaultPolicy:VaultPolicy": ("policy", ""),
    "aws:kinesis/resourcePolicy:ResourcePolicy": ("policy", ""),
    "aws:dynamodb/resourcePolicy:ResourcePolicy": ("policy", ""),
    "aws:opensearch/domain:Domain": ("accessPolicies", ""),
    "aws:opensearch/domainPolicy:DomainPolicy": ("accessPolicies", ""),
    "aws:elasticsearch/domain:Domain": ("accessPolicies", ""),
    "aws:elasticsearch/domainPolicy:DomainPolicy": ("accessPolicies", ""),
    "aws:efs/fileSystemPolicy:FileSystemPolicy": ("policy", ""),
    "aws:glue/resourcePolicy:ResourcePolicy": ("policy", ""),
    "aws:codeartifact/domainPermissions:DomainPermissions": ("policyDocument", ""),
    "aws:codeartifact/repositoryPermissionsPolicy:RepositoryPermissionsPolicy": ("policyDocument", ""),
    "aws:codebuild/resourcePolicy:ResourcePolicy": ("policy", ""),
    "aws:acmpca/policy:Policy": ("policy", ""),
    "aws:amp/resourcePolicy:ResourcePolicy": ("policyDocument", ""),
    "aws:msk/clusterPolicy:ClusterPolicy": ("policy", ""),
    "aws:schemas/registryPolicy:RegistryPolicy": ("policy", ""),
    "aws:ses/identityPolicy:IdentityPolicy": ("policy", ""),
    "aws:sesv2/emailIdentityPolicy:EmailIdentityPolicy": ("policy", ""),
    "aws:lambda/resourcePolicy:ResourcePolicy": ("policy", "Lambda.1"),
    "aws:redshift/resourcePolicy:ResourcePolicy": ("policy", ""),
    "aws:redshiftserverless/resourcePolicy:ResourcePolicy": ("policy", ""),
    "aws:networkfirewall/resourcePolicy:ResourcePolicy": ("policy", ""),
    "aws:vpclattice/authPolicy:AuthPolicy": ("policy", ""),
    "aws:vpclattice/resourcePolicy:ResourcePolicy": ("policy", ""),
    "aws:xray/resourcePolicy:ResourcePolicy": ("policyDocument", ""),
    "aws:oam/sinkPolicy:SinkPolicy": ("policy", ""),
}
"""Type token -> path of its policy document, and the AWS Security Hub control on it."""

PRINCIPALS: Mapping[str, tuple[str, str]] = {
    "aws:lambda/permission:Permission": ("principal", "Lambda.1"),
    "aws:lambda/layerVersionPermission:LayerVersionPermission": ("principal", ""),
    "aws:cloudwatch/eventPermission:EventPermission": ("principal", ""),
}
"""Type token -> path of a principal beside the document, where `*` is everybody."""

LOG_POLICY = "aws:cloudwatch/logResourcePolicy:LogResourcePolicy"
_ACTIONS = "Write each action in full"
_RESOURCES = "Name the resources that it is about"
_WAY_OUT = "Name the principals, or pin aws:PrincipalOrgID, aws:SourceAccount or aws:SourceArn in a condition"


def judge(resource: Resource) -> Iterator[Verdict]:
    """The verdicts on one resource with a policy, or on one permission."""
    if resource.type in DOCUMENTS:
        path, control = DOCUMENTS[resource.type]
        for at, value in places(resource.props, path):
            yield from _document(at, value, control)
    if resource.type == LOG_POLICY:
        yield from _log_groups(resource)
    if resource.type in PRINCIPALS:
        path, control = PRINCIPALS[resource.type]
        yield from _principal(resource, path, control)


def _document(path: str, value: object, control: str) -> Iterator[Verdict]:
    if value is MISSING or value == "":
        return
    if value is UNKNOWN:
        yield Verdict(Outcome.UNKNOWN, path, "is known only at deployment", _WAY_OUT, control)
        return
    found = statements(value)
    if found is None:
        yield Verdict(Outcome.FAIL, path, "is not a JSON policy document", VALID_DOCUMENT, control)
        return
    for statement in found:
        if statement.allows:
            yield from _statement(f"{path} {statement.path}", statement, control)


def _statement(path: str, statement: Statement, control: str) -> Iterator[Verdict]:
    if statement.has("NotPrincipal"):
        yield Verdict(Outcome.FAIL, path, "allows all principals but some", _WAY_OUT, control)
    elif statement.is_for_anyone and not is_pinned(statement):
        yield Verdict(Outcome.FAIL, path, "allows every principal", _WAY_OUT, control)
    if statement.has("NotAction") or any("*" in action for action in statement.texts("Action")):
        yield Verdict(Outcome.FAIL, path, "has a wildcard in an action", _ACTIONS, control)
    if statement.has("NotResource"):
        yield Verdict(Outcome.FAIL, path, "is about all resources but some", _RESOURCES, control)


def _log_groups(resource: Resource) -> Iterator[Verdict]:
    """A policy on logs is one of a whole Region: its resources are what limits it."""
    for at, value in places(resource.props, "policyDocument"):
        for statement in statements(value) or ():
            if statement.allows and any(not text.strip("*?:") for text in statement.texts("Resource")):
                yield Verdict(Outcome.FAIL, f"{at} {statement.path}", "is about every log group", _RESOURCES)


def _principal(resource: Resource, path: str, control: str) -> Iterator[Verdict]:
    for at, value in places(resource.props, path):
        if value is UNKNOWN:
            yield Verdict(Outcome.UNKNOWN, at, "is known only at deployment", _WAY_OUT, control)
        elif value == "*" and not _is_pinned_beside(resource):
            yield Verdict(Outcome.FAIL, at, "is everybody", _WAY_OUT, control)


def _is_pinned_beside(resource: Resource) -> bool:
    names = ("principalOrgId", "sourceAccount", "sourceArn", "organizationId", "condition")
    return any(
        value is not MISSING and value != "" and not is_wild(value)
        for name in names
        for _, value in places(resource.props, name)
    )


RULE = ResourceRule(
    name="exposure-policies",
    group=GROUP,
    description="Resource policies and permissions allow named principals only.",
    remediation=f"{_WAY_OUT}.",
    severity=Severity.CRITICAL,
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
    controls=("S3.2", "S3.3", "SNS.4", "SQS.3", "Lambda.1"),
    types=frozenset(DOCUMENTS) | frozenset(PRINCIPALS),
    judge=judge,
)
