"""In which order resources go, and what counts as a change."""

from hypothesis import given, strategies as st

from local.deploy.ledger import deletion_order, same
from local.deploy.wanted import Wanted
from local.deployment import Deployed
from offline.graph import Resource
from offline.values import ASSET, SIGNATURE

NUMBERS = st.integers(1, 12)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=30))
def test_who_depends_on_another_goes_before_it(pairs: list[tuple[int, int]]) -> None:
    needs: dict[str, set[str]] = {}
    for one, other in pairs:
        first, last = sorted((one, other))
        needs.setdefault(f"{first:02d}", set())
        needs.setdefault(f"{last:02d}", set()).update({f"{first:02d}"} if first != last else set())
    gone = {
        urn: Deployed(urn=urn, type="t", name=urn, id=urn, created=True, dependencies=tuple(others))
        for urn, others in needs.items()
    }
    order = [one.urn for one in deletion_order(gone)]
    assert sorted(order) == sorted(gone)
    for urn, others in needs.items():
        assert all(order.index(urn) < order.index(other) for other in others)


def test_a_file_that_moved_is_the_same_and_one_that_changed_is_not() -> None:
    def asset(path: str, digest: str) -> dict[str, object]:
        return {"code": {SIGNATURE: ASSET, "path": path, "hash": digest}}

    assert same(asset("a/m.py", "1"), asset("b/m.py", "1"))
    assert not same(asset("a/m.py", "1"), asset("a/m.py", "2"))


@given(
    st.text("aB-", min_size=1, max_size=200),
    st.sampled_from(["aws:s3/bucket:Bucket", "aws:sqs/queue:Queue", "aws:iam/role:Role"]),
)
def test_a_name_that_is_made_up_is_never_too_long_and_always_the_same(name: str, type_: str) -> None:
    def wanted() -> Wanted:
        return Wanted.of(Resource(f"urn::{name}", type_, name, custom=True), {}, "1" * 12, "us-east-1")

    made = wanted().name
    assert made == wanted().name
    assert len(made) <= (63 if "bucket" in type_ else 64)
    assert "bucket" not in type_ or made == made.lower()


def test_a_queue_that_keeps_order_is_named_so() -> None:
    inputs = {"fifoQueue": True}
    resource = Resource("urn::jobs", "aws:sqs/queue:Queue", "jobs", custom=True, inputs=inputs)
    assert Wanted.of(resource, {}, "1" * 12, "us-east-1").name.endswith(".fifo")
