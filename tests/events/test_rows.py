"""Rows of many entries taken together are those taken one entry after the other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from events.entry import CHILD_STREAMS, REGISTRY_STREAM, TRACKING_STREAMS
from events.rows import Rows
from events.shape import Event
from tests.support.records import ELDER

NAMED = b"\x48" + ELDER.encode()
STREAMS = st.sampled_from(
    [
        f"{CHILD_STREAMS}{ELDER}",
        f"{CHILD_STREAMS}",
        "child",
        f"case/{ELDER}",
        REGISTRY_STREAM,
        f"{TRACKING_STREAMS}reports",
        "",
    ]
)
OF_NO_OWN = STREAMS.filter(
    lambda stream: stream != REGISTRY_STREAM and not stream.startswith(TRACKING_STREAMS)
)
BODIES = st.lists(
    st.sampled_from([NAMED, NAMED[:-1], NAMED.upper(), b"\x48"]) | st.binary()
).map(b"".join)


def entries(streams: st.SearchStrategy[str]) -> st.SearchStrategy[list[list[Event]]]:
    events = st.tuples(
        streams, st.integers(0), st.binary(), st.text(max_size=3), BODIES
    )
    return st.lists(st.lists(events, max_size=3), max_size=5)


@given(st.integers(1), entries(STREAMS) | entries(OF_NO_OWN))
def test_rows_are_the_same_together_as_one_by_one(
    first: int, taken: list[list[Event]]
) -> None:
    together, one_by_one = Rows(), Rows()
    together.extend(first, list(map(tuple, taken)))
    for position, events in enumerate(taken, first):
        one_by_one.add(position, tuple(events))
    assert together == one_by_one
