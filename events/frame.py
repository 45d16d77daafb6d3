"""Frame and bodies: the two parts of a record, and their bytes.

What lives here: what a record says, and its canonical bytes, written and read. What
never does: whether a record is accepted (`events.entry`), what a body says
(`events.codec`). FORMAT.md specifies all of it in prose for readers in other
languages; `schemas/Frame.v1.avsc` and `schemas/Record.v1.avsc` for readers with a
library. Standard library only: these bytes are read for ever.

A record is a frame and bodies. The frame holds only digests of the bodies,
SHA-256(salt ‖ content), so a reader may be given the frame and only the bodies he may
see, and everything still verifies. Chain, tree and receipts are over the frame alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from events import avro
from events.avro import MalformedError, Reader

FRAME_MARK: Final = bytes.fromhex("c301f913d430ff92a3ae")
"""Avro's single-object mark and the fingerprint of frame format 1."""
RECORD_MARK: Final = bytes.fromhex("c3017418bf868b9fbaa1")
"""The same of record format 1."""
HASH_BYTES: Final = 32
FINGERPRINT_BYTES: Final = 8
SALT_BYTES: Final = 16


class AuthenticationKind(StrEnum):
    """How the submitter was known."""

    CLAIMED = "claimed"
    CERTIFICATE = "certificate"
    SIGNATURE = "signature"


