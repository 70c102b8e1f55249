"""From a subscription's delivery to Firehose: one document an event, all of them or an error."""

import gzip
import json
from base64 import b64encode
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, strategies as st

from log_forwarder import handler as entry
from log_forwarder.deliver import MAX_BYTES, MAX_RECORDS, NotTakenError, batches, deliver
from log_forwarder.unpack import MAX_MESSAGE, MAX_UNPACKED, NotFromLogsError, documents, unpack

STREAM = "logs"


def delivery(
    *messages: str, kind: str = "DATA_MESSAGE", group: str = "/aws/lambda/rider-api"
) -> dict[str, Any]:
    """What CloudWatch Logs sends."""
    return {
        "messageType": kind,
        "owner": "111122223333",
        "logGroup": group,
        "logStream": "2026/11/22/[7]abc",
        "subscriptionFilters": ["all"],
        "logEvents": [
            {"id": str(number), "timestamp": 1_795_348_800_123, "message": message}
            for number, message in enumerate(messages)
        ],
    }


def packed(document: object) -> str:
    return b64encode(gzip.compress(json.dumps(document).encode(), mtime=0)).decode()


def forwarded(*messages: str) -> list[dict[str, Any]]:
    made = documents(unpack(packed(delivery(*messages))))
    return [msgspec.json.decode(document) for document in made]


class Firehose:
    """Takes records, but for those that `refuse` says, so many times."""

    def __init__(self, refuse: int = 0) -> None:
        self.taken: list[bytes] = []
        self.calls = 0
        self._refuse = refuse

    def put_record_batch(self, **call: Any) -> dict[str, Any]:
        self.calls += 1
        assert call["DeliveryStreamName"] == STREAM
        records = [record["Data"] for record in call["Records"]]
        assert len(records) <= MAX_RECORDS
        assert sum(map(len, records)) <= MAX_BYTES
        responses: list[dict[str, str]] = []
        for number, record in enumerate(records):
            if self._refuse and number == 0:
                self._refuse -= 1
                responses.append({"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "slow down"})
            else:
                self.taken.append(record)
                responses.append({"RecordId": "1"})
        return {"FailedPutCount": 0, "RequestResponses": responses}


# ---- documents ---------------------------------------------------------------------------------------------


def test_each_event_becomes_one_document_that_says_where_it_is_from() -> None:
    first, second = forwarded("START", "END")
    assert first == {
        "@timestamp": "2026-11-22T12:00:00.123+00:00",
        "event_id": "0",
        "account": "111122223333",
        "log_group": "/aws/lambda/rider-api",
        "log_stream": "2026/11/22/[7]abc",
        "message": "START",
    }
    assert (second["event_id"], second["message"]) == ("1", "END")


def test_fields_that_all_our_functions_log_can_be_searched_by_and_no_others() -> None:
    line = json.dumps({"level": "ERROR", "service": "rider-api", "status": 503, "seat": 4, "error": None})
    (document,) = forwarded(line)
    assert document["message"] == line
    assert (document["level"], document["service"], document["status"]) == ("ERROR", "rider-api", "503")
    assert not {"seat", "error"} & set(document)


def test_a_line_that_only_looks_like_json_stays_a_line() -> None:
    (document,) = forwarded("{not json")
    assert document["message"] == "{not json"
    assert "level" not in document


def test_a_message_longer_than_firehose_takes_is_cut_and_says_so() -> None:
    (document,) = forwarded("x" * (MAX_MESSAGE + 1))
    assert document["message"].endswith("x [cut]")


def test_the_test_message_of_a_new_subscription_gives_no_document() -> None:
    assert not list(documents(unpack(packed(delivery("CWL CONTROL MESSAGE", kind="CONTROL_MESSAGE")))))


@pytest.mark.parametrize(
    "data",
    [
        "%",
        b64encode(b"no gzip").decode(),
        packed([]),
        packed({"messageType": "DATA_MESSAGE"}),
        packed(delivery())[:40],
    ],
)
def test_what_logs_never_sends_is_refused(data: str) -> None:
    with pytest.raises(NotFromLogsError, match="no gzipped delivery"):
        unpack(data)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = b64encode(gzip.compress(b" " * (MAX_UNPACKED + 1))).decode()
    with pytest.raises(NotFromLogsError, match="when unpacked"):
        unpack(bomb)


@given(st.lists(st.text(max_size=50), max_size=20))
def test_no_message_is_lost_or_changed_whatever_it_holds(messages: list[str]) -> None:
    assert [document["message"] for document in forwarded(*messages)] == messages


# ---- Firehose ----------------------------------------------------------------------------------------------


@given(st.lists(st.integers(min_value=0, max_value=1_000_000), max_size=30))
def test_calls_hold_every_record_in_order_within_their_limits(sizes: list[int]) -> None:
    records = [bytes(size) for size in sizes]
    calls = list(batches(records))
    assert [record for call in calls for record in call] == records
    assert all(call and sum(map(len, call)) <= MAX_BYTES for call in calls)


def test_no_call_holds_more_records_than_firehose_takes() -> None:
    assert [len(call) for call in batches([b"x"] * 1_001)] == [500, 500, 1]


def test_what_was_not_taken_is_sent_again_and_nothing_else() -> None:
    firehose = Firehose(refuse=2)
    pauses: list[float] = []
    assert deliver(firehose, STREAM, [b"a", b"b", b"c"], pauses.append) == 3
    assert sorted(firehose.taken) == [b"a", b"b", b"c"]
    assert firehose.calls == 3
    assert pauses == [0.2, 0.4]


def test_what_is_never_taken_is_an_error_that_says_how_much_and_why() -> None:
    with pytest.raises(NotTakenError, match=r"1 of 2 records .* 4 attempts: ServiceUnavailableException"):
        deliver(Firehose(refuse=99), STREAM, [b"a", b"b"], lambda _: None)


# ---- the entry ---------------------------------------------------------------------------------------------


class Context:
    """What is used of Lambda's context."""

    log_group_name = "/aws/lambda/log-forwarder"


def call(event: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, int], Firehose]:
    firehose = Firehose()
    monkeypatch.setenv("DELIVERY_STREAM", STREAM)
    monkeypatch.setattr(entry, "client", lambda: firehose)
    return entry.handler(event, cast("Any", Context())), firehose


def test_a_delivery_is_forwarded(monkeypatch: pytest.MonkeyPatch) -> None:
    answer, firehose = call({"awslogs": {"data": packed(delivery("a", "b"))}}, monkeypatch)
    assert answer == {"forwarded": 2}
    assert len(firehose.taken) == 2


def test_its_own_words_are_not_forwarded(monkeypatch: pytest.MonkeyPatch) -> None:
    own = delivery("a", group=Context.log_group_name)
    answer, firehose = call({"awslogs": {"data": packed(own)}}, monkeypatch)
    assert answer == {"forwarded": 0}
    assert firehose.calls == 0


def test_an_empty_event_forwards_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert call({}, monkeypatch)[0] == {"forwarded": 0}


@pytest.mark.parametrize("event", [{"Records": []}, {"awslogs": None}])
def test_another_callers_event_is_refused(event: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFromLogsError, match="only CloudWatch Logs"):
        call(event, monkeypatch)


def test_a_missing_stream_name_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DELIVERY_STREAM", raising=False)
    with pytest.raises(entry.SettingError, match="DELIVERY_STREAM is not set"):
        entry.handler({}, cast("Any", Context()))
