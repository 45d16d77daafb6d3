"""Acceptance: hostile and honest bytes, each with its one answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.draft import Draft, DraftEvent, OpaqueContent, assemble
from events.entry import (
    MAX_ENTRY_BYTES,
    Authentication,
    AuthenticationKind,
    MalformedError,
    MemoryState,
    Provenance,
    accepted,
    verify_partial,
    withhold,
)
from events.log import EMPTY, Accepted, Head, Voided, VoidReason
from registry.wire import CODEC

ORIGIN = "registry.example/cn-320300"
ANNA, BORIS = "child of the first file", "child of the second file"


def record(
    head: Head = EMPTY,
    request: str = "1",
    registry: str = ORIGIN,
    version: int = 1,
    at: int = 1,
) -> bytes:
    events = tuple(
        DraftEvent(
            stream=f"child/{name}",
            version=version,
            event=OpaqueContent(type="Seen", content=name.encode()),
            concerns=name,
            jurisdiction="cn-320312",
            urgent=False,
        )
        for name in (ANNA, BORIS)
    )
    draft = Draft(
        registry=registry,
        authority="tongshan-court",
        request_id=request,
        request=OpaqueContent(type="ask", content=b"what the court said"),
        authentication=Authentication(
            kind=AuthenticationKind.CLAIMED, fingerprint=None
        ),
        provenance=Provenance.LIVE,
        writer="tongshan-1",
        cause="",
        events=events,
    )
    return assemble(draft, head.hash, at, lambda: bytes(range(16)), CODEC)


def voided(content: bytes, state: MemoryState) -> VoidReason:
    verdict = state.apply(content)
    assert isinstance(verdict, Voided)
    return verdict.reason


def test_accepts_the_first_entry_at_position_one() -> None:
    state = MemoryState(ORIGIN)
    verdict = state.apply(record())
    assert isinstance(verdict, Accepted)
    assert verdict.position == 1


def test_voids_each_rule_by_its_own_reason() -> None:
    state = MemoryState(ORIGIN)
    state.apply(record())
    head = state.head
    assert voided(bytes(MAX_ENTRY_BYTES + 1), state) is VoidReason.TOO_LARGE
    assert voided(b"\x00", state) is VoidReason.MALFORMED
    elsewhere = record(head, "2", registry="other.example/x", at=2)
    assert voided(elsewhere, state) is VoidReason.OTHER_REGISTRY
    assert voided(record(request="2", at=2), state) is VoidReason.OTHER_PARENT
    assert voided(record(head, "1", version=2, at=2), state) is VoidReason.KEY_REPEATED
    assert voided(record(head, "2", at=2), state) is VoidReason.VERSION_NOT_ABOVE
    assert voided(record(head, "2", version=2), state) is VoidReason.TIME_NOT_ABOVE
    partial = withhold(record(head, "2", version=2, at=2), [ANNA])
    assert voided(partial, state) is VoidReason.BODY_MISSING
    assert state.head == head


def test_no_truncation_of_a_record_is_accepted() -> None:
    content = record()
    for size in range(len(content)):
        assert isinstance(accepted(content[:size], MemoryState(ORIGIN)), VoidReason)


def test_no_flipped_byte_of_a_body_or_frame_changes_what_is_accepted() -> None:
    content = record()
    honest = accepted(content, MemoryState(ORIGIN))
    assert not isinstance(honest, VoidReason)
    for at in range(len(content)):
        flipped = content[:at] + bytes([content[at] ^ 0x01]) + content[at + 1 :]
        result = accepted(flipped, MemoryState(ORIGIN))
        # A flip inside the frame may be another honest frame, never the same entry.
        assert isinstance(result, VoidReason) or result.hash != honest.hash


def test_trailing_bytes_are_not_canonical() -> None:
    assert voided(record() + b"\x00", MemoryState(ORIGIN)) is VoidReason.MALFORMED


@pytest.mark.parametrize(
    "bomb",
    [
        b"\xfe\xff\xff\xff\xff\x0f",
        b"\xff\xff\xff\xff\xff\x7f",
        b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    ],
)
def test_a_length_bomb_is_malformed_and_allocates_nothing(bomb: bytes) -> None:
    mark = record()[:10]
    assert voided(mark + bomb, MemoryState(ORIGIN)) is VoidReason.MALFORMED


@given(st.binary(max_size=300))
def test_no_bytes_raise(tail: bytes) -> None:
    mark = record()[:10]
    for content in (tail, mark + tail):
        assert isinstance(accepted(content, MemoryState(ORIGIN)), VoidReason)


def test_a_bureau_with_one_childs_bodies_verifies_and_learns_nothing_else() -> None:
    content = record()
    partial = withhold(content, [ANNA])
    assert verify_partial(partial) == verify_partial(content)
    assert ANNA.encode() in partial
    # The other child's content and the request are gone; only its id routes.
    assert partial.count(BORIS.encode()) < content.count(BORIS.encode())
    assert b"what the court said" not in partial


def test_a_changed_body_is_refused_by_whoever_holds_only_it() -> None:
    partial = withhold(record(), [ANNA])
    at = partial.rindex(ANNA.encode())
    forged = partial[:at] + b"X" + partial[at + 1 :]
    with pytest.raises(MalformedError):
        verify_partial(forged)
