"""Small programs, deployed, changed, deployed again."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local.aws.server import Aws
from local.clock import Clock
from local.deploy.__main__ import main
from local.deploy.clients import Clients
from local.deployment import Deployment
from local.endpoints import Endpoints
from offline.errors import UsageError
from tests.local.deploy.platforms import ACCOUNT, REGION, Platform, platform

QUEUE = """
dead = aws.sqs.Queue("dead")
queue = aws.sqs.Queue(
    "jobs",
    visibility_timeout_seconds=60,
    redrive_policy=pulumi.Output.json_dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 3}),
)
pulumi.export("url", queue.url)
"""
TABLE = """
table = aws.dynamodb.Table(
    "cars", billing_mode="PAY_PER_REQUEST", hash_key="id",
    attributes=[{"name": "id", "type": "S"}, {"name": "at", "type": "N"}],
    global_secondary_indexes=[{
        "name": "by_time", "projection_type": "ALL",
        "key_schemas": [{"attribute_name": "at", "key_type": "HASH"}],
    }],
    ttl={"attribute_name": "gone_at", "enabled": True}, stream_enabled=True, stream_view_type="NEW_IMAGE",
)
pulumi.export("stream", table.stream_arn)
"""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Platform]:
    with platform(tmp_path / ".local", tmp_path / "project") as made:
        yield made


def test_a_queue_exists_with_its_attributes_and_the_program_gets_its_url(here: Platform) -> None:
    result = here.deploy(QUEUE)
    assert result.errors == []
    url = result.exports["url"]
    attributes = here.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "60"
    assert json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"] == here.named("dead").arn
    assert here.named("jobs").id == url
    assert here.named("jobs").created


def test_names_are_those_given_and_seven_digits_and_stay(here: Platform) -> None:
    here.deploy(QUEUE)
    name = here.named("jobs")["name"]
    assert len(name) == len("jobs-") + 7
    here.deploy(QUEUE.replace("60", "61"))
    assert here.named("jobs")["name"] == name


def test_deploying_the_same_again_changes_nothing(here: Platform) -> None:
    here.deploy(QUEUE + TABLE)
    before = here.folder.deployment.read_text()
    result = here.deploy(QUEUE + TABLE)
    assert dict(result.changes) == {"same": 3}
    assert here.folder.deployment.read_text() == before


def test_a_changed_attribute_is_changed_in_place_and_messages_stay(here: Platform) -> None:
    url = here.deploy(QUEUE).exports["url"]
    here.client("sqs").send_message(QueueUrl=url, MessageBody="kept")
    result = here.deploy(QUEUE.replace("visibility_timeout_seconds=60", "visibility_timeout_seconds=120"))
    assert dict(result.changes) == {"same": 1, "updated": 1}
    asked = here.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (asked["VisibilityTimeout"], asked["ApproximateNumberOfMessages"]) == ("120", "1")


def test_an_attribute_that_is_taken_out_gets_its_default_again(here: Platform) -> None:
    url = here.deploy(QUEUE).exports["url"]
    here.deploy(QUEUE.replace("visibility_timeout_seconds=60,", ""))
    asked = here.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert asked["VisibilityTimeout"] == "30"


def test_a_table_has_its_index_its_time_to_live_and_its_stream(here: Platform) -> None:
    result = here.deploy(TABLE)
    assert result.errors == []
    client, name = here.client("dynamodb"), here.named("cars").id
    there = client.describe_table(TableName=name)["Table"]
    assert there["LatestStreamArn"] == result.exports["stream"]
    assert [index["IndexName"] for index in there["GlobalSecondaryIndexes"]] == ["by_time"]
    live = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert live["AttributeName"] == "gone_at"


def test_an_index_is_added_in_place_and_items_stay(here: Platform) -> None:
    here.deploy(TABLE)
    client, name = here.client("dynamodb"), here.named("cars").id
    client.put_item(TableName=name, Item={"id": {"S": "car-1"}, "at": {"N": "1"}})
    more = TABLE.replace(
        "global_secondary_indexes=[{",
        'global_secondary_indexes=[{"name": "more", "projection_type": "ALL", '
        '"key_schemas": [{"attribute_name": "at", "key_type": "HASH"}]}, {',
    )
    result = here.deploy(more)
    assert dict(result.changes) == {"updated": 1}
    indexes = client.describe_table(TableName=name)["Table"]["GlobalSecondaryIndexes"]
    assert {index["IndexName"] for index in indexes} == {"by_time", "more"}
    assert client.get_item(TableName=name, Key={"id": {"S": "car-1"}})["Item"]["at"] == {"N": "1"}


def test_another_key_replaces_a_table_with_a_warning(here: Platform) -> None:
    here.deploy(TABLE)
    client, name = here.client("dynamodb"), here.named("cars").id
    client.put_item(TableName=name, Item={"id": {"S": "car-1"}, "at": {"N": "1"}})
    result = here.deploy(TABLE.replace('"id"', '"vin"'))
    assert result.errors == []
    assert dict(result.changes) == {"replaced": 1}
    assert "what it held is gone" in result.warnings[0]
    there = client.describe_table(TableName=name)["Table"]
    assert (there["KeySchema"][0]["AttributeName"], there["ItemCount"]) == ("vin", 0)


def test_what_the_program_has_no_more_is_deleted(here: Platform) -> None:
    url = here.deploy(QUEUE + TABLE).exports["url"]
    result = here.deploy(TABLE)
    assert result.errors == []
    assert result.changes["deleted"] == 2
    with pytest.raises(ClientError, match="NonExistentQueue"):
        here.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    assert {one.type for one in here.deployment.resources.values() if one.created} == {
        "aws:dynamodb/table:Table"
    }


def test_a_failed_resource_is_named_and_the_next_deployment_goes_on(here: Platform) -> None:
    bad = QUEUE + 'aws.sqs.Queue("bad", name="no queue of AWS is named so!")\n'
    result = here.deploy(bad)
    assert result.failed
    assert "aws:sqs/queue:Queue::bad (aws:sqs/queue:Queue)" in result.errors[0]
    assert "InvalidParameterValue" in result.errors[0]
    good = here.deploy(QUEUE)
    assert good.errors == []
    assert good.changes["same"] + good.changes["created"] == 2


def test_a_failed_deployment_deletes_nothing(here: Platform) -> None:
    url = here.deploy(QUEUE).exports["url"]
    here.deploy('raise ValueError("the program is wrong")')
    assert here.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])


def test_an_error_of_the_program_is_the_result(here: Platform) -> None:
    result = here.deploy('raise ValueError("the program is wrong")')
    assert "the program is wrong" in result.errors[0]


@pytest.mark.parametrize("program", [QUEUE, TABLE])
def test_what_a_lost_deployment_made_is_taken_over(here: Platform, program: str) -> None:
    first = here.deploy(program).exports
    here.folder.deployment.unlink()
    again = here.deploy(program.replace("visibility_timeout_seconds=60", "visibility_timeout_seconds=120"))
    assert again.errors == []
    assert again.exports == first


def test_what_is_only_recorded_has_outputs_in_the_form_of_aws(here: Platform) -> None:
    here.deploy(
        """
        role = aws.iam.Role("worker", assume_role_policy="{}")
        key = aws.kms.Key("key")
        pulumi.export("role", role.arn)
        pulumi.export("key", key.arn)
        """
    )
    exports = here.deployment.exports
    assert exports["role"] == f"arn:aws:iam::{ACCOUNT}:role/{here.named('worker').id}"
    assert exports["key"] == f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{here.named('key').id}"
    assert not here.named("key").created


def test_an_output_that_nobody_made_up_is_named_when_it_is_used(here: Platform) -> None:
    result = here.deploy(
        """
        domain = aws.transfer.Server("files")
        aws.ssm.Parameter("where", type="String", value=domain.endpoint)
        """
    )
    assert "endpoint of aws:transfer/server:Server is used, which nobody made up" in result.errors[0]
    assert "local/deploy/forms_of_outputs.py" in result.errors[0]


def test_an_output_that_nobody_made_up_may_not_be_exported(here: Platform) -> None:
    result = here.deploy('pulumi.export("where", aws.transfer.Server("files").endpoint)')
    assert "an export of the stack: endpoint of aws:transfer/server:Server" in result.errors[0]


def test_an_arn_made_of_nothing_is_an_error(here: Platform) -> None:
    result = here.deploy(
        """
        role = aws.iam.Role("worker", assume_role_policy="{}")
        arn = role.max_session_duration.apply(lambda none: f"arn:aws:sqs:ap-southeast-1:111122223333:{none}")
        aws.ssm.Parameter("where", type="String", value=arn)
        """
    )
    assert "was made of an output without a value" in result.errors[0]


def test_a_function_has_another_version_when_it_changed(here: Platform) -> None:
    program = """
        role = aws.iam.Role("worker", assume_role_policy="{}")
        function = aws.lambda_.Function(
            "worker", role=role.arn, runtime="python3.13", handler="m.handler", publish=True,
            code=pulumi.AssetArchive({"m.py": pulumi.StringAsset("handler = print")}),
        )
        pulumi.export("version", function.version)
    """
    assert here.deploy(program).exports["version"] == "1"
    assert here.deploy(program).exports["version"] == "1"
    assert here.deploy(program.replace("handler = print", "handler = len")).exports["version"] == "2"


def test_an_object_is_put_again_when_its_file_changed(here: Platform) -> None:
    program = """
        bucket = aws.s3.Bucket("pages", force_destroy=True)
        aws.s3.BucketObjectv2("page", bucket=bucket.bucket, key="i.html", source=pulumi.FileAsset("i.html"))
    """
    here.program(program)
    (here.project / "i.html").write_text("one")
    assert here.deploy().errors == []
    (here.project / "i.html").write_text("two")
    assert dict(here.deploy().changes) == {"same": 1, "updated": 1}
    client = here.client("s3")
    assert client.get_object(Bucket=here.named("pages").id, Key="i.html")["Body"].read() == b"two"
    assert dict(here.deploy("").changes) == {"deleted": 2}
    assert client.list_buckets()["Buckets"] == []


def test_a_bucket_with_objects_of_others_is_kept(here: Platform) -> None:
    here.deploy('aws.s3.Bucket("pages")')
    name = here.named("pages").id
    here.client("s3").put_object(Bucket=name, Key="mine", Body=b"!")
    assert "is not empty" in here.deploy("").errors[0]
    assert here.named("pages").id == name


def test_events_reach_the_queue_that_a_rule_names(here: Platform) -> None:
    result = here.deploy(
        """
        bus = aws.cloudwatch.EventBus("bus")
        queue = aws.sqs.Queue("events")
        rule = aws.cloudwatch.EventRule("rule", event_bus_name=bus.name, event_pattern='{"source": ["demo"]}')
        aws.cloudwatch.EventTarget("to", rule=rule.name, event_bus_name=bus.name, arn=queue.arn)
        policy = pulumi.Output.json_dumps({"Statement": [{
            "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
            "Resource": queue.arn, "Condition": {"ArnEquals": {"aws:SourceArn": rule.arn}},
        }]})
        aws.sqs.QueuePolicy("may", queue_url=queue.url, policy=policy)
        pulumi.export("bus", bus.name)
        pulumi.export("url", queue.url)
        """
    )
    assert result.errors == []
    entry = {"Source": "demo", "DetailType": "t", "Detail": "{}", "EventBusName": result.exports["bus"]}
    here.client("events").put_events(Entries=[entry])
    found = here.client("sqs").receive_message(QueueUrl=result.exports["url"], WaitTimeSeconds=5)
    assert json.loads(found["Messages"][0]["Body"])["source"] == "demo"


def test_a_secret_is_in_no_output_of_the_command(here: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    here.program(
        """
        secret = aws.secretsmanager.Secret("key")
        words = pulumi.Output.secret("hunter-two")
        aws.secretsmanager.SecretVersion("key-1", secret_id=secret.id, secret_string=words)
        pulumi.export("words", words)
        """
    )
    assert main([str(here.folder.path), "--project", str(here.project), "--json"]) == 0
    printed = capsys.readouterr()
    assert "hunter-two" not in printed.out + printed.err
    held = here.client("secretsmanager").get_secret_value(SecretId=here.named("key").arn)
    assert held["SecretString"] == "hunter-two"
    assert here.folder.deployment.stat().st_mode & 0o077 == 0


def test_an_error_that_quotes_a_secret_hides_it(here: Platform) -> None:
    result = here.deploy(
        """
        words = pulumi.Output.secret("hunter two")
        aws.ssm.Parameter("key", name=words, type="String", value="x")
        aws.sqs.Queue("queue", name=words)
        """
    )
    assert result.failed
    assert "[secret]" in "".join(result.errors)
    assert "hunter" not in "".join(result.errors)


def test_the_command_says_how_it_ended(here: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    here.program(QUEUE)
    place = [str(here.folder.path), "--project", str(here.project)]
    assert main(place) == 0
    assert "created: 2" in capsys.readouterr().out
    here.program('raise ValueError("wrong")')
    assert main(place) == 1
    assert main([*place, "--config", "fleetSize"]) == 2
    assert "is no KEY=VALUE" in capsys.readouterr().err


def test_nothing_changes_when_aws_listens_elsewhere(here: Platform) -> None:
    url = here.deploy(QUEUE).exports["url"]
    with Aws(here.store, Clock.starting(), account=ACCOUNT) as moved:
        before = Endpoints.load(here.folder.endpoints)
        replace(before, aws=int(moved.origin.rpartition(":")[2])).save(here.folder.endpoints)
        result = here.deploy(QUEUE)
        assert dict(result.changes) == {"same": 2}
        there = Clients(moved.origin)("sqs", REGION)
        assert there.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    assert "127.0.0.1" not in here.folder.deployment.read_text()


def test_the_ledger_of_another_account_is_refused(here: Platform) -> None:
    here.deploy(QUEUE)
    here.folder.account.write_text("999988887777")
    with pytest.raises(UsageError, match="take the folder away"):
        here.deploy(QUEUE)


def test_the_program_hears_where_cars_connect(here: Platform) -> None:
    result = here.deploy(
        'pulumi.export("to", aws.iot.get_endpoint(endpoint_type="iot:Data-ATS").endpoint_address)'
    )
    assert result.errors == []
    assert result.exports["to"] == f"127.0.0.1:{Endpoints.load(here.folder.endpoints).mqtt}"


def test_a_function_of_a_provider_without_an_answer_is_named(here: Platform) -> None:
    result = here.deploy('aws.ec2.get_ami(owners=["amazon"])')
    assert "aws:ec2/getAmi:getAmi cannot be answered" in result.errors[0]


def test_a_stack_that_reads_another_is_refused(here: Platform) -> None:
    here.program('aws.sqs.Queue(pulumi.StackReference("hub").get_output("name").apply(str) and "jobs")')
    (here.project / "Pulumi.hub.yaml").write_text("config: {}\n")
    assert "stack dev reads the outputs of stack hub" in here.deploy().errors[0]


def test_a_deployment_that_is_read_again_is_the_same(here: Platform) -> None:
    here.deploy(QUEUE + TABLE)
    copy = here.folder.path / "copy.json"
    Deployment.load(here.folder.deployment).save(copy)
    assert copy.read_text() == here.folder.deployment.read_text()
