"""The entry: the one rule of acceptance, and what a reader may be given of one.

What lives here: `accepted`, the pure function of a record's bytes that every reader
and every release applies for ever, and `MemoryState`, the reference reader. What never
does: stores, clocks, meaning. FORMAT.md specifies the rule in prose. The words and
bytes of a record stand in `events.frame`; importers of entries find them here too.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from events.avro import MalformedError, Reader
from events.frame import (
    FINGERPRINT_BYTES,
    Attestation,
    Authentication,
    AuthenticationKind,
    Body,
    EventHeader,
    Frame,
    Provenance,
    Record,
    decode_frame,
    decode_record,
    encode_frame,
    encode_record,
    frame_hash,
)
from events.log import EMPTY, Accepted, Head, StoredEntry, Verdict, Voided, VoidReason

__all__ = [
    "CHILD_STREAMS",
    "KEY_ADOPTED",
    "KEY_RETIRED",
    "MAX_ENTRY_BYTES",
    "NO_VERSION",
    "OPAQUE",
    "PUBLIC",
    "REGISTRY_STREAM",
    "SCHEMA_ADOPTED",
    "TRACKING_STREAMS",
    "AcceptedRecord",
    "Attestation",
    "Authentication",
    "AuthenticationKind",
    "Body",
    "Entry",
    "EventHeader",
    "Frame",
    "LogState",
    "MalformedError",
    "MemoryState",
    "Provenance",
    "Record",
    "accepted",
    "announcements",
    "decode_frame",
    "decode_record",
    "encode_frame",
    "encode_record",
    "frame_hash",
    "is_own",
    "open_entry",
    "verified",
    "verify_partial",
    "withhold",
]

MAX_ENTRY_BYTES: Final = 524_288
"""Half of a default broker's limit, so that no broker setting decides acceptance."""
OPAQUE: Final = bytes(8)
"""The fingerprint of a body whose meaning is not ours: announced by nobody."""
SCHEMA_ADOPTED: Final = bytes.fromhex("484269c9a1729a28")
"""The one event schema that is a constant of the format."""
KEY_ADOPTED: Final = bytes.fromhex("a2ba62c46b764698")
KEY_RETIRED: Final = bytes.fromhex("05771f36e2e5e992")
"""The schemas of what the log says of its keys (`events.key_line`)."""
REGISTRY_STREAM: Final = "registry"
"""The registry's own stream: what it announces and adopts."""
TRACKING_STREAMS: Final = "tracking/"
"""Streams of the eventsourcing library's positions: events that it does not see."""
CHILD_STREAMS: Final = "child/"
"""Before the id of a child: what happened to it."""
NO_VERSION: Final = -1
"""Stands for the last version of a stream that has no event: versions begin at 0."""
_CONSTANTS: Final = frozenset({OPAQUE, SCHEMA_ADOPTED})
PUBLIC: Final = frozenset({SCHEMA_ADOPTED, KEY_ADOPTED, KEY_RETIRED})
"""Schemas of bodies that concern nobody and are needed to verify the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An accepted record, opened."""

    position: int
    hash: bytes
    frame: Frame
    record: Record


def is_own(stream: str) -> bool:
    """Whether a stream is the log's own: announcements, and how far others read."""
    return stream == REGISTRY_STREAM or stream.startswith(TRACKING_STREAMS)


def open_entry(stored: StoredEntry) -> Entry:
    """Return an accepted entry, opened."""
    record = decode_record(stored.record)
    return Entry(
        position=stored.position,
        hash=stored.hash,
        frame=decode_frame(record.frame),
        record=record,
    )


