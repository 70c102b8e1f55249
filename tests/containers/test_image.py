"""The image: what goes into it is all that it needs, and it runs as nobody in particular."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from components.network import WORKLOAD_PORT
from tests.containers.issuing import CLIENT, ISSUER
from tests.functions.rider_api.gateway import ENVIRONMENT
from tests.stacks import ROOT

FOLDER = ROOT / "containers" / "rider_api"
DOCKERFILE = (FOLDER / "Dockerfile").read_text()
PINNED = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)


def copied() -> list[tuple[str, str]]:
    """(source, target) of what the final stage copies from the repository."""
    final = DOCKERFILE.rpartition("FROM ")[2]
    return [(m[1], m[2]) for m in re.finditer(r"^COPY (?!--from)(\S+) (\S+)$", final, re.MULTILINE)]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image's /app, without its packages."""
    app = tmp_path_factory.mktemp("app")
    for source, target in copied():
        for found in sorted(ROOT.glob(source)):
            if found.is_dir():
                shutil.copytree(found, app / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                (app / target).mkdir(parents=True, exist_ok=True)
                shutil.copy(found, app / target)
    return app


def run(image: Path, program: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **ENVIRONMENT,
        "TOKEN_ISSUER": ISSUER,
        "TOKEN_CLIENT_ID": CLIENT,
        "PYTHONPATH": str(image),
        "PATH": os.defpath,
        "AWS_EC2_METADATA_DISABLED": "true",
        **variables,
    }
    return subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", program],
        cwd=image,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_copied_is_all_that_the_application_imports(image: Path) -> None:
    program = (
        "import pathlib, importlib\n"
        "for file in pathlib.Path().rglob('*.py'):\n"
        "    importlib.import_module('.'.join(file.with_suffix('').parts).removesuffix('.__init__'))\n"
        "from containers.rider_api.wsgi import application\n"
        "begun = []\n"
        "asked = {'REQUEST_METHOD': 'GET', 'PATH_INFO': '/health'}\n"
        "print(application(asked, lambda *given: begun.append(given)), begun[0][0])\n"
    )
    ran = run(image, program)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == '[b\'{"status":"ok"}\'] 200 OK\n'


def test_a_wrong_setting_stops_the_start(image: Path) -> None:
    ran = run(image, "import containers.rider_api.wsgi", TOKEN_CLIENT_ID="")
    assert ran.returncode != 0
    assert "TOKEN_CLIENT_ID is not set" in ran.stderr


def test_every_copied_path_is_let_into_the_build_and_nothing_else_is() -> None:
    lines = (FOLDER / "Dockerfile.dockerignore").read_text().splitlines()
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    sources = {source for source, _ in copied()} | {"containers/rider_api/requirements.txt"}
    assert let_in == sources
    assert "*" in lines
    assert all(list(ROOT.glob(source)) for source in sources)


def test_the_base_is_pinned_and_the_container_is_not_root() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert bases
    assert all(re.fullmatch(r"python:3\.13\.\d+-slim-\w+(@sha256:[0-9a-f]{64})?", base) for base in bases)
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert users == ["10001:10001"]


def test_packages_are_locked_with_hashes_and_the_functions_own_are_the_same() -> None:
    assert "--require-hashes" in DOCKERFILE
    ours = dict(PINNED.findall((FOLDER / "requirements.txt").read_text()))
    functions = dict(PINNED.findall((ROOT / "functions" / "requirements.txt").read_text()))
    assert functions.items() <= ours.items()
    wanted = re.findall(r"^([a-z][a-z0-9-]*)", (FOLDER / "requirements.in").read_text(), re.MULTILINE)
    assert set(wanted) <= set(ours)
    assert (FOLDER / "requirements.txt").read_text().count("--hash=sha256:") >= len(ours)


def test_the_server_listens_where_the_platform_looks_and_serves_one_request_a_process(image: Path) -> None:
    program = (
        "from containers.rider_api import server\n"
        "print(server.bind, server.worker_class, getattr(server, 'threads', 1), server.worker_tmp_dir)"
    )
    bound, worker, threads, heartbeats = run(image, program).stdout.split()
    assert (bound, worker, threads) == (f"0.0.0.0:{WORKLOAD_PORT}", "sync", "1")
    assert heartbeats.startswith("/dev/")  # the rest of the file system is read-only
    assert f"EXPOSE {WORKLOAD_PORT}" in DOCKERFILE
    command = re.search(
        r'^CMD \["python", "-m", "gunicorn", "-c", "python:([\w.]+)", "([\w.]+):', DOCKERFILE, re.M
    )
    assert command is not None
    for module in command.groups():
        assert (image / f"{module.replace('.', '/')}.py").is_file()
