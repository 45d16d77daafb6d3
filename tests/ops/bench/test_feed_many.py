"""The readers of the benchmark count what the contract's own code finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from childregistry.v1 import event_service_pb2 as pb
from ops.bench.feed_many import BATCH, entries_in

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
