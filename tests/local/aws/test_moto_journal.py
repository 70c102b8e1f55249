"""What moto serves is there again after a restart."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import moto.backends
import pytest
from botocore.exceptions import ClientError

from local.aws.dispatch import Dispatcher
from local.aws.http import HttpServer, Incoming
from local.aws.moto_journal import MotoJournal, changes
from local.aws.notifications import Notifications
from local.aws.service import AwsError
from local.aws.store import Store
from tests.local.aws.calls import ACCOUNT, REGION, client

USED = ("s3", "cognito-idp", "iot", "kms", "sts", "logs", "cloudwatch", "secretsmanager")


class Platform:
    """A server in front of moto, whose process can begin anew."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.queued: list[Any] = []
        self.invoked: list[Any] = []

    def queue(self, arn: str, body: str, source_arn: str) -> None:
        if arn.endswith(":gone"):
            raise AwsError("QueueDoesNotExist", "gone")
        self.queued.append((arn, json.loads(body), source_arn))

    @contextmanager
    def running(self) -> Iterator["Clients"]:
        for name in USED:
            backend: Any = moto.backends.get_backend(name)  # type: ignore[call-overload]
            backend.reset()
        store = Store(self.file)
        tell = Notifications(
            lambda: 1_000.0,
            account=ACCOUNT,
            function=lambda arn, event: self.invoked.append((arn, event)),
            queue=self.queue,
            topic=lambda arn, body: self.queued.append((arn, json.loads(body))),
        )
        journal = MotoJournal(store, lambda: 1_000.0, account=ACCOUNT, changed=tell)
        with HttpServer(Dispatcher({}, journal, account=ACCOUNT)) as server:
            yield Clients(server.origin, store, journal)
        store.close()


class Clients:
    def __init__(self, origin: str, store: Store, journal: MotoJournal) -> None:
        self.origin = origin
        self.store = store
        self.journal = journal

    def __call__(self, name: str) -> Any:
        return client(self.origin, name)

    @property
    def kept(self) -> int:
        return len(self.store.load("moto/request"))


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(tmp_path / "data.sqlite")


