"""`ev doctor`: what is missing is named, with what to do, and only that fails."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cli.doctor import Finding, Machine, examine, report
from cli.main import main

WELL = Machine(
    which=lambda program: f"/usr/bin/{program}",
    version=lambda program: "v22.1.0" if program == "node" else "11.0.0",
    installed=lambda _module: True,
    python=(3, 12, 1),
    can_bind=lambda: True,
    free_bytes=lambda _path: 2**40,
    browsers=Path("/nosuch"),
)


def found(machine: Machine, name: str) -> Finding:
    return next(finding for finding in examine(machine) if finding.name == name)


def test_a_machine_with_everything_is_well(tmp_path: Path) -> None:
    for name in ("build/layer.zip", "backoffice/dist/index.html"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    findings = list(examine(replace(WELL, root=tmp_path)))
    assert {finding.state for finding in findings} == {"ok"}
    assert list(report(findings))[-1] == "`make up` and `make test` can work"


@pytest.mark.parametrize(
    ("machine", "name", "todo"),
    [
        (replace(WELL, python=(3, 10, 9)), "Python", "3.11"),
        (replace(WELL, version=lambda _program: "v18.20.0"), "Node", "20"),
        (replace(WELL, which=lambda program: None if program == "npm" else "/x"), "npm", "Node"),
        (
            replace(WELL, installed=lambda module: module != "runtime_client"),
            "Lambda runtime",
            "awslambdaric",
        ),
        (replace(WELL, which=lambda program: None if "chrom" in program else "/x"), "Chromium", "playwright"),
        (replace(WELL, can_bind=lambda: False), "127.0.0.1", "listen"),
        (replace(WELL, free_bytes=lambda _path: 2**20), "disk", "GiB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_missing_is_named_with_what_to_do(machine: Machine, name: str, todo: str) -> None:
    if name == "Chromium":
        machine = replace(machine, which=lambda p: "/x" if p in ("node", "npm", "make") else None)
    finding = found(machine, name)
    assert finding.state == "missing"
    assert todo in finding.todo
    assert name in list(report(list(examine(machine))))[-1]


def test_what_make_builds_and_what_only_a_deployment_needs_stops_nothing(tmp_path: Path) -> None:
    machine = replace(WELL, root=tmp_path, which=lambda p: None if p in ("pulumi", "aws", "uv") else "/x")
    states = {finding.name: finding.state for finding in examine(machine)}
    assert {states[name] for name in ("layer", "pages", "pulumi", "aws", "uv")} == {"optional"}
    assert "missing" not in states.values()


def test_a_browser_of_playwright_does_as_well(tmp_path: Path) -> None:
    (tmp_path / "chromium-1200").mkdir()
    without = replace(WELL, which=lambda p: None if "chrom" in p else "/x", browsers=tmp_path)
    assert found(without, "Chromium").state == "ok"


def test_the_exit_code_says_whether_something_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cli.doctor.examine", lambda _machine: iter([Finding("x", "optional", "", "")]))
    assert main(["doctor"]) == 0
    monkeypatch.setattr("cli.doctor.examine", lambda _machine: iter([Finding("x", "missing", "", "do y")]))
    assert main(["doctor", "--json"]) == 1
    assert json.loads(capsys.readouterr().out.partition("work\n")[2])[0]["todo"] == "do y"
