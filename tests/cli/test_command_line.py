"""What every command of `ev` has: help with examples that are true, and a start that waits for nothing."""

import argparse
import shlex
import subprocess
import sys
from collections.abc import Iterator

import pytest

from cli.main import build_parser, main
from tests.stacks import ROOT


def _parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield below
                yield from _parsers(below)


PARSERS = [
    parser for parser in _parsers(build_parser()) if parser.add_help
]  # simulate hands all, --help too, to the fleet's own parser
EXAMPLES = [
    line.strip()
    for parser in PARSERS
    for line in (parser.epilog or "").splitlines()[1:]
    if line.strip().startswith("ev ")
]


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.prog)
def test_the_help_of_every_command_has_examples_and_fits_a_terminal(
    parser: argparse.ArgumentParser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = parser.format_help()
    assert "examples:\n  ev " in text or "examples:\n  source <(ev " in text
    assert [line for line in text.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_a_command_line_that_is_understood(example: str) -> None:
    words = shlex.split(example, comments=True)
    command = words[1 : next((i for i, word in enumerate(words) if word in "|>"), len(words))]
    assert build_parser().parse_args(command).command == command[0]


def test_help_waits_for_no_sdk() -> None:
    code = (
        "import sys; from cli.main import build_parser; build_parser().format_help()\n"
        "slow = {'pulumi', 'grpc', 'google.protobuf', 'pydantic', 'boto3', 'flask'} & set(sys.modules)\n"
        "sys.exit(f'loaded {slow}' if slow else 0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - this interpreter
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("arguments", [[], ["nosuch"], ["graph", "--nosuch"]], ids=" ".join)
def test_a_command_line_that_is_not_understood_is_exit_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: ev" in capsys.readouterr().err
