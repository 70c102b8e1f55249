"""`ev graph`: a picture of a stack, and a page to explore every resource of it."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from cli.command import CLEAN, FAILED, Commands, add_command
from offline.errors import UsageError

SUFFIXES = (".svg", ".html")


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "graph",
        _graph,
        "draw a stack: its components as SVG, every resource as a page to explore",
        "ev graph dev -o dev.svg\n"
        "ev graph prod-jp -o prod-jp.html\n"
        "ev graph dev --by resource > resources.svg",
        "Draw what a first `pulumi up` of a stack would create. The suffix of FILE says what is made:\n"
        "an .svg picture, or one .html file with the picture, a search, and each resource's inputs\n"
        "(secrets masked), what it needs and who needs it. The page loads nothing from anywhere.",
    )
    parser.add_argument("stack", nargs="?", default="dev", metavar="STACK", help="the stack (default: dev)")
    parser.add_argument(
        "--by",
        choices=("component", "resource"),
        help="draw components, or each resource too (default: component for .svg, resource for .html)",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="an .svg or .html file (default: SVG on stdout)"
    )
    parser.add_argument(
        "--cwd", type=Path, default=Path(), metavar="DIR", help="the project's folder (default: this one)"
    )


def _graph(options: argparse.Namespace) -> int:
    output: Path | None = options.output
    if output is None and sys.stdout.isatty():
        raise UsageError(
            f"an SVG is nothing to read on a terminal: name a file, `ev graph {options.stack} -o FILE.svg`"
        )
    if output is not None and output.suffix not in SUFFIXES:
        raise UsageError(f"-o {output}: the suffix must be .svg or .html, it says what is made")
    if output is not None and not output.parent.is_dir():
        raise UsageError(f"-o {output}: there is no folder {output.parent}; make it first")

    from diagrams import explorer, svg
    from diagrams.model import picture
    from offline.config import Project
    from offline.run import Options, preview_stacks

    project = Project.find(options.cwd)
    graph = preview_stacks(project, [options.stack], Options())[options.stack].graph
    if graph.failed:
        for diagnostic in graph.diagnostics:
            if diagnostic.severity == "error":
                print(f"ev: {options.stack} cannot be drawn: {diagnostic.message}", file=sys.stderr)
        return FAILED
    if output is not None and output.suffix == ".html":
        text = explorer.render(graph, options.by or "resource")
    else:
        text = svg.render(picture(graph, options.by or "component"))
    if output is None:
        print(text, end="")
        return CLEAN
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"-o {output}: {error.strerror}; name a file that can be written") from error
    print(f"{os.fspath(output)}: {len(graph.resources)} resources, {len(text.encode()) // 1024} KiB")
    return CLEAN
