"""What the processes of a local platform share: folder, ports, clock, record of the deployment."""

import stat
from pathlib import Path
from socket import create_server

import pytest

from local.clock import Clock
from local.deployment import Deployed, Deployment
from local.endpoints import Endpoints
from local.folder import Folder, write_whole
from local.listener import HOST


def test_nobody_else_reads_what_is_in_the_folder(tmp_path: Path) -> None:
    folder = Folder.of("dev", tmp_path)
    folder.create()
    write_whole(folder.deployment, "{}")
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.deployment.stat().st_mode) == 0o600


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "it.json"
    write_whole(file, "old")
    write_whole(file, "new")
    assert file.read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["it.json"]


def test_every_port_is_another_one(tmp_path: Path) -> None:
    chosen = Endpoints.choose()
    ports = list(vars(chosen).values())
    assert len(set(ports)) == len(ports)
    chosen.save(tmp_path / "endpoints.json")
    assert Endpoints.load(tmp_path / "endpoints.json") == chosen


def test_ports_stay_as_they_were_while_they_are_free() -> None:
    before = Endpoints.choose()
    with create_server((HOST, before.aws)):
        after = Endpoints.choose(before)
    assert after.aws != before.aws
    assert {**vars(after), "aws": before.aws} == vars(before)


def test_a_fast_clock_goes_as_many_times_as_fast_as_it_says(tmp_path: Path) -> None:
    now = 1_000.0
    clock = Clock(really=1_000.0, then=5_000.0, speed=10.0, real=lambda: now)
    assert clock() == 5_000.0
    now = 1_002.5
    assert clock() == 5_025.0
    assert clock.ms() == 5_025_000
    assert clock.real_seconds(30) == 3.0
    clock.save(tmp_path / "clock.json")
    assert Clock.load(tmp_path / "clock.json") == clock


def test_a_clock_that_starts_again_is_never_behind_the_one_before() -> None:
    ahead = Clock(really=0.0, then=9e12, speed=100.0)
    assert Clock.starting(before=ahead)() >= 9e12


@pytest.mark.parametrize("speed", [0.0, -1.0, 1_001.0, float("nan")])
def test_a_speed_that_no_clock_has_is_named(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        Clock(really=0.0, then=0.0, speed=speed)


def test_a_deployment_is_read_as_it_was_written(tmp_path: Path) -> None:
    queue = Deployed(
        urn="urn:pulumi:dev::p::aws:sqs/queue:Queue::jobs",
        type="aws:sqs/queue:Queue",
        name="jobs",
        id="http://127.0.0.1/jobs",
        created=True,
        region="ap-southeast-1",
        inputs={"delaySeconds": 3},
        outputs={"arn": "arn:aws:sqs:ap-southeast-1:111122223333:jobs"},
        dependencies=("urn:other",),
    )
    written = Deployment("p", "dev", "111122223333", {queue.urn: queue}, {"market": "sg"})
    written.save(tmp_path / "deployment.json")
    read = Deployment.load(tmp_path / "deployment.json")
    assert read == written
    assert list(read.all("aws:sqs/queue:Queue")) == [queue]
    assert read.by_arn(queue.arn) == queue
    assert read.by_arn("arn:aws:sqs:ap-southeast-1:111122223333:other") is None
