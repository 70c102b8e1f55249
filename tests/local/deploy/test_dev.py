"""The unmodified program's stack `dev`, deployed once."""

import json
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from local.deploy import DeployResult
from local.deploy.kinds import Kind
from local.folder import ROOT
from tests.local.deploy.platforms import ACCOUNT, REGION, Platform, platform

_ARN = re.compile(r"arn:aws:[a-z0-9-]+:([a-z]{2}-[a-z]+-\d)?:(\d{12}|lambda)?:[^\s:][^\s]*")


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with platform(tmp_path_factory.mktemp("dev"), ROOT) as made:
        yield made


@pytest.fixture(scope="module")
def result(dev: Platform) -> DeployResult:
    return dev.deploy()


def test_all_of_it_is_deployed(result: DeployResult) -> None:
    assert result.errors == []
    assert result.warnings == []
    assert set(result.changes) == {"created"}
    assert result.changes["created"] == sum(sum(types.values()) for types in result.kinds.values())


def test_what_holds_data_or_moves_events_is_created(dev: Platform, result: DeployResult) -> None:
    created = Counter(one.type for one in dev.deployment.resources.values() if one.created)
    assert dict(created) == result.kinds[Kind.CREATED]
    assert {
        "aws:cloudwatch/eventBus:EventBus",
        "aws:cognito/userPool:UserPool",
        "aws:dynamodb/table:Table",
        "aws:kinesis/stream:Stream",
        "aws:s3/bucket:Bucket",
        "aws:sns/topic:Topic",
        "aws:sqs/queue:Queue",
    } <= set(created)


@pytest.mark.usefixtures("result")
def test_aws_has_what_the_ledger_says(dev: Platform) -> None:
    deployment = dev.deployment
    tables = {one.id for one in deployment.all("aws:dynamodb/table:Table")}
    assert set(dev.client("dynamodb").list_tables()["TableNames"]) == tables
    queues = {one.id for one in deployment.all("aws:sqs/queue:Queue") if one.region == REGION}
    assert set(dev.client("sqs").list_queues()["QueueUrls"]) == queues
    buckets = {one.id for one in deployment.all("aws:s3/bucket:Bucket")}
    assert {one["Name"] for one in dev.client("s3").list_buckets()["Buckets"]} == buckets
    topics = {one.arn for one in deployment.all("aws:sns/topic:Topic") if one.region == REGION}
    assert {one["TopicArn"] for one in dev.client("sns").list_topics()["Topics"]} == topics


@pytest.mark.usefixtures("result")
def test_every_arn_is_in_the_form_of_aws(dev: Platform) -> None:
    checked = 0
    for one in dev.deployment.resources.values():
        for name, value in one.outputs.items():
            if name not in one.inputs and name.lower().endswith("arn") and value:
                found = _ARN.fullmatch(value)
                assert found, f"{name} of {one.urn} is {value!r}"
                assert found[2] in (None, ACCOUNT, "lambda"), one.urn
                checked += 1
    assert checked > 300


@pytest.mark.usefixtures("result")
def test_no_output_was_left_without_a_value(dev: Platform) -> None:
    text = dev.folder.deployment.read_text()
    assert "[unset " not in text
    assert not re.search(r"\bNone\b", text.replace("If-None-Match", ""))


@pytest.mark.usefixtures("result")
def test_functions_are_told_of_tables_queues_and_streams_that_exist(dev: Platform) -> None:
    deployment = dev.deployment
    tables = {one.id for one in deployment.all("aws:dynamodb/table:Table")}
    for function in deployment.all("aws:lambda/function:Function"):
        variables = function.inputs["environment"]["variables"]
        for name, value in variables.items():
            if name.endswith("_TABLE"):
                assert value in tables, f"{name} of {function.name}"
    arns = {one.outputs.get("streamArn") for one in deployment.all("aws:dynamodb/table:Table")}
    arns |= {
        one.arn
        for kind in ("sqs/queue:Queue", "kinesis/stream:Stream")
        for one in deployment.all(f"aws:{kind}")
    }
    for mapping in deployment.all("aws:lambda/eventSourceMapping:EventSourceMapping"):
        assert mapping["eventSourceArn"] in arns, mapping.urn


@pytest.mark.usefixtures("result")
def test_pages_are_in_their_bucket(dev: Platform) -> None:
    pages = [
        one for one in dev.deployment.all("aws:s3/bucketObjectv2:BucketObjectv2") if "source" in one.inputs
    ]
    assert pages
    (bucket,) = {page["bucket"] for page in pages if "cacheControl" in page.inputs}
    there = dev.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert {one["Key"] for one in there if one["Size"]} >= {
        page["key"] for page in pages if page["bucket"] == bucket
    }


@pytest.mark.usefixtures("result")
def test_rest_apis_call_functions_that_are_deployed(dev: Platform) -> None:
    deployment = dev.deployment
    aliases = {one.arn for one in deployment.all("aws:lambda/alias:Alias")}
    called = set()
    for api in deployment.all("aws:apigateway/restApi:RestApi"):
        called |= set(re.findall(r"functions/(arn:[^/\"]+)/invocations", json.dumps(api.inputs["body"])))
    assert called
    assert called <= aliases


@pytest.mark.usefixtures("result")
def test_deploying_it_again_changes_nothing(dev: Platform) -> None:
    before = dev.deployment
    again = dev.deploy()
    assert again.errors == []
    assert set(again.changes) == {"same"}
    assert dev.deployment == before
