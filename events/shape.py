"""An entry as a node keeps it, and the shape of the records that say such entries.

What lives here: `Taken`, what is kept of an entry whoever read it, and `Shape`, where
in the records of one layout that stands. What never does: which layouts there are
(`events.shapes`), the rule of acceptance (`events.entry`), which `Shape.take` follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from events.avro import Reader
from events.entry import NO_VERSION, AcceptedRecord, MemoryState
from events.log import Head

Event = tuple[str, int, bytes, str, bytes]
"""An event as a node keeps it: stream, version, fingerprint, type, body."""


class Taken(NamedTuple):
    """An entry as a node keeps it; the time in microseconds."""

    hash: bytes
    recorded_at: int
    authority: str
    request_id: str
    events: tuple[Event, ...]


def taken(entry: AcceptedRecord) -> Taken:
    """Return what an entry says, as the reference reader read it."""
    frame = entry.frame
    pairs = zip(frame.events, entry.record.bodies, strict=True)
    return Taken(
        entry.hash,
        frame.recorded_at,
        frame.authority,
        frame.request_id,
        tuple(
            (
                header.stream,
                header.version,
                header.fingerprint,
                header.type,
                b"" if body is None else body.content,
            )
            for header, body in pairs
        ),
    )


@dataclass(frozen=True, slots=True)
class Shape:
    """The layout of records of one size: what is where, and what must be the same."""

    mask: int
    pattern: int
    bodies: tuple[int, int]
    """How many bodies are canonical under a schema, and how many opaque."""
    _frame: slice
    _previous: slice
    _authority: slice
    _request_id: slice
    _recorded_at: slice
    _request: tuple[slice, slice, slice]
    _events: tuple[tuple[slice, slice, bytes, str, slice, slice, slice], ...]

    def take(self, content: bytes, state: MemoryState) -> Taken | None:
        """Take a record of this shape as the next entry; None where it is not that.

        Then the state is as it was.
        """
        head = state.head
        if content[self._previous] != head.hash:
            return None
        recorded_at = _time(content[self._recorded_at])
        if recorded_at <= head.recorded_at:
            return None
        key = (
            content[self._authority].decode(),
            content[self._request_id].decode(),
        )
        digest, salt, body = self._request
        if (
            key in state.keys
            or sha256(content[salt] + content[body]).digest() != content[digest]
        ):
            return None
        events, versions, known = [], dict[str, int](), state.versions
        for place, number, fingerprint, kind, digest, salt, body in self._events:
            said, stream = content[body], content[place].decode()
            version = _version(content[number])
            before = known.get(stream, NO_VERSION)
            if version <= versions.get(stream, before):
                return None
            if sha256(content[salt] + said).digest() != content[digest]:
                return None
            versions[stream] = version
            events.append((stream, version, fingerprint, kind, said))
        hash_ = sha256(content[self._frame]).digest()
        state.keys.add(key)
        known.update(versions)
        state.head = Head(
            position=head.position + 1, hash=hash_, recorded_at=recorded_at
        )
        return Taken(hash_, recorded_at, *key, tuple(events))


@lru_cache(1 << 16)
def _version(number: bytes) -> int:
    return Reader(number).long()


def _time(number: bytes) -> int:
    """Return a zigzag varint of eight bytes: its sevens of bits pushed together."""
    bits = int.from_bytes(number, "little")
    bits = bits & 0x007F007F007F007F | (bits & 0x7F007F007F007F00) >> 1
    bits = bits & 0x00003FFF00003FFF | (bits & 0x3FFF00003FFF0000) >> 2
    bits = bits & 0x000000000FFFFFFF | (bits & 0x0FFFFFFF00000000) >> 4
    return (bits >> 1) ^ -(bits & 1)
