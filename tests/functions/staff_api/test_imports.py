"""A cold start imports what it needs and nothing that is heavy."""

import shutil
import subprocess
import sys
from pathlib import Path

from components.backoffice.staff_service import PACKAGES

FUNCTIONS = Path(__file__).parents[3] / "functions"
HEAVY = ("pydantic", "boto3", "s3transfer", "requests", "aws_xray_sdk", "http_api.openapi")


def test_the_archive_holds_what_the_handler_imports_and_nothing_heavy(tmp_path: Path) -> None:
    for package in ("ev_rental", *PACKAGES, "staff_api"):
        shutil.copytree(FUNCTIONS / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    code = (
        "import staff_api.handler, sys; print(staff_api.handler.__file__); "
        f"print([m for m in {HEAVY} if m in sys.modules])"
    )
    run = subprocess.run(  # noqa: S603 - fixed
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    where, heavy = run.stdout.split("\n")[:2]
    assert Path(where).is_relative_to(tmp_path)
    assert heavy == "[]"
