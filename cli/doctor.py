"""`ev doctor`: what is installed, what is missing, and what to do about it."""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from cli.command import CLEAN, FAILED, Commands, add_command

ROOT: Final = Path(__file__).resolve().parents[1]
PYTHON: Final = (3, 11)
NODE: Final = 20
CHROMIUM: Final = ("chromium", "chromium-browser", "google-chrome")
FREE_GIB: Final = 2
_MARKS: Final = {"ok": "ok", "missing": "MISSING", "optional": "without"}

State = Literal["ok", "missing", "optional"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `missing`: `make up` or `make test` cannot work without it."""

    name: str
    state: State
    found: str
    todo: str = ""


def _version(program: str) -> str:
    try:
        ran = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=True)  # noqa: S603 - a program that `which` found
    except (OSError, subprocess.SubprocessError):
        return ""
    return (ran.stdout or ran.stderr).strip().splitlines()[0] if (ran.stdout or ran.stderr).strip() else ""


def _can_bind() -> bool:
    try:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            return True
    except OSError:
        return False


@dataclass(frozen=True)
class Machine:
    """What is asked of the machine; tests give answers of their own."""

    root: Path = ROOT
    which: Callable[[str], str | None] = shutil.which
    version: Callable[[str], str] = _version
    installed: Callable[[str], bool] = lambda module: importlib.util.find_spec(module) is not None
    python: tuple[int, ...] = tuple(sys.version_info[:3])
    can_bind: Callable[[], bool] = _can_bind
    free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free
    browsers: Path = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache/ms-playwright"))


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "doctor",
        _doctor,
        "what is installed, what is missing, and what to do",
        "ev doctor\nev doctor --json | jq '.[] | select(.state != \"ok\")'",
        "Look at what `make up` and `make test` need. Exit code 0 when both can work, 1 when not.\n"
        "Nothing is changed, and nothing outside this machine is asked.",
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def examine(machine: Machine) -> Iterator[Finding]:
    """Look at everything, in the order in which it is needed."""
    wanted = ".".join(map(str, PYTHON))
    version = ".".join(map(str, machine.python))
    yield _finding(
        "Python", machine.python >= PYTHON, version, f"install Python {wanted} or newer; make PYTHON=/path up"
    )
    yield from (_package(machine, name, module, use) for name, module, use in _PACKAGES)
    node = machine.version("node") if machine.which("node") else ""
    major = re.match(r"v?(\d+)", node)
    yield _finding(
        "Node", bool(major and int(major[1]) >= NODE), node, f"install Node {NODE} or newer, with npm"
    )
    npm = machine.version("npm") if machine.which("npm") else ""
    yield _finding("npm", bool(npm), npm, "install npm; it comes with Node")
    browser = next((found for name in CHROMIUM if (found := machine.which(name))), "")
    bundled = sorted(machine.browsers.glob("chromium*")) if machine.browsers.is_dir() else []
    yield _finding(
        "Chromium",
        bool(browser or bundled),
        browser or (str(bundled[-1]) if bundled else ""),
        "apt-get install chromium, or .venv/bin/playwright install chromium",
    )
    yield _finding("make", bool(machine.which("make")), machine.which("make") or "", "install GNU make")
    yield from _built(machine)
    bound = machine.can_bind()
    yield _finding(
        "127.0.0.1", bound, "ports can be opened" if bound else "", "let processes listen on 127.0.0.1"
    )
    free = machine.free_bytes(machine.root) / 2**30
    yield _finding(
        "disk", free >= FREE_GIB, f"{free:.1f} GiB free", f"free {FREE_GIB} GiB where the project is"
    )
    yield _optional(machine, "uv", "`make lock` needs it, and it makes the first setup faster")
    yield _optional(machine, "pulumi", "a real deployment needs it: https://www.pulumi.com/docs/install")
    yield _optional(machine, "aws", "the runbooks use it")
    yield Finding("Docker", "ok", "not needed: functions run as processes")


_PACKAGES: Final = (
    ("Pulumi SDK", "pulumi", "pulumi"),
    ("Pulumi AWS", "pulumi_aws", "pulumi-aws"),
    ("policy SDK", "pulumi_policy", "pulumi-policy"),
    ("moto", "moto", "moto"),
    ("Lambda runtime", "runtime_client", "awslambdaric"),
    ("pytest", "pytest", "pytest"),
    ("ruff", "ruff", "ruff"),
    ("mypy", "mypy", "mypy"),
)
"""What it is called, its module, its distribution. awslambdaric's is the part compiled for this platform."""


def _package(machine: Machine, name: str, module: str, distribution: str) -> Finding:
    there = machine.installed(module)
    found = ""
    if there:
        try:
            found = f"{distribution} {importlib.metadata.version(distribution)}"
        except importlib.metadata.PackageNotFoundError:
            found = distribution
    todo = f"{distribution} is not in this environment: `make up` sets .venv up; or remove .venv and retry"
    return _finding(name, there, found, todo)


def _built(machine: Machine) -> Iterator[Finding]:
    """What `make` builds itself: its absence stops nothing."""
    for name, path, target in (
        ("layer", "build/layer.zip", "layer"),
        ("pages", "backoffice/dist/index.html", "pages"),
    ):
        there = (machine.root / path).is_file()
        yield Finding(
            name,
            "ok" if there else "optional",
            path if there else "",
            "" if there else f"`make {target}` builds it; `make up` and `make test` do so too",
        )


def _optional(machine: Machine, program: str, use: str) -> Finding:
    there = machine.which(program)
    return Finding(program, "ok" if there else "optional", there or "", "" if there else use)


def _finding(name: str, good: bool, found: str, todo: str) -> Finding:
    return Finding(name, "ok" if good else "missing", found or "not found", "" if good else todo)


def _doctor(options: argparse.Namespace) -> int:
    findings = list(examine(Machine()))
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        print("\n".join(report(findings)))
    return FAILED if any(finding.state == "missing" for finding in findings) else CLEAN


def report(findings: list[Finding]) -> Iterator[str]:
    """What was found, a line each, and what to do under what is missing."""
    for finding in findings:
        yield f"{_MARKS[finding.state]:<8} {finding.name:<15} {finding.found}".rstrip()
        if finding.todo:
            yield f"{'':<24} -> {finding.todo}"
    missing = [finding.name for finding in findings if finding.state == "missing"]
    yield ""
    yield (
        f"`make up` or `make test` needs {', '.join(missing)}"
        if missing
        else "`make up` and `make test` can work"
    )
