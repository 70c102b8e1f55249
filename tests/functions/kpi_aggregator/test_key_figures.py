"""Key figures equal a recomputation from the whole event history, for any order and repetition of events."""

import msgspec
from hypothesis import given, settings, strategies as st

from kpi_store.lake import DAILY_KPIS
from tests.functions.kpi_aggregator.aggregator import SYDNEY, Aggregator, Context
from tests.functions.kpi_aggregator.history import DAY, HOUR, MINUTE, STEPS, Step, history
from tests.functions.kpi_aggregator.kpi_table import Broken
from tests.functions.kpi_aggregator.recomputation import Recomputation

CRASHES = st.none() | st.tuples(st.integers(0, 25), st.sampled_from(["before", "after"]))


@settings(max_examples=120)
@given(data=st.data(), steps=STEPS)
def test_any_order_and_repetition_of_events_ends_in_the_figures_of_the_whole_history(
    data: st.DataObject, steps: list[Step]
) -> None:
    events = history(steps)
    sent = data.draw(st.permutations(events + events[: data.draw(st.integers(0, 4))]), "sent")
    aggregator = Aggregator()
    with aggregator.deployed():
        while sent:
            size = data.draw(st.integers(1, 6), "batch")
            aggregator.table.break_at(data.draw(CRASHES, "crash while taking"))
            sent = sent[size:] + aggregator.receive(sent[:size])
            aggregator.now += data.draw(st.sampled_from([0, MINUTE, 9 * HOUR, DAY]), "time passes")
            if data.draw(st.booleans(), "fold"):
                time_left = data.draw(st.sampled_from([[60_000], [60_000, 60_000, 60_000, 1_000]]))
                aggregator.table.break_at(data.draw(CRASHES, "crash while folding"))
                try:
                    aggregator.fold(Context(*time_left, request=str(aggregator.now)))
                except Broken:
                    aggregator.now += HOUR
        aggregator.table.break_at(None)
        aggregator.now += HOUR
        assert aggregator.fold()["finished"]
    expected = Recomputation(events, SYDNEY.time_zone, aggregator.now).result()
    assert aggregator.days() == expected
    for totals in list(expected[0].values())[:-1]:  # what is over is in the lake as well
        row = msgspec.to_builtins(totals) | {"market": "au", "currency": "AUD"}
        assert aggregator.bucket.lines(DAILY_KPIS, totals.day) == [row]
