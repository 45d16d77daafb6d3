"""Pages of the log, made ready once for all readers of the same filter.

What lives here: entries of the log in the contract's bytes, all of them but the place,
which is each reader's own; and a batch for one reader, put together from them. What
never does: waiting, threads, who reads.

A reader's own part of an entry is one link of his chain (`events.feed`): a hash and
some forty bytes. The rest of the entry is encoded once, as it is stored where all of
it is shown, and shared: readers cost little more than what is sent to them. A message
of Protocol Buffers may be put together from parts of it, since fields that follow each
other are one message (protobuf.dev, "Encoding").
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

from events.entry import Entry, open_entry
from events.feed import LINK_BYTES, Place, next_link, show, what
from events.filters import Filter
from events.frame import bodies_in
from events.log import StoredEntry

SHARED: Final = 8
"""Filters, and chains, that one page is kept ready for."""
EVERYTHING: Final = Filter()
_SEVEN: Final = 0x7F
_MORE: Final = 0x80
_LINK: Final = b"\x1a\x20"
"""How the link begins in a place: field 3, so many bytes."""
_LINKED: Final = len(_LINK) + LINK_BYTES
_LONGEST: Final = 10
"""The lengths that a number may have, from 0, which none has."""
_ONE: Final = tuple(bytes((value,)) for value in range(_MORE))


class Ready(NamedTuple):
    """An entry that a filter takes: what a chain says of it, and its bytes.

    `heads` are its bytes up to the number of its place, by the length of that number's
    own bytes; `rest` is all of the entry behind the place.
    """

    position: int
    said: bytes
    heads: tuple[bytes, ...]
    rest: bytes


class Batch(NamedTuple):
    """A message of the stream for one reader, and the place after it."""

    message: bytes
    place: Place


class Page:
    """Some entries that follow each other; `full` where no later one can join them."""

    def __init__(self, stored: Sequence[StoredEntry], *, full: bool) -> None:
        self.stored = stored
        self.first = stored[0].position
        self.last = stored[-1].position
        self.full = full
        self.size = sum(len(one.record) for one in stored)
        self._ready: dict[Filter, list[Ready]] = {}
        self._batches: dict[tuple[Filter, bytes], Batch] = {}

    @cached_property
    def entries(self) -> list[Entry]:
        """The entries, opened: once, however many filters look at them."""
        return [open_entry(one) for one in self.stored]

    def ready(self, wanted: Filter) -> list[Ready]:
        """Return what a filter takes of the page."""
        found = self._ready.get(wanted)
        if found is None:
            found = self._made(wanted)
            if len(self._ready) < SHARED:
                self._ready[wanted] = found
        return found

    def batch(self, place: Place, wanted: Filter) -> Batch | None:
        """Return a reader's batch of the whole page; None where nothing is taken."""
        key = (wanted, place.link)
        found = self._batches.get(key)
        if found is None:
            ready = self.ready(wanted)
            if not ready:
                return None
            found = batch_of(place, ready)
            if len(self._batches) < SHARED:
                self._batches[key] = found
        return found

    def _made(self, wanted: Filter) -> list[Ready]:
        if wanted == EVERYTHING:
            counted = [(one, bodies_in(one.record)) for one in self.stored]
            return [_ready(one, one.record, range(n)) for one, n in counted if n]
        found: list[Ready] = []
        for stored, entry in zip(self.stored, self.entries, strict=True):
            taken = wanted.takes(entry.frame)
            if any(taken):
                record = stored.record if all(taken) else show(entry, taken)
                indices = [index for index, one in enumerate(taken) if one]
                found.append(_ready(stored, record, indices))
        return found


def batch_of(place: Place, ready: Sequence[Ready]) -> Batch:
    """Return the message that gives entries to a reader at a place."""
    number, link, parts = place.number, place.link, list[bytes]()
    for _, said, heads, rest in ready:
        number += 1
        link = next_link(link, number, said)
        counted = varint(number)
        parts += (heads[len(counted)], counted, _LINK, link, rest)
    entries = b"".join(parts)
    last = ready[-1].position
    return Batch(
        b"\x12%b%b" % (varint(len(entries)), entries),
        Place(position=last, number=number, link=link),
    )


def _ready(stored: StoredEntry, record: bytes, taken: Sequence[int]) -> Ready:
    """Return an entry's bytes: hash, recorded_at, record and taken, fields 2 to 5."""
    position, hash_, recorded_at, *_ = stored
    seconds, micros = divmod(recorded_at, 1_000_000)
    time = b"\x08%b\x10%b" % (_seconds(seconds), varint(micros * 1_000))
    indices = _ALL[len(taken)] if isinstance(taken, range) else _indices(taken)
    rest = b"\x12\x20%b\x1a%c%b\x22%b%b%b" % (
        hash_,
        len(time),
        time,
        varint(len(record)),
        record,
        indices,
    )
    own = b"\x08%b\x10" % varint(position)
    heads = tuple(
        b"\x0a%b\x0a%c%b" % (varint(2 + length + len(rest)), length, own)
        for length in range(len(own) + _LINKED, len(own) + _LINKED + _LONGEST)
    )  # a place has fewer than 128 bytes, so two tell of it
    return Ready(position, what(position, hash_), heads, rest)


def _indices(taken: Sequence[int]) -> bytes:
    """Return the field of the events taken."""
    indices = b"".join(map(varint, taken))
    return b"\x2a%b%b" % (varint(len(indices)), indices)


class _AllOf(dict[int, bytes]):
    """The field of so many events, all taken: made once for each number."""

    def __missing__(self, count: int) -> bytes:
        return self.setdefault(count, _indices(range(count)))


_ALL: Final = _AllOf()


def varint(value: int) -> bytes:
    """Return a number in base 128, the least part first."""
    if value < _MORE:
        return _ONE[value]
    if value < 1 << 14:
        return bytes((value & _SEVEN | _MORE, value >> 7))
    if value < 1 << 21:
        return bytes((value & _SEVEN | _MORE, value >> 7 & _SEVEN | _MORE, value >> 14))
    if 1 << 28 <= value < 1 << 35:  # seconds and nanoseconds
        return bytes(
            (
                value & _SEVEN | _MORE,
                value >> 7 & _SEVEN | _MORE,
                value >> 14 & _SEVEN | _MORE,
                value >> 21 & _SEVEN | _MORE,
                value >> 28,
            )
        )
    out = bytearray()
    while value > _SEVEN:
        out.append(value & _SEVEN | _MORE)
        value >>= 7
    out.append(value)
    return bytes(out)


@lru_cache(64)
def _seconds(value: int) -> bytes:
    """Return a time's seconds: neighbours in a log were recorded in the same few."""
    return varint(value)