class LogState(Protocol):
    """All that acceptance knows of the log before a record."""

    registry: str
    head: Head

    def announced(self, key: bytes) -> bool:
        """Whether an earlier entry announced the schema."""
        ...

    def key_seen(self, authority: str, request_id: str) -> bool:
        """Whether an earlier entry has the submission key."""
        ...

    def last_version(self, stream: str) -> int:
        """Return the last version in a stream; NO_VERSION where it has no event."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedRecord:
    """A record that is the next entry."""

    frame: Frame
    record: Record
    hash: bytes


def accepted(content: bytes, state: LogState) -> AcceptedRecord | VoidReason:
    """Return the entry that a record is, or the first rule that it fails.

    A pure function of the bytes and of the entries before them, the same for every
    reader: no lease, no leader, no clock decides it. In order: (a) size; (b) canonical
    bytes; (c) our registry, and schemas announced earlier; (d) upon the head; (e) a new
    submission key; (f) versions above their streams'; (g) time above the head's;
    (h) all bodies there and matching. Never raises on bytes.
    """
    if len(content) > MAX_ENTRY_BYTES:
        return VoidReason.TOO_LARGE
    try:
        record = decode_record(content)
        frame = decode_frame(record.frame)
    except MalformedError:
        return VoidReason.MALFORMED
    failed = _frame_fault(frame, state) or _body_fault(frame, record)
    if failed is not None:
        return failed
    return AcceptedRecord(frame=frame, record=record, hash=frame_hash(record.frame))


def _frame_fault(  # noqa: PLR0911  one return per rule, in the rules' order
    frame: Frame, state: LogState
) -> VoidReason | None:
    if frame.registry != state.registry:
        return VoidReason.OTHER_REGISTRY
    if not _all_announced(frame, state):
        return VoidReason.SCHEMA_NOT_ANNOUNCED
    if frame.previous != state.head.hash:
        return VoidReason.OTHER_PARENT
    if state.key_seen(frame.authority, frame.request_id):
        return VoidReason.KEY_REPEATED
    last: dict[str, int] = {}
    for header in frame.events:
        stream = header.stream
        before = last[stream] if stream in last else state.last_version(stream)
        if header.version <= before:
            return VoidReason.VERSION_NOT_ABOVE
        last[stream] = header.version
    if frame.recorded_at <= state.head.recorded_at:
        return VoidReason.TIME_NOT_ABOVE
    return None


def _all_announced(frame: Frame, state: LogState) -> bool:
    # Before entry 1 nothing is announced, so it holds announcements and opaque bodies.
    keys = {header.fingerprint for header in frame.events}
    keys.add(frame.request_fingerprint)
    return all(key in _CONSTANTS or state.announced(key) for key in keys)


def _body_fault(frame: Frame, record: Record) -> VoidReason | None:
    if len(record.bodies) != len(frame.events):
        return VoidReason.BODY_MISSING
    if record.request is None or None in record.bodies:
        return VoidReason.BODY_MISSING
    return None if _bodies_match(frame, record) else VoidReason.BODY_MISMATCH


def _bodies_match(frame: Frame, record: Record) -> bool:
    pairs = [(record.request, frame.request_digest)]
    pairs += [
        (body, header.digest)
        for body, header in zip(record.bodies, frame.events, strict=True)
    ]
    return all(body is None or body.digest == digest for body, digest in pairs)


def withhold(
    content: bytes, children: Collection[str], streams: Collection[str] = ()
) -> bytes:
    """Return the record with only the bodies that concern these children.

    And with those of the named streams, a case's for one.

    The request's body speaks of all of them and is withheld; announcements and keys
    concern nobody and stay, so that whoever follows can go on accepting and verifying.
    The frame stays whole: which streams and children an entry touches is not hidden by
    this. Raises MalformedError where the bytes are no record.
    """
    record = decode_record(content)
    headers = decode_frame(record.frame).events
    if len(record.bodies) != len(headers):
        message = f"{len(record.bodies)} bodies of {len(headers)} events"
        raise MalformedError(message)
    bodies = tuple(
        body
        if header.concerns in children
        or header.stream in streams
        or header.fingerprint in PUBLIC
        else None
        for body, header in zip(record.bodies, headers, strict=True)
    )
    return encode_record(replace(record, request=None, bodies=bodies))


def verify_partial(content: bytes) -> Frame:
    """Return the frame of a record, some of whose bodies may be withheld.

    Raises MalformedError where a body that is there does not match its digest.
    """
    return verified(content)[0]


def verified(content: bytes) -> tuple[Frame, Record]:
    """Return frame and record as `verify_partial` does. Raises MalformedError."""
    record = decode_record(content)
    frame = decode_frame(record.frame)
    if len(record.bodies) != len(frame.events) or not _bodies_match(frame, record):
        message = "a body does not match the frame"
        raise MalformedError(message)
    return frame, record


@dataclass(slots=True)
class MemoryState:
    """The reference reader: the state of acceptance in plain dictionaries."""

    registry: str
    head: Head = EMPTY
    schemas: dict[bytes, str] = field(default_factory=dict)
    keys: set[tuple[str, str]] = field(default_factory=set)
    versions: dict[str, int] = field(default_factory=dict)

    def announced(self, key: bytes) -> bool:
        """Whether an earlier entry announced the schema."""
        return key in self.schemas

    def key_seen(self, authority: str, request_id: str) -> bool:
        """Whether an earlier entry has the submission key."""
        return (authority, request_id) in self.keys

    def last_version(self, stream: str) -> int:
        """Return the last version in a stream; NO_VERSION where it has no event."""
        return self.versions.get(stream, NO_VERSION)

    def apply(self, content: bytes) -> Verdict:
        """Read one record and say what it is."""
        result = accepted(content, self)
        if isinstance(result, VoidReason):
            return Voided(reason=result)
        return self.advance(result)

    def advance(self, result: AcceptedRecord) -> Accepted:
        """Take a record that `accepted` said is the next entry upon this state."""
        frame = result.frame
        for key, text in announcements(result):
            self.schemas.setdefault(key, text)
        self.keys.add((frame.authority, frame.request_id))
        for header in frame.events:
            self.versions[header.stream] = header.version
        self.head = Head(
            position=self.head.position + 1,
            hash=result.hash,
            recorded_at=frame.recorded_at,
        )
        return Accepted(
            position=self.head.position,
            hash=result.hash,
            recorded_at=frame.recorded_at,
        )


def announcements(result: AcceptedRecord) -> list[tuple[bytes, str]]:
    """Return what an entry announces: fingerprint and text of each schema.

    A body that is no announcement, and a fingerprint that is not of eight bytes,
    announce nothing. Whether a text has its fingerprint is an auditor's question, not
    acceptance's, which must not rest on the parsing of schemas.
    """
    found: list[tuple[bytes, str]] = []
    for header, body in zip(result.frame.events, result.record.bodies, strict=True):
        if header.fingerprint != SCHEMA_ADOPTED or body is None:
            continue
        read = Reader(body.content)
        try:
            key, text = read.sized(), read.string()
            read.end()
        except MalformedError:
            continue
        if len(key) == FINGERPRINT_BYTES:
            found.append((key, text))
    return found
