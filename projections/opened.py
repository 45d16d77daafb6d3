"""Entries opened for projections: what each event concerns, and that it can be read.

What lives here: `open_stored`, once for all projections of a pass. What never does:
acceptance (the log did that), meaning, and the decoding of what nobody asks for.

An entry one of whose events' bodies does not decode has no effect on any projection:
it is opened without events, and says which children it concerns (FORMAT.md,
"Contents"). A body that was withheld from this reader leaves the other events their
effect, and says whose answers rest on what is not here.

Records were accepted, so their bytes are the canonical ones; they are walked rather
than decoded, which is twenty times faster, and only where every length adds up; those
of a layout met before (`projections.forms`) are not even walked.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from events.avro import MalformedError
from events.codec import EVENTS, BodyUndecodableError
from events.entry import OPAQUE, open_entry
from events.frame import (
    FINGERPRINT_BYTES,
    FRAME_MARK,
    HASH_BYTES,
    RECORD_MARK,
    SALT_BYTES,
    decode_frame,
)
from events.log import LogDamagedError, LogError, SchemaUnknownError, StoredEntry
from projections.forms import Form, Layout, Layouts
from projections.recognise import RECOGNISERS, decode

DECODED: Final = 4_096
"""Events kept decoded: those of a batch, which every projection takes in its turn."""
_MORE: Final = 0x80
"""The bit of a byte that says another byte of the number follows."""


class OpenedEvent(NamedTuple):
    """An event whose body decodes; `ordinal` is its place in the entry, from 0.

    `form` says what its body has in common with others, where that is known.
    """

    ordinal: int
    stream: str
    version: int
    fingerprint: bytes
    child: str | None
    body: bytes
    form: Form | None = None

    def event(self) -> Any:  # noqa: ANN401  of its type
        """Return the event itself; decoded once for all projections of a pass."""
        return _decoded(self.fingerprint, self.body)


class OpenedEntry(NamedTuple):
    """An entry with the events that have effect.

    `unreadable` are the children it concerns where a body of it does not decode (and
    then it has no events); `withheld` those of bodies that this reader was not given.
    """

    position: int
    hash: bytes
    events: list[OpenedEvent]
    unreadable: tuple[str, ...] | None
    withheld: tuple[str, ...]


_LAYOUTS: Final = Layouts()


def open_stored(stored: StoredEntry, layouts: Layouts = _LAYOUTS) -> OpenedEntry:
    """Return an accepted entry, opened by one of the layouts, or else learned by them.

    Raises SchemaUnknownError where an event is of a schema that this release does not
    have, and LogDamagedError where the bytes are not those of an accepted record; both
    name the entry.
    """
    position, record = stored.position, stored.record
    try:
        layout = layouts.find(record)
        if layout is not None and layout.fits(record):
            return OpenedEntry(position, stored.hash, _laid(layout, record), None, ())
        frame, bodies = _bodies(record)
        headers = _headers(frame)
    except (IndexError, UnicodeDecodeError, MalformedError) as error:
        raise _damaged(position) from error
    if len(headers) != len(bodies):
        raise _damaged(position)
    try:
        events, withheld = _readable(headers, bodies)
    except SchemaUnknownError as error:
        message = f"entry {position}: this release does not know schema {error}"
        raise SchemaUnknownError(message) from error
    except BodyUndecodableError:
        concerned = sorted({child for _, _, _, child in headers if child})
        return OpenedEntry(position, stored.hash, [], tuple(concerned), ())
    if layout is None and len(events) == len(headers):
        layouts.meet(record, events)
    return OpenedEntry(position, stored.hash, events, None, withheld)


def open_all(
    entries: Sequence[StoredEntry],
) -> tuple[list[OpenedEntry], LogError | None]:
    """Return entries opened up to the first that cannot be, and why it cannot."""
    opened: list[OpenedEntry] = []
    for stored in entries:
        try:
            opened.append(open_stored(stored))
        except LogError as error:
            return opened, error
    return opened, None


def unreadable(stored: StoredEntry) -> str:
    """Return why an entry cannot be read: the first body that does not decode."""
    entry = open_entry(stored)
    pairs = zip(entry.frame.events, entry.record.bodies, strict=True)
    for number, (header, body) in enumerate(pairs, 1):
        if body is None or header.fingerprint == OPAQUE:
            continue
        try:
            EVENTS.decode(header.fingerprint, body.content)
        except (BodyUndecodableError, SchemaUnknownError) as error:
            return f"event {number}: {error}"
    return "it contradicts what was recorded before, or a body is withheld here"


_decoded: Final = lru_cache(DECODED)(decode)


def _laid(layout: Layout, record: bytes) -> list[OpenedEvent]:
    """Return the events of a record that is of a layout, and fits it."""
    made = tuple.__new__  # what the class does too, after counting its arguments
    events: list[OpenedEvent] = []
    for ordinal, part in enumerate(layout.parts):
        stream, version, fingerprint, child, body, form = part
        number = record[version]
        parts = (
            ordinal,
            record[stream].decode(),
            number[0] >> 1 if len(number) == 1 else _long(number, 0)[0],
            fingerprint,
            None if child is None else record[child].decode(),
            record[body],
            form,
        )
        events.append(made(OpenedEvent, parts))
    return events


_Header = tuple[str, int, bytes, str | None]
"""Stream, version, fingerprint, and the child it concerns."""


def _readable(
    headers: list[_Header], bodies: list[bytes | None]
) -> tuple[list[OpenedEvent], tuple[str, ...]]:
    events: list[OpenedEvent] = []
    withheld: tuple[str, ...] = ()
    recognisers = RECOGNISERS
    made = tuple.__new__  # what the class does too, after counting its arguments
    for ordinal, (stream, version, fingerprint, child) in enumerate(headers):
        body = bodies[ordinal]
        if body is None:
            withheld += (child,) if child else ()
            continue
        if fingerprint == OPAQUE:
            continue
        if not recognisers[fingerprint](body):
            EVENTS.decode(fingerprint, body)
        parts = (ordinal, stream, version, fingerprint, child, body, None)
        events.append(made(OpenedEvent, parts))
    return events, withheld


def _bodies(record: bytes) -> tuple[bytes, list[bytes | None]]:
    """Return the frame's bytes and the content of each event's body."""
    size, at = _long(record, len(RECORD_MARK))
    frame, at = record[at : at + size], at + size
    at += 1
    if record[at - 1]:
        size, at = _long(record, at + SALT_BYTES)
        at += size
    count, at = _long(record, at)
    bodies: list[bytes | None] = []
    for _ in range(count):
        at += 1
        if not record[at - 1]:
            bodies.append(None)
            continue
        at += SALT_BYTES
        size, more = record[at], record[at + 1]
        if size < _MORE:
            size >>= 1
            at += 1
        elif more < _MORE:
            size = (size & (_MORE - 1) | more << 7) >> 1
            at += 2
        else:
            size, at = _long(record, at)
        bodies.append(record[at : at + size])
        at += size
    if at + (count > 0) != len(record):
        raise IndexError
    return frame, bodies


def _headers(frame: bytes) -> list[_Header]:
    """Return what a frame says of its events."""
    try:
        found = _short_headers(frame)
    except (IndexError, UnicodeDecodeError):
        found = None
    if found is not None:
        return found
    return [
        (header.stream, header.version, header.fingerprint, header.concerns)
        for header in decode_frame(frame).events
    ]


def _short_headers(frame: bytes) -> list[_Header] | None:
    """Return the same where every text and version is short; else None, or an error."""
    at = _before_events(frame)
    count = frame[at]
    at += 1
    headers: list[_Header] = []
    for _ in range(count >> 1):
        size, start = frame[at], at + 1
        at = start + (size >> 1)
        stream = frame[start:at]
        version, kind = frame[at], frame[at + 1]
        at += 2 + (kind >> 1)
        fingerprint = frame[at : at + FINGERPRINT_BYTES]
        at += FINGERPRINT_BYTES + 1
        child = None
        if frame[at - 1]:
            concerns, start = frame[at], at + 1
            at = start + (concerns >> 1)
            child = frame[start:at].decode()
            size |= concerns
        at += 1
        if frame[at - 1]:
            size |= frame[at]
            at += 1 + (frame[at] >> 1)
        at += 1 + HASH_BYTES
        if (size | version | kind) >= _MORE or version & 1:
            return None
        headers.append((stream.decode(), version >> 1, fingerprint, child))
    whole = at + (count > 0) == len(frame)
    return headers if whole and count < _MORE else None


def _before_events(frame: bytes) -> int:
    """Return where the array of events begins; raises IndexError on long texts."""
    at = len(FRAME_MARK)
    sizes = frame[at]
    at += 1 + (frame[at] >> 1) + HASH_BYTES  # registry, previous
    sizes |= frame[at]
    at += 1 + (frame[at] >> 1)  # authority
    sizes |= frame[at]
    at += 1 + (frame[at] >> 1)  # request_id
    at += FINGERPRINT_BYTES + HASH_BYTES + 1  # the request's, and the kind of knowing
    at += 1 + (HASH_BYTES if frame[at] else 0)
    if frame[at] or sizes >= _MORE:  # attestations are rare
        raise IndexError
    at += 1
    while frame[at] >= _MORE:  # recorded_at
        at += 1
    at += 2  # provenance
    sizes = frame[at]
    at += 1 + (frame[at] >> 1)  # writer
    sizes |= frame[at]
    at += 1 + (frame[at] >> 1)  # cause
    if sizes >= _MORE:
        raise IndexError
    return at


def _long(content: bytes, at: int) -> tuple[int, int]:
    """Return a length or a count, and where what follows it begins."""
    value = shift = 0
    while True:
        byte = content[at]
        at += 1
        value |= (byte & (_MORE - 1)) << shift
        if byte < _MORE:
            return value >> 1, at
        shift += 7


def _damaged(position: int) -> LogDamagedError:
    return LogDamagedError(f"entry {position}: not the bytes of an accepted record")
