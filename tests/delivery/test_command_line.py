"""The pipeline's commands: exit codes, files, the comment on a change, the smoke test."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from components.observability.canary_script.rider_api import Answer, ProbeError
from delivery import __main__ as cli
from delivery.comment import MARKER, MAX_LENGTH, comment
from delivery.smoke import ATTEMPTS, smoke
from tests.delivery.fake_aws import FakeAws, canary

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def preview(*names: str, findings: tuple[tuple[str, str], ...] = (), **inputs: Any) -> dict[str, Any]:
    """A document of `ev preview --json` with buckets of these names."""
    return {
        "steps": [
            {"urn": f"urn:pulumi:dev::p::aws:s3/bucket:Bucket::{name}", "newState": {"inputs": inputs}}
            for name in names
        ],
        "diagnostics": [],
        "policyPacks": [
            {
                "name": "guardrails",
                "violations": [
                    {"policyName": "encryption", "enforcementLevel": level, "message": message}
                    for level, message in findings
                ],
            }
        ],
    }


# ---- the comment -------------------------------------------------------------------------------------------


def test_the_comment_says_what_is_added_removed_and_changed() -> None:
    base = {"dev": preview("kept", "gone", acl="private")}
    head = {"dev": {**preview("kept", "new", acl="public")}}
    text = comment(head, base)
    assert text.startswith(MARKER)
    assert "| dev | 2 | 1 | 1 | 1 | 0 | 0 | 0 |" in text
    assert "+ aws:s3/bucket:Bucket new" in text
    assert "- aws:s3/bucket:Bucket gone" in text
    assert "! aws:s3/bucket:Bucket kept: acl" in text


def test_the_comment_names_what_policies_find() -> None:
    head = {"prod": preview("b", findings=(("mandatory", "no key"), ("advisory", "no owner")))}
    text = comment(head, {})
    assert "| prod | 1 | 1 | 0 | 0 | 0 | 1 | 1 |" in text
    assert "mandatory encryption: : no key" in text


def test_a_program_that_failed_is_an_error() -> None:
    broken = {
        **preview(),
        "diagnostics": [{"severity": "error", "message": "Traceback\nValueError: boom\n"}],
        "policyPacks": [{"name": "guardrails", "violations": [], "error": "it does not start"}],
    }
    text = comment({"dev": broken}, {})
    assert "| dev | 0 | 0 | 0 | 0 | 2 | 0 | 0 |" in text
    assert "error: ValueError: boom" in text
    assert "it does not start" in text


def test_a_change_of_nothing_is_one_line_a_stack() -> None:
    same = {"dev": preview("b"), "prod": preview("b")}
    text = comment(same, same)
    assert "<details>" not in text
    assert "| dev | 1 | 0 | 0 | 0 | 0 | 0 | 0 |" in text


def test_a_message_cannot_break_out_of_its_block() -> None:
    head = {"dev": preview("b", findings=(("mandatory", "```\n<img src=x>"),))}
    (block,) = comment(head, {"dev": preview("b")}).split("```text")[1:]
    assert "<img src=x>" in block.split("```")[0]


def test_a_comment_is_never_longer_than_github_takes() -> None:
    names = [f"bucket-{number}-{'x' * 1_700}" for number in range(200)]
    text = comment({"dev": preview(*names), "prod": preview(*names)}, {})
    assert len(text) < MAX_LENGTH + 200
    assert text.count("<details>") == text.count("</details>")
    assert "artifact" in text


# ---- commands ----------------------------------------------------------------------------------------------


def run(*arguments: object) -> int:
    return cli.main([str(argument) for argument in arguments])


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    """AWS with one function that has a new version."""
    fake = FakeAws({"f": "1"})
    monkeypatch.setattr(cli, "_aws", fake)
    return fake


def outputs(folder: Path) -> Path:
    path = folder / "outputs.json"
    path.write_text(json.dumps({"canaries": [vars(canary("f"))]}))
    return path


def test_release_and_rollback_go_there_and_back(tmp_path: Path, aws: FakeAws) -> None:
    record = tmp_path / "moves.json"
    assert run("release", "--outputs", outputs(tmp_path), "--record", record) == 0
    assert aws.aliases == {"f": "2"}
    assert run("rollback", "--record", record) == 0
    assert aws.aliases == {"f": "1"}


def test_the_way_back_is_kept_before_anything_moves(tmp_path: Path, aws: FakeAws) -> None:
    aws.refuses = "f"
    record = tmp_path / "moves.json"
    assert run("release", "--outputs", outputs(tmp_path), "--record", record) == 1
    assert json.loads(record.read_text())[0]["old"] == "1"


def test_a_release_without_new_versions_is_done(
    tmp_path: Path, aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.aliases["f"] = "2"
    assert run("release", "--outputs", outputs(tmp_path), "--record", tmp_path / "m") == 0
    assert "no function has a new version" in capsys.readouterr().out


@pytest.mark.usefixtures("aws")
def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("rollback", "--record", tmp_path / "nothing.json") == 1
    assert "nothing.json" in capsys.readouterr().out


def test_the_comment_is_written_also_when_there_is_no_base(tmp_path: Path) -> None:
    head, text = tmp_path / "head.json", tmp_path / "comment.md"
    head.write_text(json.dumps({"dev": preview("b")}))
    assert run("comment", "--head", head, "--base", tmp_path / "none.json", "--write", text) == 0
    assert text.read_text().startswith(MARKER)


# ---- smoke -------------------------------------------------------------------------------------------------


def answers(url: str) -> Answer:
    if url.endswith("/v1/bookings"):
        return 401, b'{"status": 401}'
    return 200, b'{"data": {"feeds": [1]}, "last_updated": "2026-11-22T12:00:00Z"}'


def test_a_new_release_that_answers_late_passes() -> None:
    calls: list[str] = []
    said: list[str] = []
    pauses: list[float] = []

    def asker(url: str) -> Answer:
        calls.append(url)
        return answers(url) if len(calls) > 3 else (503, b"")

    smoke("https://api", said.append, asker=asker, now=lambda: NOW, pause=pauses.append)
    assert pauses == [10.0]
    assert said[-1] == "https://api answers as it should"


def test_a_release_that_does_not_answer_fails_after_a_few_attempts() -> None:
    pauses: list[float] = []
    with pytest.raises(ProbeError, match="status 503"):
        smoke("https://api", lambda _: None, asker=lambda _: (503, b""), now=lambda: NOW, pause=pauses.append)
    assert len(pauses) == ATTEMPTS - 1


def test_the_smoke_command_asks_the_stacks_own_api_and_fails_when_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def down(url: str, _say: object) -> None:
        raise ProbeError(f"{url}/gbfs: status 503")

    monkeypatch.setattr(cli, "smoke", down)
    path = tmp_path / "outputs.json"
    path.write_text('{"riderApiUrl": "https://api.sg"}')
    assert run("smoke", "--outputs", path) == 1
    assert "https://api.sg/gbfs: status 503" in capsys.readouterr().out


def test_a_stack_without_the_apis_url_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "outputs.json"
    path.write_text("{}")
    assert run("smoke", "--outputs", path) == 1
    assert "output riderApiUrl is None" in capsys.readouterr().out
