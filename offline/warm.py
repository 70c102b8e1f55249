"""Finds, without running it, what a program imports from outside its project.

The SDKs load a service's module (`aws.kms`) on first use, which takes longer than all else in a preview:
a parent that has loaded them hands them to every child that it forks.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path

_SKIPPED = {"site-packages", "node_modules", "__pycache__", "tests", "build"}


def warm(program: Path) -> None:
    """Import what a program will import from outside its project."""
    for name in modules_of(program):
        try:
            getattr(importlib.import_module(name), "__all__", None)  # the look inside loads a lazy module
        except Exception:  # noqa: S112 - any failure to import is the program's to meet and report
            continue


def modules_of(program: Path) -> list[str]:
    """Return the outside modules that a program's sources name, sorted.

    Args:
        program: a directory with a __main__.py, or a file.
    """
    directory = program if program.is_dir() else program.parent
    main = program / "__main__.py" if program.is_dir() else program
    found: set[str] = set()
    seen: set[Path] = set()
    files = [main]
    while files:
        file = files.pop()
        if file in seen or not file.is_file():
            continue
        seen.add(file)
        try:
            tree = ast.parse(file.read_bytes())
        except (SyntaxError, ValueError):
            continue  # the program will say so itself
        for name in _names(tree):
            own = list(_own_files(directory, name))
            files.extend(own)
            if not own:
                found.add(name)
    return sorted(name for name in found if _exists(name))


def _names(tree: ast.AST) -> Iterator[str]:
    """Yield the dotted names that are imported or, as `package.service`, used."""
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
                aliases[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            for alias in node.names:
                yield f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            yield f"{aliases[node.value.id]}.{node.attr}"


def _own_files(directory: Path, name: str) -> Iterator[Path]:
    """Yield the project's files that a module name stands for."""
    parts = name.split(".")
    if _SKIPPED & set(parts):
        return
    base = directory.joinpath(*parts)
    for file in (base.with_suffix(".py"), base / "__init__.py"):
        if file.is_file():
            yield file
    if base.is_dir() and not (base / "__init__.py").is_file():
        yield base  # a namespace package: own, but without a source


def _exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, AttributeError, ValueError):
        return False
