"""A release: every alias at its new version, or every alias where it was."""

import json

import pytest
from hypothesis import given, strategies as st

from delivery.plan import ALL_AT_ONCE, Move, OutputsError, deployment, from_record, read_canaries, to_record
from delivery.release import MAX_POLLS, POLL_SECONDS, ReleaseError, moves, release, take_back
from tests.delivery.fake_aws import FakeAws, canary

FUNCTIONS = ("rider-api", "gbfs-feed", "invoicer")


def quiet(_: object) -> None:
    """Says nothing, waits for nothing."""


def old_versions() -> dict[str, str]:
    return dict.fromkeys(FUNCTIONS, "1")


def bring(aws: FakeAws) -> None:
    release(moves([canary(function) for function in FUNCTIONS], aws), aws, quiet, quiet)


def test_every_alias_is_moved_by_a_canary_that_is_tried_first() -> None:
    aws = FakeAws(old_versions())
    bring(aws)
    assert aws.aliases == dict.fromkeys(FUNCTIONS, "2")
    for call in aws.calls:
        specification = json.loads(call["revision"]["appSpecContent"]["content"])
        assert specification["Hooks"] == [{"BeforeAllowTraffic": "hook"}]
        assert "deploymentConfigName" not in call


def test_only_functions_with_a_new_version_are_moved() -> None:
    aws = FakeAws({**old_versions(), "gbfs-feed": "2"})
    assert {move.canary.function for move in moves([canary(f) for f in FUNCTIONS], aws)} == {
        "rider-api",
        "invoicer",
    }


def test_each_function_is_moved_in_its_own_region() -> None:
    aws = FakeAws({"a": "1", "b": "1"})
    both = [canary("a"), canary("b", region="ap-southeast-3")]
    release(moves(both, aws), aws, quiet, quiet)
    assert aws.regions == {"ap-southeast-1", "ap-southeast-3"}


@pytest.mark.parametrize("outcome", ["Failed", "Stopped"])
def test_one_that_does_not_get_through_takes_all_back(outcome: str) -> None:
    aws = FakeAws(old_versions(), outcomes={"gbfs-feed": outcome}, polls={"gbfs-feed": 2, "invoicer": 99})
    with pytest.raises(ReleaseError, match=f"gbfs-feed: {outcome} an alarm"):
        bring(aws)
    assert aws.aliases == old_versions()
    ways_back = [call for call in aws.calls if call.get("deploymentConfigName") == ALL_AT_ONCE]
    assert len(ways_back) == 1  # the rider API's; the invoicer's was stopped on its way


def test_one_that_cannot_even_begin_takes_all_back() -> None:
    aws = FakeAws(old_versions(), refuses="invoicer")
    with pytest.raises(ReleaseError, match="invoicer: RuntimeError: DeploymentLimitExceeded"):
        bring(aws)
    assert aws.aliases == old_versions()


@given(
    st.fixed_dictionaries({f: st.sampled_from(["Succeeded", "Failed", "Stopped"]) for f in FUNCTIONS}),
    st.fixed_dictionaries({f: st.integers(0, 5) for f in FUNCTIONS}),
    st.sampled_from(["", *FUNCTIONS]),
)
def test_whatever_happens_it_is_all_or_nothing(
    outcomes: dict[str, str], polls: dict[str, int], refuses: str
) -> None:
    aws = FakeAws(old_versions(), outcomes=outcomes, polls=polls, refuses=refuses)
    try:
        bring(aws)
    except ReleaseError:
        assert aws.aliases == old_versions()
        assert refuses or set(outcomes.values()) != {"Succeeded"}
    else:
        assert aws.aliases == dict.fromkeys(FUNCTIONS, "2")


def test_a_deployment_without_end_is_an_error_after_an_hour() -> None:
    pauses: list[float] = []
    aws = FakeAws(old_versions(), polls={"invoicer": 10_000})
    with pytest.raises(ReleaseError, match="invoicer: no end after 60 minutes"):
        release(moves([canary("invoicer")], aws), aws, quiet, pauses.append)
    assert sum(pauses) == MAX_POLLS * POLL_SECONDS == 3_600


def test_what_was_released_can_be_taken_back_from_its_record() -> None:
    aws = FakeAws(old_versions())
    wanted = moves([canary(function) for function in FUNCTIONS], aws)
    record = to_record(wanted)
    release(wanted, aws, quiet, quiet)
    take_back(from_record(record), aws, quiet, quiet)
    assert aws.aliases == old_versions()


def test_a_way_back_is_all_at_once_and_asks_no_hook() -> None:
    call = deployment(Move(canary("f"), "2", "1"), tried=False)
    assert call["deploymentConfigName"] == ALL_AT_ONCE
    assert "Hooks" not in json.loads(call["revision"]["appSpecContent"]["content"])


def test_a_stack_without_canaries_has_nothing_to_move() -> None:
    assert read_canaries({}) == []
    assert read_canaries({"canaries": None}) == []


@pytest.mark.parametrize("rows", [[{"function": "f"}], [{"nonsense": 1}], ["f"]])
def test_outputs_of_another_shape_are_refused(rows: list[object]) -> None:
    with pytest.raises(OutputsError, match="output canaries"):
        read_canaries({"canaries": rows})


@pytest.mark.parametrize("text", ["", "{}x", '[{"old": "1"}]', '["x"]'])
def test_a_record_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(OutputsError, match="record of moves"):
        from_record(text)
