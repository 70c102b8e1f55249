"""The pipeline's files: linted, pinned, with no right that a job does not need, and true to the program."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.delivery.github import Repository
from delivery import __main__ as cli
from tests.stacks import ROOT, STACKS

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
BIN = Path(sys.executable).parent


def load(name: str) -> dict[str, Any]:
    document: dict[Any, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text())
    document["on"] = document.pop(True)  # YAML 1.1 reads the key `on` as a boolean
    return document


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


def lint(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)  # noqa: S603 - our own tools


def test_the_files_are_what_github_takes() -> None:
    schema = "--builtin-schema", "vendor.github-workflows"
    workflows = lint(str(BIN / "check-jsonschema"), *schema, *map(str, WORKFLOWS))
    assert workflows.returncode == 0, workflows.stdout
    dependabot = lint(
        str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml"
    )
    assert dependabot.returncode == 0, dependabot.stdout


def test_the_schema_refuses_a_workflow_that_is_none(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text("on: push\njobs: {a: {steps: []}}\n")
    found = lint(str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows", str(broken))
    assert found.returncode == 1


def audit(path: Path) -> list[str]:
    """What zizmor finds, of medium severity or worse."""
    arguments = ("--offline", "--no-progress", "--min-severity", "medium", "--format", "json", str(path))
    found = lint(str(BIN / "zizmor"), *arguments)
    return [finding["ident"] for finding in json.loads(found.stdout)]


def test_no_workflow_can_be_turned_against_us() -> None:
    assert audit(ROOT / ".github") == []


def test_the_audit_sees_an_expression_in_a_script(tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "x.yml").write_text(
        "on: pull_request_target\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n"
        "      - run: echo ${{ github.event.pull_request.title }}\n"
    )
    assert "template-injection" in audit(tmp_path)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_of_others_is_pinned_to_a_commit_and_says_its_version(path: Path) -> None:
    for line in path.read_text().splitlines():
        if found := re.search(r"uses: (\S+)(.*)", line):
            action, rest = found.groups()
            if not action.startswith("./"):
                assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", action), line
                assert re.fullmatch(r" # v\d+\.\d+\.\d+", rest), line


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_job_has_the_rights_that_it_names_and_no_others(path: Path) -> None:
    workflow = load(path.stem)
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"]
        assert "write-all" not in str(job["permissions"])


def test_code_of_a_change_meets_no_credentials() -> None:
    workflow = load("pull-request")
    assert set(workflow["on"]) == {"pull_request"}
    assert "secrets." not in json.dumps(workflow)
    for name, job in workflow["jobs"].items():
        assert "id-token" not in job["permissions"]
        assert "environment" not in job
        checks_out = any("actions/checkout@" in step.get("uses", "") for step in job["steps"])
        writes = "write" in job["permissions"].values()
        assert not (checks_out and writes), name


def test_only_jobs_of_an_environment_get_a_role_and_none_of_them_writes_to_the_repository() -> None:
    jobs = load("deploy-stack")["jobs"]
    for name, job in jobs.items():
        has_token = job["permissions"].get("id-token") == "write"
        assert has_token is ("environment" in job), name
        assert not (has_token and job["permissions"].get("contents") == "write"), name
    assert jobs["preview"]["environment"] == "${{ inputs.stack }}-preview"
    assert jobs["deploy"]["environment"] == "${{ inputs.stack }}"
    assert jobs["deploy"]["needs"] == "preview"


def test_no_checkout_leaves_its_token_behind() -> None:
    for path in WORKFLOWS:
        for step in steps(load(path.stem)):
            if "actions/checkout@" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False


def test_every_stack_is_deployed_dev_first_and_only_from_the_branch_that_roles_trust() -> None:
    workflow = load("deploy")
    jobs = workflow["jobs"]
    assert sorted(workflow["on"]["workflow_dispatch"]["inputs"]["stack"]["options"]) == STACKS
    branch = Repository("o/r").branch
    assert workflow["on"]["push"]["branches"] == [branch]
    assert f"refs/heads/{branch}" in jobs["one"]["if"]
    markets = jobs["markets"]["strategy"]["matrix"]["stack"]
    assert sorted(["dev", "prod", *markets]) == STACKS
    assert (jobs["prod"]["needs"], jobs["markets"]["needs"]) == ("dev", "prod")
    assert jobs["markets"]["strategy"]["max-parallel"] == 1


def test_a_failed_deployment_goes_back_and_a_good_one_is_marked() -> None:
    jobs = load("deploy-stack")["jobs"]
    by_id = {step.get("id", step.get("name", "")): step for step in jobs["deploy"]["steps"]}
    order = list(by_id)
    assert order.index("up") < order.index("release") < order.index("smoke")
    back = by_id["Take the functions' traffic back"]
    assert "failure()" in back["if"]
    assert "steps.release.outcome == 'success'" in back["if"]
    assert "failure()" in by_id["Take the infrastructure back"]["if"]
    assert jobs["mark"]["needs"] == "deploy"
    assert "deployed/$STACK" in jobs["mark"]["steps"][0]["run"]
    assert "deployed/$STACK" in by_id["Take the infrastructure back"]["run"]


def test_two_deployments_of_a_stack_never_run_at_once() -> None:
    concurrency = load("deploy-stack")["jobs"]["deploy"]["concurrency"]
    assert concurrency == {"group": "deploy-${{ inputs.stack }}", "cancel-in-progress": False}


def test_scripts_stop_at_the_first_failure_of_a_pipe() -> None:
    for name in ("pull-request", "deploy-stack"):
        assert load(name)["defaults"]["run"]["shell"].startswith("bash")


def test_the_pulumi_that_deploys_is_the_one_that_is_locked() -> None:
    (locked,) = re.findall(r"^pulumi==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    versions = {
        step["with"]["pulumi-version"]
        for step in steps(load("deploy-stack"))
        if "pulumi/actions@" in step.get("uses", "")
    }
    assert versions == {locked}


def test_every_command_of_ours_is_one_that_there_is() -> None:
    lines = [
        line
        for path in WORKFLOWS
        for step in steps(load(path.stem))
        for line in step.get("run", "").splitlines()
        if "python -m delivery" in line
    ]
    assert len(lines) == 4
    for line in lines:
        cli._parser().parse_args(shlex.split(line.partition("python -m delivery ")[2]))
