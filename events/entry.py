"""The entry: frame, bodies, and the one rule of acceptance.

What lives here: the bytes of a record and `accepted`, the pure function of them that
every reader and every release applies for ever. What never does: stores, clocks,
meaning. FORMAT.md specifies all of it in prose for readers in other languages.

A record is a frame and bodies. The frame holds only digests of the bodies,
SHA-256(salt ‖ content), so a reader may be given the frame and only the bodies he may
see, and everything still verifies. Chain, tree and receipts are over the frame alone.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol

import fastavro
import orjson

from events.codec import fingerprint, schema_text
from events.log import EMPTY, Accepted, Head, StoredEntry, Verdict, Voided, VoidReason

MAX_ENTRY_BYTES = 524_288
"""Half of a default broker's limit, so that no broker setting decides acceptance."""
OPAQUE = bytes(8)
"""The fingerprint of a body whose meaning is not ours: announced by nobody."""
REGISTRY_STREAM = "registry"
"""The stream of announcements; all that entry 1 may touch."""
HASH_BYTES = 32


class MalformedError(Exception):
    """Bytes that are no record or frame of this format, or not its canonical ones."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An accepted record, opened."""

    position: int
    hash: bytes
    frame: Frame
    record: Record


def _parsed(name: str) -> tuple[Any, bytes]:
    text = schema_text(name)
    return fastavro.parse_schema(orjson.loads(text)), b"\xc3\x01" + fingerprint(text)


_FRAME, _FRAME_MARK = _parsed("Frame")
_RECORD, _RECORD_MARK = _parsed("Record")
SCHEMA_ADOPTED = fingerprint(schema_text("SchemaAdopted"))
"""The one event schema that is a constant of the format."""


def encode_frame(frame: Frame) -> bytes:
    """Return a frame's canonical bytes: Avro single-object encoding."""
    plain = {name: getattr(frame, name) for name in _FRAME_FIELDS}
    plain["authentication"] = {
        "kind": str(frame.authentication.kind),
        "fingerprint": frame.authentication.fingerprint,
    }
    plain["attestations"] = [
        {"scheme": a.scheme, "content": a.content} for a in frame.attestations
    ]
    plain["provenance"] = str(frame.provenance)
    plain["events"] = [
        {name: getattr(header, name) for name in _HEADER_FIELDS}
        for header in frame.events
    ]
    return _write(_FRAME, _FRAME_MARK, plain)


def decode_frame(content: bytes) -> Frame:
    """Return the frame of its canonical bytes; raises MalformedError on others."""
    plain = _read(_FRAME, _FRAME_MARK, content)
    authentication = plain["authentication"]
    return Frame(
        **{
            **plain,
            "authentication": Authentication(
                kind=AuthenticationKind(authentication["kind"]),
                fingerprint=authentication["fingerprint"],
            ),
            "attestations": tuple(Attestation(**a) for a in plain["attestations"]),
            "provenance": Provenance(plain["provenance"]),
            "events": tuple(EventHeader(**h) for h in plain["events"]),
        }
    )


def encode_record(record: Record) -> bytes:
    """Return a record's canonical bytes."""
    plain = {
        "frame": record.frame,
        "request": _plain_body(record.request),
        "bodies": [_plain_body(body) for body in record.bodies],
    }
    return _write(_RECORD, _RECORD_MARK, plain)


def decode_record(content: bytes) -> Record:
    """Return the record of its canonical bytes; raises MalformedError on others."""
    plain = _read(_RECORD, _RECORD_MARK, content)
    return Record(
        frame=plain["frame"],
        request=_body(plain["request"]),
        bodies=tuple(_body(body) for body in plain["bodies"]),
    )


def frame_hash(frame: bytes) -> bytes:
    """Return the SHA-256 of a frame's bytes: the entry's hash, the next's parent."""
    return hashlib.sha256(frame).digest()


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
        """Return the last version in a stream; 0 where it has no event."""
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
    reader: no lease, no leader, no clock decides it.
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
    if state.head.position == 0 and any(
        header.fingerprint not in {SCHEMA_ADOPTED, OPAQUE} for header in frame.events
    ):
        return False
    keys = {header.fingerprint for header in frame.events}
    keys.add(frame.request_fingerprint)
    return all(key in {OPAQUE, SCHEMA_ADOPTED} or state.announced(key) for key in keys)


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


def withhold(content: bytes, children: Collection[str]) -> bytes:
    """Return the record with only the bodies that concern these children.

    The request's body speaks of all of them and is withheld too.
    """
    record = decode_record(content)
    headers = decode_frame(record.frame).events
    bodies = tuple(
        body if header.concerns in children else None
        for body, header in zip(record.bodies, headers, strict=True)
    )
    return encode_record(replace(record, request=None, bodies=bodies))


def verify_partial(content: bytes) -> Frame:
    """Return the frame of a record, some of whose bodies may be withheld.

    Raises MalformedError where a body that is there does not match its digest.
    """
    record = decode_record(content)
    frame = decode_frame(record.frame)
    if len(record.bodies) != len(frame.events) or not _bodies_match(frame, record):
        message = "a body does not match the frame"
        raise MalformedError(message)
    return frame


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
        """Return the last version in a stream; 0 where it has no event."""
        return self.versions.get(stream, 0)

    def apply(self, content: bytes) -> Verdict:
        """Read one record and say what it is."""
        result = accepted(content, self)
        if isinstance(result, VoidReason):
            return Voided(reason=result)
        frame = result.frame
        for key, text in announcements(result):
            self.schemas[key] = text
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

    A body that is no announcement announces nothing.
    """
    found: list[tuple[bytes, str]] = []
    for header, body in zip(result.frame.events, result.record.bodies, strict=True):
        if header.fingerprint != SCHEMA_ADOPTED or body is None:
            continue
        source = io.BytesIO(body.content)
        try:
            plain: Any = fastavro.schemaless_reader(source, _ADOPTED, None)
        except _UNREADABLE:
            continue
        found.append((plain["fingerprint"], plain["text"]))
    return found


_ADOPTED, _ = _parsed("SchemaAdopted")
_FRAME_FIELDS = tuple(Frame.__dataclass_fields__)
_HEADER_FIELDS = tuple(EventHeader.__dataclass_fields__)
_UNREADABLE = (EOFError, ValueError, IndexError, TypeError, OverflowError, MemoryError)


def _plain_body(body: Body | None) -> dict[str, bytes] | None:
    return None if body is None else {"salt": body.salt, "content": body.content}


def _body(plain: dict[str, bytes] | None) -> Body | None:
    return None if plain is None else Body(**plain)


def _write(parsed: Any, mark: bytes, plain: dict[str, Any]) -> bytes:  # noqa: ANN401  fastavro's own
    out = io.BytesIO()
    out.write(mark)
    fastavro.schemaless_writer(out, parsed, plain)
    return out.getvalue()


def _read(parsed: Any, mark: bytes, content: bytes) -> dict[str, Any]:  # noqa: ANN401  fastavro's own
    """Read canonical bytes: whatever encodes to other bytes is refused."""
    if content[: len(mark)] != mark:
        message = "not of this format"
        raise MalformedError(message)
    source = io.BytesIO(content)
    source.seek(len(mark))
    try:
        plain: Any = fastavro.schemaless_reader(source, parsed, None)
        same = _write(parsed, mark, plain) == content
    except _UNREADABLE as error:
        raise MalformedError(str(error)) from error
    if not same:
        message = "not the canonical bytes"
        raise MalformedError(message)
    return dict(plain)
