"""From events and a command to the bytes of a record.

What lives here: `assemble`. What never does: the decision what to record, the choice
of a parent. Salts come in as an argument, so that two runs can give equal bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from events.codec import Codec
from events.entry import (
    OPAQUE,
    Authentication,
    Body,
    EventHeader,
    Frame,
    Provenance,
    Record,
    encode_frame,
    encode_record,
    frame_hash,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpaqueContent:
    """Content whose meaning is not ours, under the fingerprint zero."""

    type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftEvent:
    """One event with what its header will say."""

    stream: str
    version: int
    event: object
    concerns: str | None
    jurisdiction: str | None
    urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """All of an entry but its parent, its time and its salts."""

    registry: str
    authority: str
    request_id: str
    request: object
    authentication: Authentication
    provenance: Provenance
    writer: str
    cause: str
    events: tuple[DraftEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A record's bytes, the frame in them, and the hash it will have as an entry."""

    record: bytes
    frame: Frame
    hash: bytes


def assemble(
    draft: Draft,
    previous: bytes,
    recorded_at: int,
    salt: Callable[[], bytes],
    codec: Codec,
) -> bytes:
    """Return the record's bytes upon a parent's hash at a time in microseconds."""
    return write(draft, previous, recorded_at, salt, codec).record


def write(
    draft: Draft,
    previous: bytes,
    recorded_at: int,
    salt: Callable[[], bytes],
    codec: Codec,
) -> Written:
    """Return the record with its frame and hash, for those who go on from it."""
    request_key, content = _content(draft.request, codec)
    request = Body(salt=salt(), content=content)
    headers: list[EventHeader] = []
    bodies: list[Body] = []
    for event in draft.events:
        key, content = _content(event.event, codec)
        body = Body(salt=salt(), content=content)
        bodies.append(body)
        headers.append(
            EventHeader(
                stream=event.stream,
                version=event.version,
                type=_type_name(event.event),
                fingerprint=key,
                concerns=event.concerns,
                jurisdiction=event.jurisdiction,
                urgent=event.urgent,
                digest=body.digest,
            )
        )
    frame = Frame(
        registry=draft.registry,
        previous=previous,
        authority=draft.authority,
        request_id=draft.request_id,
        request_fingerprint=request_key,
        request_digest=request.digest,
        authentication=draft.authentication,
        attestations=(),
        recorded_at=recorded_at,
        provenance=draft.provenance,
        writer=draft.writer,
        cause=draft.cause,
        events=tuple(headers),
    )
    encoded = encode_frame(frame)
    record = Record(frame=encoded, request=request, bodies=tuple(bodies))
    return Written(record=encode_record(record), frame=frame, hash=frame_hash(encoded))


def _content(value: object, codec: Codec) -> tuple[bytes, bytes]:
    if isinstance(value, OpaqueContent):
        return OPAQUE, value.content
    return codec.encode(value)


def _type_name(value: object) -> str:
    return value.type if isinstance(value, OpaqueContent) else type(value).__name__
