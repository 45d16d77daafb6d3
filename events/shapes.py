"""Records recognised by their shape: a record judged in a hundredth of the time.

What lives here: `Shape`, all that records of one layout have in common, learned from
one that the reference reader took, and `Shapes`, which finds the shape of a record.
What never does: the last word. A record of no known shape, or one that fails a rule, is
asked of `events.entry` and of the announced schemas, which name the rule.

A shape is a mask and a pattern over the whole record, frame and bodies. The mask keeps

    every bit    of marks, lengths, counts, branches, symbols, booleans, and of the
                 registry, types and fingerprints: what decides how bytes are read
    the top bit  of text, so that it is ASCII; of all bytes of a number but the last of
                 several, so that it is as long and written in its shortest form
    no bit       of hashes, digests, salts and opaque bytes

So a record that agrees under the mask is canonical, of our registry, under schemas
announced before, and its fields lie where they lay in the first. What is left of
acceptance is compared at known places: parent, key, versions, time, digests.

Nothing is learned of records that say anything of the log itself, nor of schemas in
which one value has several spellings to a library (unions of more than null and one
other, maps, floats, logical types).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, NamedTuple

from events.avro import Reader
from events.entry import NO_VERSION, OPAQUE, PUBLIC, AcceptedRecord, MemoryState
from events.frame import (
    FINGERPRINT_BYTES,
    FRAME_MARK,
    HASH_BYTES,
    RECORD_MARK,
    SALT_BYTES,
    length_at,
)
from events.log import Head

MAX_SHAPES: Final = 4_096
"""Kept at once: some kilobytes each. A log has some for each kind of act and office."""
MAX_OF_ONE_SIZE: Final = 64
"""Compared one after the other, a twentieth of a microsecond each."""
_TIME_BYTES: Final = 8
"""Of a time in microseconds between 1987 and 3111; what is not is never learned."""


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


class Shapes:
    """The shapes learned so far, by the size of the records that have them."""

    def __init__(self) -> None:
        self._by_size: dict[int, list[Shape]] = {}
        self.count = 0

    def find(self, content: bytes) -> Shape | None:
        """Return the shape of a record, None where none is known."""
        known = self._by_size.get(len(content))
        if known is None:
            return None
        number = int.from_bytes(content, "little")
        for shape in known:
            if number & shape.mask == shape.pattern:
                return shape
        return None

    def learn(
        self, content: bytes, entry: AcceptedRecord, schemas: Mapping[bytes, Any]
    ) -> None:
        """Keep the shape of an entry whose bodies are canonical under these schemas.

        `schemas` are parsed JSON by fingerprint; those with names of their own inside
        are known by their full names, as the Avro library parses them.
        """
        known = self._by_size.setdefault(len(content), [])
        if self.count == MAX_SHAPES or len(known) == MAX_OF_ONE_SIZE:
            return
        try:
            shape = _Walk(content).shape(entry, schemas)
        except _NoShapeError:
            return
        known.append(shape)
        self.count += 1


class _NoShapeError(Exception):
    """Not every record of this layout would be judged alike."""


class _Walk:
    """Walks a canonical record and loosens the mask where bytes are free."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0
        self._mask = bytearray(b"\xff" * len(content))

    def shape(self, entry: AcceptedRecord, schemas: Mapping[bytes, Any]) -> Shape:
        frame, keys = entry.frame, [entry.frame.request_fingerprint]
        keys += [header.fingerprint for header in frame.events]
        if frame.attestations or PUBLIC & set(keys):
            raise _NoShapeError
        self._at = len(RECORD_MARK)
        size = self._length()
        whole = slice(self._at, self._at + size)
        self._at += len(FRAME_MARK)
        self._skip(self._length())  # registry
        previous = self._free(HASH_BYTES)
        authority, request_id = self._text(), self._text()
        self._skip(FINGERPRINT_BYTES)
        digests = [self._free(HASH_BYTES)]
        self._length()  # how the submitter was known
        if self._length():
            self._free(HASH_BYTES)
        self._length()  # no attestations
        recorded_at = self._number()
        if recorded_at.stop - recorded_at.start != _TIME_BYTES:
            raise _NoShapeError
        self._length()  # provenance
        self._text()  # writer
        self._text()  # cause
        headers = [self._header() for _ in range(self._length())]
        digests += [digest for _, _, digest in headers]
        self._at = whole.stop
        bodies = [self._body(keys[0], schemas)]
        self._length()
        bodies += [self._body(key, schemas) for key in keys[1:]]
        parts = [(d, *body) for d, body in zip(digests, bodies, strict=True)]
        mask = int.from_bytes(self._mask, "little")
        return Shape(
            mask,
            int.from_bytes(self._content, "little") & mask,
            (len(keys) - keys.count(OPAQUE), keys.count(OPAQUE)),
            whole,
            previous,
            authority,
            request_id,
            recorded_at,
            parts[0],
            tuple(
                (stream, version, said.fingerprint, said.type, *part)
                for (stream, version, _), said, part in zip(
                    headers, frame.events, parts[1:], strict=True
                )
            ),
        )

    def _header(self) -> tuple[slice, slice, slice]:
        stream, version = self._text(), self._number()
        self._skip(self._length())  # type
        self._skip(FINGERPRINT_BYTES)
        for _ in ("concerns", "jurisdiction"):
            if self._length():
                self._text()
        self._skip(1)  # urgent
        return stream, version, self._free(HASH_BYTES)

    def _body(self, key: bytes, schemas: Mapping[bytes, Any]) -> tuple[slice, slice]:
        self._length()  # it is there
        salt = self._free(SALT_BYTES)
        size = self._length()
        content = slice(self._at, self._at + size)
        if key == OPAQUE:
            self._free(size)
        else:
            self._value(schemas[key], {})
        if self._at != content.stop:
            raise _NoShapeError
        return salt, content

    def _value(self, schema: Any, named: dict[str, Any]) -> None:  # noqa: ANN401  JSON
        """Loosen what is free in a value."""
        match schema:
            case str() if schema in named:
                self._value(named[schema], named)
            case "null":
                pass
            case "boolean":
                self._skip(1)
            case "int" | "long":
                self._number()
            case "string":
                self._text()
            case "bytes":
                self._free(self._length())
            case ["null", other]:
                if self._length():
                    self._value(other, named)
            case {"logicalType": _}:
                raise _NoShapeError
            case {"type": "record", "name": name, "fields": fields}:
                named[name] = schema
                for field in fields:
                    self._value(field["type"], named)
            case {"type": "enum", "name": name}:
                named[name] = schema
                self._length()
            case {"type": "fixed", "name": name, "size": size}:
                named[name] = schema
                self._free(size)
            case {"type": "array", "items": items}:
                while count := self._length():
                    for _ in range(count):
                        self._value(items, named)
            case _:
                raise _NoShapeError

    def _length(self) -> int:
        """Pass a number that decides how what follows is read."""
        value, self._at = length_at(self._content, self._at)
        return value

    def _skip(self, size: int) -> None:
        self._at += size

    def _free(self, size: int) -> slice:
        return self._loosened(size, b"\x00")

    def _text(self) -> slice:
        found = self._loosened(self._length(), b"\x80")
        if not self._content[found].isascii():
            raise _NoShapeError
        return found

    def _number(self) -> slice:
        start = self._at
        self._length()
        size, self._at = self._at - start, start
        found = self._loosened(size, b"\x80")
        if size > 1:
            # Of several bytes the last stays: with another the number might not be in
            # its shortest form, or not within 64 bits.
            self._mask[found.stop - 1] = 0xFF
        return found

    def _loosened(self, size: int, kept: bytes) -> slice:
        found = slice(self._at, self._at + size)
        self._mask[found] = kept * size
        self._at = found.stop
        return found


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
