"""The offline graph of each stack, and its relations as they are pinned beside this file.

`python -m tests.program.graphs` writes the pinned files anew; read the difference before you commit it: a URN
that changes without an alias is a resource that a live stack deletes and creates again.
"""

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

from offline.config import Project
from offline.graph import Graph
from offline.run import Options, preview_stacks
from tests.stacks import ROOT, STACKS

PINNED = Path(__file__).with_name("pinned")


@cache
def graphs() -> dict[str, Graph]:
    """The graph of every stack, previewed in children of this process."""
    results = preview_stacks(Project.find(ROOT), STACKS, Options())
    return {stack: result.graph for stack, result in results.items()}


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
    """Write the pinned relations of every stack."""
    PINNED.mkdir(exist_ok=True)
    for stack, graph in graphs().items():
        if graph.failed:
            sys.exit(f"{stack} does not preview: {[d.message for d in graph.diagnostics]}")
        text = json.dumps(relations(graph), indent=1, sort_keys=True)
        (PINNED / f"{stack}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
