"""Entries put into a log without the writer: lawful, damaged and strange ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from events.codec import EVENTS
from events.draft import Draft, DraftEvent, OpaqueContent, assemble
from events.embedded import EmbeddedLog
from events.entry import (
    Authentication,
    AuthenticationKind,
    Body,
    Provenance,
    decode_frame,
    decode_record,
    encode_frame,
    encode_record,
)
from events.ingest import Candidate
from events.log import Accepted
from events.store import Store
from registry.announce import adopt
from registry.china import CHINA
from registry.wire import CODEC
from tests.support.registry import ORIGIN, sources


@contextmanager
def empty_log(folder: Path) -> Iterator[EmbeddedLog]:
    """Open a new log that has adopted this release's formats."""
    with closing(EmbeddedLog(folder / "log.sqlite", ORIGIN)) as log:
        adopt(log, CODEC, sources(), "tongshan-1", CHINA)
        yield log


def record_of(store: Store, said: Sequence[tuple[str, object]]) -> bytes:
    """Return the record of an entry with events, each of a child, upon the head."""
    head = store.head()
    versions: dict[str, int] = {}
    events = []
    for child, event in said:
        stream = f"child/{child}"
        last = versions.get(stream, store.last_version(stream))
        versions[stream] = last + 1
        events.append(
            DraftEvent(
                stream=stream,
                version=last + 1,
                event=event,
                concerns=child,
                jurisdiction="cn-320312",
                urgent=False,
            )
        )
    draft = Draft(
        registry=ORIGIN,
        authority="tongshan-court",
        request_id=f"planted/{head.position + 1}",
        request=OpaqueContent(type="ask", content=b""),
        authentication=Authentication(
            kind=AuthenticationKind.CLAIMED, fingerprint=None
        ),
        provenance=Provenance.LIVE,
        writer="tongshan-1",
        cause="",
        events=tuple(events),
    )
    salts = (hashlib.sha256(bytes([n])).digest()[:16] for n in range(256))
    recorded_at = head.recorded_at + 1_000_000
    return assemble(draft, head.hash, recorded_at, lambda: next(salts), EVENTS)


def damaged(record: bytes, index: int, content: bytes = b"\xff") -> bytes:
    """Return the record with another body in the place of one, under a right digest."""
    opened = decode_record(record)
    frame = decode_frame(opened.frame)
    old = opened.bodies[index]
    assert old is not None
    body = Body(salt=old.salt, content=content)
    bodies = (*opened.bodies[:index], body, *opened.bodies[index + 1 :])
    header = replace(frame.events[index], digest=body.digest)
    headers = (*frame.events[:index], header, *frame.events[index + 1 :])
    written = encode_frame(replace(frame, events=headers))
    return encode_record(replace(opened, frame=written, bodies=bodies))


def under(record: bytes, index: int, fingerprint: bytes) -> bytes:
    """Return the record with another schema named for one of its bodies."""
    opened = decode_record(record)
    frame = decode_frame(opened.frame)
    header = replace(frame.events[index], fingerprint=fingerprint)
    headers = (*frame.events[:index], header, *frame.events[index + 1 :])
    written = encode_frame(replace(frame, events=headers))
    return encode_record(replace(opened, frame=written))


def put(store: Store, record: bytes) -> int:
    """Append a record; return its position."""
    (verdict,) = store.ingest([Candidate(record=record)])
    assert isinstance(verdict, Accepted), verdict
    return verdict.position


def plant(store: Store, *said: tuple[str, object]) -> int:
    """Append an entry with events, each of a child; return its position."""
    return put(store, record_of(store, said))
