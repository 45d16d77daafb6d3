"""EventService: the feed of entries, live and in pages.

What lives here: translation, the stream's signals. What never does: what a subscription
has (`events.feed`), waiting (`registry.services.arrivals`), batches (`…feeding`).

Nothing is kept for a reader but his place: a reader who does not read holds one page,
for the transport takes no more of a stream than its window.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from childregistry.v1 import event_service_pb2 as pb
from childregistry.v1.event_service_pb2_grpc import EventServiceServicer
from events.entry import open_entry
from events.feed import Item, Place, begin, follow
from events.filters import Filter
from events.log import Log
from registry.feed_rights import check_selected, told
from registry.identity import Identities
from registry.refusal import InvalidError, NotKnownError
from registry.services.arrivals import PAGE, Arrivals
from registry.services.call import Context, answering, deadline, streaming, submitter
from registry.services.feeding import Feed
from registry.services.named import Following, Names, resumed
from registry.services.reads import Reads

CHECKPOINT_S = 1.0
"""At most so often where nothing matches; a resume then repeats little."""
HEARTBEAT_S = 10.0
"""A quiet feed says at least so often that it lives."""
BEHIND = 1_000
"""Entries between a live reader and the head before he is told that he is slow."""
MAX_VALUES = 1_000
"""In one list of a filter."""
_SETS = ("types", "children", "jurisdictions", "submitters", "causes")
_R = pb.SubscribeEventsResponse


class EventService(EventServiceServicer):
    """Reads the log for those who are known."""

    def __init__(
        self,
        log: Log,
        reads: Reads,
        arrivals: Arrivals,
        names: Names,
        identities: Identities | None,
    ) -> None:
        self._log = log
        self._reads = reads
        self._arrivals = arrivals
        self._names = names
        self._feed = Feed(arrivals)
        self._identities = identities

    @streaming
    async def SubscribeEvents(  # noqa: N802  the contract's name
        self, request: pb.SubscribeEventsRequest, context: Context
    ) -> AsyncIterator[_R | bytes]:
        """Follow a subscription until it, its reader or the server ends."""
        if request.until < 0:
            raise InvalidError("until", "is not negative")
        if not 0 <= request.most <= PAGE:
            raise InvalidError("most", f"is 1 to {PAGE}, or 0: {PAGE}")
        following, head = await self._start(request, context)
        said = place_message(following.place)
        try:
            confirmation = _R.Confirmation(place=said, head=head, epoch=following.epoch)
            yield _R(confirmation=confirmation)
            async with self._arrivals.reading():
                async for signal in self._signals(request, following):
                    yield signal
        finally:
            following.leave()

    async def _signals(
        self, request: pb.SubscribeEventsRequest, following: Following
    ) -> AsyncIterator[_R | bytes]:
        """Give what follows a confirmation."""
        place, most = following.place, request.most or PAGE
        live, told, told_at = False, place, time.monotonic()

        def until() -> int:
            ends = (request.until, following.until())
            return min((end for end in ends if end), default=0)

        while True:
            why = self._why(request.until, following, place)
            if why is not None:
                yield _ended(why, place)
                return
            async with self._arrivals.turn():
                message, place = await self._feed.step(
                    place, following.wanted, until, most
                )
            await following.offer(place)  # it may be acknowledged when sent
            due = time.monotonic() - told_at >= _pause(place, told)
            if message is not None or due:
                yield message or _R(checkpoint=place_message(place))
                told, told_at = place, time.monotonic()
            if live and self._arrivals.head - place.position > BEHIND:
                live = False
                yield _R(fell_behind=place_message(place))
            elif not live and self._log.head().position == place.position:
                live = True
                yield _R(caught_up=place_message(place))
            if live:
                await self._arrivals.paced(told_at)
            if self._why(request.until, following, place) is None:
                left = _pause(place, told) - (time.monotonic() - told_at)
                await self._arrivals.after(
                    place.position, max(left, 0.0), following.taken_over
                )

    def _why(self, until: int, following: Following, place: Place) -> Any:  # noqa: ANN401  the generated enum
        """Return why a stream ends at a place, None where it goes on."""
        if until and place.position >= until:
            return _R.WHY_UNTIL
        if 0 < following.until() <= place.position:
            return _R.WHY_EPOCH_OVER
        if following.taken_over():
            return _R.WHY_TAKEN_OVER
        return _R.WHY_SHUTTING_DOWN if self._arrivals.stopping else None

    @answering
    async def ListEvents(  # noqa: N802  the contract's name
        self, request: pb.ListEventsRequest, context: Context
    ) -> pb.ListEventsResponse:
        """Return the next page of a subscription."""
        asked = pb.SubscribeEventsRequest(filter=request.filter)
        if request.HasField("resume"):
            asked.resume.CopyFrom(request.resume)
        following, head = await self._start(asked, context)
        place, message = following.place, None
        while place.position < head and message is None:
            message, place = await self._feed.step(
                place, following.wanted, lambda: head
            )
            await asyncio.sleep(0)  # others are served between two pages
        found = _R.FromString(message or b"")
        return pb.ListEventsResponse(
            entries=found.batch.entries, place=place_message(place), head=head
        )

    @answering
    async def GetEvent(  # noqa: N802  the contract's name
        self, request: pb.GetEventRequest, context: Context
    ) -> pb.GetEventResponse:
        """Return one entry, with the bodies that its reader is told."""
        by = submitter(context, self._identities)
        head = await self._reads.end(deadline(context))
        if request.position < 1:
            raise InvalidError("position", "is at least 1")
        shown = told(by.office)
        for stored in self._log.read(request.position - 1, 1):
            entry = open_entry(stored)
            before = begin(self._log.registry, shown, entry.position - 1)
            for item in follow(before, shown, [entry]):
                return pb.GetEventResponse(entry=item_message(item))
        resource = f"events/{request.position}"
        raise NotKnownError(resource).as_of(head)

    @answering
    async def GetFeedPlace(  # noqa: N802  the contract's name
        self, request: pb.GetFeedPlaceRequest, context: Context
    ) -> pb.GetFeedPlaceResponse:
        """Fold a subscription again from its beginning."""
        by = submitter(context, self._identities)
        wanted = filter_of(request.filter)
        check_selected(wanted.types, by.office, "filter.types")
        head = await self._reads.end(deadline(context))
        if not 0 <= request.after <= request.position <= head:
            rule = f"is after, or above it and at most {head}, the end of the log"
            raise InvalidError("position", rule)
        place = await self._feed.place_at(
            begin(self._log.registry, wanted, request.after),
            wanted,
            request.position,
            deadline(context),
        )
        return pb.GetFeedPlaceResponse(place=place_message(place))

    @answering
    async def GetSchema(  # noqa: N802  the contract's name
        self, request: pb.GetSchemaRequest, context: Context
    ) -> pb.GetSchemaResponse:
        """Return a schema by its fingerprint."""
        submitter(context, self._identities)
        text = self._log.schemas().get(request.fingerprint)
        if text is None:
            resource = f"schemas/{request.fingerprint.hex()}"
            raise NotKnownError(resource).as_of(self._log.head().position)
        found = pb.Schema(fingerprint=request.fingerprint, text=text)
        return pb.GetSchemaResponse(schema=found)

    @answering
    async def ListSchemas(  # noqa: N802  the contract's name
        self,
        request: pb.ListSchemasRequest,  # noqa: ARG002  the contract's
        context: Context,
    ) -> pb.ListSchemasResponse:
        """Return every schema that the log announced."""
        submitter(context, self._identities)
        return pb.ListSchemasResponse(
            schemas=[
                pb.Schema(fingerprint=fingerprint, text=text)
                for fingerprint, text in sorted(self._log.schemas().items())
            ]
        )

    async def _start(
        self, request: pb.SubscribeEventsRequest, context: Context
    ) -> tuple[Following, int]:
        by = submitter(context, self._identities)
        wanted = filter_of(request.filter)
        head = await self._reads.end(deadline(context))
        start = request.WhichOneof("start")
        if start == "named":
            if wanted != Filter():
                raise InvalidError("filter", "is left out: the name has one")
            return await self._names.open(request.named, by, context), head
        check_selected(wanted.types, by.office, "filter.types")
        if start == "resume":
            place = resumed(request.resume, head, "resume")
            return Following(wanted=wanted, place=place), head
        after = 0
        match start:
            case "end":
                after = head
            case "after":
                after = request.after
                if not 0 <= after <= head:
                    rule = f"is 0 to {head}, the end of the log"
                    raise InvalidError("after", rule)
            case "recorded_after":
                moment = request.recorded_after.ToMicroseconds()
                after = min(self._log.position_at(moment), head)
        place = begin(self._log.registry, wanted, after)
        return Following(wanted=wanted, place=place), head


def filter_of(message: pb.EventFilter) -> Filter:
    """Return the filter that a message says. Raises InvalidError."""
    for name in _SETS:
        if len(getattr(message, name)) > MAX_VALUES:
            raise InvalidError(f"filter.{name}", f"has at most {MAX_VALUES} values")
        for index, value in enumerate(getattr(message, name)):
            if not value or "\n" in value:
                rule = "is not empty and one line"
                raise InvalidError(f"filter.{name}[{index}]", rule)
    return Filter(**{name: frozenset(getattr(message, name)) for name in _SETS})


def filter_message(wanted: Filter) -> pb.EventFilter:
    """Return a filter in the contract's words."""
    return pb.EventFilter(**{name: sorted(getattr(wanted, name)) for name in _SETS})


def place_message(place: Place) -> pb.FeedPlace:
    """Return a place in the contract's words."""
    return pb.FeedPlace(position=place.position, number=place.number, link=place.link)


def item_message(item: Item) -> pb.FeedEntry:
    """Return an item in the contract's words."""
    recorded_at = Timestamp()
    recorded_at.FromMicroseconds(item.recorded_at)
    return pb.FeedEntry(
        place=place_message(item.place),
        hash=item.hash,
        recorded_at=recorded_at,
        record=item.record,
        taken=[index for index, taken in enumerate(item.taken) if taken],
    )


def _pause(place: Place, told: Place) -> float:
    """Return how long a reader may go without a sign, given what he was told last."""
    return HEARTBEAT_S if place == told else CHECKPOINT_S


def _ended(why: Any, place: Place) -> _R:  # noqa: ANN401  the generated enum
    return _R(ended=_R.Ended(why=why, place=place_message(place)))
