"""What must hold of every resource of a stack, whatever component it is of."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pulumi
import pytest

from components.lambda_function import FUNCTIONS_DIR
from tests.iam_evaluator import statements
from tests.recording import ACCOUNT, Recording
from tests.stacks import ROOT

PROD_ACCOUNT = "444455556666"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
# Actions without resource-level permission, from AWS's service authorization reference.
UNBOUND_ACTIONS = {
    f"{service}:{action}"
    for line in (ROOT / "policy/guardrails/iam/unrestrictable.txt").read_text().splitlines()
    if not line.startswith("#")
    for service, _, actions in [line.partition(": ")]
    for action in actions.split()
}


def test_no_role_may_do_everything_and_only_what_cannot_be_is_not_bound_to_a_resource(
    stack: Recording,
) -> None:
    for policy in stack.all(ROLE_POLICY):
        for statement in statements(policy["policy"]):
            assert not [action for action in statement["Action"] if "*" in action], policy.name
            if "*" in statement["Resource"]:
                assert set(statement["Action"]) <= UNBOUND_ACTIONS, policy.name


def test_every_log_group_is_encrypted_and_ends(dev: Recording, prod: Recording) -> None:
    for stack, days in ((dev, 14), (prod, 365)):
        groups = stack.all("aws:cloudwatch/logGroup:LogGroup")
        assert groups
        keys = {key.arn for key in stack.all("aws:kms/key:Key") if key.name.endswith("-logs")}
        keys |= {key.arn for key in stack.all("aws:kms/replicaKey:ReplicaKey") if "-logs-" in key.name}
        for group in groups:
            assert group["kmsKeyId"] in keys, group.name
            assert group["retentionInDays"] == days, group.name


def test_everything_that_takes_tags_has_the_required_ones(stack: Recording) -> None:
    required = {"Project", "Environment", "Market", "Component", "Owner", "CostCenter", "DataClass"}
    tagged = [r for r in stack.resources if "tags" in r.inputs]
    assert len(tagged) > 30
    assert {r.name for r in tagged if set(r["tags"]) < required} == set()


def test_a_provider_refuses_every_account_but_the_stacks(dev: Recording, prod: Recording) -> None:
    for stack, account, regions in (
        (dev, ACCOUNT, {"ap-southeast-1", "us-east-1"}),
        (prod, PROD_ACCOUNT, {"ap-southeast-1", "ap-southeast-5", "us-east-1"}),
    ):
        providers = stack.all("pulumi:providers:aws")
        assert {p["region"] for p in providers} == regions
        assert {p["allowedAccountIds"] for p in providers} == {json.dumps([account])}


@pytest.mark.parametrize("function", sorted(path.parent.name for path in FUNCTIONS_DIR.glob("*/handler.py")))
def test_a_functions_archive_is_all_that_it_needs_beside_its_packages(
    everything: Recording, function: str, tmp_path: Path
) -> None:
    handler = f"{function}.handler.handler"
    made, *_ = [f for f in everything.all("aws:lambda/function:Function") if f["handler"] == handler]
    for name, asset in made["code"].assets.items():
        assert isinstance(asset, pulumi.FileAsset)
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / asset.path, tmp_path / name)
    # Every module, not the handler alone: one that is imported late would fail in production only.
    program = (
        "import pathlib, importlib\n"
        "for file in pathlib.Path().rglob('*.py'):\n"
        "    importlib.import_module('.'.join(file.with_suffix('').parts).removesuffix('.__init__'))\n"
    )
    ran = subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**made["environment"]["variables"], "AWS_DEFAULT_REGION": "ap-southeast-1", "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
