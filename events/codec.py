"""Events and commands to Avro bytes and back, by the schemas that are public.

What lives here: `Codec`, driven by the dataclasses' own types, and the fingerprints.
What never does: a schema (they are files in `schemas/`, one per type and version,
never edited once released), frames (`events.entry`). A body is a bare Avro datum; its
schema's CRC-64-AVRO fingerprint stands in the frame.
"""

from __future__ import annotations

import io
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Union, get_args, get_origin, get_type_hints

import fastavro
import orjson
from fastavro.schema import fingerprint as avro_fingerprint
from fastavro.schema import to_parsing_canonical_form

from events import cases, guardianship, matter_kinds, registry, subscriptions
from events.dates import PartialDate
from events.log import SchemaUnknownError

Convert = Callable[[Any], Any]


class BodyUndecodableError(Exception):
    """A body does not decode under the schema that its frame names."""


@cache
def schema_text(name: str, version: int = 1) -> str:
    """Return the text of a schema file, `<name>.v<version>.avsc`."""
    return (
        files("events")
        .joinpath("schemas", f"{name}.v{version}.avsc")
        .read_text(encoding="utf-8")
    )


def fingerprint(text: str) -> bytes:
    """Return the CRC-64-AVRO of a schema's canonical form, eight bytes, little-endian.

    Source: Avro specification, "Schema Fingerprints" and "Single-object encoding".
    """
    canonical = to_parsing_canonical_form(orjson.loads(text))
    return bytes.fromhex(avro_fingerprint(canonical, "CRC-64-AVRO"))


class Codec:
    """Encodes and decodes a closed set of dataclasses."""

    def __init__(self, classes: Iterable[type]) -> None:
        self._by_class: dict[type, tuple[bytes, Any, Convert]] = {}
        self._by_fingerprint: dict[bytes, tuple[type, Any, Convert]] = {}
        self._texts: dict[bytes, str] = {}
        for cls in classes:
            text = schema_text(cls.__name__)
            key = fingerprint(text)
            parsed = fastavro.parse_schema(orjson.loads(text))
            self._by_class[cls] = (key, parsed, _plain(cls))
            self._by_fingerprint[key] = (cls, parsed, _typed(cls))
            self._texts[key] = text

    @property
    def classes(self) -> tuple[type, ...]:
        """The closed set of this codec."""
        return tuple(self._by_class)

    @property
    def texts(self) -> Mapping[bytes, str]:
        """The schemas of this codec: text by fingerprint."""
        return self._texts

    def encode(self, value: object) -> tuple[bytes, bytes]:
        """Return the fingerprint and the body of an event or command."""
        key, parsed, plain = self._by_class[type(value)]
        return key, _written(parsed, plain(value))

    def encode_under(self, key: bytes, value: object) -> bytes | None:
        """Return the body under a given schema; None where that is not its schema."""
        ours, body = self.encode(value)
        return body if ours == key else None

    def decode(self, key: bytes, body: bytes) -> object:
        """Return the event or command of a body.

        Raises SchemaUnknownError for a schema this release does not have, and
        BodyUndecodableError where the bytes are not the canonical ones of a value:
        readers differ in what else they take, and a body must mean one thing to all.
        """
        known = self._by_fingerprint.get(key)
        if known is None:
            raise SchemaUnknownError(key.hex())
        cls, parsed, typed = known
        try:
            plain = fastavro.schemaless_reader(
                io.BytesIO(body),
                parsed,
                None,
                return_record_name=True,
                return_record_name_override=True,
            )
            value = typed(plain)
            canonical = _written(parsed, plain) == body
        except (EOFError, ValueError, IndexError, TypeError, OverflowError) as error:
            message = f"{cls.__name__}: {error}"
            raise BodyUndecodableError(message) from error
        if not canonical:
            message = f"{cls.__name__}: not the canonical bytes"
            raise BodyUndecodableError(message)
        return value


def _written(parsed: Any, plain: Any) -> bytes:  # noqa: ANN401  fastavro's own
    out = io.BytesIO()
    fastavro.schemaless_writer(out, parsed, plain, strict=True)
    return out.getvalue()


def _avro_name(field_name: str) -> str:
    return field_name.rstrip("_")


@cache
def _plain(kind: Any) -> Convert:  # noqa: ANN401  a type of any shape
    """Return how a value of this type is handed to the Avro writer."""
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        parts = [
            (f.name, _avro_name(f.name), _plain(hints[f.name])) for f in fields(kind)
        ]
        return lambda v: {avro: to(getattr(v, name)) for name, avro, to in parts}
    if get_origin(kind) is tuple:
        item = _plain(get_args(kind)[0])
        return lambda v: [item(x) for x in v]
    if get_origin(kind) in {Union, types.UnionType}:
        return _plain_union(get_args(kind))
    if isinstance(kind, type) and issubclass(kind, str):
        return str
    return lambda v: v


def _plain_union(options: tuple[Any, ...]) -> Convert:
    by_class = {o: _plain(o) for o in options if o is not types.NoneType}
    if len(by_class) == 1:
        (only,) = by_class.values()
        return lambda v: None if v is None else only(v)
    return lambda v: (
        None
        if v is None
        else (f"childregistry.command.{type(v).__name__}", by_class[type(v)](v))
    )


@cache
def _typed(kind: Any) -> Convert:  # noqa: ANN401  a type of any shape
    """Return how what the Avro reader gives becomes a value of this type."""
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        parts = [
            (f.name, _avro_name(f.name), _typed(hints[f.name])) for f in fields(kind)
        ]
        return lambda v: kind(**{name: to(v[avro]) for name, avro, to in parts})
    if get_origin(kind) is tuple:
        item = _typed(get_args(kind)[0])
        return lambda v: tuple([item(x) for x in v])
    if get_origin(kind) in {Union, types.UnionType}:
        return _typed_union(get_args(kind))
    if isinstance(kind, type) and issubclass(kind, StrEnum | PartialDate):
        return kind
    return lambda v: v


def _typed_union(options: tuple[Any, ...]) -> Convert:
    by_name = {o.__name__: _typed(o) for o in options if o is not types.NoneType}
    if len(by_name) == 1:
        (only,) = by_name.values()
        return lambda v: None if v is None else only(v)
    # Of several records the reader gives (full name, fields).
    return lambda v: None if v is None else by_name[v[0].rpartition(".")[2]](v[1])


def _members(union: object) -> list[type]:
    """Return the classes of a union of dataclasses."""
    return list(get_args(union))


EVENT_CLASSES: tuple[type, ...] = tuple(
    dict.fromkeys(
        _members(guardianship.ChildEvent)
        + _members(cases.CaseEvent)
        + _members(registry.RegistryEvent)
        + _members(matter_kinds.MatterEvent)
        + _members(subscriptions.SubscriptionEvent)
    )
)
"""Every type of event of this release."""

EVENTS = Codec(EVENT_CLASSES)
"""Decodes every event of this release."""
