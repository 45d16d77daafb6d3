"""The replay of an auditor: every record judged again, and what acceptance leaves out.

What lives here: `Audit`, which takes records in order, keeps the tree over them, and
collects faults with their places. What never does: files (`events.verify`), the law,
the codec of a release: bodies are read by the schemas that the log itself announced.

Beyond acceptance (`events.entry`) an auditor asks: has each announced text the
fingerprint under which it was announced, and is every body, and every request, the
canonical bytes of a value under its announced schema?

A record that is shaped as one judged before is judged by comparison (`events.shapes`);
every other is read as any reader must.

Announced texts come from the log that is being doubted. A schema that refers to itself,
or repeats what takes no bytes (in an array, or by its name, which doubles with every
record that holds two of the one before), could stop a reader with a short body; it is a
fault, and bodies under it are not read.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final

import fastavro
import orjson
from fastavro.schema import SchemaParseException, UnknownType

from events.codec import fingerprint, schema_text
from events.entry import (
    OPAQUE,
    SCHEMA_ADOPTED,
    AcceptedRecord,
    MemoryState,
    accepted,
    announcements,
)
from events.key_line import KeyLine, KeyLineError, key_statements
from events.log import VoidReason
from events.run import advance
from events.shape import Taken, taken
from events.shapes import Shapes
from events.tiles import Bundles
from events.tree import EvidenceError, Tree, leaf_hashes, leaf_texts_from

NO_VALUE: Final = object()
"""What no bytes spell: a value may be None."""
MAX_FAULTS: Final = 100
"""More would only repeat themselves; the report says that there are more."""
LEAVES_TOGETHER: Final = 4_096
"""Leaves that wait to be joined to the tree: level by level costs half."""
_UNREADABLE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RecursionError,
    SchemaParseException,
    TypeError,
    UnknownType,
    ValueError,
)
"""What the Avro library is known to raise on schemas and bodies of strangers."""


_PRIMITIVES: Final = frozenset({"null", "boolean", "int", "long", "bytes", "string"})
_SPELLED_TWICE: Final = frozenset({"float", "double", "map"})
"""Types that the format has not: one value of them has several spellings."""


class AuditError(EvidenceError):
    """A record, a body or a schema that is not as it must be."""


class ForeignTypeError(ValueError):
    """A schema has a type that the format has not."""


class Audit:
    """A reader that trusts nobody; `take` each record in the log's order."""

    def __init__(self, registry: str, shapes: Shapes | None = None) -> None:
        """`shapes` are those to learn and to look in; none of them, and all is read."""
        self._shapes = shapes
        self.state = MemoryState(registry)
        self._tree = Tree()
        self._leaves: list[bytes] = []
        self.bundles = Bundles()
        """Of the entries taken so far."""
        self.faults: list[EvidenceError] = []
        self.line = KeyLine(registry)
        self.bodies: Counter[str] = Counter()
        """How many bodies were canonical, opaque or unreadable."""
        adopted = orjson.loads(schema_text("SchemaAdopted"))
        self._parsed: dict[bytes, Any] = {
            SCHEMA_ADOPTED: fastavro.parse_schema(adopted)
        }

    @property
    def tree(self) -> Tree:
        """The tree over the entries taken so far."""
        self._tree.extend(b"".join(self._leaves))
        self._leaves.clear()
        return self._tree

    def take(self, content: bytes) -> Taken | None:
        """Judge the next record; None where it is no entry, and a fault is kept."""
        run = self.run([content])
        return run[0] if run else self.read(content)

    def take_all(self, records: Sequence[bytes]) -> int:
        """Judge records until one is no entry; return how many are entries."""
        at = 0
        while at < len(records):
            at += len(self.run(records[at:]))
            if at < len(records) and self.read(records[at]) is None:
                break
            at = min(at + 1, len(records))
        return at

    def run(self, records: Sequence[bytes]) -> list[Taken]:
        """Take next records by their shapes, up to the first that must be read."""
        if self._shapes is None:
            return []
        first = self.state.head.position + 1
        opened, shapes = self._shapes.open(records)
        run = advance(self.state, opened)
        self._grow(first, [entry[0] for entry in run])
        kinds = Counter(map(attrgetter("bodies"), shapes[: len(run)]))
        for (canonical, opaque), count in kinds.items():
            self.bodies["canonical"] += canonical * count
            if opaque:
                self.bodies["opaque"] += opaque * count
        return run

    def read(self, content: bytes) -> Taken | None:
        """Judge the next record by the reference reader, and learn its shape."""
        place = f"entry {self.state.head.position + 1}"
        result = accepted(content, self.state)
        if isinstance(result, VoidReason):
            self.fault(place, f"is void: {result}")
            return None
        verdict = self.state.advance(result)
        self._grow(verdict.position, [verdict.hash])
        for key, text in announcements(result):
            self._announce(key, text, place)
        for act, text in key_statements(result):
            try:
                self.line = self.line.told(verdict.position, act, text)
            except KeyLineError as error:
                self.add(error)
        if self._read_bodies(result, place) and self._shapes is not None:
            self._shapes.learn(content, result, self._parsed)
        return taken(result)

    def _grow(self, first: int, hashes: Sequence[bytes]) -> None:
        texts = leaf_texts_from(first, hashes)
        self.bundles.extend(texts)
        self._leaves += leaf_hashes(texts)
        if len(self._leaves) >= LEAVES_TOGETHER:
            self.tree  # noqa: B018  grows by what waits

    def fault(self, place: str, rule: str) -> None:
        """Keep a fault of the log."""
        self.add(AuditError(place, rule))

    def add(self, fault: EvidenceError) -> None:
        """Keep a fault, up to a limit."""
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(fault)

    def _announce(self, key: bytes, text: str, place: str) -> None:
        parsed = None
        try:
            parsed = parsed_schema(key, text)
        except AuditError as error:
            self.fault(f"{place}, {error.place}", error.rule)
        # As for every reader, the first text of a fingerprint stays.
        self._parsed.setdefault(key, parsed)

    def _read_bodies(self, result: AcceptedRecord, place: str) -> bool:
        """Read every body; whether none is a fault."""
        frame, record = result.frame, result.record
        bodies = [(frame.request_fingerprint, record.request, "request")]
        bodies += [
            (header.fingerprint, body, f"event {number}")
            for number, (header, body) in enumerate(
                zip(frame.events, record.bodies, strict=True), 1
            )
        ]
        unreadable = 0
        for key, body, which in bodies:
            if key == OPAQUE or body is None:
                self.bodies["opaque"] += 1
            elif value_of(self._parsed.get(key), body.content) is not NO_VALUE:
                self.bodies["canonical"] += 1
            else:
                unreadable += 1
                rule = f"is not canonical under schema {key.hex()}"
                self.fault(f"{place}, {which}", rule)
        self.bodies["unreadable"] += unreadable
        return not unreadable


