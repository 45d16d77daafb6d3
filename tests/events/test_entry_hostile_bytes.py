"""Hostile bytes are void: no exception, no second spelling, no large allocation."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events import avro
from events.entry import (
    MAX_ENTRY_BYTES,
    AcceptedRecord,
    MalformedError,
    MemoryState,
    accepted,
    decode_frame,
    decode_record,
    encode_frame,
    encode_record,
)
from events.frame import FRAME_MARK, RECORD_MARK
from events.log import VoidReason
from tests.support.records import siblings
from tests.support.registry import ORIGIN

HONEST = siblings()
RECORD = decode_record(HONEST)
FRAME = RECORD.frame
MALFORMED = VoidReason.MALFORMED
BOMBS = [
    bytes.fromhex(bomb)
    for bomb in (
        "feffffff0f00",
        "ffffffff0f02",
        "feffffffffff7f",
        "feffffffffffffffff01",
        "ffffffffffffffffff01",
        "ffffffffffffffffff7f",
        "ff" * 4096,
        "80" * 4096,
    )
]
"""Counts and lengths of up to 2^63, negative ones, and numbers that do not end."""
SMALL_BYTES = 65_536
"""Far above what a record of 600 bytes takes, far below what a bomb asks for."""


def verdict(content: bytes) -> AcceptedRecord | VoidReason:
    return accepted(content, MemoryState(ORIGIN))


def with_frame(frame: bytes) -> bytes:
    return encode_record(replace(RECORD, frame=frame))


def test_the_honest_record_is_accepted() -> None:
    assert isinstance(verdict(HONEST), AcceptedRecord)
    assert verdict(with_frame(FRAME)) == verdict(HONEST)


def test_a_record_cut_anywhere_is_malformed() -> None:
    for size in range(len(HONEST)):
        assert verdict(HONEST[:size]) is MALFORMED


def test_a_frame_cut_anywhere_is_malformed() -> None:
    for size in range(len(FRAME)):
        assert verdict(with_frame(FRAME[:size])) is MALFORMED


def test_a_flipped_bit_anywhere_never_gives_the_same_entry() -> None:
    honest = verdict(HONEST)
    assert isinstance(honest, AcceptedRecord)
    for at in range(len(HONEST)):
        for bit in range(8):
            flipped = bytearray(HONEST)
            flipped[at] ^= 1 << bit
            result = verdict(bytes(flipped))
            # A flip in a text of the frame is another honest frame, by another hash.
            assert isinstance(result, VoidReason) or result.hash != honest.hash


def test_a_flipped_bit_in_a_body_is_a_mismatch_or_malformed() -> None:
    start = HONEST.index(FRAME) + len(FRAME)
    for at in range(start, len(HONEST)):
        for bit in range(8):
            flipped = bytearray(HONEST)
            flipped[at] ^= 1 << bit
            assert verdict(bytes(flipped)) in {
                MALFORMED,
                VoidReason.BODY_MISSING,
                VoidReason.BODY_MISMATCH,
            }


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: f"{bomb[:10].hex()}…")
def test_a_bomb_anywhere_is_void_and_allocates_little(bomb: bytes) -> None:
    contents = [HONEST[:at] + bomb for at in range(len(HONEST))]
    contents += [with_frame(FRAME[:at] + bomb) for at in range(len(FRAME))]
    tracemalloc.start()
    try:
        for content in contents:
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            assert isinstance(verdict(content), VoidReason)
            _, peak = tracemalloc.get_traced_memory()
            assert peak - before < SMALL_BYTES
    finally:
        tracemalloc.stop()


def test_the_largest_record_allowed_is_read_and_one_byte_more_is_not() -> None:
    assert verdict(bytes(MAX_ENTRY_BYTES)) is MALFORMED
    assert verdict(bytes(MAX_ENTRY_BYTES + 1)) is VoidReason.TOO_LARGE
    # As many one-byte items as fit: the most work that so many bytes can ask for.
    count = MAX_ENTRY_BYTES - 1_000
    nulls = RECORD_MARK + avro.sized(FRAME) + b"\x00" + avro.long(count) + bytes(count)
    assert verdict(nulls + b"\x00") is VoidReason.BODY_MISSING


def test_every_number_has_one_spelling() -> None:
    """Wherever a byte ends a number, the number with a zero group after it fails."""
    for content, wrap in ((HONEST, bytes), (FRAME, with_frame)):
        for at in range(len(RECORD_MARK), len(content)):
            longer = content[:at] + bytes([content[at] | 0x80, 0]) + content[at + 1 :]
            result = verdict(wrap(longer))
            assert isinstance(result, VoidReason)


@pytest.mark.parametrize("extra", [b"\x00", b"\x02", HONEST], ids=["0", "2", "itself"])
def test_nothing_may_follow_a_record_or_a_frame(extra: bytes) -> None:
    assert verdict(HONEST + extra) is MALFORMED
    assert verdict(with_frame(FRAME + extra)) is MALFORMED


@pytest.mark.parametrize(
    "text",
    [b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe5\x84"],
    ids=["no start", "overlong", "surrogate", "beyond Unicode", "cut"],
)
def test_a_text_that_is_not_utf_8_is_malformed(text: bytes) -> None:
    writer = avro.string("tongshan-1")
    assert FRAME.count(writer) == 1
    assert verdict(with_frame(FRAME.replace(writer, avro.sized(text)))) is MALFORMED


def test_a_text_of_any_length_that_fits_is_honest() -> None:
    frame = decode_frame(FRAME)
    long = encode_frame(replace(frame, cause="儿" * 100_000))
    assert isinstance(verdict(with_frame(long)), AcceptedRecord)


@pytest.mark.parametrize("mark", [FRAME_MARK, bytes(10), b"Obj\x01" + bytes(6)])
def test_no_record_of_another_format_is_read(mark: bytes) -> None:
    assert verdict(mark + HONEST[len(mark) :]) is MALFORMED


@pytest.mark.parametrize("mark", [RECORD_MARK, bytes(10), b"Obj\x01" + bytes(6)])
def test_no_frame_of_another_format_is_read(mark: bytes) -> None:
    assert verdict(with_frame(mark + FRAME[len(mark) :])) is MALFORMED


MUTATIONS = st.tuples(
    st.integers(0, len(HONEST)),
    st.binary(max_size=12) | st.sampled_from(BOMBS),
    st.integers(0, 8),
)


def mutated(content: bytes, mutation: tuple[int, bytes, int]) -> bytes:
    at, put, cut = mutation
    return content[:at] + put + content[at + cut :]


@settings(max_examples=400, deadline=None)
@given(MUTATIONS)
def test_a_record_that_parses_is_what_would_be_written(
    mutation: tuple[int, bytes, int],
) -> None:
    content = mutated(HONEST, mutation)
    try:
        record = decode_record(content)
    except MalformedError:
        assert verdict(content) is MALFORMED
    else:
        assert encode_record(record) == content


@settings(max_examples=400, deadline=None)
@given(MUTATIONS)
def test_a_frame_that_parses_is_what_would_be_written(
    mutation: tuple[int, bytes, int],
) -> None:
    content = mutated(FRAME, mutation)
    try:
        frame = decode_frame(content)
    except MalformedError:
        assert verdict(with_frame(content)) is MALFORMED
    else:
        assert encode_frame(frame) == content
