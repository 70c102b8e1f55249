"""What DescribeTable says of a table."""

from collections.abc import Mapping
from typing import Any, Final

from local.aws.service import Answer
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


def described_index(arn: str, its: Mapping[str, Any]) -> dict[str, Any]:
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


def settle(description: dict[str, Any], request: Request) -> None:
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


def check_keys(request: Request) -> None:
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
