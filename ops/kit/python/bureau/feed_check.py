"""The completeness check of the feed over gRPC.

Copy this file. It needs the standard library alone. What it checks is said in
events/feed.py: entries are numbered without a gap and chained, the frame has the hash
that the chain has, and each body shown the digest that the frame has. The bytes of
records are those of events/FORMAT.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import TypeVar

LABEL = b"childregistry/feed/1"
RECORD = bytes.fromhex("c3017418bf868b9fbaa1")
FRAME = bytes.fromhex("c301f913d430ff92a3ae")

T = TypeVar("T")


class BrokenError(Exception):
    """The feed is not complete, or not what was recorded."""


@dataclass(frozen=True)
class Filter:
    """What a subscription is about: each list that is not empty must be met."""

    types: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()
    jurisdictions: frozenset[str] = frozenset()
    submitters: frozenset[str] = frozenset()
    causes: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        """The filter in one way only: a line `name=value` for each, sorted."""
        names = [one.name for one in fields(self)]
        return "\n".join(sorted(f"{n}={v}" for n in names for v in getattr(self, n)))


@dataclass(frozen=True)
class Place:
    """All up to `position` is passed, `number` entries were taken; `link` in hex."""

    position: int = 0
    number: int = 0
    link: str = ""


@dataclass(frozen=True)
class Event:
    """One event of an entry that the filter takes; `avro` is its body."""

    position: int
    index: int
    type: str
    stream: str
    schema: str
    avro: bytes


@dataclass(frozen=True)
class Header:
    """What a frame says of an event."""

    stream: str
    type: str
    schema: bytes
    concerns: str | None
    jurisdiction: str | None
    digest: bytes


@dataclass(frozen=True)
class Frame:
    """What is read of a frame."""

    registry: str
    authority: str
    cause: str
    events: list[Header]


def begin(registry: str, wanted: Filter, after: int) -> str:
    """Return link 0 of a subscription."""
    parts = (LABEL, registry.encode(), wanted.text.encode(), _eight(after))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def advance(
    place: Place, wanted: Filter, after: int, told: Place, record: bytes
) -> tuple[Place, list[Event]]:
    """Return the place after an entry, which must be `told`, and its events.

    Raises BrokenError.
    """
    try:
        frame_bytes, bodies = _record(record)
        frame = _frame(frame_bytes)
    except (ValueError, IndexError) as error:
        message = f"number {place.number + 1}: no record: {error}"
        raise BrokenError(message) from error
    if place.number == 0 and place.link != begin(frame.registry, wanted, after):
        message = "the chain does not begin where it must"
        raise BrokenError(message)
    hash_ = hashlib.sha256(frame_bytes).digest()
    number = place.number + 1
    content = bytes.fromhex(place.link) + _eight(number) + _eight(told.position) + hash_
    link = hashlib.sha256(content).hexdigest()
    taken = [_takes(wanted, frame, header) for header in frame.events]
    shown = [body is not None for body in bodies]
    for holds, what in (
        (told.position > place.position, "its position was passed"),
        ((told.number, told.link) == (number, link), "is not the next"),
        (any(taken), "was not asked for"),
        (shown == taken, "shows other bodies than were asked for"),
        (_sound(frame, bodies), "has a body that is not the recorded one"),
    ):
        if not holds:
            message = f"number {number}, position {told.position}: {what}"
            raise BrokenError(message)
    pairs = enumerate(zip(frame.events, bodies, strict=True))
    return replace(told, link=link), [
        Event(told.position, index, one.type, one.stream, one.schema.hex(), body[16:])
        for index, (one, body) in pairs
        if body is not None
    ]


def passed(place: Place, told: Place) -> Place:
    """Return the place once no more was taken up to another. Raises BrokenError."""
    if (told.number, told.link) != (place.number, place.link):
        message = f"number {place.number + 1}: was left out"
        raise BrokenError(message)
    return replace(place, position=max(place.position, told.position))


def _takes(wanted: Filter, frame: Frame, header: Header) -> bool:
    return all(
        not values or value in values
        for values, value in (
            (wanted.types, header.type),
            (wanted.children, header.concerns),
            (wanted.jurisdictions, header.jurisdiction),
            (wanted.submitters, frame.authority),
            (wanted.causes, frame.cause),
        )
    )


def _sound(frame: Frame, bodies: list[bytes | None]) -> bool:
    return all(
        body is None or hashlib.sha256(body).digest() == header.digest
        for header, body in zip(frame.events, bodies, strict=True)
    )


def _record(content: bytes) -> tuple[bytes, list[bytes | None]]:
    read = _Reader(content, RECORD)
    frame = read.sized()
    read.optional(read.body)  # the request's
    bodies = read.array(lambda: read.optional(read.body))
    read.end()
    return frame, bodies


def _frame(content: bytes) -> Frame:
    read = _Reader(content, FRAME)
    registry = read.string()
    read.fixed(32)  # previous
    authority = read.string()
    read.string()  # request_id
    read.fixed(8 + 32)  # the request's schema and digest
    read.long()  # how the submitter was known
    read.optional(lambda: read.fixed(32))
    read.array(lambda: (read.string(), read.sized()))  # attestations
    read.long()  # recorded_at
    read.long()  # provenance
    read.string()  # writer
    cause = read.string()
    events = read.array(lambda: _header(read))
    read.end()
    return Frame(registry, authority, cause, events)


def _header(read: _Reader) -> Header:
    stream = read.string()
    read.long()  # version
    type_, schema = read.string(), read.fixed(8)
    concerns, jurisdiction = read.optional(read.string), read.optional(read.string)
    read.fixed(1)  # urgent
    return Header(stream, type_, schema, concerns, jurisdiction, read.fixed(32))


class _Reader:
    """Avro, as far as records need it. Raises ValueError where bytes are missing."""

    def __init__(self, content: bytes, mark: bytes) -> None:
        self._content = content
        self._at = 0
        if self.fixed(len(mark)) != mark:
            message = "not of this format"
            raise ValueError(message)

    def fixed(self, size: int) -> bytes:
        start, self._at = self._at, self._at + size
        if size < 0 or self._at > len(self._content):
            message = f"no {size} bytes at {start}"
            raise ValueError(message)
        return self._content[start : self._at]

    def long(self) -> int:
        value = shift = 0
        while True:
            (byte,) = self.fixed(1)
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:  # noqa: PLR2004  the continuation bit
                return (value >> 1) ^ -(value & 1)

    def sized(self) -> bytes:
        return self.fixed(self.long())

    def string(self) -> str:
        return self.sized().decode()

    def body(self) -> bytes:
        """Salt and content, as the digest is over them."""
        return self.fixed(16) + self.sized()

    def optional(self, read: Callable[[], T]) -> T | None:
        return read() if self.long() else None

    def array(self, read: Callable[[], T]) -> list[T]:
        count = self.long()
        if not 0 <= count <= len(self._content):
            message = f"no {count} items"
            raise ValueError(message)
        items = [read() for _ in range(count)]
        if count and self.long():
            message = "more than one block"
            raise ValueError(message)
        return items

    def end(self) -> None:
        if self._at != len(self._content):
            message = "bytes after the end"
            raise ValueError(message)


def _eight(number: int) -> bytes:
    return number.to_bytes(8, "big")
