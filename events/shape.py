"""An entry as a node keeps it, and the shape of the records that say such entries.

What lives here: `Taken`, what is kept of an entry whoever read it, and `Shape`, which
takes it from the records of one layout. What never does: which layouts there are
(`events.shapes`), the rule of acceptance (`events.entry`), which `Shape.take` follows.

`Shape.take` is written out for each layout, without a loop: of what a record costs, the
interpreter's part is the half, and this halves that. Only numbers and our own names go
into the text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from struct import Struct
from typing import Any, Final, NamedTuple

from events.avro import Reader
from events.entry import NO_VERSION, AcceptedRecord, MemoryState
from events.log import Head
from events.masked import readable

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


Take = Callable[[bytes, MemoryState], Taken | None]
"""Takes a record of a shape as the next entry; None where it is not that, and then the
state is as it was."""


class Place(NamedTuple):
    """Where something that `take` asks for stands, and whether as a time."""

    at: slice
    is_time: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A layout of records of one size: what must be the same, and how to take them."""

    mask: int
    pattern: int
    bodies: tuple[int, int]
    """How many bodies are canonical under a schema, and how many opaque."""
    take: Take


def taking(
    places: Sequence[Place],
    size: int,
    frame: slice,
    kinds: Sequence[tuple[bytes, str]],
    texts: Sequence[slice],
) -> Take:
    """Return what takes a record of `size` bytes whose events are of these `kinds`.

    `places` are, in their order in a record: parent, authority, request id, the
    request's digest, the time; stream, version and digest of each event; salt and body
    of the request, then of each event. `kinds` are fingerprints and types; `texts` must
    be UTF-8, all others are ASCII by their mask.
    """
    names: dict[str, Any] = {
        "unpack": _unpacking(places, size),
        "frame": frame,
        "texts": texts,
        "Head": Head,
        "NO_VERSION": NO_VERSION,
        "Taken": Taken,
        "new": tuple.__new__,
        "number_of": _number,
        "readable": readable,
        "sha256": sha256,
        "time_of": _time,
    }
    for number, (fingerprint, kind) in enumerate(kinds):
        names |= {f"fingerprint{number}": fingerprint, f"type{number}": kind}
    exec(_written(len(kinds)), names)  # noqa: S102  our own text: no byte of a record is in it
    take: Take = names["take"]
    return take


def _written(count: int) -> str:
    """Return the text of what takes records of so many events."""
    numbers = range(count)
    source = [
        _HEAD.format(
            headers="".join(map("stream{0}, version{0}, digest{0}, ".format, numbers)),
            bodies="".join(map("salt{0}, body{0}, ".format, numbers)),
        )
    ]
    for number in numbers:
        above = (
            f"version{one} if stream{one} == stream{number} else "
            for one in reversed(range(number))
        )
        source.append(_EVENT.format(number, before="".join(above)))
    source.append(_END)
    source += map("    versions[stream{0}] = version{0}\n".format, numbers)
    source.append(_RETURN.format(events="".join(map(_KEPT.format, numbers))))
    return "".join(source)


_HEAD: Final = """
def take(content, state):
    (
        previous, authority, request_id, digest, time, {headers}salt, body, {bodies}
    ) = unpack(content)
    position, parent, before = state.head
    recorded_at = time_of(time)
    if previous != parent or recorded_at <= before:
        return None
    if sha256(salt + body).digest() != digest or texts and not readable(content, texts):
        return None
    authority, request_id = authority.decode(), request_id.decode()
    versions = state.versions
"""
_EVENT: Final = """
    stream{0}, version{0} = stream{0}.decode(), number_of(version{0})
    if version{0} <= ({before}versions.get(stream{0}, NO_VERSION)):
        return None
    if sha256(salt{0} + body{0}).digest() != digest{0}:
        return None
"""
_END: Final = """
    keys, key = state.keys, (authority, request_id)
    count = len(keys)
    keys.add(key)
    if len(keys) == count:
        return None
    hash_ = sha256(content[frame]).digest()
    state.head = Head(position + 1, hash_, recorded_at)
"""
_RETURN: Final = """
    return new(Taken, (hash_, recorded_at, authority, request_id, ({events})))
"""
_KEPT: Final = "(stream{0}, version{0}, fingerprint{0}, type{0}, body{0}), "


def _unpacking(
    places: Sequence[Place], size: int
) -> Callable[[bytes], tuple[Any, ...]]:
    """Return what takes the bytes at all places, in one call; a time as a number."""
    layout, end = ["<"], 0
    for at, is_time in places:
        layout.append(f"{at.start - end}x")
        layout.append("Q" if is_time else f"{at.stop - at.start}s")
        end = at.stop
    return Struct("".join([*layout, f"{size - end}x"])).unpack


@lru_cache(1 << 16)
def _number(number: bytes) -> int:
    return Reader(number).long()


def _time(bits: int) -> int:
    """Return a zigzag varint of eight bytes: its sevens of bits pushed together."""
    bits = bits & 0x007F007F007F007F | (bits & 0x7F007F007F007F00) >> 1
    bits = bits & 0x00003FFF00003FFF | (bits & 0x3FFF00003FFF0000) >> 2
    bits = bits & 0x000000000FFFFFFF | (bits & 0x0FFFFFFF00000000) >> 4
    return (bits >> 1) ^ -(bits & 1)
