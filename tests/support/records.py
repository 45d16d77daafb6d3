"""Two siblings in one entry of a court: the record that many tests of bytes take."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from events.draft import Draft, DraftEvent, OpaqueContent, assemble
from events.entry import (
    Authentication,
    AuthenticationKind,
    EventHeader,
    MemoryState,
    Provenance,
    decode_frame,
    decode_record,
    encode_frame,
    encode_record,
)
from events.log import Accepted
from registry.wire import CODEC
from tests.support.registry import ORIGIN, child_id

ELDER = child_id("the elder of two siblings")
YOUNGER = child_id("the younger of two siblings")
SECRETS = {ELDER: b"goes to the grandmother", YOUNGER: b"goes to the bureau"}
REQUEST = b"what the court said of both"
RECORDED_AT = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z in microseconds."""


def siblings(
    state: MemoryState | None = None,
    *,
    seed: bytes = b"the first",
    secrets: dict[str, bytes] = SECRETS,
    request: str = "",
) -> bytes:
    """Return a record upon a state's head; `seed` makes its salts."""
    head = (state or MemoryState(ORIGIN)).head
    salts = iter(hashlib.sha256(seed + bytes([n])).digest()[:16] for n in range(256))
    draft = Draft(
        registry=ORIGIN,
        authority="tongshan-court",
        request_id=request or f"siblings/{head.position + 1}",
        request=OpaqueContent(type="ask", content=REQUEST),
        authentication=Authentication(
            kind=AuthenticationKind.CERTIFICATE,
            fingerprint=hashlib.sha256(b"certificate of the court").digest(),
        ),
        provenance=Provenance.LIVE,
        writer="tongshan-1",
        cause="",
        events=tuple(
            DraftEvent(
                stream=f"child/{child}",
                version=head.position + 1,
                event=OpaqueContent(type="Placed", content=secret),
                concerns=child,
                jurisdiction="cn-320312",
                urgent=child == YOUNGER,
            )
            for child, secret in secrets.items()
        ),
    )
    return assemble(
        draft, head.hash, RECORDED_AT + head.position, lambda: next(salts), CODEC
    )


def chain(length: int, state: MemoryState | None = None) -> list[bytes]:
    """Return records that follow each other, from a state on, which goes along."""
    state, records = state or MemoryState(ORIGIN), list[bytes]()
    for _ in range(length):
        records.append(siblings(state))
        state.apply(records[-1])
    return records


def own_entry(state: MemoryState, *events: object) -> bytes:
    """Return an entry of the registry itself upon a state, which goes along."""
    first = state.last_version("registry") + 1
    draft = Draft(
        registry=ORIGIN,
        authority=ORIGIN,
        request_id=f"adopt/{state.head.position}",
        request=OpaqueContent(type="adopt", content=b""),
        authentication=Authentication(
            kind=AuthenticationKind.CLAIMED, fingerprint=None
        ),
        provenance=Provenance.LIVE,
        writer="node-1",
        cause="",
        events=tuple(
            DraftEvent(
                stream="registry",
                version=first + number,
                event=event,
                concerns=None,
                jurisdiction=None,
                urgent=False,
            )
            for number, event in enumerate(events)
        ),
    )
    at = state.head.recorded_at + 1
    record = assemble(draft, state.head.hash, at, lambda: bytes(16), CODEC)
    assert isinstance(state.apply(record), Accepted)
    return record


def with_event(record: bytes, name: str, key: bytes, content: bytes) -> bytes:
    """Return an entry of the registry itself with one event alone, of this content."""
    whole = decode_record(record)
    frame = decode_frame(whole.frame)
    assert whole.request is not None
    body = replace(whole.request, content=content)
    header = EventHeader(
        stream="child/x",
        version=frame.recorded_at,
        type=name,
        fingerprint=key,
        concerns=None,
        jurisdiction=None,
        urgent=False,
        digest=body.digest,
    )
    frame = replace(frame, events=(header,))
    return encode_record(replace(whole, frame=encode_frame(frame), bodies=(body,)))
