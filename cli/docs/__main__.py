"""`python -m cli.docs`: write the pages of docs/ that come from components, stacks and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cli import capacity
from cli.docs import command_page, component_pages
from cli.docs.component_pages import HEAD
from components.markets import HOME_MARKET
from diagrams.model import picture
from diagrams.svg import render
from offline.config import Project
from offline.graph import Graph
from offline.run import Options, preview_stacks

ROOT = Path(__file__).resolve().parents[2]
DRAWN = "dev"


def pages(graphs: Mapping[str, Graph]) -> dict[str, str]:
    """Every page, by its path under docs/."""
    return {
        f"diagrams/{DRAWN}.svg": render(picture(graphs[DRAWN])),
        "capacity.md": capacity_page(),
        "commands.md": command_page.page(),
        **{f"components/{name}": text for name, text in component_pages.pages(graphs).items()},
    }


def capacity_page() -> str:
    """docs/capacity.md."""
    report = "\n".join(capacity.lines(capacity.FLEETS, HOME_MARKET, capacity.INTERVAL))
    return f"""{HEAD}
# Capacity

How near a market comes to each limit of its account, from 1,000 cars to 1,000,000, and what then changes. It
is `ev capacity`; `--market`, `--interval` and `--cars` ask for others. The arithmetic, its assumptions and
the source of each limit are in `components/capacity.py`, the sizing of the telemetry path in
`components/sizing.py`. A limit at 100% is reached. Percentages are of AWS's defaults in the market's Regions,
which differ: raise those that are soft before a fleet gets there.

```
{report}
```

Limits are independent here: the one that bites first hides none of the others. What does not grow with the
fleet is left out: schedules, alarms, dashboards, the hub. A stack takes a `fleetSize` of 100,000 at most:
beyond that the market is meant to be split, and the columns say why.
"""


def main() -> None:
    """Write them all, and remove pages of components that are gone."""
    project = Project.find(ROOT)
    results = preview_stacks(project, project.stacks(), Options())
    written = pages({stack: result.graph for stack, result in results.items()})
    for name, text in written.items():
        file = ROOT / "docs" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    for file in (ROOT / "docs" / "components").glob("*.md"):
        if f"components/{file.name}" not in written:
            file.unlink()


if __name__ == "__main__":
    main()