def bucket(aws: Clients, name: str = "things") -> Any:
    s3 = aws("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return s3


def body(s3: Any, key: str) -> bytes:
    return bytes(s3.get_object(Bucket="things", Key=key)["Body"].read())


def test_ids_and_contents_are_the_same_after_a_restart(platform: Platform) -> None:
    def seen(aws: Clients, pool: str) -> list[Any]:
        cognito, s3 = aws("cognito-idp"), aws("s3")
        user = cognito.admin_get_user(UserPoolId=pool, Username="amelia")
        return [
            body(s3, "a/ü b+c"),
            s3.head_object(Bucket="things", Key="a/ü b+c")["Metadata"],
            cognito.describe_user_pool(UserPoolId=pool)["UserPool"]["Arn"],
            cognito.list_user_pool_clients(UserPoolId=pool, MaxResults=9)["UserPoolClients"],
            user["UserAttributes"],
            aws("iot").describe_thing(thingName="car")["thingId"],
            aws("sts").get_caller_identity()["Account"],
        ]

    with platform.running() as aws:
        s3 = bucket(aws)
        s3.put_object(Bucket="things", Key="a/ü b+c", Body=b"\x00\xff" * 70_000, Metadata={"from": "me"})
        cognito = aws("cognito-idp")
        pool = cognito.create_user_pool(PoolName="riders")["UserPool"]["Id"]
        cognito.create_user_pool_client(UserPoolId=pool, ClientName="app")
        cognito.admin_create_user(UserPoolId=pool, Username="amelia")
        aws("iot").create_thing(thingName="car")
        key = aws("kms").create_key()["KeyMetadata"]["KeyId"]
        secret = aws("kms").encrypt(KeyId=key, Plaintext=b"secret")["CiphertextBlob"]
        before = seen(aws, pool)
    assert before[0] == b"\x00\xff" * 70_000
    assert before[-1] == ACCOUNT
    with platform.running() as aws:
        assert seen(aws, pool) == before
        assert aws("kms").decrypt(CiphertextBlob=secret)["Plaintext"] == b"secret"
        assert aws("iot").create_thing(thingName="other")["thingId"] != before[5]


def test_what_only_reads_or_is_refused_is_not_kept(platform: Platform) -> None:
    with platform.running() as aws:
        s3 = bucket(aws)
        assert aws.kept == 1
        s3.list_buckets()
        aws("cognito-idp").list_user_pools(MaxResults=3)
        with pytest.raises(ClientError):
            s3.put_object(Bucket="absent", Key="k", Body=b"")
        with pytest.raises(ClientError):
            aws("iot").describe_thing(thingName="absent")
        assert aws.kept == 1


def test_an_object_that_is_put_again_is_kept_once(platform: Platform) -> None:
    with platform.running() as aws:
        s3 = bucket(aws)
        for number in range(5):
            s3.put_object(Bucket="things", Key="k", Body=str(number).encode())
        s3.put_object(Bucket="things", Key="gone", Body=b"large")
        s3.delete_object(Bucket="things", Key="gone")
        assert aws.kept == 3
    with platform.running() as aws:
        assert body(aws("s3"), "k") == b"4"
        assert [its["Key"] for its in aws("s3").list_objects_v2(Bucket="things")["Contents"]] == ["k"]
        aws("s3").put_object(Bucket="things", Key="k", Body=b"5")
        assert aws.kept == 3


def test_what_was_copied_is_kept_and_so_are_versions(platform: Platform) -> None:
    with platform.running() as aws:
        s3 = bucket(aws)
        s3.put_object(Bucket="things", Key="from", Body=b"1")
        s3.copy_object(Bucket="things", Key="to", CopySource="things/from")
        s3.put_object(Bucket="things", Key="from", Body=b"2")
        s3.put_bucket_versioning(Bucket="things", VersioningConfiguration={"Status": "Enabled"})
        versions = [s3.put_object(Bucket="things", Key="v", Body=text)["VersionId"] for text in (b"a", b"b")]
    with platform.running() as aws:
        s3 = aws("s3")
        assert (body(s3, "to"), body(s3, "from")) == (b"1", b"2")
        old = s3.get_object(Bucket="things", Key="v", VersionId=versions[0])
        assert old["Body"].read() == b"a"


def test_a_policy_that_denies_plain_http_keeps_nobody_out(platform: Platform) -> None:
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::things/*"}
    with platform.running() as aws:
        s3 = bucket(aws)
        s3.put_bucket_policy(
            Bucket="things", Policy=json.dumps({"Version": "2012-10-17", "Statement": [denied]})
        )
        s3.put_object(Bucket="things", Key="k", Body=b"in")
        assert body(s3, "k") == b"in"


def test_a_request_at_which_moto_breaks_is_a_500_and_the_server_lives_on(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with platform.running() as aws:
        s3 = bucket(aws)
        with monkeypatch.context() as broken, caplog.at_level(logging.CRITICAL):
            broken.setattr(
                "moto.s3.models.S3Backend.put_object",
                lambda *_, **__: (_ for _ in ()).throw(OSError("broken")),
            )
            with pytest.raises(ClientError) as refused:
                s3.put_object(Bucket="things", Key="k", Body=b"x")
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        s3.put_object(Bucket="things", Key="k", Body=b"y")
        assert body(s3, "k") == b"y"
        assert aws.kept == 2


FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:told"


def test_functions_and_queues_are_told_of_objects_once(
    platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = {"Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}}}
    with platform.running() as aws, caplog.at_level(logging.WARNING):
        s3 = bucket(aws)
        s3.put_bucket_notification_configuration(
            Bucket="things",
            NotificationConfiguration={
                "LambdaFunctionConfigurations": [
                    {"LambdaFunctionArn": FUNCTION, "Events": ["s3:ObjectCreated:*"], **wanted}
                ],
                "QueueConfigurations": [
                    {"QueueArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}", "Events": ["s3:ObjectRemoved:*"]}
                    for name in ("gone", "told")
                ],
            },
        )
        s3.put_object(Bucket="things", Key="in/a b", Body=b"four")
        s3.put_object(Bucket="things", Key="out", Body=b"")
        s3.delete_object(Bucket="things", Key="in/a b")
    with platform.running():
        pass
    ((arn, event),) = platform.invoked
    (record,) = event["Records"]
    assert (arn, record["eventName"], record["awsRegion"]) == (FUNCTION, "ObjectCreated:Put", REGION)
    assert record["eventTime"] == "1970-01-01T00:16:40.000Z"
    assert (record["s3"]["object"]["key"], record["s3"]["object"]["size"]) == ("in/a+b", 4)
    (test, removed) = platform.queued
    assert (test[0], test[1]["Event"]) == (f"arn:aws:sqs:{REGION}:{ACCOUNT}:told", "s3:TestEvent")
    assert removed[2] == "arn:aws:s3:::things"
    assert removed[1]["Records"][0]["eventName"] == "ObjectRemoved:Delete"
    assert "gone was not told" in caplog.text


@pytest.mark.parametrize(
    ("request_", "kept"),
    [
        (Incoming("GET", "/b/k"), False),
        (Incoming("PUT", "/b/k"), True),
        (Incoming("POST", "/", headers={"x-amz-target": "AWSCognitoIdentityProviderService.SignUp"}), True),
        (Incoming("POST", "/", headers={"x-amz-target": "AWSCognitoIdentityProviderService.VerifyX"}), True),
        (Incoming("POST", "/", headers={"x-amz-target": "TrentService.Encrypt"}), False),
        (Incoming("POST", "/", headers={"x-amz-target": "TrentService.Sign"}), False),
        (Incoming("POST", "/", headers={"x-amz-target": "Logs_20140328.PutLogEvents"}), False),
        (Incoming("POST", "/service/Granite/operation/PutMetricAlarm"), True),
        (Incoming("POST", "/service/Granite/operation/DescribeAlarms"), False),
        (
            Incoming(
                "POST",
                "/",
                headers={"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
                body=b"Action=CreateRole&RoleName=r",
            ),
            True,
        ),
        (
            Incoming(
                "POST",
                "/",
                headers={"content-type": "application/x-www-form-urlencoded"},
                body=b"Action=GetRole&RoleName=r",
            ),
            False,
        ),
    ],
)
def test_what_changes_something_is_kept(request_: Incoming, kept: bool) -> None:
    assert changes(request_) is kept
