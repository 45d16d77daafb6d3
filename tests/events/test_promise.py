"""The signed receipt: what it binds, and that nothing else is taken for it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.notes import NoteError, signed
from events.promise import Promise, PromiseError, kept, opened, promise
from events.proof import InclusionError
from events.receipts import prove
from events.tree import EvidenceError, head_of
from tests.support.registry import ORIGIN
from tests.support.tree import KNOWN, LOG_KEY, OTHER_KEY, frame_hash, note_of, tree_of

SAID = Promise(
    origin=ORIGIN,
    position=7,
    hash=frame_hash(7),
    recorded_at=1_767_225_600_000_000,
    request_digest=bytes(range(32)),
)
NOTE = promise(SAID, LOG_KEY)
TREE = tree_of(20)
PROOF = prove(TREE, 7, note_of(head_of(TREE)))


def test_what_was_promised_is_read_back_and_proved() -> None:
    assert opened(NOTE, KNOWN) == SAID
    assert kept(SAID, PROOF, KNOWN).checkpoint.head == head_of(TREE)
    assert promise(SAID, LOG_KEY) == NOTE


def test_a_promise_that_was_not_kept_is_shown_by_the_proof() -> None:
    other = replace(SAID, position=8)
    with pytest.raises(PromiseError, match="entry 8 was promised"):
        kept(other, PROOF, KNOWN)
    with pytest.raises(InclusionError):
        kept(replace(SAID, hash=bytes(32)), PROOF, KNOWN)


def test_a_strangers_word_is_refused() -> None:
    with pytest.raises(NoteError):
        opened(promise(SAID, OTHER_KEY), KNOWN)
    elsewhere = replace(SAID, origin="other.example/log")
    with pytest.raises(PromiseError, match="must be the log whose key signed"):
        opened(promise(elsewhere, LOG_KEY), KNOWN)


def test_neither_a_checkpoint_nor_anything_else_signed_is_a_receipt() -> None:
    with pytest.raises(PromiseError, match="six lines"):
        opened(note_of(head_of(TREE)), KNOWN)
    for text in (SAID.text + b"more\n", SAID.text.replace(b"/v1", b"/v2")):
        with pytest.raises(PromiseError):
            opened(signed(text, LOG_KEY.sign(text)), KNOWN)
    for old, new in ((b"\n7\n", b"\n07\n"), (b"\n7\n", b"\n-7\n")):
        text = SAID.text.replace(old, new)
        with pytest.raises(EvidenceError):
            opened(signed(text, LOG_KEY.sign(text)), KNOWN)


@given(st.integers(0, len(NOTE) - 1), st.integers(1, 255))
def test_no_byte_of_a_receipt_can_be_changed(at: int, by: int) -> None:
    changed = bytearray(NOTE)
    changed[at] ^= by
    with pytest.raises(EvidenceError):
        opened(bytes(changed), KNOWN)


@given(st.binary(max_size=300))
def test_hostile_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(EvidenceError):
        opened(content, KNOWN)
