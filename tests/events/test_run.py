"""Records taken together: up to the first that is not the next entry, no further."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from events.avro import long
from events.entry import AcceptedRecord, MemoryState, accepted
from events.run import advance, times_of
from events.shape import Opened
from events.shapes import Shapes
from events.tiles import bundle_of
from events.tree import leaf_hash, leaf_hashes, leaf_text, leaf_texts_from
from tests.support.records import siblings
from tests.support.registry import ORIGIN

OF_EIGHT_BYTES = st.integers(1 << 48, (1 << 55) - 1)
COUNT = 12


@given(st.lists(OF_EIGHT_BYTES | OF_EIGHT_BYTES.map(lambda number: ~number)))
def test_times_are_read_together_as_one_by_one(times: list[int]) -> None:
    assert list(times_of([long(time) for time in times])) == times


def opened() -> list[Opened]:
    state, shapes, records = MemoryState(ORIGIN), Shapes(), list[bytes]()
    for _ in range(COUNT):
        records.append(siblings(state))
        entry = accepted(records[-1], state)
        assert isinstance(entry, AcceptedRecord)
        if not shapes.run(records[-1:]):
            shapes.learn(records[-1], entry)
        state.advance(entry)
    found, _ = shapes.open(records)
    assert len(found) == COUNT
    return found


RUN = opened()


@given(st.integers(0, COUNT), st.integers(0, COUNT))
def test_a_run_ends_before_the_first_that_is_no_next_entry(
    begin: int, missing: int
) -> None:
    state, slow = MemoryState(ORIGIN), MemoryState(ORIGIN)
    advance(state, RUN[:begin])
    for one in RUN[:begin]:
        assert len(advance(slow, [one])) == 1
    assert state == slow
    left, expected = RUN[begin:missing] + RUN[missing + 1 :], missing - begin
    if missing < begin:  # it was taken before
        left, expected = RUN[missing:], 0
    assert len(advance(state, left)) == expected
    for one in left[:expected]:
        advance(slow, [one])
    assert state == slow


@given(st.integers(1, 1 << 40), st.lists(st.binary(min_size=32, max_size=32)))
def test_leaves_are_hashed_together_as_one_by_one(
    first: int, hashes: list[bytes]
) -> None:
    texts = leaf_texts_from(first, hashes)
    assert texts == [leaf_text(*leaf) for leaf in enumerate(hashes, first)]
    assert leaf_hashes(texts) == list(map(leaf_hash, texts))


@given(st.lists(st.binary(max_size=3)) | st.lists(st.binary(min_size=9, max_size=9)))
def test_a_bundle_has_each_text_after_its_length_whatever_the_lengths(
    texts: list[bytes],
) -> None:
    one_by_one = [len(text).to_bytes(2, "big") + text for text in texts]
    assert bundle_of(texts) == b"".join(one_by_one)
