"""A run with a provisioner is an update: ids and outputs are known, and the program sees no dry run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from offline.engine_errors import EngineError
from offline.graph import Resource
from offline.monitor import OfflineMonitor
from offline.program import Outcome, run
from offline.provisioner import Provisioned
from offline.run import Options, make_task
from offline.worker import spec_of
from tests.offline.projects import write


class Maker:
    """Makes whatever is registered, but nothing that is named `bad`."""

    def __init__(self) -> None:
        self.settings: dict[str, Mapping[str, Any]] = {}

    def provision(self, resource: Resource, settings: Mapping[str, Any]) -> Provisioned:
        self.settings[resource.name] = settings
        if resource.name == "bad":
            raise EngineError("AWS does not like it")
        return Provisioned(f"id-of-{resource.name}", {"arn": f"arn-of-{resource.name}"})

    def invoke(self, token: str, args: Mapping[str, Any]) -> Mapping[str, Any] | None:
        return {"answer": args["of"] * 2} if token == "demo:index:twice" else None


def update(folder: Path, program: str) -> tuple[Outcome, OfflineMonitor, Maker]:
    task = make_task(write(folder, program).project, "dev", Options())
    maker = Maker()
    monitor = OfflineMonitor(task.info, provisioner=maker)
    spec = spec_of(task)
    spec.dry_run = False
    return run(spec, monitor, monitor), monitor, maker


def test_a_program_gets_the_id_and_outputs_of_what_was_made(tmp_path: Path) -> None:
    outcome, monitor, _ = update(
        tmp_path,
        """
        one = Thing("one")
        Thing("two", {"needs": one.arn, "of": one.id})
        pulumi.export("dry", pulumi.runtime.is_dry_run())
        pulumi.export("id", one.id.apply(lambda known: known.upper()))
        """,
    )
    assert outcome.error == ""
    (two,) = [made for made in monitor.graph.resources.values() if made.name == "two"]
    assert (two.id, two.inputs) == ("id-of-two", {"needs": "arn-of-one", "of": "id-of-one"})
    assert monitor.graph.exports == {"dry": False, "id": "ID-OF-ONE"}


def test_who_makes_a_resource_is_told_of_its_provider(tmp_path: Path) -> None:
    _, _, maker = update(
        tmp_path,
        """
        there = DemoProvider("there", {"region": "xx-east-1"})
        Thing("one", opts=ResourceOptions(provider=there))
        """,
    )
    assert maker.settings["one"]["region"] == "xx-east-1"


def test_components_are_nobodys_to_make(tmp_path: Path) -> None:
    _, _, maker = update(tmp_path, 'Thing("in", opts=ResourceOptions(parent=Group("group")))')
    assert set(maker.settings) >= {"in"}
    assert "group" not in maker.settings


def test_what_could_not_be_made_ends_the_program(tmp_path: Path) -> None:
    outcome, _, _ = update(tmp_path, 'Thing("bad")')
    assert "AWS does not like it" in outcome.error


def test_a_hidden_output_stays_hidden(tmp_path: Path) -> None:
    _, monitor, _ = update(
        tmp_path,
        """
        one = Thing("one", opts=ResourceOptions(additional_secret_outputs=["arn"]))
        pulumi.export("arn", one.arn)
        """,
    )
    assert monitor.graph.exports["arn"]["value"] == "arn-of-one"


@pytest.mark.parametrize(
    ("token", "end"), [("demo:index:twice", ""), ("demo:index:thrice", "thrice cannot be answered")]
)
def test_functions_are_answered_or_named(tmp_path: Path, token: str, end: str) -> None:
    outcome, _, _ = update(
        tmp_path,
        f"""
        found = pulumi.runtime.invoke("{token}", {{"of": 2}}, pulumi.InvokeOptions()).value
        assert found["answer"] == 4
        """,
    )
    assert end in outcome.error
    assert bool(end) == bool(outcome.error)
