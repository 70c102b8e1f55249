"""What DescribeTable says of a table: after CreateTable, after UpdateTable, and at any time."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from local.aws.service import Answer, AwsError
from local.dynamodb.database import Defined
from local.dynamodb.requests import Request
from local.dynamodb.values import invalid

INDEXES: Final = "GlobalSecondaryIndexes"
_NO_THROUGHPUT: Final = {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0}


def described(of: Defined) -> Answer:
    """A table with its counts."""
    answer = dict(of.known["description"])
    answer["ItemCount"] = len(of.table.rows)
    answer["TableSizeBytes"] = sum(row.size for row in of.table.rows.values())
    if of.known["stream"]:
        arn = of.known["stream"]
        answer["LatestStreamArn"] = arn
        answer["LatestStreamLabel"] = arn.rsplit("/", 1)[1]
        answer["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": of.known["streams"][arn]}
    if answer.get("Replicas"):
        answer["GlobalTableVersion"] = "2019.11.21"
    return answer


def created(arn: str, request: Request, at: float) -> dict[str, Any]:
    """What CreateTable makes of a request at s `at`, without counts. Raises AwsError."""
    _check_keys(request)
    description: dict[str, Any] = {
        "TableName": request["TableName"],
        "TableArn": arn,
        "TableId": str(uuid5(NAMESPACE_URL, f"{arn}/{at}")),
        "TableStatus": "ACTIVE",
        "CreationDateTime": at,
        "KeySchema": request["KeySchema"],
        "AttributeDefinitions": request["AttributeDefinitions"],
        "DeletionProtectionEnabled": bool(request.get("DeletionProtectionEnabled")),
        "WarmThroughput": {
            "ReadUnitsPerSecond": 12000,
            "WriteUnitsPerSecond": 4000,
            "Status": "ACTIVE",
        },
    }
    for kind in (INDEXES, "LocalSecondaryIndexes"):
        if request.get(kind):
            description[kind] = [_described_index(arn, its) for its in request[kind]]
    _settle(description, request)
    return description


def changed(
    description: Mapping[str, Any], request: Request, index_changes: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What UpdateTable makes of a description. Raises AwsError."""
    after: dict[str, Any] = json.loads(json.dumps(description))
    types = {its["AttributeName"]: its for its in after["AttributeDefinitions"]}
    types |= {its["AttributeName"]: its for its in request.get("AttributeDefinitions", ())}
    after[INDEXES] = _changed_indexes(after, index_changes)
    used = {
        key["AttributeName"]
        for its in (after, *after[INDEXES], *after.get("LocalSecondaryIndexes", ()))
        for key in its["KeySchema"]
    }
    after["AttributeDefinitions"] = [its for name, its in types.items() if name in used]
    _check_keys(after)
    if not after[INDEXES]:
        del after[INDEXES]
    _settle(after, request)
    if "DeletionProtectionEnabled" in request:
        after["DeletionProtectionEnabled"] = request["DeletionProtectionEnabled"]
    return after


def _changed_indexes(
    description: Mapping[str, Any], changes: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    indexes = {its["IndexName"]: its for its in description.get(INDEXES, ())}
    for change in changes:
        ((kind, its),) = change.items()
        name = its["IndexName"]
        if kind == "Create" and name in indexes:
            raise invalid(f"Attempting to create an index which already exists: {name}")
        if kind != "Create" and name not in indexes:
            raise AwsError("ResourceNotFoundException", f"Requested resource not found: index {name}")
        if kind == "Delete":
            del indexes[name]
        elif kind == "Create":
            indexes[name] = _described_index(description["TableArn"], its)
    return list(indexes.values())


def _described_index(arn: str, its: Mapping[str, Any]) -> dict[str, Any]:
    """An index of the table of this ARN."""
    throughput = {**_NO_THROUGHPUT, **its.get("ProvisionedThroughput", {})}
    return {
        "IndexName": its["IndexName"],
        "IndexArn": f"{arn}/index/{its['IndexName']}",
        "IndexStatus": "ACTIVE",
        "KeySchema": its["KeySchema"],
        "Projection": its["Projection"],
        "ProvisionedThroughput": throughput,
        "IndexSizeBytes": 0,
        "ItemCount": 0,
    }


def _settle(description: dict[str, Any], request: Request) -> None:
    """How it is billed and encrypted: only remembered."""
    mode = request.get("BillingMode")
    if mode:
        description["BillingModeSummary"] = {"BillingMode": mode}
    throughput = request.get("ProvisionedThroughput", {})
    description["ProvisionedThroughput"] = {
        **description.get("ProvisionedThroughput", _NO_THROUGHPUT),
        **throughput,
    }
    if "SSESpecification" in request:
        wanted = request["SSESpecification"]
        description["SSEDescription"] = {
            "Status": "ENABLED" if wanted.get("Enabled") else "DISABLED",
            "SSEType": "KMS",
        }
        if "KMSMasterKeyId" in wanted:
            description["SSEDescription"]["KMSMasterKeyArn"] = wanted["KMSMasterKeyId"]
    if request.get("TableClass"):
        description["TableClassSummary"] = {"TableClass": request["TableClass"]}
    if "OnDemandThroughput" in request:
        description["OnDemandThroughput"] = request["OnDemandThroughput"]


def _check_keys(request: Request) -> None:
    """Raises AwsError unless the definitions and the keys of table and indexes belong together."""
    types = {its["AttributeName"]: its["AttributeType"] for its in request["AttributeDefinitions"]}
    wrong = {name: kind for name, kind in types.items() if kind not in ("S", "N", "B")}
    if wrong:
        raise invalid(f"AttributeDefinitions: {wrong}: the type of a key is S, N or B")
    used = set()
    for its in (request, *request.get(INDEXES, ()), *request.get("LocalSecondaryIndexes", ())):
        kinds = [key["KeyType"] for key in its["KeySchema"]]
        if kinds not in (["HASH"], ["HASH", "RANGE"]):
            raise invalid(f"KeySchema {its['KeySchema']}: a HASH key and then at most one RANGE key can be")
        used |= {key["AttributeName"] for key in its["KeySchema"]}
    if used != types.keys():
        raise invalid(
            "One or more parameter values were invalid: AttributeDefinitions and keys of the table and its "
            f"indexes differ: {', '.join(sorted(used ^ types.keys()))}"
        )
