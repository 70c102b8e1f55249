"""Queues and their consumers; containers and secrets; and reading each resource once."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import pulumi_policy.policy
import pytest
from hypothesis import given, strategies as st
from pulumi_policy import PolicyResource

from guardrails.core.once import READERS, read_once
from guardrails.core.remember import remembering
from guardrails.core.rule import Outcome
from guardrails.events import asynchronous, queues
from guardrails.hardening import containers, secrets
from tests.policy import sdk
from tests.policy.shapes import UNKNOWN, failures, in_stack, outcomes, resource, stack_outcomes

FAIL, WAIT = Outcome.FAIL, Outcome.UNKNOWN
QUEUE, FUNCTION = queues.QUEUE, queues.FUNCTION
ALIAS = "aws:lambda/alias:Alias"


def test_a_queue_has_dead_letters_or_is_where_they_go() -> None:
    dead, bare = in_stack(QUEUE, name="dead"), in_stack(QUEUE, name="bare")
    work = in_stack(QUEUE, {"redrivePolicy": UNKNOWN}, "work", {"redrivePolicy": [dead]})
    assert stack_outcomes(queues.REDRIVE_RULE, [dead, bare, work]) == {"bare": FAIL}


@pytest.mark.parametrize(
    ("token", "name"),
    [
        ("aws:lambda/eventSourceMapping:EventSourceMapping", "destinationConfig"),
        ("aws:cloudwatch/eventTarget:EventTarget", "deadLetterConfig"),
        ("aws:scheduler/schedule:Schedule", "target"),
        ("aws:iot/topicRule:TopicRule", "errorAction"),
    ],
)
def test_a_queue_that_keeps_what_failed_needs_no_dead_letters(token: str, name: str) -> None:
    queue = in_stack(QUEUE, name="queue")
    user = in_stack(token, {name: UNKNOWN}, "user", {name: [queue]})
    assert stack_outcomes(queues.REDRIVE_RULE, [queue, user]) == {}


def test_a_queue_that_may_send_to_another_is_none_that_keeps() -> None:
    dead, bare = in_stack(QUEUE, name="dead"), in_stack(QUEUE, name="bare")
    sources = {"queueUrl": [dead], "redriveAllowPolicy": [bare]}
    allowed = in_stack("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy", {"queueUrl": UNKNOWN}, "a", sources)
    work = in_stack(QUEUE, {"redrivePolicy": UNKNOWN}, "work", {"redrivePolicy": [dead]})
    assert stack_outcomes(queues.REDRIVE_RULE, [dead, bare, work, allowed]) == {"bare": FAIL}


@pytest.mark.parametrize(("token", "name"), sorted(asynchronous.CALLERS.items()))
def test_a_function_that_is_called_without_waiting_keeps_what_failed(token: str, name: str) -> None:
    function, idle = in_stack(FUNCTION, name="function"), in_stack(FUNCTION, name="idle")
    alias = in_stack(ALIAS, {"functionName": UNKNOWN}, "alias", {"functionName": [function]})
    for called in (function, alias):
        caller = in_stack(token, {name: UNKNOWN}, "caller", {name: [called]})
        bare = [function, idle, alias, caller]
        assert stack_outcomes(asynchronous.RULE, bare) == {"function": FAIL}
        own = {"functionName": [function]}
        kept = in_stack(asynchronous.CONFIGURATION, {"functionName": UNKNOWN}, "kept", own)
        other = in_stack(asynchronous.CONFIGURATION, {"functionName": UNKNOWN}, "x", {"functionName": [idle]})
        assert stack_outcomes(asynchronous.RULE, [*bare, other]) == {"function": FAIL}
        assert stack_outcomes(asynchronous.RULE, [*bare, kept]) == {}
    assert {name, f"{name}[]"} & {path.partition(".")[0] for path in sdk.input_paths(token)}


def test_a_redrive_policy_may_be_a_resource_of_its_own() -> None:
    queue, dead = in_stack(QUEUE, name="queue"), in_stack(QUEUE, name="dead")
    sources = {"queueUrl": [queue], "redrivePolicy": [dead]}
    policy = in_stack(queues.REDRIVE, {"queueUrl": UNKNOWN, "redrivePolicy": UNKNOWN}, "policy", sources)
    assert stack_outcomes(queues.REDRIVE_RULE, [queue, dead, policy]) == {}


def test_an_output_that_nobody_gave_is_no_redrive_policy() -> None:
    assert stack_outcomes(queues.REDRIVE_RULE, [in_stack(QUEUE, {"redrivePolicy": UNKNOWN}, "q")]) == {
        "q": FAIL
    }


def _consumed(hidden: object, timeout: object, alias: bool) -> list[PolicyResource]:
    queue = in_stack(QUEUE, {"visibilityTimeoutSeconds": hidden}, "queue", {"visibilityTimeoutSeconds": []})
    function = in_stack(FUNCTION, {"timeout": timeout}, "function", {"timeout": []})
    named = in_stack(ALIAS, {"functionName": UNKNOWN}, "alias", {"functionName": [function]})
    sources = {"eventSourceArn": [queue], "functionName": [named if alias else function]}
    return [queue, function, named, in_stack(queues.MAPPING, {}, "mapping", sources)]


@pytest.mark.parametrize("alias", [True, False])
@pytest.mark.parametrize(
    ("hidden", "timeout", "expected"),
    [
        (60.0, 10.0, {}),
        (59.0, 10.0, {"queue": FAIL}),
        (None, 5.0, {}),
        (None, 6.0, {"queue": FAIL}),
        (18.0, None, {}),
        (17.0, None, {"queue": FAIL}),
        (UNKNOWN, 10.0, {"queue": WAIT}),
        (60.0, UNKNOWN, {"queue": WAIT}),
    ],
)
def test_a_message_stays_hidden_for_six_times_the_timeout(
    hidden: object, timeout: object, alias: bool, expected: dict[str, Outcome]
) -> None:
    assert stack_outcomes(queues.VISIBILITY_RULE, _consumed(hidden, timeout, alias)) == expected


def test_a_function_of_elsewhere_cannot_be_compared() -> None:
    queue = in_stack(QUEUE, {}, "queue")
    mapping = in_stack(queues.MAPPING, {}, "mapping", {"eventSourceArn": [queue], "functionName": []})
    assert stack_outcomes(queues.VISIBILITY_RULE, [queue, mapping]) == {"queue": WAIT}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ('{"maxReceiveCount": 5}', {}),
        ('{"maxReceiveCount": "5"}', {}),
        ('{"maxReceiveCount": 1}', {"redrivePolicy maxReceiveCount": FAIL}),
        ('{"maxReceiveCount": 1000}', {"redrivePolicy maxReceiveCount": FAIL}),
        ("{}", {"redrivePolicy maxReceiveCount": FAIL}),
        ("{", {"redrivePolicy maxReceiveCount": FAIL}),
        (UNKNOWN, {"redrivePolicy": WAIT}),
        (None, {}),
    ],
)
def test_a_message_is_tried_several_times_but_not_for_ever(
    policy: object, expected: dict[str, Outcome]
) -> None:
    assert outcomes(queues.SETTINGS, resource(QUEUE, {"redrivePolicy": policy})) == expected


GOOD = {"name": "app", "readonlyRootFilesystem": True, "logConfiguration": {"logDriver": "awslogs"}}


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        ({}, set()),
        ({"privileged": True}, {"containerDefinitions[0].privileged"}),
        ({"user": "root"}, {"containerDefinitions[0].user"}),
        ({"readonlyRootFilesystem": False}, {"containerDefinitions[0].readonlyRootFilesystem"}),
        ({"logConfiguration": None}, {"containerDefinitions[0].logConfiguration"}),
        (
            {"environment": [{"name": "MODE", "value": "x"}, {"name": "DB_PASSWORD", "value": "hunter2"}]},
            {"containerDefinitions[0].environment[1]"},
        ),
        ({"environment": [{"name": "DB_PASSWORD_ARN", "value": "arn:aws:secretsmanager:x"}]}, set()),
    ],
)
def test_a_container_has_no_privileges_and_no_secrets(change: dict[str, Any], paths: set[str]) -> None:
    text = json.dumps([{**GOOD, **change}])
    assert failures(containers.RULE, resource(containers.TASK, {"containerDefinitions": text})) == paths


@pytest.mark.parametrize(("value", "expected"), [(UNKNOWN, WAIT), (None, FAIL), ("{}", FAIL), ("[", FAIL)])
def test_definitions_must_be_readable(value: object, expected: Outcome) -> None:
    found = outcomes(containers.RULE, resource(containers.TASK, {"containerDefinitions": value}))
    assert found == {"containerDefinitions": expected}


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("PASSWORD", "hunter2", True),
        ("STRIPE_API_KEY", "sk", True),
        ("TABLE_NAME", "rental", False),
        ("TOKEN_URL", "https://x", False),
        ("API_TOKEN_ARN", "arn:aws:secretsmanager:x", False),
        ("KEY", "AKIAIOSFODNN7EXAMPLE", True),
        ("CERT", "-----BEGIN RSA PRIVATE KEY-----", True),
        ("PASSWORD", UNKNOWN, False),
        ("PASSWORD", "", False),
    ],
)
def test_a_secret_in_a_variable_is_told_and_never_repeated(name: str, value: str, secret: bool) -> None:
    found = resource(FUNCTION, {"environment": {"variables": {name: value}}})
    verdicts = list(secrets.RULE.judge(found))
    assert bool(verdicts) is secret
    assert not [verdict for verdict in verdicts if value and value in verdict.message]


def test_a_secret_in_user_data_is_told() -> None:
    text = "#!/bin/sh\nexport KEY=AKIAIOSFODNN7EXAMPLE\n"
    assert failures(secrets.RULE, resource("aws:ec2/instance:Instance", {"userData": text})) == {"userData"}


def test_the_sdk_still_reads_in_the_way_that_the_pack_remembers() -> None:
    sdk = SimpleNamespace(**vars(pulumi_policy.policy))
    assert read_once(cast("Any", sdk))
    assert all(getattr(sdk, name) is not getattr(pulumi_policy.policy, name) for name in READERS)
    server, own = sdk._PolicyAnalyzerServicer, pulumi_policy.policy._PolicyAnalyzerServicer
    assert issubclass(server, own)
    assert sdk.json_format.MessageToJson is pulumi_policy.policy.json_format.MessageToJson  # type: ignore[attr-defined]  # the SDK's own import


def test_an_sdk_that_reads_in_another_way_is_left_alone() -> None:
    sdk = SimpleNamespace(deserialize_properties=dict)
    assert not read_once(cast("Any", sdk))
    assert vars(sdk) == {"deserialize_properties": dict}


@given(st.lists(st.integers(0, 5), max_size=30), st.integers(1, 4))
def test_what_is_remembered_is_what_would_be_read(calls: list[int], most: int) -> None:
    arguments = [[number] for number in range(6)]
    read: list[int] = []

    def double(argument: list[int]) -> int:
        read.append(argument[0])
        return 2 * argument[0]

    remembered = remembering(double, most)
    assert [remembered(arguments[number]) for number in calls] == [2 * number for number in calls]
    assert len(read) <= len(calls)
    if most > len(set(calls)):
        assert sorted(read) == sorted(set(calls))
