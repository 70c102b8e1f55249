"""Shell completion: made from the parser, and run in each shell that is installed."""

import argparse
import shutil
import subprocess
from pathlib import Path

import pytest

from cli.completion import SHELLS, places, script
from cli.main import build_parser


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_and_option_is_in_the_script(shell: str) -> None:
    text = script(build_parser(), shell)
    for place in places(build_parser()):
        for word in place.words:
            assert word.text.lstrip("-") in text


def test_a_new_command_is_completed_without_more_ado() -> None:
    parser = argparse.ArgumentParser(prog="ev")
    commands = parser.add_subparsers()
    commands.add_parser("fly").add_argument("--high", choices=["yes", "no"])
    assert [(place.path, [w.text for w in place.words]) for place in places(parser)] == [
        ((), ["--help", "fly"]),
        (("fly",), ["--help", "--high"]),
    ]


@pytest.mark.parametrize("words", [("ev", "pre"), ("ev", "urns", "ch"), ("ev", "graph", "prod-x")])
def test_bash_completes_commands_verbs_and_stacks(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "Pulumi.prod-x1.yaml").touch()
    line = " ".join(f"'{word}'" for word in words)
    code = (
        f"{script(build_parser(), 'bash')}\n"
        f'COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _ev; echo "${{COMPREPLY[@]}}"'
    )
    bash = shutil.which("bash")
    assert bash
    ran = subprocess.run([bash, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert ran.stdout.strip() == {"pre": "preview", "ch": "check", "prod-x": "prod-x1"}[words[-1]]
    assert ran.stderr == ""


@pytest.mark.parametrize("shell", [shell for shell in SHELLS if shutil.which(shell)])
def test_the_shells_that_are_here_take_the_script(shell: str, tmp_path: Path) -> None:
    file = tmp_path / "ev"
    file.write_text(script(build_parser(), shell))
    program = shutil.which(shell)
    assert program
    ran = subprocess.run([program, "-n", str(file)], capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert (ran.returncode, ran.stderr) == (0, "")