def parsed_schema(key: bytes, text: str) -> Any:  # noqa: ANN401  the library's own
    """Return a schema announced under a fingerprint, parsed. Raises AuditError."""
    place = f"schema {key.hex()}"
    try:
        schema = orjson.loads(text)
        if fingerprint(text) != key:
            raise AuditError(place, "has another fingerprint")
        if not is_bounded(schema):
            raise AuditError(place, "says much in few bytes")
        return fastavro.parse_schema(schema)
    except _UNREADABLE as error:
        raise AuditError(place, f"is no schema: {type(error).__name__}") from error


def value_of(parsed: Any, content: bytes) -> Any:  # noqa: ANN401  the library's own
    """Return the value of which bytes are the one spelling; NO_VALUE where of none."""
    if parsed is None:
        return NO_VALUE
    try:
        value = fastavro.schemaless_reader(
            io.BytesIO(content),
            parsed,
            None,
            return_record_name=True,
            return_record_name_override=True,
        )
        out = io.BytesIO()
        fastavro.schemaless_writer(out, parsed, value)
    except _UNREADABLE:
        return NO_VALUE
    return value if out.getvalue() == content else NO_VALUE


def is_bounded(schema: object) -> bool:
    """Whether no value of a schema is much larger than its bytes, or nests endlessly.

    Raises LookupError, TypeError, ValueError or RecursionError on what is no schema of
    the format.
    """
    try:
        _takes_bytes(schema, {}, "")
    except _EndlessError:
        return False
    return True


class _EndlessError(Exception):
    """A type inside itself, or what takes no bytes in an array or by its name."""


def _takes_bytes(schema: Any, known: dict[str, bool | None], space: str) -> bool:  # noqa: ANN401  JSON
    """Whether every value takes a byte at least. Raises _EndlessError."""
    if isinstance(schema, list):
        for branch in schema:
            _takes_bytes(branch, known, space)
        return True
    if isinstance(schema, str):
        if schema in _SPELLED_TWICE:
            raise ForeignTypeError
        if schema in _PRIMITIVES:
            return schema != "null"
        if not known.get(schema if "." in schema else f"{space}.{schema}", True):
            raise _EndlessError
        return True
    kind = schema["type"]
    if kind == "array":
        if not _takes_bytes(schema["items"], known, space):
            raise _EndlessError
        return True
    if kind not in {"record", "enum", "fixed"}:
        return _takes_bytes(kind, known, space)
    name = schema["name"]
    space = name.rpartition(".")[0] or schema.get("namespace", space)
    full = name if "." in name else f"{space}.{name}"
    known[full] = None  # while it is being defined, a reference to it has no end
    if kind == "record":
        parts = [
            _takes_bytes(field["type"], known, space) for field in schema["fields"]
        ]
        known[full] = any(parts)
    else:
        known[full] = kind == "enum" or schema["size"] > 0
    return bool(known[full])
