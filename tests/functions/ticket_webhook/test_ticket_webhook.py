"""Tickets are signed, tried again for a day, and never lost."""

import hmac
import http.client
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given, strategies as st

from components.maintenance.alerts import TICKET_MAX_RECEIVES
from rental_store.environment import SettingError
from tests.functions.rental_events.lambdas import Context
from ticket_webhook import handler as entry, post
from ticket_webhook.backoff import FIRST_SECONDS, LONGEST_SECONDS, delay
from ticket_webhook.environment import WebhookEnvironment
from ticket_webhook.handler import KEY_SECONDS, SigningKeys
from ticket_webhook.post import NotTakenError, Receiver
from ticket_webhook.signature import SIGNATURE, TIMESTAMP, signature

TICKETS: dict[str, Any] = json.loads((Path(__file__).parent / "events" / "tickets.json").read_text())
BODY = TICKETS["Records"][0]["body"]
ENVIRONMENT = {
    "WEBHOOK_URL": "https://tickets.example.com/hooks/cars?team=sg",
    "WEBHOOK_SECRET_ARN": "arn:secret",
    "TICKET_QUEUE_URL": "https://queue/tickets",
}


class TicketSystem:
    """What is on the other side: `answers` are its statuses, one a request, an exception when it is down."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.answers: Iterator[Any] = iter(())
        self.put_off: list[dict[str, Any]] = []
        self.secret = "shared-key"

    # http.client.HTTPSConnection

    def __call__(self, host: str, *, timeout: int, context: Any) -> "TicketSystem":
        assert timeout == post.TIMEOUT_SECONDS
        assert context.check_hostname
        self.host = host
        return self

    def request(self, method: str, path: str, *, body: bytes, headers: dict[str, str]) -> None:
        answer = next(self.answers, 200)
        self.status, self.retry_after = answer if isinstance(answer, tuple) else (answer, "")
        if isinstance(answer, Exception):
            raise answer
        self.requests.append(
            {"method": method, "host": self.host, "path": path, "body": body, "headers": headers}
        )

    def getresponse(self) -> "TicketSystem":
        return self

    def getheader(self, name: str, default: str) -> str:
        assert name == "Retry-After"
        return self.retry_after or default

    def close(self) -> None:
        pass

    # botocore's clients

    def get_secret_value(self, *, SecretId: str) -> Any:  # noqa: N803 - botocore's name
        assert SecretId == "arn:secret"
        return {"SecretString": self.secret}

    def change_message_visibility(self, **request: Any) -> Any:
        self.put_off.append(request)


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Iterator[TicketSystem]:
    made = TicketSystem()
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    entry.environment.cache_clear()
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "BlueHorizons/Maintenance")
    monkeypatch.setattr(post, "HTTPSConnection", made)
    monkeypatch.setattr(entry, "client", lambda _: made)
    monkeypatch.setattr(entry, "signing_keys", SigningKeys(entry._read_keys))
    yield made
    entry.environment.cache_clear()


def call(event: dict[str, Any] = TICKETS, *times: int) -> list[str]:
    said = entry.handler(event, Context(*times))  # type: ignore[arg-type]  # as much of a context as is used
    return [failure["itemIdentifier"] for failure in said["batchItemFailures"]]


def test_a_ticket_is_posted_as_it_lies_in_the_queue_and_proves_where_it_is_from(system: TicketSystem) -> None:
    assert call() == []
    (request,) = system.requests
    assert (request["method"], request["host"], request["path"]) == (
        "POST",
        "tickets.example.com",
        "/hooks/cars?team=sg",
    )
    assert request["body"] == BODY.encode()
    headers = request["headers"]
    signed = f"{headers[TIMESTAMP]}.{BODY}".encode()
    expected = hmac.new(b"shared-key", signed, sha256).hexdigest()
    assert hmac.compare_digest(headers[SIGNATURE], f"v1={expected}")
    assert headers["Idempotency-Key"] == "8f14e45f-ceea-567f-9a36-dedd4bea2543"
    assert system.put_off == []


def test_the_signature_is_the_one_that_receivers_are_told_to_compute() -> None:
    assert signature([b"key"], 1_772_596_800, b"{}") == (
        "v1=" + hmac.new(b"key", b"1772596800.{}", sha256).hexdigest()
    )


@given(key=st.binary(min_size=1), at=st.integers(0, 2**40), body=st.binary(), other=st.binary())
def test_another_body_or_time_has_another_signature(key: bytes, at: int, body: bytes, other: bytes) -> None:
    if other != body:
        assert signature([key], at, body) != signature([key], at, other)
    assert signature([key], at, body) != signature([key], at + 1, body)


@pytest.mark.parametrize(
    "trouble",
    [500, 404, 302, 429, http.client.RemoteDisconnected("gone"), TimeoutError("slow"), OSError("no route")],
)
def test_a_ticket_that_was_not_taken_stays_in_the_queue_for_longer_each_time(
    system: TicketSystem, trouble: Any
) -> None:
    system.answers = iter([trouble])
    assert call() == ["059f36b4-87a3-44ab-83d2-661975830a7d"]
    assert system.put_off == [
        {
            "QueueUrl": "https://queue/tickets",
            "ReceiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
            "VisibilityTimeout": 4 * FIRST_SECONDS,
        }
    ]


def test_a_receiver_may_ask_for_more_time(system: TicketSystem) -> None:
    system.answers = iter([(503, "900")])
    call()
    assert system.put_off[0]["VisibilityTimeout"] == 900


def test_a_webhook_that_is_down_for_hours_loses_nothing(system: TicketSystem) -> None:
    """The queue shows each message again when its time is over, up to the receives that it allows."""
    waiting = {f"m{number}": 0 for number in range(20)}
    due = dict.fromkeys(waiting, 0)
    now = 0
    back = 6 * 3_600
    while waiting:
        now = max(now, min(due[name] for name in waiting))
        shown = [name for name in waiting if due[name] <= now][:10]
        system.answers = iter([503] * len(shown) if now < back else [])
        system.put_off.clear()
        records = []
        for name in shown:
            waiting[name] += 1
            assert waiting[name] <= TICKET_MAX_RECEIVES, "it went to the dead-letter queue"
            records.append(
                TICKETS["Records"][0]
                | {"messageId": name, "receiptHandle": name, "body": json.dumps({"ticketId": name})}
                | {"attributes": {"ApproximateReceiveCount": str(waiting[name])}}
            )
        failed = call({"Records": records})
        due |= {one["ReceiptHandle"]: now + one["VisibilityTimeout"] for one in system.put_off}
        for name in set(shown) - set(failed):
            del waiting[name]
    taken = [json.loads(one["body"])["ticketId"] for one in system.requests if one["body"]]
    assert set(taken) == set(due)
    assert now < back + LONGEST_SECONDS + 60


def test_a_ticket_is_tried_for_a_day_before_it_is_set_aside() -> None:
    total = sum(delay(receives) for receives in range(1, TICKET_MAX_RECEIVES))
    assert 20 * 3_600 <= total <= 48 * 3_600
    assert delay(10_000) == LONGEST_SECONDS


def test_a_message_that_is_no_ticket_fails_alone(system: TicketSystem) -> None:
    broken = TICKETS["Records"][0] | {"messageId": "broken", "body": "no ticket"}
    assert call({"Records": [broken, *TICKETS["Records"]]}) == ["broken"]
    assert len(system.requests) == 1


def test_no_ticket_is_begun_that_may_not_be_finished(system: TicketSystem) -> None:
    assert len(call(TICKETS, 1_000)) == 1
    assert system.requests == []


def test_a_queue_that_does_not_put_off_does_not_stop_the_others(
    system: TicketSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://sqs")

    monkeypatch.setattr(system, "change_message_visibility", down)
    system.answers = iter([500])
    assert len(call()) == 1


def test_the_key_is_read_anew_after_a_while_and_not_each_time() -> None:
    now, reads = [0.0], []

    def read() -> list[bytes]:
        reads.append(now[0])
        return [f"key {len(reads)}".encode()]

    keys = SigningKeys(read, clock=lambda: now[0])
    assert (keys(), keys()) == ([b"key 1"], [b"key 1"])
    now[0] = KEY_SECONDS
    assert keys() == [b"key 2"]


def test_while_the_key_is_changed_a_ticket_has_a_signature_of_each(system: TicketSystem) -> None:
    system.secret = "new-key\nold-key\n"
    assert call() == []
    headers = system.requests[0]["headers"]
    signed = f"{headers[TIMESTAMP]}.{BODY}".encode()
    assert headers[SIGNATURE].split(",") == [
        f"v1={hmac.new(key, signed, sha256).hexdigest()}" for key in (b"new-key", b"old-key")
    ]


def test_without_a_key_nothing_is_sent(system: TicketSystem) -> None:
    system.secret = " "
    assert len(call()) == 1
    assert system.requests == []


@pytest.mark.parametrize(
    "url",
    ["http://tickets.example.com/", "https://", "tickets.example.com", "https://me@tickets.example.com/x"],
)
def test_a_webhook_that_is_not_https_is_refused(url: str) -> None:
    with pytest.raises(SettingError, match="WEBHOOK_URL"):
        WebhookEnvironment.read(ENVIRONMENT | {"WEBHOOK_URL": url})


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
def test_a_missing_variable_is_named(name: str) -> None:
    with pytest.raises(SettingError, match=name):
        WebhookEnvironment.read(ENVIRONMENT | {name: ""})


def test_no_answer_is_told_by_its_kind_only(system: TicketSystem) -> None:
    system.answers = iter([OSError("secret route")])
    with pytest.raises(NotTakenError, match="no answer: OSError"):
        Receiver("tickets.example.com", "/").post(b"{}", {})
