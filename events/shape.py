"""An entry as a node keeps it, and the shape of the records that say such entries.

What lives here: `Taken`, what is kept of an entry whoever read it, and `Shape`, which
opens the records of one layout. What never does: which layouts there are
(`events.shapes`), what acceptance asks of the entries before (`events.run`).

`Shape.open` is written out for each number of events, without a loop: of what a record
costs, the interpreter's part is the half, and this halves that. Only numbers and our
own names go into the text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from struct import Struct
from types import CodeType
from typing import Any, Final

from events.avro import Reader
from events.entry import AcceptedRecord
from events.masked import readable

Event = tuple[str, int, bytes, str, bytes]
"""An event as a node keeps it: stream, version, fingerprint, type, body."""


Taken = tuple[bytes, int, str, str, tuple[Event, ...]]
"""An entry as a node keeps it: hash, time in microseconds, authority, request id,
events."""


def taken(entry: AcceptedRecord) -> Taken:
    """Return what an entry says, as the reference reader read it."""
    frame = entry.frame
    pairs = zip(frame.events, entry.record.bodies, strict=True)
    return (
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


Opened = tuple[bytes, bytes, bytes, str, str, tuple[Event, ...]]
"""What a record of a shape says: parent, hash, the time as it is written, authority,
request id, events."""
Open = Callable[[bytes], Opened | None]
"""Opens a record of a shape; None where a digest is not its body's."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A layout of records of one size: what must be the same, and how to open them."""

    mask: int
    pattern: int
    bodies: tuple[int, int]
    """How many bodies are canonical under a schema, and how many opaque."""
    open: Open


def opening(
    places: Sequence[slice],
    size: int,
    frame: slice,
    kinds: Sequence[tuple[bytes, str]],
    texts: Sequence[slice],
) -> Open:
    """Return what opens a record of `size` bytes whose events are of these `kinds`.

    `places` are, in their order in a record: parent, authority, request id, the
    request's digest, the time; stream, version and digest of each event; salt and body
    of the request, then of each event. `kinds` are fingerprints and types; `texts` must
    be UTF-8, all others are ASCII by their mask.
    """
    names: dict[str, Any] = {
        "unpack": _unpacking(places, size),
        "frame": frame,
        "texts": texts,
        "number_of": _number,
        "name_of": _name,
        "readable": readable,
        "sha256": sha256,
    }
    for number, (fingerprint, kind) in enumerate(kinds):
        names |= {f"fingerprint{number}": fingerprint, f"type{number}": kind}
    exec(_written(len(kinds)), names)  # noqa: S102  our own text: no byte of a record is in it
    opened: Open = names["opened"]
    return opened


@lru_cache
def _written(count: int) -> CodeType:
    """Return what is written to open records of so many events."""
    numbers = range(count)
    source = [
        _HEAD.format(
            headers="".join(map("stream{0}, version{0}, digest{0}, ".format, numbers)),
            bodies="".join(map("salt{0}, body{0}, ".format, numbers)),
        ),
        *map(_BODY.format, numbers),
        _RETURN.format(events="".join(map(_KEPT.format, numbers))),
    ]
    return compile("".join(source), f"<a record of {count} events>", "exec")


_HEAD: Final = """
def opened(content):
    (
        previous, authority, request_id, digest, time, {headers}salt, body, {bodies}
    ) = unpack(content)
    if sha256(salt + body).digest() != digest or texts and not readable(content, texts):
        return None
"""
_BODY: Final = """
    if sha256(salt{0} + body{0}).digest() != digest{0}:
        return None
"""
_RETURN: Final = """
    return (
        previous,
        sha256(content[frame]).digest(),
        time,
        name_of(authority),
        request_id.decode(),
        ({events}),
    )
"""
_KEPT: Final = """
    (stream{0}.decode(), number_of(version{0}), fingerprint{0}, type{0}, body{0}),
"""


def _unpacking(
    places: Sequence[slice], size: int
) -> Callable[[bytes], tuple[bytes, ...]]:
    """Return what takes the bytes at all places, in one call."""
    layout, end = ["<"], 0
    for at in places:
        layout.append(f"{at.start - end}x{at.stop - at.start}s")
        end = at.stop
    return Struct("".join([*layout, f"{size - end}x"])).unpack


@lru_cache(1 << 16)
def _number(number: bytes) -> int:
    return Reader(number).long()


@lru_cache(1 << 12)
def _name(name: bytes) -> str:
    """Return a text that many records have, as one and the same object."""
    return name.decode()
