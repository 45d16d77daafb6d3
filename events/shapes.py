"""Records recognised by their shape: a record judged in a ninth of the time.

What lives here: `Shapes`, which learns the shape of a record that the reference reader
took, and finds it in others. What never does: the last word. A record of no known
shape, or one that fails a rule, is asked of `events.entry` and of the announced
schemas, which name the rule.

A shape is a mask and a pattern over the whole record, frame and bodies
(`events.masked`). Every bit is kept of marks, lengths, counts, branches, symbols,
booleans, and of the registry, types and fingerprints; none of hashes, digests, salts
and opaque bytes.

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

from collections.abc import Mapping, Sequence
from typing import Any, Final

from events.entry import OPAQUE, PUBLIC, AcceptedRecord
from events.frame import (
    FINGERPRINT_BYTES,
    FRAME_MARK,
    HASH_BYTES,
    RECORD_MARK,
    SALT_BYTES,
)
from events.masked import MAX_KNOWN, Known, Walk
from events.shape import Opened, Shape, opening

_TIME_BYTES: Final = 8
"""Of a time in microseconds between 1987 and 3111; what is not is never learned."""


class Shapes(Known[Shape]):
    """The shapes learned so far, by the size of the records that have them."""

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
        if self.count == MAX_KNOWN:
            return
        try:
            shape = _Walk(content).shape(entry, schemas)
        except (_NoShapeError, RecursionError):
            return
        self.keep(len(content), shape)

    def open(self, records: Sequence[bytes]) -> tuple[list[Opened], list[Shape]]:
        """Open records up to the first of no known shape; return their shapes too."""
        shapes, opened = self.run(records), list[Opened]()
        for shape, record in zip(shapes, records, strict=False):
            one = shape.open(record)
            if one is None:
                break
            opened.append(one)
        return opened, shapes


class _NoShapeError(Exception):
    """Not every record of this layout would be judged alike."""


class _Walk(Walk):
    """Walks a canonical record, and remembers where lies what a shape opens."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._places: list[slice] = []

    def shape(
        self, entry: AcceptedRecord, schemas: Mapping[bytes, Any] | None
    ) -> Shape:
        frame, keys = entry.frame, [entry.frame.request_fingerprint]
        keys += [header.fingerprint for header in frame.events]
        if frame.attestations or PUBLIC & set(keys):
            raise _NoShapeError
        self.at = len(RECORD_MARK)
        size = self.length()
        whole = slice(self.at, self.at + size)
        self._frame()
        assert self.at == whole.stop  # noqa: S101  canonical, the reader said
        self._body(keys[0], schemas)
        self.length()
        for key in keys[1:]:
            self._body(key, schemas)
        mask, pattern = self.masked()
        opaque = len(keys) if schemas is None else keys.count(OPAQUE)
        return Shape(
            mask,
            pattern,
            (len(keys) - opaque, opaque),
            opening(
                self._places,
                len(self.content),
                whole,
                [(header.fingerprint, header.type) for header in frame.events],
                self.texts,
            ),
        )

    def _frame(self) -> None:
        self.at += len(FRAME_MARK)
        self.skip(self.length())  # registry
        self._keep(self.free(HASH_BYTES))  # parent
        self._keep(self.text())  # authority
        self._keep(self.text())  # request id
        self.skip(FINGERPRINT_BYTES)
        self._keep(self.free(HASH_BYTES))  # the request's digest
        self.length()  # how the submitter was known
        if self.length():
            self.free(HASH_BYTES)
        self.length()  # no attestations
        recorded_at = self.number()
        if recorded_at.stop - recorded_at.start != _TIME_BYTES:
            raise _NoShapeError
        self._keep(recorded_at)
        self.length()  # provenance
        self.text()  # writer
        self.text()  # cause
        for _ in range(self.length()):
            self._header()
        self.length()  # no more events

    def _header(self) -> None:
        self._keep(self.text())  # stream
        self._keep(self.number())  # version
        self.skip(self.length())  # type
        self.skip(FINGERPRINT_BYTES)
        for _ in ("concerns", "jurisdiction"):
            if self.length():
                self.text()
        self.skip(1)  # urgent
        self._keep(self.free(HASH_BYTES))  # digest

    def _body(self, key: bytes, schemas: Mapping[bytes, Any] | None) -> None:
        self.length()  # it is there
        self._keep(self.free(SALT_BYTES))
        size = self.length()
        content = slice(self.at, self.at + size)
        self._keep(content)
        if schemas is None or key == OPAQUE:
            self.free(size)
        else:
            self._value(schemas[key], {})
        if self.at != content.stop:
            raise _NoShapeError

    def _keep(self, found: slice) -> None:
        """Have the shape open what stands there."""
        self._places.append(found)

    def _value(self, schema: Any, named: dict[str, Any]) -> None:  # noqa: ANN401  JSON
        """Loosen what is free in a value."""
        match schema:
            case "null":
                pass
            case "boolean":
                self.skip(1)
            case "int" | "long":
                self.number()
            case "string":
                self.text()
            case "bytes":
                self.free(self.length())
            case str() if schema in named:  # a name that is a primitive's means that
                self._value(named[schema], named)
            case ["null", other]:
                if self.length():
                    self._value(other, named)
            case {"logicalType": _}:
                raise _NoShapeError
            case {"type": "record", "name": name, "fields": fields}:
                named[name] = schema
                for field in fields:
                    self._value(field["type"], named)
            case {"type": "enum", "name": name}:
                named[name] = schema
                self.length()
            case {"type": "fixed", "name": name, "size": size}:
                named[name] = schema
                self.free(size)
            case {"type": "array", "items": items}:
                while count := self.length():
                    for _ in range(count):
                        self._value(items, named)
            case _:
                raise _NoShapeError
