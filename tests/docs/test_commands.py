"""Commands that pages name are there: `ev` verbs and their options, make targets, modules and files."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.main import build_parser
from tests.docs.pages import PAGES, Page, read
from tests.stacks import ROOT, STACKS

_TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
_NAMED = re.compile(r"`make ([a-z{][^`\n]*)`|run: make ([a-z].*)|^ +make ([a-z].*)$", re.MULTILINE)
_WRITTEN = (".py", ".ts", ".tsx", ".yml", ".yaml", ".toml", "Makefile")
_NOT_OURS = {".git", ".local", ".venv", "build", "dist", "node_modules"}
_FILE = re.compile(
    r"(?:(?:cli|components|composition|delivery|diagrams|functions|local|offline|policy|tests|docs)/)[\w./-]+\.\w+"
)


def untrue(page: Page) -> list[str]:
    """The commands and files of a page that are not there."""
    lines = [*page.command_lines(), *page.spans]
    return [
        line
        for line in lines
        if not (_is_ev(line) and _is_make(line) and _is_module(line))
        or (line in page.spans and _FILE.fullmatch(line) and not (ROOT / line).exists())
    ]


def _is_ev(line: str) -> bool:
    if not re.match(r"(\.venv/bin/)?ev [a-z]", line) or "..." in line or "[" in line:
        return True
    try:
        words = shlex.split(line.partition("  ")[0], comments=True)[1:]  # then follows what it does
    except ValueError:
        return False
    words = words[: next((i for i, word in enumerate(words) if word in ("|", ">", ";", "&&")), len(words))]
    try:
        build_parser().parse_args([word.replace("$STACK", "prod") for word in words])
    except SystemExit as ended:
        return ended.code == 0 or (len(words) == 1 and words[0] in ("urns", "preview"))
    return True


def _is_make(line: str) -> bool:
    return not re.match(r"make [a-z]", line) or not _missing(line.removeprefix("make "))


def _missing(words: str) -> set[str]:
    """What `make` is told to make and cannot."""
    return {word for word in words.split() if "=" not in word} - _TARGETS


def missing_targets(text: str, *, commands: bool) -> set[str]:
    """Targets that code or a message names and that are not there. `commands`: whether lines are commands."""
    found: set[str] = set()
    for quoted, step, line in _NAMED.findall(text):
        found |= _missing(quoted or (step or line if commands else ""))
    return {target for target in found if not target.startswith("{")}  # which one is known when it runs


def _ours() -> Iterator[Path]:
    """Everything that is written by hand, but for pages."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in _NOT_OURS]
        yield from (Path(folder, name) for name in names if name.endswith(_WRITTEN))


def _is_module(line: str) -> bool:
    found = re.match(r"(?:\.venv/bin/)?python -m ([\w.]+)", line)
    if not found or found[1] in ("pytest", "pip", "venv"):
        return True
    path = ROOT / found[1].replace(".", "/")
    roots = (path, ROOT / "functions" / path.relative_to(ROOT), ROOT / "policy" / path.relative_to(ROOT))
    return any(root.with_suffix(".py").is_file() or (root / "__main__.py").is_file() for root in roots)


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_every_command_and_file_that_a_page_names_is_there(file: Path) -> None:
    assert untrue(read(file)) == []


@pytest.mark.parametrize(
    "line", ["ev nosuch", "ev preview dev --nosuch", "make nosuch", "python -m nosuch.module"]
)
def test_a_command_that_is_not_there_is_found(line: str) -> None:
    assert untrue(Page(ROOT / "docs/page.md", f"```sh\n{line}  # does it\n```\n")) == [line]


def test_a_file_that_is_not_there_is_found() -> None:
    assert untrue(Page(ROOT / "docs/page.md", "`components/nosuch.py`, `components/sizing.py`")) == [
        "components/nosuch.py"
    ]


def test_every_target_that_code_or_a_message_names_is_there() -> None:
    named = {
        file.relative_to(ROOT).as_posix(): missing_targets(
            file.read_text(encoding="utf-8"), commands=file.suffix in (".yml", ".yaml")
        )
        for file in _ours()
    }
    assert {name: missing for name, missing in named.items() if missing} == {}


@pytest.mark.parametrize(
    "text", ["build it with `make {}`", "        run: make layer {}", "          make {}"]
)
def test_a_target_that_is_not_there_is_found(text: str) -> None:
    assert missing_targets(text.format("nosuch"), commands=True) == {"nosuch"}


def test_stacks_that_pages_preview_exist() -> None:
    named = {
        found
        for file in PAGES
        for line in read(file).command_lines()
        for found in re.findall(r"(?:--stack |STACK=)((?:dev|prod)[a-z-]*)", line)
    }
    assert {name for name in named if not name.endswith("-")} <= set(STACKS)


def test_make_alone_lists_its_targets_on_a_narrow_terminal_and_complains_of_nothing() -> None:
    make = ["make", "--no-print-directory"]
    done = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own Makefile
    lines = done.stdout.splitlines()
    listed = [line.split()[0] for line in lines]
    assert {"up", "test", "preview", "down"} <= set(listed) <= _TARGETS
    assert len(listed) == len(set(listed))
    assert max(map(len, lines)) <= 80
    assert not done.stderr  # make warns of a target that stands twice
