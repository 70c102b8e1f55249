"""Topic rules: what is selected of a message, and where it goes.

https://docs.aws.amazon.com/iot/latest/developerguide/iot-rule-actions.html
"""

from __future__ import annotations

import base64
import json
import logging
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from queue import Empty, Queue
from threading import Event, Thread
from typing import Any, Final

from botocore.exceptions import HTTPClientError

from local.deploy.clients import Clients
from local.deployment import Deployment
from local.functions.polling import AwayError, Connection, RefusedError
from local.iot.expressions import Message, UndefinedError
from local.iot.packets import fits
from local.iot.sql import BASIC_INGEST, Statement, parse, substitute

RULE: Final = "aws:iot/topicRule:TopicRule"
_AGAIN_SECONDS: Final = 0.5
_MOST_AT_ONCE: Final = 500
_SENDERS: Final = 8
_KINDS: Final = ("kineses", "sqs", "sns", "s3", "lambdas", "republishes")
_SERVED: Final = frozenset(_KINDS)
_IGNORED: Final = frozenset({"name", "description", "enabled", "sql", "sqlVersion", "errorAction", "tags"})
_logger: Final = logging.getLogger(__name__)

Republish = Callable[[str, bytes, int], None]
Invoke = Callable[[str, bytes], None]


class RuleError(ValueError):
    """A rule that is not understood here; the message names it."""


@dataclass(frozen=True)
class Rule:
    """`actions`: (kind, its settings), as Pulumi names them."""

    name: str
    region: str
    statement: Statement
    actions: tuple[tuple[str, Mapping[str, Any]], ...]
    error_action: tuple[str, Mapping[str, Any]] | None


def rules(deployment: Deployment) -> Iterator[Rule]:
    """Every rule that is enabled. Raises RuleError and SqlError."""
    for made in deployment.all(RULE):
        inputs, name = made.inputs, str(made["name"])
        if not inputs.get("enabled"):
            continue
        unknown = sorted(set(inputs) - _SERVED - _IGNORED - {"region", "tagsAll"})
        if unknown:
            raise RuleError(f"rule {name}: actions {', '.join(unknown)} are not served; there are {_KINDS}")
        actions = [(kind, action) for kind in _KINDS for action in inputs.get(kind) or ()]
        failed = inputs.get("errorAction") or {}
        error = next(((kind, action) for kind, action in failed.items() if action), None)
        yield Rule(name, made.region, parse(str(inputs["sql"])), tuple(actions), error)


@dataclass(frozen=True)
class _Put:
    """A record for a stream, and who waits for it."""

    stream: str
    region: str
    data: str
    key: str
    done: Future[None]


