"""One address for all of AWS, as its SDK calls it."""

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws.dispatch import Dispatcher
from local.aws.http import HttpServer, Incoming
from local.aws.service import Answer, AwsError, Call
from local.web import Response
from tests.local.aws.calls import ACCOUNT, REGION, client


class Recorder:
    """A service that answers what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answers: dict[str, Answer | Exception] = {}

    def call(self, call: Call) -> Answer:
        self.calls.append(call)
        answer = self.answers.get(call.operation, {})
        if isinstance(answer, Exception):
            raise answer
        return answer

    def status(self) -> Mapping[str, Any]:
        return {"queues": [{"name": "a"}], "numbers": len(self.calls)}


@pytest.fixture
def services() -> dict[str, Recorder]:
    return {name: Recorder() for name in ("dynamodb", "sqs", "sns", "events")}


@pytest.fixture
def server(services: dict[str, Recorder]) -> Iterator[HttpServer]:
    def rest(incoming: Incoming) -> Response:
        return Response(200, (("x-path", incoming.path),), incoming.body)

    dispatcher = Dispatcher(
        services,
        rest,
        account=ACCOUNT,
        inbox=lambda: [{"subject": "Hello"}],
        events_after=lambda after, wait: (after + 1, [{"waited": wait}]),
    )
    with HttpServer(dispatcher) as server:
        yield server


def test_a_call_has_the_region_and_the_parameters_it_was_made_with(
    server: HttpServer, services: dict[str, Recorder]
) -> None:
    services["dynamodb"].answers["GetItem"] = {"Item": {"pk": {"B": "AAE="}}}
    answer = client(server.origin, "dynamodb").get_item(TableName="things", Key={"pk": {"B": b"\x00\x01"}})
    assert answer["Item"] == {"pk": {"B": b"\x00\x01"}}
    assert services["dynamodb"].calls == [
        Call("GetItem", REGION, ACCOUNT, {"TableName": "things", "Key": {"pk": {"B": "AAE="}}})
    ]


def test_streams_are_served_by_the_service_that_has_the_tables(
    server: HttpServer, services: dict[str, Recorder]
) -> None:
    client(server.origin, "dynamodbstreams").list_streams(TableName="things")
    assert [call.operation for call in services["dynamodb"].calls] == ["ListStreams"]


def test_an_error_is_the_exception_that_the_sdk_has_for_it(
    server: HttpServer, services: dict[str, Recorder]
) -> None:
    services["dynamodb"].answers["TransactWriteItems"] = AwsError(
        "TransactionCanceledException", "cancelled", CancellationReasons=[{"Code": "None"}]
    )
    made = client(server.origin, "dynamodb")
    with pytest.raises(made.exceptions.TransactionCanceledException) as refused:
        made.transact_write_items(TransactItems=[{"Delete": {"TableName": "t", "Key": {"a": {"S": "b"}}}}])
    assert refused.value.response["CancellationReasons"] == [{"Code": "None"}]


@pytest.mark.parametrize("code", ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"])
def test_a_queue_that_is_missing_has_its_old_code_for_who_asks_for_that(
    server: HttpServer, services: dict[str, Recorder], code: str
) -> None:
    services["sqs"].answers["GetQueueUrl"] = AwsError(code, "there is none")
    made = client(server.origin, "sqs")
    with pytest.raises(made.exceptions.QueueDoesNotExist) as refused:
        made.get_queue_url(QueueName="none")
    assert refused.value.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"


def test_a_query_is_read_and_answered_in_xml(server: HttpServer, services: dict[str, Recorder]) -> None:
    services["sns"].answers["PublishBatch"] = {
        "Successful": [{"Id": "1", "MessageId": "a<b"}],
        "Failed": [{"Id": "2", "Code": "x", "SenderFault": True}],
    }
    services["sns"].answers["GetTopicAttributes"] = {"Attributes": {"Owner": "me & you", "N": "1"}}
    made = client(server.origin, "sns")
    answer = made.publish_batch(
        TopicArn="arn:t",
        PublishBatchRequestEntries=[
            {
                "Id": "1",
                "Message": "one\ntwo = é&",
                "MessageAttributes": {"kind": {"DataType": "Binary", "BinaryValue": b"\x00"}},
            },
            {"Id": "2", "Message": ""},
        ],
    )
    assert answer["Successful"] == [{"Id": "1", "MessageId": "a<b"}]
    assert answer["Failed"] == [{"Id": "2", "Code": "x", "SenderFault": True}]
    assert made.get_topic_attributes(TopicArn="arn:t")["Attributes"] == {"Owner": "me & you", "N": "1"}
    assert services["sns"].calls[0].params == {
        "TopicArn": "arn:t",
        "PublishBatchRequestEntries": [
            {
                "Id": "1",
                "Message": "one\ntwo = é&",
                "MessageAttributes": {"kind": {"DataType": "Binary", "BinaryValue": "AA=="}},
            },
            {"Id": "2", "Message": ""},
        ],
    }


def test_a_query_that_is_refused_says_the_code_of_the_model(
    server: HttpServer, services: dict[str, Recorder]
) -> None:
    services["sns"].answers["Publish"] = AwsError("NotFoundException", "no <topic>", 404)
    made = client(server.origin, "sns")
    with pytest.raises(made.exceptions.NotFoundException) as refused:
        made.publish(TopicArn="arn:t", Message="m")
    assert refused.value.response["Error"] == {"Type": "Sender", "Code": "NotFound", "Message": "no <topic>"}


def test_a_fault_of_ours_is_a_500_and_the_next_call_is_answered(
    server: HttpServer, services: dict[str, Recorder]
) -> None:
    services["sqs"].answers["ListQueues"] = RuntimeError("broken")
    made = client(server.origin, "sqs")
    with pytest.raises(ClientError) as refused:
        made.list_queues()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    services["sqs"].answers["ListQueues"] = {}
    assert made.list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200


def fetched(server: HttpServer, path: str, **more: Any) -> tuple[int, Any]:
    request = urllib.request.Request(server.origin + path, **more)  # noqa: S310 - ours
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - likewise
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def signed(service: str, **headers: str) -> dict[str, str]:
    scope = f"local/20300101/{REGION}/{service}/aws4_request"
    return {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        **headers,
    }


def test_a_body_that_is_no_json_is_refused(server: HttpServer) -> None:
    headers = signed("sqs", **{"X-Amz-Target": "AmazonSQS.SendMessage"})
    status, document = fetched(server, "/", data=b"{", headers=headers)
    assert (status, document["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize("wait", ["soon", "-1", "61", "nan"])
def test_a_wait_that_cannot_be_is_refused(server: HttpServer, wait: str) -> None:
    headers = signed("sqs", **{"X-Amz-Target": "AmazonSQS.X", "x-local-wait-seconds": wait})
    status, document = fetched(server, "/", data=b"{}", headers=headers)
    assert (status, document["__type"]) == (400, "ValidationException")


def test_who_waits_says_how_long(server: HttpServer, services: dict[str, Recorder]) -> None:
    headers = signed("sqs", **{"X-Amz-Target": "AmazonSQS.X", "x-local-wait-seconds": "2.5"})
    fetched(server, "/", data=b"{}", headers=headers)
    assert services["sqs"].calls[0].wait_seconds == 2.5


def test_the_platform_shows_of_itself_what_its_services_say(server: HttpServer) -> None:
    assert fetched(server, "/_local/health") == (200, {"healthy": True})
    assert fetched(server, "/_local/status") == (200, {"queues": [{"name": "a"}] * 4, "numbers": 0})
    assert fetched(server, "/_local/inbox") == (200, [{"subject": "Hello"}])
    assert fetched(server, "/_local/events?after=3&wait=0.5") == (
        200,
        {"next": 4, "events": [{"waited": 0.5}]},
    )
    assert fetched(server, "/_local/events?after=x")[0] == 400
    assert fetched(server, "/_local/nothing")[0] == 404


def exchange(server: HttpServer, *parts: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        for part in parts:
            connection.sendall(part)
        found = b""
        while chunk := connection.recv(65536):
            found += chunk
        return found


def test_a_body_may_come_in_chunks_after_a_question(server: HttpServer) -> None:
    found = exchange(
        server,
        b"PUT /bucket/a%2Fb HTTP/1.1\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n"
        b"Connection: close\r\n\r\n",
        b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
    )
    assert found.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nx-path: /bucket/a%2Fb\r\n")
    assert found.endswith(b"\r\n\r\nabcde")


def test_a_connection_serves_one_call_after_another(server: HttpServer) -> None:
    call = b"GET /x HTTP/1.1\r\nhost: h\r\n%s\r\n"
    found = exchange(server, call % b"" + call % b"Connection: close\r\n")
    assert found.count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize(
    "text",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nno header\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    ],
)
def test_what_is_no_http_is_a_400(server: HttpServer, text: bytes) -> None:
    assert exchange(server, text).startswith(b"HTTP/1.1 400 ")
