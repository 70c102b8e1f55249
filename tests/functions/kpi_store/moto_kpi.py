"""The table `kpi` and the bucket beside it on moto; clients cost a test its time, so they are made once."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, Final

import boto3
import pytest
from moto import mock_aws

REGION: Final = "ap-southeast-1"
_numbers = count()


@contextmanager
def clients() -> Iterator[tuple[Any, Any]]:
    """DynamoDB and S3, as long as the context lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        with mock_aws():
            s3 = boto3.client("s3", region_name=REGION)
            s3.create_bucket(Bucket="curated", CreateBucketConfiguration={"LocationConstraint": REGION})
            yield boto3.client("dynamodb", region_name=REGION), s3


def new_table(dynamodb: Any) -> str:
    """The name of an empty table with the keys of `kpi`."""
    name = f"kpi-{next(_numbers)}"
    dynamodb.create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return name
