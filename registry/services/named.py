"""Streams of named subscriptions: whose it is, where it begins, where it ends.

What lives here: from a name to what is followed, and which stream has it now. What
never does: batches, signals, marks (`registry.deliveries`).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Protocol

from childregistry.v1 import event_service_pb2 as pb
from events.feed import LINK_BYTES, Place, begin
from events.filters import Filter
from events.ledger import Key, Mark
from events.log import Log
from events.subscriptions import Epoch
from registry.deliveries import Deliveries, LedgerRefusedError
from registry.feed_rights import check_selected
from registry.refusal import InvalidError, NotKnownError
from registry.services.arrivals import Arrivals
from registry.services.call import Context, deadline
from registry.services.feeding import Feed
from registry.submission import Submitter
from registry.subscribed import Owned, Subscribed


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """What a stream follows: a filter from a place on. One of no name has no end."""

    wanted: Filter
    place: Place

    @property
    def epoch(self) -> int:
        """The number of the epoch; 0 without a name."""
        return 0

    def until(self) -> int:
        """Return where it ends; 0 while it lasts.

        Whatever entries were read before this is asked: one that ends the epoch is
        known by then.
        """
        return 0

    def taken_over(self) -> bool:
        """Whether a later stream has it now."""
        return False

    async def offer(self, place: Place) -> None:
        """Say that all up to a place is handed to the transport next."""

    def leave(self) -> None:
        """Forget a stream that ended."""


class Names(Protocol):
    """Where the streams of named subscriptions are opened."""

    async def open(self, asked: pb.Named, by: Submitter, context: Context) -> Following:
        """Return what a named stream follows, and let it take over from another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedStream(Following):
    """A stream of the process that keeps the marks."""

    key: Key
    by: Named
    marks: Deliveries
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once a later stream has the subscription."""

    @property
    def epoch(self) -> int:
        """The number of the epoch."""
        return self.key[2]

    def until(self) -> int:
        """Return where the epoch ends; 0 while it lasts."""
        return ends_at(self.by.subscribed, self.key)

    def taken_over(self) -> bool:
        """Whether a later stream has it now."""
        return self.over.is_set()

    async def offer(self, place: Place) -> None:
        """Mark what is handed to the transport."""
        self.marks.offered(self.key, place)

    def leave(self) -> None:
        """Leave the subscription to the next stream of it."""
        self.by.leave(self)


class Named:
    """Opens named subscriptions; all methods run in one event loop."""

    def __init__(
        self,
        log: Log,
        subscribed: Subscribed,
        deliveries: Deliveries | None,
        arrivals: Arrivals,
    ) -> None:
        self._log = log
        self.subscribed = subscribed
        self._deliveries = deliveries
        self._arrivals = arrivals
        self._feed = Feed(arrivals)
        self._streams: dict[Key, NamedStream] = {}

    def deliveries(self) -> Deliveries:
        """Return the marks. Raises LedgerRefusedError where none are kept."""
        if self._deliveries is None:
            message = "this node keeps no ledger of deliveries"
            raise LedgerRefusedError(message)
        self._deliveries.check()
        return self._deliveries

    def epoch(self, authority: str, name: str, number: int) -> tuple[Owned, Epoch]:
        """Return an epoch, the last one where the number is 0."""
        owned = self.subscribed.one(authority, name)
        if owned is None:
            resource = f"subscriptions/{name}"
            raise NotKnownError(resource).as_of(self._log.head().position)
        epochs = owned.state.epochs
        if not 0 <= number <= len(epochs):
            raise InvalidError("epoch", f"is 1 to {len(epochs)}, or 0: the last one")
        return owned, epochs[number - 1]

    def beginning(self, epoch: Epoch) -> Place:
        """Return the place with which an epoch begins."""
        return begin(self._log.registry, epoch.wanted, epoch.after)

    async def open(
        self, asked: pb.Named, by: Submitter, context: Context
    ) -> NamedStream:
        """Return what a named stream follows, and let it take over from another.

        Raises InvalidError where the filter, which an office was told when it was kept,
        has more than the caller's is told now: nothing is taken over then.
        """
        deliveries = self.deliveries()
        owned, epoch = self.epoch(by.authority, asked.subscription, asked.epoch)
        check_selected(epoch.wanted.types, by.office, "named.subscription")
        key = (owned.authority, owned.name, epoch.number)
        place = deliveries.place(Mark.ACKNOWLEDGED, key) or self.beginning(epoch)
        if asked.HasField("resume"):
            head = self._log.head().position
            resume = resumed(asked.resume, head, "named.resume")
            until = deadline(context)
            await self.verify(key, epoch, resume, until, "named.resume")
            place = resume
        following = NamedStream(
            wanted=epoch.wanted, place=place, key=key, by=self, marks=deliveries
        )
        earlier = self._streams.get(key)
        self._streams[key] = following
        if earlier is not None:
            earlier.over.set()
            self._arrivals.wake()
        if place.position > epoch.after:
            deliveries.offered(key, place)
        return following

    async def verify(
        self, key: Key, epoch: Epoch, place: Place, deadline: float, field: str
    ) -> None:
        """Raise InvalidError where a place is not one of an epoch."""
        if not epoch.after <= place.position <= (epoch.until or place.position):
            raise InvalidError(field, "is a place of this epoch")
        near = self.deliveries().nearest(key, place.position) or self.beginning(epoch)
        found = await self._feed.place_at(near, epoch.wanted, place.position, deadline)
        if found != place:
            raise InvalidError(field, "is a place of this subscription")

    def leave(self, stream: NamedStream) -> None:
        """Forget a stream that ended."""
        if not stream.taken_over():
            del self._streams[stream.key]


def ends_at(subscribed: Subscribed, key: Key) -> int:
    """Return the position with which an epoch of a name that is known ends, or 0."""
    authority, name, number = key
    owned = subscribed.one(authority, name)
    assert owned is not None, "a subscription that was found once stays"  # noqa: S101  the card, 17
    return owned.state.epochs[number - 1].until or 0


def resumed(message: Any, head: int, field: str) -> Place:  # noqa: ANN401  a generated message
    """Return the place that a message says. Raises InvalidError."""
    if not 0 <= message.number <= message.position <= head:
        rule = f"is a place of this feed, up to {head}, the end of the log"
        raise InvalidError(field, rule)
    if len(message.link) != LINK_BYTES:
        raise InvalidError(f"{field}.link", f"has {LINK_BYTES} bytes")
    return place_of(message)


def place_of(message: Any) -> Place:  # noqa: ANN401  a generated message
    """Return the place that a message of ours says."""
    return Place(position=message.position, number=message.number, link=message.link)
