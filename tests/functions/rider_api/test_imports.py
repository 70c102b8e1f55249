"""A cold start imports what it needs and nothing that is heavy."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).parents[3] / "functions"
HEAVY = ("pydantic", "boto3", "s3transfer", "requests", "aws_xray_sdk", "http_api.openapi")


@pytest.mark.parametrize("function", ["rider_api", "gbfs_feed"])
def test_the_handler_imports_nothing_heavy(function: str) -> None:
    code = f"import sys, {function}.handler; print([m for m in {HEAVY} if m in sys.modules])"
    run = subprocess.run(  # noqa: S603 - fixed
        [sys.executable, "-c", code], cwd=FUNCTIONS, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("function", ["rider_api", "gbfs_feed"])
def test_the_archive_holds_what_the_handler_imports(function: str, tmp_path: Path) -> None:
    for package in ("ev_rental", "rental_store", "http_api", function):
        shutil.copytree(FUNCTIONS / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    code = f"import {function}.handler, sys; print({function}.handler.__file__)"
    run = subprocess.run(  # noqa: S603 - fixed
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(run.stdout.strip()).is_relative_to(tmp_path)
