"""The commands of a local platform where none is: clear words, and an exit code."""

import json
from pathlib import Path

import pytest

from cli.local import _event_line
from cli.main import main
from local.folder import Folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Where the stack's platform would be."""
    there = Folder(tmp_path / "dev")
    monkeypatch.setattr("local.folder.Folder.of", lambda _stack: there)
    return there


def test_down_has_nothing_to_stop(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["down"]) == 0
    assert capsys.readouterr().out == "dev did not run; nothing of it is left\n"
    folder.create()
    assert main(["down", "--keep"]) == 0
    assert capsys.readouterr().out == "dev did not run; what it knows is kept\n"
    assert folder.path.is_dir()
    assert main(["down"]) == 0
    assert not folder.path.exists()


@pytest.mark.usefixtures("folder")
def test_status_says_that_nothing_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 0
    assert capsys.readouterr().out == "dev: nothing runs, and nothing is kept. `ev up dev` brings it up.\n"
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"stack": "dev", "phase": "absent", "processes": {}}


def test_status_of_a_platform_that_was_killed_is_not_well(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.create()
    told = {"phase": "ready", "words": "", "pid": 2**22 + 1, "processes": {}}
    (folder.path / "status.json").write_text(json.dumps(told))
    assert main(["status"]) == 1
    assert capsys.readouterr().out.startswith("dev: stopped\n")


@pytest.mark.usefixtures("folder")
def test_logs_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs"]) == 0
    assert capsys.readouterr().out == "dev has no logs\n"
    assert main(["logs", "telemetry"]) == 2
    assert capsys.readouterr().err == "ev: no log has 'telemetry' in its name: nothing ran yet\n"


def test_logs_name_the_nearest_and_the_several(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    functions = folder.logs / "functions"
    functions.mkdir(parents=True)
    for name in ("supervisor", "aws"):
        (folder.logs / f"{name}.log").write_text(f"{name} began\n")
    for name in ("dev-rider-api-function", "dev-telemetry-processor"):
        (functions / f"{name}.log").write_text("START\n")
    assert main(["logs"]) == 0
    names = capsys.readouterr().out.split()
    assert names == ["aws", "supervisor", "dev-rider-api-function", "dev-telemetry-processor"]
    assert main(["logs", "telemetry"]) == 0
    assert capsys.readouterr().out == "START\n"
    for wrong, near in (("telemtry", "dev-telemetry-processor"), ("rider_api", "dev-rider-api-function")):
        assert main(["logs", wrong]) == 2
        told = capsys.readouterr().err
        assert told == f"ev: no log has {wrong!r} in its name; near it: {near}; `ev logs` lists all 4\n"
    assert main(["logs", "zzz"]) == 2
    assert capsys.readouterr().err == "ev: no log has 'zzz' in its name; `ev logs` lists all 4\n"
    assert main(["logs", "dev"]) == 2
    several = "dev-rider-api-function, dev-telemetry-processor"
    assert capsys.readouterr().err == f"ev: 'dev' is in the names of 2 logs, give more of it: {several}\n"


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "arguments", [["events"], ["events", "-f"], ["inbox"], ["region", "lose", "ap-southeast-1"]], ids=" ".join
)
def test_what_needs_a_running_platform_says_how_to_get_one(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "ev: dev does not run: bring it up with `ev up dev`\n")


@pytest.mark.usefixtures("folder")
def test_simulate_says_how_to_get_a_platform(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--minutes", "1"]) == 1
    assert capfd.readouterr().err == "dev is not deployed: bring it up with `ev up dev`\n"
    assert main(["simulate", "--stack", "nowhere", "--minutes", "1"]) == 2
    assert "there is no stack 'nowhere': the stacks are dev, prod" in capfd.readouterr().err


def test_simulate_drives_the_stack_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("local.folder.Folder.of", lambda stack: Folder(tmp_path / stack))
    assert main(["simulate", "--minutes", "1", "--stack", "prod-my"]) == 1
    assert capfd.readouterr().err == "prod-my is not deployed: bring it up with `ev up prod-my`\n"


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["up", "production"], "there is no stack 'production': the stacks are dev, prod"),
        (["status", "nowhere"], "there is no stack 'nowhere'"),
        (["up", "--config", "fleetSize"], "--config 'fleetSize' must be KEY=VALUE"),
        (["up", "--cars", "-1"], "--cars -1: 0 to 5000 can be"),
        (["up", "--cars", "5001"], "--cars 5001: 0 to 5000 can be"),
        (["up", "--speed", "0"], "--speed 0: above 0 and up to 100 can be"),
        (["up", "--speed", "101"], "--speed 101: above 0 and up to 100 can be"),
    ],
)
def test_bad_usage_names_the_value_and_the_way_out(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert says in capsys.readouterr().err


def test_an_event_is_a_line_of_80_columns() -> None:
    event = {"time": "2026-12-01T03:17:57Z", "detail-type": "alert.opened"}
    short = _event_line({**event, "detail": {"entity": "vehicle/SG-EV-000001"}})
    assert short == "03:17:57  alert.opened             vehicle/SG-EV-000001"
    long = _event_line({**event, "detail": {"entity": f"alert/SG-EV-000001/{'x' * 60}"}})
    assert (len(long), long[-3:]) == (80, "...")
    assert _event_line({**event, "detail": "no object"}).strip() == "03:17:57  alert.opened"
