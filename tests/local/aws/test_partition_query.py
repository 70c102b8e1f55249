"""The part of jq that partitions are cut by."""

import pytest
from hypothesis import given, strategies as st

from local.aws.firehose.partition_query import PartitionQuery


def test_a_query_gives_the_keys_of_a_record() -> None:
    query = PartitionQuery(
        '{ type : .detail.eventType, dt:(.at/1000|strftime("%Y-%m-%d")), n: .n | tostring, "f": .x | floor }'
    )
    keys = query.keys({"detail": {"eventType": "Paid"}, "at": 1_767_225_600_999, "n": 5, "x": 1.7})
    assert keys == {"type": "Paid", "dt": "2026-01-01", "n": "5", "f": "1"}
    assert query.names == {"type", "dt", "n", "f"}


@pytest.mark.parametrize("record", [{}, {"type": None}, {"type": ""}, {"type": {}}, [], "text", 5, None])
def test_a_record_without_the_key_is_an_error(record: object) -> None:
    with pytest.raises(ValueError, match="no partition key type"):
        PartitionQuery("{type:.type}").keys(record)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("{type:.a[0]}", r"'\[0\]}'"),
        ("{type:.a|ltrimstr}", "ltrimstr"),
        ("{type:.a/0}", "'0'"),
        ("{type:.a} extra", "extra"),
        ("{type:.a", "its end"),
        (".type", ".type"),
    ],
)
def test_what_is_not_of_the_part_is_named(query: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        PartitionQuery(query)


@given(st.text(alphabet='{}():,|/.abc1" ', max_size=20))
def test_a_hostile_query_is_read_or_refused(query: str) -> None:
    try:
        PartitionQuery(query)
    except ValueError as error:
        assert "understood" in str(error)  # noqa: PT017