class Provenance(StrEnum):
    """How the submission reached the registry."""

    LIVE = "live"
    BACK_LOADED = "back_loaded"
    MIGRATED = "migrated"
    TRANSCRIBED = "transcribed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """How the submitter was known; SHA-256 of the certificate where there was one."""

    kind: AuthenticationKind
    fingerprint: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """A further signature over the submission, by scheme."""

    scheme: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class EventHeader:
    """What the frame says of one event: enough to filter and route, no content."""

    stream: str
    version: int
    type: str
    fingerprint: bytes
    concerns: str | None
    jurisdiction: str | None
    urgent: bool
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The part of a record that everyone may see; times in microseconds."""

    registry: str
    previous: bytes
    authority: str
    request_id: str
    request_fingerprint: bytes
    request_digest: bytes
    authentication: Authentication
    attestations: tuple[Attestation, ...]
    recorded_at: int
    provenance: Provenance
    writer: str
    cause: str
    events: tuple[EventHeader, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Sixteen unpredictable bytes and a bare Avro datum."""

    salt: bytes
    content: bytes

    @property
    def digest(self) -> bytes:
        """What the frame holds of it."""
        return hashlib.sha256(self.salt + self.content).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A frame's bytes and the bodies; None where a body is withheld."""

    frame: bytes
    request: Body | None
    bodies: tuple[Body | None, ...]


def encode_frame(frame: Frame) -> bytes:
    """Return a frame's canonical bytes: Avro single-object encoding.

    Raises ValueError where a digest or fingerprint has another length than its own.
    """
    known = frame.authentication
    return b"".join(
        (
            FRAME_MARK,
            avro.string(frame.registry),
            avro.fixed(frame.previous, HASH_BYTES),
            avro.string(frame.authority),
            avro.string(frame.request_id),
            avro.fixed(frame.request_fingerprint, FINGERPRINT_BYTES),
            avro.fixed(frame.request_digest, HASH_BYTES),
            avro.long(_KINDS.index(known.kind)),
            avro.optional(
                None
                if known.fingerprint is None
                else avro.fixed(known.fingerprint, HASH_BYTES)
            ),
            avro.array(
                avro.string(attestation.scheme) + avro.sized(attestation.content)
                for attestation in frame.attestations
            ),
            avro.long(frame.recorded_at),
            avro.long(_PROVENANCES.index(frame.provenance)),
            avro.string(frame.writer),
            avro.string(frame.cause),
            avro.array(_encode_header(header) for header in frame.events),
        )
    )


def decode_frame(content: bytes) -> Frame:
    """Return the frame of its canonical bytes; raises MalformedError on others."""
    read = _after_mark(content, FRAME_MARK)
    frame = Frame(
        registry=read.string(),
        previous=read.fixed(HASH_BYTES),
        authority=read.string(),
        request_id=read.string(),
        request_fingerprint=read.fixed(FINGERPRINT_BYTES),
        request_digest=read.fixed(HASH_BYTES),
        authentication=Authentication(
            kind=_KINDS[read.index(len(_KINDS))],
            fingerprint=read.optional(lambda: read.fixed(HASH_BYTES)),
        ),
        attestations=read.array(
            lambda: Attestation(scheme=read.string(), content=read.sized())
        ),
        recorded_at=read.long(),
        provenance=_PROVENANCES[read.index(len(_PROVENANCES))],
        writer=read.string(),
        cause=read.string(),
        events=read.array(lambda: _decode_header(read)),
    )
    read.end()
    return frame


def encode_record(record: Record) -> bytes:
    """Return a record's canonical bytes."""
    return b"".join(
        (
            RECORD_MARK,
            avro.sized(record.frame),
            _encode_body(record.request),
            avro.array(_encode_body(body) for body in record.bodies),
        )
    )


def decode_record(content: bytes) -> Record:
    """Return the record of its canonical bytes; raises MalformedError on others."""
    read = _after_mark(content, RECORD_MARK)
    record = Record(
        frame=read.sized(),
        request=read.optional(lambda: _decode_body(read)),
        bodies=read.array(lambda: read.optional(lambda: _decode_body(read))),
    )
    read.end()
    return record


def bodies_in(content: bytes) -> int:
    """Return how many bodies an accepted record has, and so its frame events.

    Its lengths are walked and nothing is decoded, which is many times faster; raises
    MalformedError where they lead out of it.
    """
    try:
        size, at = length_at(content, len(RECORD_MARK))
        at += size + 1
        if content[at - 1]:
            size, at = length_at(content, at + SALT_BYTES)
            at += size
        return length_at(content, at)[0]
    except IndexError as error:
        message = "no lengths of a record"
        raise MalformedError(message) from error


def length_at(content: bytes, at: int) -> tuple[int, int]:
    """Return a length that is not negative, and where what follows it begins."""
    value = shift = 0
    while True:
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004  the continuation bit
            return value >> 1, at
        shift += 7


def frame_hash(frame: bytes) -> bytes:
    """Return the SHA-256 of a frame's bytes: the entry's hash, the next's parent."""
    return hashlib.sha256(frame).digest()


_KINDS: Final = tuple(AuthenticationKind)
_PROVENANCES: Final = tuple(Provenance)


def _after_mark(content: bytes, mark: bytes) -> Reader:
    read = Reader(content)
    if read.fixed(len(mark)) != mark:
        message = "not of this format"
        raise MalformedError(message)
    return read


def _encode_header(header: EventHeader) -> bytes:
    concerns, jurisdiction = header.concerns, header.jurisdiction
    return b"".join(
        (
            avro.string(header.stream),
            avro.long(header.version),
            avro.string(header.type),
            avro.fixed(header.fingerprint, FINGERPRINT_BYTES),
            avro.optional(None if concerns is None else avro.string(concerns)),
            avro.optional(None if jurisdiction is None else avro.string(jurisdiction)),
            avro.boolean(header.urgent),
            avro.fixed(header.digest, HASH_BYTES),
        )
    )


def _decode_header(read: Reader) -> EventHeader:
    return EventHeader(
        stream=read.string(),
        version=read.long(),
        type=read.string(),
        fingerprint=read.fixed(FINGERPRINT_BYTES),
        concerns=read.optional(read.string),
        jurisdiction=read.optional(read.string),
        urgent=read.boolean(),
        digest=read.fixed(HASH_BYTES),
    )


def _encode_body(body: Body | None) -> bytes:
    if body is None:
        return avro.optional(None)
    return avro.optional(avro.fixed(body.salt, SALT_BYTES) + avro.sized(body.content))


def _decode_body(read: Reader) -> Body:
    return Body(salt=read.fixed(SALT_BYTES), content=read.sized())
