"""The readers of the benchmark count what the contract's own code finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from childregistry.v1 import event_service_pb2 as pb
from ops.bench.feed_many import BATCH, Case, Round, entries_in, shown

R = pb.SubscribeEventsResponse
PLACE = pb.FeedPlace(position=7, number=3, link=bytes(32))
SIZES = (0, 1, 120, 126, 127, 128, 129, 16_300, 16_383, 16_384, 70_000)
"""Around where a length needs one byte more."""


@given(st.lists(st.sampled_from(SIZES), min_size=1, max_size=120))
def test_it_counts_the_entries_of_a_batch(sizes: list[int]) -> None:
    entries = [pb.FeedEntry(place=PLACE, record=bytes(size)) for size in sizes]
    message = R(batch=R.Batch(entries=entries)).SerializeToString()
    assert message.startswith(BATCH)
    assert entries_in(message) == len(sizes)


@pytest.mark.parametrize(
    "signal",
    [
        R(confirmation=R.Confirmation(place=PLACE, head=9, epoch=2)),
        R(checkpoint=PLACE),
        R(caught_up=PLACE),
        R(fell_behind=PLACE),
        R(ended=R.Ended(why=R.WHY_UNTIL, place=PLACE)),
    ],
    ids=lambda signal: signal.WhichOneof("signal"),
)
def test_no_signal_is_taken_for_a_batch(signal: R) -> None:
    assert not signal.SerializeToString().startswith(BATCH)


def test_the_middle_of_the_rounds_is_told_and_the_worst() -> None:
    rounds = [
        Round(lacking=lacking, late_s=ms / 10, p50=ms, p99=3 * ms, idle=ms, after=9e3)
        for lacking, ms in ((0, 4.0), (2, 9.0), (0, 5.0))
    ]
    line = shown(Case(100, 20, feed=True), rounds)
    assert line[:5] == ["100, 20 stuck", "its own", "5.0 (9.0)", "15.0 (27.0)", "2"]
    assert line[5] == "0.5 (0.9)"
    assert shown(Case(0), rounds)[1:] == ["all", "5.0 (9.0)", "15.0 (27.0)"]
    assert shown(Case(9, named=True), rounds)[0] == "9 by name"
