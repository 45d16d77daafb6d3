"""Records recognised by their shape: a record judged in a ninth of the time.

What lives here: `Shapes`, which learns the shape of a record that the reference reader
took, and finds it in others. What never does: the last word. A record of no known
shape, or one that fails a rule, is asked of `events.entry` and of the announced
schemas, which name the rule.

A shape is a mask and a pattern over the whole record, frame and bodies. The mask keeps

    every bit    of marks, lengths, counts, branches, symbols, booleans, and of the
                 registry, types and fingerprints: what decides how bytes are read
    the top bit  of ASCII text, so that it is that; of all bytes of a number but the
                 last of several, so that it is as long and in its shortest form
    no bit       of hashes, digests, salts and opaque bytes, nor of other text, which is
                 read each time: it must be UTF-8

So a record that agrees under the mask is canonical, of our registry, under schemas
announced before, and its fields lie where they lay in the first. What is left of
acceptance is compared at known places: parent, key, versions, time, digests.

Nothing is learned of records that say anything of the log itself, nor of schemas in
which one value has several spellings to a library (unions of more than null and one
other, maps, floats, logical types).

An auditor reads bodies, a store does not: acceptance asks of a body only its digest.
Without schemas all of a body is free, and a record of its layout is the next entry
wherever the reference reader takes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from events.entry import OPAQUE, PUBLIC, AcceptedRecord
from events.frame import (
    FINGERPRINT_BYTES,
    FRAME_MARK,
    HASH_BYTES,
    RECORD_MARK,
    SALT_BYTES,
    length_at,
)
from events.shape import Place, Shape, taking

MAX_SHAPES: Final = 4_096
"""Kept at once: some kilobytes each. A log has some for each kind of act and office."""
MAX_OF_ONE_SIZE: Final = 64
"""Compared one after the other, a twentieth of a microsecond each."""
_TIME_BYTES: Final = 8
"""Of a time in microseconds between 1987 and 3111; what is not is never learned."""


class Shapes:
    """The shapes learned so far, by the size of the records that have them."""

    def __init__(self) -> None:
        self._by_size: dict[int, list[Shape]] = {}
        self.count = 0

    def find(self, content: bytes) -> Shape | None:
        """Return the shape of a record, None where none is known."""
        known = self._by_size.get(len(content))
        if not known:
            return None
        number = int.from_bytes(content, "little")
        first = known[0]
        if number & first.mask == first.pattern:
            return first
        for at, shape in enumerate(known):
            if number & shape.mask == shape.pattern:
                # What is met often comes to the front.
                known[at - 1], known[at] = shape, known[at - 1]
                return shape
        return None

    def learn(
        self,
        content: bytes,
        entry: AcceptedRecord,
        schemas: Mapping[bytes, Any] | None = None,
    ) -> None:
        """Keep the shape of an entry whose bodies are canonical under these schemas.

        `schemas` are parsed JSON by fingerprint; those with names of their own inside
        are known by their full names, as the Avro library parses them. None of them:
        bodies are not asked.
        """
        known = self._by_size.setdefault(len(content), [])
        if self.count == MAX_SHAPES:
            return
        try:
            shape = _Walk(content).shape(entry, schemas)
        except (_NoShapeError, RecursionError):
            return
        if len(known) == MAX_OF_ONE_SIZE:
            known.pop()
            self.count -= 1
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
        self._places: list[Place] = []
        self._texts: list[slice] = []

    def shape(
        self, entry: AcceptedRecord, schemas: Mapping[bytes, Any] | None
    ) -> Shape:
        frame, keys = entry.frame, [entry.frame.request_fingerprint]
        keys += [header.fingerprint for header in frame.events]
        if frame.attestations or PUBLIC & set(keys):
            raise _NoShapeError
        self._at = len(RECORD_MARK)
        size = self._length()
        whole = slice(self._at, self._at + size)
        self._frame()
        assert self._at == whole.stop  # noqa: S101  canonical, the reader said
        self._body(keys[0], schemas)
        self._length()
        for key in keys[1:]:
            self._body(key, schemas)
        mask = int.from_bytes(self._mask, "little")
        opaque = len(keys) if schemas is None else keys.count(OPAQUE)
        return Shape(
            mask,
            int.from_bytes(self._content, "little") & mask,
            (len(keys) - opaque, opaque),
            taking(
                self._places,
                len(self._content),
                whole,
                [(header.fingerprint, header.type) for header in frame.events],
                self._texts,
            ),
        )

    def _frame(self) -> None:
        self._at += len(FRAME_MARK)
        self._skip(self._length())  # registry
        self._keep(self._free(HASH_BYTES))  # parent
        self._keep(self._text())  # authority
        self._keep(self._text())  # request id
        self._skip(FINGERPRINT_BYTES)
        self._keep(self._free(HASH_BYTES))  # the request's digest
        self._length()  # how the submitter was known
        if self._length():
            self._free(HASH_BYTES)
        self._length()  # no attestations
        recorded_at = self._number()
        if recorded_at.stop - recorded_at.start != _TIME_BYTES:
            raise _NoShapeError
        self._places.append(Place(recorded_at, is_time=True))
        self._length()  # provenance
        self._text()  # writer
        self._text()  # cause
        for _ in range(self._length()):
            self._header()
        self._length()  # no more events

    def _header(self) -> None:
        self._keep(self._text())  # stream
        self._keep(self._number())  # version
        self._skip(self._length())  # type
        self._skip(FINGERPRINT_BYTES)
        for _ in ("concerns", "jurisdiction"):
            if self._length():
                self._text()
        self._skip(1)  # urgent
        self._keep(self._free(HASH_BYTES))  # digest

    def _body(self, key: bytes, schemas: Mapping[bytes, Any] | None) -> None:
        self._length()  # it is there
        self._keep(self._free(SALT_BYTES))
        size = self._length()
        content = slice(self._at, self._at + size)
        self._keep(content)
        if schemas is None or key == OPAQUE:
            self._free(size)
        else:
            self._value(schemas[key], {})
        if self._at != content.stop:
            raise _NoShapeError

    def _keep(self, found: slice) -> None:
        """Have the shape take what stands there."""
        self._places.append(Place(found))

    def _value(self, schema: Any, named: dict[str, Any]) -> None:  # noqa: ANN401  JSON
        """Loosen what is free in a value."""
        match schema:
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
            case str() if schema in named:  # a name that is a primitive's means that
                self._value(named[schema], named)
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
        size = self._length()
        if self._content[self._at : self._at + size].isascii():
            return self._loosened(size, b"\x80")
        self._texts.append(slice(self._at, self._at + size))
        return self._free(size)

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
