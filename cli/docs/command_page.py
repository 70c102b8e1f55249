"""docs/commands.md: every command, its options and its examples, from the parser."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from cli.docs.component_pages import HEAD
from cli.main import build_parser


def page() -> str:
    """The page."""
    lines = [
        HEAD,
        "# Commands",
        "",
        "`ev --help` lists them; `ev COMMAND --help` says the same as this page. Exit codes: 0 clean; 1 a",
        "violation, a failed program, something missing; 2 bad usage; 3 only lists of URNs are out of date.",
        "",
    ]
    return "\n".join([*lines, *_sections(build_parser(), ())])


def _sections(parser: argparse.ArgumentParser, path: tuple[str, ...]) -> Iterator[str]:
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if path:
        yield from (f"## ev {' '.join(path)}", "", " ".join((parser.description or "").split()), "")
        if parser.epilog:
            examples = [line.strip() for line in parser.epilog.splitlines()[1:]]
            yield from ("```sh", *examples, "```", "")
        rows = [action for action in parser._actions if action.dest != "help" and action not in below]
        if rows:
            yield from ("| option | |", "| --- | --- |", *map(_row, rows), "")
    for action in below:
        for name, deeper in action.choices.items():
            yield from _sections(deeper, (*path, name))


def _row(action: argparse.Action) -> str:
    value = action.metavar or (",".join(map(str, action.choices)) if action.choices else "")
    name = ", ".join(action.option_strings) if action.option_strings else str(value or action.dest)
    if action.option_strings and action.nargs != 0 and value:
        name = f"{name} {value}"
    told = (
        (action.help or "")
        .replace("%(default)s", str(action.default))
        .replace("%(default)g", f"{action.default}")
    )
    return f"| `{name}` | {told.replace('|', chr(92) + '|')} |"
