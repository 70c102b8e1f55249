"""`ev graph` as a user sees it."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cli.main import main
from tests.offline.projects import ev, write

PROGRAM = """
keys = Group("app-keys")
key = Thing("app-keys-key", opts=ResourceOptions(parent=keys))
shop = Group("app-shop")
table = Thing("app-shop-table", {"key": key.arn}, ResourceOptions(parent=shop))
Thing("app-shop-secret", {"password": pulumi.Output.secret("hunter2")}, ResourceOptions(parent=shop))
"""


def test_the_suffix_of_the_file_says_what_is_drawn(tmp_path: Path) -> None:
    write(tmp_path, PROGRAM)
    picture, page = tmp_path / "dev.svg", tmp_path / "dev.html"
    assert ev("dev", "-o", picture, cwd=tmp_path, command=("graph",)).code == 0
    assert ev("dev", "-o", page, cwd=tmp_path, command=("graph",)).code == 0
    assert ET.parse(picture).getroot().tag.endswith("svg")  # noqa: S314 - our own file
    assert page.read_text().startswith("<!doctype html>")
    assert "hunter2" not in page.read_text() + picture.read_text()


def test_without_a_file_the_picture_goes_down_the_pipe(tmp_path: Path) -> None:
    write(tmp_path, PROGRAM)
    by_component = ev("dev", cwd=tmp_path, command=("graph",))
    by_resource = ev("dev", "--by", "resource", cwd=tmp_path, command=("graph",))
    assert (by_component.code, by_component.err) == (0, "")
    assert "table" not in by_component.out
    assert ">table</text>" in by_resource.out


def test_a_program_that_fails_is_not_drawn(tmp_path: Path) -> None:
    write(tmp_path, "raise ValueError('no such market')")
    ran = ev("dev", "-o", tmp_path / "dev.svg", cwd=tmp_path, command=("graph",))
    assert ran.code == 1
    assert "no such market" in ran.err
    assert not (tmp_path / "dev.svg").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["dev", "-o", "dev.png"], ".svg or .html"),
        (["dev", "-o", "nosuch/dev.svg"], "no folder nosuch"),
        (["nosuch", "-o", "dev.svg"], "'nosuch'"),
    ],
)
def test_bad_usage_names_the_value_and_the_way_out(
    tmp_path: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "raise AssertionError('must not run')")
    assert main(["graph", *arguments, "--cwd", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("ev: ")
    assert says in error


def test_a_terminal_is_not_flooded_with_svg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["graph", "dev", "--cwd", str(tmp_path)]) == 2
    assert "ev graph dev -o" in capsys.readouterr().err
