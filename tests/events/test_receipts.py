"""Receipts: made once, verified offline, also after years of growth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.notes import NoteError, NoteUnsignedError, cosigned
from events.proof import InclusionError, OutOfTreeError, ProofError
from events.receipts import (
    ReceiptError,
    ReceiptMalformedError,
    TooFewWitnessesError,
    parse,
    prove,
    verify,
)
from events.tiles import TiledTree
from events.tree import EvidenceError, head_of
from tests.support.registry import ORIGIN
from tests.support.tree import (
    KNOWN,
    LOG_KEY,
    OTHER_KEY,
    WITNESS_KEY,
    frame_hash,
    note_of,
    published,
    reader,
    tree_of,
)

TREE = tree_of(300)
HEAD = head_of(TREE, 20)
NOTE = note_of(HEAD)
RECEIPT = prove(TREE, 7, NOTE)


def test_a_receipt_is_the_text_of_the_specification() -> None:
    above, _, note = RECEIPT.partition(b"\n\n")
    lines = above.decode().split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 6"]
    assert [len(line) for line in lines[2:]] == [44] * 5
    assert note == NOTE
    assert parse(RECEIPT).text == RECEIPT


def test_every_entry_is_proved_and_only_as_itself() -> None:
    for position in range(1, 21):
        receipt = prove(TREE, position, NOTE)
        proved = verify(receipt, frame_hash(position), ORIGIN, KNOWN)
        assert (proved.position, proved.checkpoint.head) == (position, HEAD)
        with pytest.raises(InclusionError):
            verify(receipt, frame_hash(position + 1), ORIGIN, KNOWN)


def test_a_receipt_made_from_tiles_outlives_the_growth_of_the_log(
    tmp_path: Path,
) -> None:
    published(tmp_path, 20)
    receipt = prove(TiledTree(reader(tmp_path), 20), 7, NOTE)
    assert receipt == RECEIPT
    published(tmp_path, 300)
    verify(receipt, frame_hash(7), ORIGIN, KNOWN)


def test_an_entry_after_the_head_has_no_receipt_yet() -> None:
    with pytest.raises(OutOfTreeError, match="position 21: must be from 1 to 20"):
        prove(TREE, 21, NOTE)


def test_the_log_itself_must_have_signed_and_as_many_witnesses_as_asked() -> None:
    line = WITNESS_KEY.sign(parse_text(NOTE), 1_767_225_600)
    receipt = prove(TREE, 7, cosigned(NOTE, line))
    proved = verify(receipt, frame_hash(7), ORIGIN, KNOWN, witnesses=1)
    assert [s.time_s for s in proved.signatures] == [None, 1_767_225_600]
    with pytest.raises(TooFewWitnessesError, match="1 of 2"):
        verify(receipt, frame_hash(7), ORIGIN, KNOWN, witnesses=2)
    with pytest.raises(TooFewWitnessesError, match="0 of 1"):
        verify(RECEIPT, frame_hash(7), ORIGIN, KNOWN, witnesses=1)
    with pytest.raises(NoteUnsignedError, match="no known key of the log"):
        verify(receipt, frame_hash(7), ORIGIN, [WITNESS_KEY.verifier])


def parse_text(note: bytes) -> bytes:
    return note.rpartition(b"\n\n")[0] + b"\n"


def test_a_receipt_under_another_key_or_of_another_log_is_refused() -> None:
    with pytest.raises(NoteUnsignedError):
        verify(prove(TREE, 7, note_of(HEAD, OTHER_KEY)), frame_hash(7), ORIGIN, KNOWN)
    elsewhere = prove(TREE, 7, note_of(HEAD, origin="registry.example/cn-110100"))
    with pytest.raises(ReceiptError, match=f"origin: must be {ORIGIN}"):
        verify(elsewhere, frame_hash(7), ORIGIN, KNOWN)


def test_no_changed_byte_and_no_cut_of_a_receipt_is_verified() -> None:
    for at in range(len(RECEIPT)):
        for bit in (0x01, 0x04, 0x20):
            changed = RECEIPT[:at] + bytes([RECEIPT[at] ^ bit]) + RECEIPT[at + 1 :]
            with pytest.raises(EvidenceError):
                verify(changed, frame_hash(7), ORIGIN, KNOWN)
        with pytest.raises(EvidenceError):
            verify(RECEIPT[:at], frame_hash(7), ORIGIN, KNOWN)


def lines_changed(change: Callable[[list[bytes]], None]) -> bytes:
    lines = RECEIPT.split(b"\n")
    change(lines)
    return b"\n".join(lines)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        NOTE,
        RECEIPT.replace(b"@v1", b"@v2"),
        RECEIPT.replace(b"index 6", b"index 06"),
        RECEIPT.replace(b"index 6", b"index -1"),
        RECEIPT.replace(b"index 6", b"index"),
        RECEIPT.replace(b"index 6", b"position 7"),
        RECEIPT.replace(b"index 6", b"extra AAAA\nindex 6"),
        RECEIPT.replace(b"index 6\n", b"index 6\nAAAA\n"),
        RECEIPT.replace(b"index 6\n", b"index 6\n" + (b"A" * 43 + b"=\n") * 64),
        RECEIPT.ljust(2_000_000, b"x"),
    ],
)
def test_bytes_that_are_no_receipt_are_malformed(content: bytes) -> None:
    with pytest.raises(ReceiptMalformedError):
        parse(content)


def test_hashes_in_another_order_or_too_many_are_refused() -> None:
    def swap(lines: list[bytes]) -> None:
        lines[2], lines[3] = lines[3], lines[2]

    def repeat(lines: list[bytes]) -> None:
        lines.insert(2, lines[2])

    def drop(lines: list[bytes]) -> None:
        del lines[6]

    for change in (swap, repeat, drop):
        with pytest.raises(ProofError, match="entry 7 in the tree of 20"):
            verify(lines_changed(change), frame_hash(7), ORIGIN, KNOWN)


@given(st.binary(max_size=200))
def test_hostile_bytes_raise_only_the_typed_errors(content: bytes) -> None:
    mark = b"c2sp.org/tlog-proof@v1\nindex "
    for hostile in (content, mark + content, mark + b"6\n\n" + content):
        with pytest.raises((ReceiptError, NoteError)):
            verify(hostile, frame_hash(7), ORIGIN, [LOG_KEY.verifier])