class Rules:
    """`handle` ends when every action of every rule that a message fits has taken it, or failed for good.

    `republish`: to the broker; `invoke`: a function, without waiting.
    """

    def __init__(self, aws: Clients, origin: str, *, republish: Republish, invoke: Invoke) -> None:
        self._aws = aws
        self._origin = origin
        self._republish = republish
        self._invoke = invoke
        self._rules: tuple[Rule, ...] = ()
        self._puts: Queue[_Put] = Queue()
        self._over = Event()
        self._senders = ThreadPoolExecutor(_SENDERS, "actions")
        self._thread = Thread(target=self._putting, daemon=True)
        self.delivered: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    def start(self) -> None:
        """Begin to put records."""
        self._thread.start()

    def stop(self) -> None:
        """What was not put was not acknowledged."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        self._senders.shutdown(wait=False, cancel_futures=True)

    def take_up(self, deployment: Deployment) -> None:
        """From now on, these rules. Raises RuleError and SqlError; the rules of before stay then."""
        self._rules = tuple(rules(deployment))

    def handle(self, client_id: str, topic: str, payload: bytes, at: int) -> list[Future[None]]:
        """What to wait for until a message has been dealt with. `at`: ms."""
        ingest = BASIC_INGEST.fullmatch(topic)
        wanted = ingest[1] if ingest else None
        inner = ingest[2] if ingest else topic
        message = Message(inner, payload, client_id, at)
        waiting: list[Future[None]] = []
        for rule in self._rules:
            # Basic Ingest names the rule; its FROM must fit all the same.
            if (wanted is not None and rule.name != wanted) or not fits(rule.statement.source, inner):
                continue
            waiting += self._apply(rule, message)
        return waiting

    def _apply(self, rule: Rule, message: Message) -> list[Future[None]]:
        try:
            selected = rule.statement.select(message)
        except ValueError as error:  # an SQL error reaches no error action: it is only logged, as in AWS
            self.failed[rule.name] += 1
            _logger.warning("rule %s: a message of %s: %s", rule.name, message.client_id, error)
            return []
        if selected is None:
            return []
        body = (
            selected if isinstance(selected, bytes) else json.dumps(selected, separators=(",", ":")).encode()
        )
        waiting = []
        for kind, action in rule.actions:
            done = self._act(rule, kind, action, body, message)
            done.add_done_callback(partial(self._settle, rule, kind, message))
            waiting.append(done)
        return waiting

    def _settle(self, rule: Rule, kind: str, message: Message, done: Future[None]) -> None:
        if done.cancelled():
            return
        error = done.exception()
        if error is None:
            self.delivered[rule.name] += 1
            return
        self.failed[rule.name] += 1
        _logger.warning("rule %s: %s failed: %s", rule.name, kind, error)
        if rule.error_action is not None:
            body = json.dumps(_told(rule, kind, message, str(error))).encode()
            self._act(rule, *rule.error_action, body, message)

    def _act(
        self, rule: Rule, kind: str, action: Mapping[str, Any], body: bytes, message: Message
    ) -> Future[None]:
        if kind not in ("kineses", "kinesis"):
            return self._senders.submit(self._insist, rule.region, kind, action, body, message)
        done: Future[None] = Future()
        try:
            key = substitute(str(action.get("partitionKey") or "${newuuid()}"), message)
            data = base64.b64encode(body).decode()
            self._puts.put(_Put(str(action["streamName"]), rule.region, data, key, done))
        except (UndefinedError, KeyError) as error:
            done.set_exception(error)
        return done

    def _insist(
        self, region: str, kind: str, action: Mapping[str, Any], body: bytes, message: Message
    ) -> None:
        """Send, and again while AWS is away: until then nothing is acknowledged."""
        while True:
            try:
                self._send(region, kind, action, body, message)
            except (HTTPClientError, OSError):
                if self._over.wait(_AGAIN_SECONDS):
                    raise
            else:
                return

    def _send(self, region: str, kind: str, action: Mapping[str, Any], body: bytes, message: Message) -> None:
        text = body.decode("utf-8", "replace")
        if kind == "sqs":
            text = base64.b64encode(body).decode() if action.get("useBase64") else text
            self._aws("sqs", region).send_message(QueueUrl=action["queueUrl"], MessageBody=text)
        elif kind == "sns":
            self._aws("sns", region).publish(TopicArn=action["targetArn"], Message=text)
        elif kind == "s3":
            key = substitute(str(action["key"]), message)
            self._aws("s3", region).put_object(Bucket=action["bucketName"], Key=key, Body=body)
        elif kind in ("lambdas", "lambda"):
            self._invoke(str(action["functionArn"]), body)
        else:
            self._republish(substitute(str(action["topic"]), message), body, int(action.get("qos") or 0))

    def _putting(self) -> None:
        """Put records in the order they came, as many at once as there are."""
        connections: dict[str, Connection] = {}
        while not self._over.is_set():
            batch = self._gathered()
            streams = dict.fromkeys((put.region, put.stream) for put in batch)
            for region, stream in streams:
                puts = [put for put in batch if (put.region, put.stream) == (region, stream)]
                connection = connections.setdefault(region, Connection(self._origin, "kinesis", region))
                self._put(connection, stream, puts)

    def _gathered(self) -> list[_Put]:
        try:
            batch = [self._puts.get(timeout=_AGAIN_SECONDS)]
        except Empty:
            return []
        while len(batch) < _MOST_AT_ONCE:
            try:
                batch.append(self._puts.get_nowait())
            except Empty:
                break
        return batch

    def _put(self, connection: Connection, stream: str, puts: list[_Put]) -> None:
        records = [{"Data": put.data, "PartitionKey": put.key} for put in puts]
        while not self._over.is_set():
            try:
                connection.call("PutRecords", {"StreamName": stream, "Records": records})
            except AwayError:  # it comes back; until then nothing is acknowledged
                self._over.wait(_AGAIN_SECONDS)
                continue
            except RefusedError as error:
                for put in puts:
                    put.done.set_exception(error)
                return
            for put in puts:
                put.done.set_result(None)
            return


def _told(rule: Rule, kind: str, message: Message, error: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html"""
    action, resource = {"kineses": ("KinesisAction", "streamName"), "sqs": ("SqsAction", "queueUrl")}.get(
        kind, (f"{kind.capitalize()}Action", "")
    )
    settings = next((one for name, one in rule.actions if name == kind), {})
    return {
        "ruleName": rule.name,
        "topic": message.topic,
        "cloudwatchTraceId": str(uuid.uuid4()),
        "clientId": message.client_id,
        "base64OriginalPayload": base64.b64encode(message.payload).decode(),
        "failures": [
            {
                "failedAction": action,
                "failedResource": str(settings.get(resource, "")),
                "errorMessage": error,
            }
        ],
    }
