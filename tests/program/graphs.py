"""The offline graph of each stack, and the relations of dev as they are pinned beside this file.

`python -m tests.program.graphs` writes the pinned file anew; read the difference before you commit it: a URN
that changes without an alias is a resource that a live stack deletes and creates again.
"""

import fcntl
import json
import os
import pickle
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, cast

from offline.config import Project
from offline.graph import Graph, Resource
from offline.run import Options, preview_in_process, preview_stacks
from tests.stacks import ROOT, STACKS

PINNED = Path(__file__).with_name("pinned") / "dev.json"


@cache
def graphs() -> dict[str, Graph]:
    """The graph of every stack, previewed once for all workers of a test run."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is None:
        return _preview()
    with (shared_folder(run) / "graphs").open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # the first worker previews, the others wait for it
        file.seek(0)
        if written := file.read():
            return cast("dict[str, Graph]", pickle.loads(written))  # noqa: S301 - our own worker wrote it
        made = _preview()
        file.write(pickle.dumps(made))
        return made


@cache
def graph(stack: str) -> Graph:
    """The graph of one stack: of those that the workers share, or previewed by itself where nobody shares."""
    if "PYTEST_XDIST_TESTRUNUID" in os.environ:
        return graphs()[stack]
    return preview_in_process(Project.find(ROOT), stack).graph


def shared_folder(run: str) -> Path:
    """What the workers of one test run share; tests/conftest.py removes it at the end."""
    folder = Path(tempfile.gettempdir()) / f"blue-horizons-tests-{run}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _preview() -> dict[str, Graph]:
    results = preview_stacks(Project.find(ROOT), STACKS, Options())
    return {stack: result.graph for stack, result in results.items()}


def region_of(resource: Resource) -> str:
    """The Region of the provider that a resource is on: providers are named after it."""
    return resource.provider.rpartition("::")[0].rpartition("::aws-")[2].removeprefix("hub-")


def relations(graph: Graph) -> dict[str, dict[str, Any]]:
    """URN -> parent, provider, protect and property dependencies; what is empty is left out."""
    return {
        resource.urn: {
            key: value
            for key, value in {
                "parent": resource.parent,
                "provider": resource.provider.rpartition("::")[0],
                "protect": resource.protect,
                "propertyDependencies": {
                    name: urns for name, urns in resource.property_dependencies.items() if urns
                },
            }.items()
            if value
        }
        for resource in graph.sorted()
    }


def main() -> None:
    """Write the pinned relations."""
    graph = preview_in_process(Project.find(ROOT), "dev").graph
    if graph.failed:
        sys.exit(f"dev does not preview: {[d.message for d in graph.diagnostics]}")
    PINNED.write_text(json.dumps(relations(graph), indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
