"""A market is one row of the table and its stack's files: a fictional one is added to a copy."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from offline.config import Project
from offline.graph import Graph, Resource
from offline.run import Options, preview_stacks
from tests.stacks import ROOT

STACK = "prod-th"
ACCOUNT = "121212121212"
# An enumeration's member and the row that it stands for.
MEMBER = '    THAILAND = "th"\n'
ROW = """
        Market.THAILAND: MarketFacts(
            country="Thailand",
            primary=Region.TOKYO,
            telemetry_ingest=Region.TOKYO,
            standby=Region.SEOUL,
            currency=Currency("THB", 2),
            tax_name="VAT",
            tax_rate=Decimal("0.07"),
            locale="th-TH",
            time_zone="Asia/Bangkok",
            opening_hours="24/7",
            vpc_cidr=IPv4Network("10.17.0.0/16"),
            standby_vpc_cidr=IPv4Network("10.37.0.0/16"),
        ),
"""
NEEDED = ("components", "composition", "functions", "build", "backoffice/dist", "__main__.py")


def add_market(project: Path) -> None:
    """What somebody does who opens a market: a row, a stack file and the policies' configuration of it."""
    table = project / "components" / "markets.py"
    text = table.read_text()
    text = re.sub(r'(    AUSTRALIA = "au"\n)', rf"\1{MEMBER}", text)
    before, last, after = text.rpartition("        ),\n    }\n)\n")
    assert last
    table.write_text(f"{before}        ),{ROW}    }}\n)\n{after}")
    config = yaml.safe_load((project / "Pulumi.prod-jp.yaml").read_text())
    config["config"] |= {"blue-horizons:market": "th", "blue-horizons:accountId": ACCOUNT}
    (project / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump(config))
    shutil.copy(project / "Pulumi.prod-jp.policy.json", project / f"Pulumi.{STACK}.policy.json")


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Graph]:
    """The hub's and the new market's graphs."""
    project = tmp_path_factory.mktemp("project")
    for path in [*ROOT.glob("Pulumi*"), *(ROOT / name for name in NEEDED)]:
        at = project / path.relative_to(ROOT)
        at.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, at, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, at)
    add_market(project)
    results = preview_stacks(Project.find(project), ["prod", STACK], Options(isolated=True))
    return {stack: result.graph for stack, result in results.items()}


def test_the_new_stack_and_the_hub_preview_without_error(graphs: dict[str, Graph]) -> None:
    for graph in graphs.values():
        assert [d.message for d in graph.diagnostics if d.severity == "error"] == []
    assert len(graphs[STACK].resources) > 500


def test_the_hub_makes_room_for_the_market(graphs: dict[str, Graph]) -> None:
    hub = graphs["prod"]
    zones = {zone.inputs["name"] for zone in hub.of_type("aws:route53/zone:Zone")}
    assert "th.bluehorizons.example" in zones
    trusts = [
        role.inputs["assumeRolePolicy"]
        for role in hub.of_type("aws:iam/role:Role")
        if role.name.endswith("-link-th")
    ]
    assert [f"arn:aws:iam::{ACCOUNT}:root" in trust for trust in trusts] == [True]
    assert set(hub.exports["hubMarketZoneIds"]) >= {"th", "sg"}


def test_the_market_is_in_its_own_account_and_regions_under_its_own_name(graphs: dict[str, Graph]) -> None:
    market = graphs[STACK]
    providers = {p.name: p.inputs for p in market.of_type("pulumi:providers:aws") if "-hub-" not in p.name}
    assert set(providers) == {"aws-ap-northeast-1", "aws-ap-northeast-2", "aws-us-east-1"}
    assert {json.dumps(json.loads(p["allowedAccountIds"])) for p in providers.values()} == {f'["{ACCOUNT}"]'}
    names = {domain.inputs["domainName"] for domain in market.of_type("aws:apigateway/domainName:DomainName")}
    assert "api.th.bluehorizons.example" in names
    assert {function.inputs["environment"]["variables"]["MARKET"] for function in functions(market)} == {"th"}


def functions(graph: Graph) -> list[Resource]:
    made = graph.of_type("aws:lambda/function:Function")
    return [f for f in made if "MARKET" in f.inputs["environment"]["variables"]]
