"""Telemetry is written where the market's fence says, whichever Region it came in by."""

from typing import Any, cast

import pytest
from botocore.exceptions import ConnectTimeoutError

from rental_store.environment import SettingError
from telemetry_processor import handler as entry
from telemetry_processor.environment import Environment
from telemetry_processor.writer import KEEP_SECONDS, UnknownWriterError, WriterRegion
from tests.functions.test_processor import ENVIRONMENT

HERE, THERE = "ap-southeast-1", "ap-southeast-5"


class Replica:
    """The rental table of one Region, of which only the fence is read."""

    def __init__(self) -> None:
        self.item: dict[str, Any] = {}
        self.lost = False
        self.calls = 0

    def claim(self, region: str, epoch: int) -> None:
        self.item = {"writer_region": {"S": region}, "epoch": {"N": str(epoch)}}

    def get_item(self, *, TableName: str, Key: dict[str, Any], ConsistentRead: bool) -> Any:  # noqa: N803 - boto3's names
        self.calls += 1
        assert (TableName, Key["pk"]["S"], ConsistentRead) == ("rental", "FENCE#0", True)
        if self.lost:
            raise ConnectTimeoutError(endpoint_url="https://dynamodb")
        return {"Item": self.item} if self.item else {}


class Both:
    def __init__(self) -> None:
        self.here, self.there = Replica(), Replica()
        self.now = 0.0
        self.problems: list[str] = []
        self.writer = WriterRegion(
            cast("Any", {HERE: self.here, THERE: self.there}),
            rental_table="rental",
            default=HERE,
            on_problem=lambda _, region, __: self.problems.append(region),
            clock=lambda: self.now,
        )

    def later(self) -> str:
        self.now += KEEP_SECONDS
        return self.writer.region()


def test_before_anybody_claimed_the_fence_the_configured_region_is_written() -> None:
    assert Both().writer.region() == HERE


def test_after_a_failover_the_other_region_is_written_as_soon_as_the_answer_is_old() -> None:
    both = Both()
    both.here.claim(HERE, 1)
    assert both.writer.region() == HERE
    both.here.claim(THERE, 2)
    assert both.writer.region() == HERE
    assert both.later() == THERE
    assert both.here.calls == 2


def test_a_region_back_from_the_dead_learns_it_from_the_other_before_its_own_replica_knows() -> None:
    both = Both()
    both.here.claim(HERE, 1)
    both.there.claim(THERE, 2)
    assert both.writer.region() == THERE


def test_an_epoch_that_was_seen_is_not_unlearned_from_a_replica_that_lags() -> None:
    both = Both()
    both.there.claim(THERE, 2)
    assert both.writer.region() == THERE
    both.here.claim(HERE, 1)
    both.there.lost = True
    assert both.later() == THERE


def test_a_lost_region_is_told_of_and_does_not_stop_the_other() -> None:
    both = Both()
    both.here.lost = True
    both.there.claim(THERE, 2)
    assert both.writer.region() == THERE
    assert both.problems == [HERE]


def test_what_is_known_holds_while_nobody_answers() -> None:
    both = Both()
    both.there.claim(THERE, 2)
    both.writer.region()
    both.here.lost = both.there.lost = True
    assert both.later() == THERE


def test_while_nobody_has_ever_answered_nothing_is_written() -> None:
    both = Both()
    both.here.lost = both.there.lost = True
    with pytest.raises(UnknownWriterError, match=f"{HERE}, {THERE}"):
        both.writer.region()
    both.here.lost = False
    assert both.writer.region() == HERE


def test_with_one_region_only_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("WRITER_REGIONS", raising=False)
    assert entry.tables_region() == "ap-southeast-1"


def test_the_function_asks_every_region_that_may_write(monkeypatch: pytest.MonkeyPatch) -> None:
    more = {"WRITER_REGIONS": f"{HERE} {THERE}", "RENTAL_TABLE": "rental"}
    keys = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing"}
    for name, value in (ENVIRONMENT | more | keys).items():
        monkeypatch.setenv(name, value)
    entry.writer.cache_clear()
    made = entry.writer()
    entry.writer.cache_clear()
    assert {name: client.meta.region_name for name, client in made._clients.items()} == {
        HERE: HERE,
        THERE: THERE,
    }


def test_a_fence_without_its_table_is_a_wrong_setting() -> None:
    with pytest.raises(SettingError, match="RENTAL_TABLE"):
        Environment.read(ENVIRONMENT | {"WRITER_REGIONS": HERE})
