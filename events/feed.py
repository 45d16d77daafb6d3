"""The feed: which entries a subscription has, and how its reader knows that none lacks.

What lives here: dense numbers, the chain of links, the reader's own check; all
of it a pure function of frames. What never does: filters (`events.filters`;
importers find them here too), transport, threads, who may read.

A subscription is a filter and the position after which it begins. Its entries are those
with at least one event that the filter takes, numbered 1, 2, 3 … without a gap, and
chained, with ‖ for bytes put together and all numbers as 8 bytes, big-endian:

    link 0 = SHA-256("childregistry/feed/1" ‖ 0x00 ‖ registry ‖ 0x00 ‖ filter ‖ 0x00
                     ‖ begins after)
    link n = SHA-256(link n-1 ‖ n ‖ position ‖ hash of the entry's frame)

So a reader that holds link n holds exactly the same n entries as every other node, and
as an auditor who folds the frames again: equal link, equal set, equal order. Bodies of
events that the filter does not take are withheld, and the request's with them; the
frame stays whole, or nothing could be checked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from events.entry import (
    Entry,
    MalformedError,
    Record,
    encode_record,
    frame_hash,
    verified,
)
from events.filters import Filter
from events.frame import Frame

__all__ = [
    "LINK_BYTES",
    "FeedBrokenError",
    "Filter",
    "Item",
    "Place",
    "begin",
    "check",
    "checked",
    "follow",
    "next_link",
    "show",
    "what",
]

LABEL: Final = b"childregistry/feed/1"
LINK_BYTES: Final = 32


class FeedBrokenError(Exception):
    """What a server sent is not the subscription: says which number and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a reader is: all up to `position` passed, `number` entries of it taken."""

    position: int
    number: int
    link: bytes

    def over(self, position: int) -> Place:
        """Return the place once nothing up to a position was taken."""
        return replace(self, position=max(position, self.position))

    def at(self, position: int, hash_: bytes) -> Place:
        """Return the place once an entry was taken."""
        number = self.number + 1
        link = next_link(self.link, number, what(position, hash_))
        return Place(position=position, number=number, link=link)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An entry of a subscription: the place it makes, and the record as shown."""

    place: Place
    hash: bytes
    recorded_at: int
    record: bytes
    taken: tuple[bool, ...]


def what(position: int, hash_: bytes) -> bytes:
    """Return what every chain that has an entry says of it."""
    return _eight(position) + hash_


def next_link(link: bytes, number: int, said: bytes) -> bytes:
    """Return the link of a number, upon the one before it; `said` is `what`'s."""
    return hashlib.sha256(link + number.to_bytes(8, "big") + said).digest()


def begin(registry: str, wanted: Filter, after: int) -> Place:
    """Return the place of a subscription that begins after a position."""
    parts = (LABEL, registry.encode(), wanted.text.encode(), _eight(after))
    return Place(
        position=after, number=0, link=hashlib.sha256(b"\0".join(parts)).digest()
    )


def follow(place: Place, wanted: Filter, entries: Iterable[Entry]) -> Iterator[Item]:
    """Give what a subscription has of entries that follow its place, in order."""
    for entry in entries:
        taken = wanted.takes(entry.frame)
        if any(taken):
            place = place.at(entry.position, entry.hash)
            shown = show(entry, taken)
            yield Item(
                place=place,
                hash=entry.hash,
                recorded_at=entry.frame.recorded_at,
                record=shown,
                taken=taken,
            )


def show(entry: Entry, taken: tuple[bool, ...]) -> bytes:
    """Return the record with only the bodies that are taken; the request's with all."""
    record = entry.record
    bodies = tuple(
        body if shown else None
        for body, shown in zip(record.bodies, taken, strict=True)
    )
    request = record.request if all(taken) else None
    return encode_record(replace(record, request=request, bodies=bodies))


def check(before: Place, wanted: Filter, item: Item) -> Frame:
    """Return the frame of the next item, judged by the reader. Raises FeedBrokenError.

    A server that leaves one out, sends one twice, out of order, altered, not asked for,
    or with a body missing that was asked for, is found at that number.
    """
    return checked(before, wanted, item)[0]


def checked(before: Place, wanted: Filter, item: Item) -> tuple[Frame, Record]:
    """Return frame and record of the next item, judged as `check` does."""
    number = before.number + 1
    try:
        frame, record = verified(item.record)
    except MalformedError as error:
        message = f"number {number}: {error}"
        raise FeedBrokenError(message) from error
    taken = wanted.takes(frame)
    shown = tuple(body is not None for body in record.bodies)
    for holds, what in (
        (frame_hash(record.frame) == item.hash, "its frame has another hash"),
        (item.place.position > before.position, "its position was passed"),
        (item.place == before.at(item.place.position, item.hash), "is not the next"),
        (any(taken), "was not asked for"),
        (shown == taken, "shows other bodies than were asked for"),
    ):
        if not holds:
            message = f"number {number}, position {item.place.position}: {what}"
            raise FeedBrokenError(message)
    return frame, record


def _eight(number: int) -> bytes:
    return number.to_bytes(8, "big")
