"""Small projects for the engine's tests: a program as text, written to a folder and previewed."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

from offline.config import Project
from offline.graph import Resource
from offline.run import Options, preview_in_process
from offline.worker import StackResult

ROOT = Path(__file__).resolve().parents[2]

PRELUDE = """
import pulumi
from pulumi import ResourceOptions


class Thing(pulumi.CustomResource):
    arn: pulumi.Output[str]

    def __init__(self, name, props=None, opts=None, type_="demo:index:Thing"):
        super().__init__(type_, name, {"arn": None, **(props or {})}, opts)


class Group(pulumi.ComponentResource):
    def __init__(self, name, opts=None, type_="demo:index:Group"):
        super().__init__(type_, name, None, opts)


class DemoProvider(pulumi.ProviderResource):
    def __init__(self, name, props=None, opts=None, package="demo"):
        super().__init__(package, name, props or {}, opts)
"""
"""Resources of a package `demo`, for programs that need no SDK."""


@dataclass
class Written:
    """A project on disk."""

    folder: Path

    @property
    def project(self) -> Project:
        return Project.find(self.folder)

    def preview(self, stack: str = "dev", **options: Any) -> StackResult:
        """Preview a stack in this process."""
        return preview_in_process(self.project, stack, Options(**options))

    def stack(self, name: str, text: str = "") -> None:
        """Write a stack file."""
        (self.folder / f"Pulumi.{name}.yaml").write_text(dedent(text))


@dataclass
class Ran:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str
    document: Any = field(default=None)


def write(
    folder: Path,
    program: str,
    *,
    stack: str = "",
    project: str = "",
    files: Mapping[str, str] | None = None,
    prelude: str = PRELUDE,
) -> Written:
    """Write a project `demo` with one stack `dev`; `project` and `stack` are further lines of their files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text("name: demo\nruntime: python\n" + dedent(project))
    (folder / "__main__.py").write_text(prelude + dedent(program))
    for name, text in (files or {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    written = Written(folder)
    written.stack("dev", stack)
    return written


def ev(
    *arguments: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    command: Sequence[str] = ("preview",),
) -> Ran:
    """Run `ev preview`, or another command, as a user does, in a process of its own."""
    command = [sys.executable, "-m", "cli", *command, *map(str, arguments), "--cwd", str(cwd)]
    done = subprocess.run(  # noqa: S603 - this interpreter, our own command
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    document = json.loads(done.stdout) if "--json" in arguments and done.stdout else None
    return Ran(done.returncode, done.stdout, done.stderr, document)


def named(result: StackResult, name: str) -> Resource:
    """Return the one resource of that name."""
    (found,) = [resource for resource in result.graph.resources.values() if resource.name == name]
    return found


def errors(result: StackResult) -> str:
    """Return the text of all errors."""
    return "\n".join(d.message for d in result.graph.diagnostics if d.severity == "error")


def clean(result: StackResult) -> StackResult:
    """Return the result, after making sure that nothing went wrong."""
    assert errors(result) == ""
    return result
