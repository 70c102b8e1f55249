"""The hook: a version that works gets its traffic, any other does not, and CodeDeploy always hears which."""

import io
import json
from typing import Any, cast

import pytest
from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from components.delivery.checks import CHECKS, HealthCheck
from pretraffic_hook import handler as entry
from pretraffic_hook.checks import HEALTH_CHECK, CheckError, parse

FUNCTION = "bluehorizons-prod-sg-rental-rider-api-function-1a2b3c4"


class Aws:
    """CodeDeploy's and Lambda's side: one deployment to version 8, and a function that answers `payload`."""

    def __init__(self, payload: object = None, *, function_error: str = "", targets: int = 1) -> None:
        self.payload = payload
        self.function_error = function_error
        self.targets = targets
        self.invoked: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []

    def list_deployment_targets(self, **call: Any) -> dict[str, Any]:
        assert call == {"deploymentId": "d-1"}
        return {"targetIds": [f"{FUNCTION}:live"] * self.targets}

    def batch_get_deployment_targets(self, **call: Any) -> dict[str, Any]:
        info = {
            "functionName": FUNCTION,
            "functionAlias": "live",
            "currentVersion": "7",
            "targetVersion": "8",
        }
        target = {"deploymentTargetType": "LambdaFunction", "lambdaTarget": {"lambdaFunctionInfo": info}}
        return {"deploymentTargets": [target] * len(call["targetIds"])}

    def put_lifecycle_event_hook_execution_status(self, **call: Any) -> dict[str, Any]:
        self.told.append(call)
        return {}

    def invoke(self, **call: Any) -> dict[str, Any]:
        self.invoked.append(call)
        answer: dict[str, Any] = {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(self.payload).encode())}
        if self.function_error:
            answer["FunctionError"] = self.function_error
        return answer


def run(aws: Aws, monkeypatch: pytest.MonkeyPatch, check: str = "records", checks: str | None = None) -> str:
    """One call of the hook: what CodeDeploy was told."""
    monkeypatch.setenv("CHECKS", json.dumps({FUNCTION: check}) if checks is None else checks)
    monkeypatch.setattr(entry, "clients", lambda: (aws, aws))
    event = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e-1"}
    answer = entry.handler(event, cast("Any", None))
    (told,) = aws.told
    assert (told["deploymentId"], told["lifecycleEventHookExecutionId"]) == ("d-1", "e-1")
    assert told["status"] == answer["status"]
    return str(told["status"])


def test_the_new_version_itself_is_invoked_and_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = Aws({"batchItemFailures": []})
    assert run(aws, monkeypatch) == "Succeeded"
    (call,) = aws.invoked
    assert (call["FunctionName"], call["Qualifier"]) == (FUNCTION, "8")
    assert call["InvocationType"] == "RequestResponse"
    assert json.loads(call["Payload"]) == {"Records": []}


@pytest.mark.parametrize(
    ("check", "payload", "status"),
    [
        ("records", {"batchItemFailures": []}, "Succeeded"),
        ("records", {"batchItemFailures": [{"itemIdentifier": "1"}]}, "Failed"),
        ("records", None, "Failed"),
        ("get /v1/bookings", {"statusCode": 401, "body": "{}"}, "Succeeded"),
        ("get /v1/bookings", {"statusCode": 200}, "Succeeded"),
        ("get /v1/bookings", {"statusCode": 500}, "Failed"),
        ("get /v1/bookings", {"statusCode": "200"}, "Failed"),
        ("get /v1/bookings", "Internal", "Failed"),
        ("task expire", {"HoldsExpired": {"done": 0}}, "Succeeded"),
        ("trigger", parse("trigger").event, "Succeeded"),
        ("trigger", {}, "Failed"),
        ("empty", {"forwarded": 0}, "Succeeded"),
    ],
)
def test_each_kind_of_function_is_judged_by_its_own_answer(
    check: str, payload: object, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(Aws(payload), monkeypatch, check) == status


def test_a_version_that_raises_gets_no_traffic(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Aws({"errorMessage": "No module named 'msgspec'"}, function_error="Unhandled")
    assert run(broken, monkeypatch, "empty") == "Failed"


@pytest.mark.parametrize(
    ("payload", "error", "status"),
    [
        ({"errorType": "UnknownTaskError"}, "Unhandled", "Succeeded"),
        ({"errorType": "Runtime.ImportModuleError"}, "Unhandled", "Failed"),
        ("no object", "Unhandled", "Failed"),
        ({"days": []}, "", "Failed"),
    ],
)
def test_a_function_that_refuses_what_it_does_not_know_has_shown_that_it_runs(
    payload: object, error: str, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = Aws(payload, function_error=error)
    assert run(aws, monkeypatch, "refusal UnknownTaskError") == status
    assert json.loads(aws.invoked[0]["Payload"]) == {"task": HEALTH_CHECK}


def test_codedeploy_hears_of_whatever_goes_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away(Aws):
        def invoke(self, **call: Any) -> dict[str, Any]:
            raise TimeoutError(f"version {call['Qualifier']} does not answer")

    assert run(Away(), monkeypatch) == "Failed"
    assert run(Aws({"batchItemFailures": []}, targets=2), monkeypatch) == "Failed"
    assert run(Aws({"batchItemFailures": []}), monkeypatch, checks="{}") == "Failed"
    assert run(Aws({"batchItemFailures": []}), monkeypatch, checks="no json") == "Failed"
    assert run(Aws({"batchItemFailures": []}), monkeypatch, "dance") == "Failed"


@pytest.mark.parametrize(
    ("line", "fault"), [("dance", "use one of get, records"), ("get v1", "begin it with /"), ("", "''")]
)
def test_a_line_that_is_no_check_is_refused(line: str, fault: str) -> None:
    with pytest.raises(CheckError, match=fault):
        parse(line)


def test_every_check_that_the_program_can_write_is_one_that_the_hook_reads() -> None:
    checks = [
        HealthCheck.get("/gbfs/3/gbfs.json"),
        HealthCheck.records(),
        HealthCheck.task("catch-up"),
        HealthCheck.trigger(),
        HealthCheck.empty(),
        HealthCheck.refusal("UnknownTaskError"),
    ]
    events = [parse(check.line).event for check in checks]
    assert events[0]["path"] == "/gbfs/3/gbfs.json"
    assert events[1:3] == [{"Records": []}, {"task": "catch-up"}]
    assert events[3]["triggerSource"] == HEALTH_CHECK
    assert events[4:] == [{}, {"task": HEALTH_CHECK}]
    for check in CHECKS.values():
        parse(check.line)


@pytest.mark.parametrize("path", ["v1", "/a b", "/a?b", "/ä", ""])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="path is"):
        HealthCheck.get(path)


@pytest.mark.parametrize("task", ["", "Expire", "a b"])
def test_a_task_that_is_none_is_refused(task: str) -> None:
    with pytest.raises(ValueError, match="task is"):
        HealthCheck.task(task)


def test_the_proxy_event_is_one_that_our_router_understands() -> None:
    resolver = APIGatewayRestResolver()

    @resolver.get("/v1/bookings")
    def bookings() -> dict[str, str]:
        return {"asked": resolver.current_event.path}

    answer = resolver.resolve(parse("get /v1/bookings").event, cast("Any", None))
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {"asked": "/v1/bookings"}
