"""SubscriptionService: what bureaus were offered, acknowledged, and lack.

What lives here: translation. What never does: marks (`registry.deliveries`), looking
for what lacks (`registry.watch`), streams (`registry.services.events`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from google.protobuf.timestamp_pb2 import Timestamp

from childregistry.v1 import event_service_pb2 as feed
from childregistry.v1 import subscription_service_pb2 as pb
from childregistry.v1.subscription_service_pb2_grpc import SubscriptionServiceServicer
from events.entry import Entry, open_entry
from events.feed import Place
from events.ledger import Key, Mark, Reached
from events.subscriptions import STREAMS, Epoch
from registry.bootstrap import Registry
from registry.deliveries import Deliveries
from registry.form import check_id
from registry.identity import Identities
from registry.refusal import InvalidError, NotKnownError
from registry.services.call import Context, answering, deadline, submitter
from registry.services.events import filter_message, place_message
from registry.services.named import Named, resumed
from registry.services.reads import Reads
from registry.subscribed import Owned
from registry.watch import Watch, overdue

MAX_PAGE = 100
"""Subscriptions, or deliveries, in one answer."""
_US = 1_000_000


class SubscriptionService(SubscriptionServiceServicer):
    """Keeps acknowledgements, and answers who has what."""

    def __init__(
        self,
        registry: Registry,
        reads: Reads,
        named: Named,
        identities: Identities | None,
    ) -> None:
        self._log = registry.log
        self._subscribed = registry.subscribed
        self._watch = registry.watch
        self._reads = reads
        self._named = named
        self._identities = identities

    @answering
    async def AcknowledgeEvents(  # noqa: N802  the contract's name
        self, request: pb.AcknowledgeEventsRequest, context: Context
    ) -> pb.AcknowledgeEventsResponse:
        """Move an acknowledgement forward, and answer when it is durable."""
        by = submitter(context, self._identities)
        deliveries = self._named.deliveries()
        owned, epoch = self._named.epoch(
            by.authority, request.subscription, request.epoch
        )
        key = (owned.authority, owned.name, epoch.number)
        place = resumed(request.place, self._log.head().position, "place")
        known = deliveries.place(Mark.ACKNOWLEDGED, key)
        if known is None or place.position > known.position:
            offered = deliveries.place(Mark.OFFERED, key)
            most = offered.position if offered else epoch.after
            if place.position > most:
                raise InvalidError("place", f"is not beyond {most}, what was offered")
            await self._named.verify(key, epoch, place, deadline(context), "place")
        if place.position > epoch.after:  # its beginning is nothing to be kept
            future = deliveries.acknowledge(key, place)
            if not request.at_once:
                await asyncio.wrap_future(future)
        now = deliveries.place(Mark.ACKNOWLEDGED, key) or place
        answer = pb.AcknowledgeEventsResponse(acknowledged=place_message(now))
        durable = deliveries.durable(Mark.ACKNOWLEDGED, key)
        if durable is not None:
            answer.durable.CopyFrom(place_message(durable))
        return answer

    @answering
    async def GetSubscription(  # noqa: N802  the contract's name
        self, request: pb.GetSubscriptionRequest, context: Context
    ) -> pb.GetSubscriptionResponse:
        """Return one subscription with all its epochs."""
        by = submitter(context, self._identities)
        head = await self._reads.end(deadline(context))
        owner = request.authority or by.authority
        owned, _ = self._named.epoch(owner, request.subscription, 0)
        deliveries, watch = self._kept()
        found = await asyncio.to_thread(_subscription, owned, deliveries, watch)
        return pb.GetSubscriptionResponse(subscription=found, head=head)

    @answering
    async def ListSubscriptions(  # noqa: N802  the contract's name
        self, request: pb.ListSubscriptionsRequest, context: Context
    ) -> pb.ListSubscriptionsResponse:
        """Return subscriptions by owner and name."""
        by = submitter(context, self._identities)
        head = await self._reads.end(deadline(context))
        deliveries, watch = self._kept()
        owner = "" if request.everyone else by.authority
        found = self._subscribed.all(owner)
        page, token = _paged(found, request.page_size, request.page_token)
        shown = await asyncio.to_thread(
            lambda: [_subscription(one, deliveries, watch) for one in page]
        )
        return pb.ListSubscriptionsResponse(
            subscriptions=shown, head=head, next_page_token=token
        )

    @answering
    async def ListDeliveries(  # noqa: N802  the contract's name
        self, request: pb.ListDeliveriesRequest, context: Context
    ) -> pb.ListDeliveriesResponse:
        """Return who should have had an entry, and what became of it."""
        by = submitter(context, self._identities)
        head = await self._reads.end(deadline(context))
        deliveries, watch = self._kept()
        entry = self._entry(request, by.authority, head)
        page, token = _paged(
            self._subscribed.all(), request.page_size, request.page_token
        )
        found = await asyncio.to_thread(
            lambda: [
                delivery
                for one in page
                for epoch in one.state.epochs
                if (delivery := _delivery(one, epoch, entry, deliveries, watch.now()))
            ]
        )
        return pb.ListDeliveriesResponse(
            position=entry.position, deliveries=found, next_page_token=token
        )

    def _entry(
        self, request: pb.ListDeliveriesRequest, authority: str, head: int
    ) -> Entry:
        """Return the entry that is asked about. Raises NotKnownError."""
        if request.WhichOneof("entry") is None:
            raise InvalidError("entry", "is given by its position or request_id")
        if request.WhichOneof("entry") == "request_id":
            request_id = check_id(request.request_id, "request_id")
            stored = self._log.find(authority, request_id)
            resource = f"receipts/{request_id}"
        else:
            if request.position < 1:
                raise InvalidError("position", "is at least 1")
            stored = next(iter(self._log.read(request.position - 1, 1)), None)
            resource = f"events/{request.position}"
        if stored is None:
            raise NotKnownError(resource).as_of(head)
        return open_entry(stored)

    def _kept(self) -> tuple[Deliveries, Watch]:
        """Return marks and watch. Raises LedgerRefusedError where there are none."""
        deliveries = self._named.deliveries()
        assert self._watch is not None, "a node that keeps marks watches them"  # noqa: S101  the card, 17
        return deliveries, self._watch


def _paged(found: Sequence[Owned], size: int, token: str) -> tuple[list[Owned], str]:
    """Return one page of subscriptions, and the token of the next."""
    if not 0 <= size <= MAX_PAGE:
        raise InvalidError("page_size", f"is 1 to {MAX_PAGE}, or 0: {MAX_PAGE}")
    if token and not token.startswith(STREAMS):
        raise InvalidError("page_token", "is one that an answer gave")
    rest = [one for one in found if one.stream > token]
    page = rest[: size or MAX_PAGE]
    return page, page[-1].stream if len(page) < len(rest) else ""


def _subscription(
    owned: Owned, deliveries: Deliveries, watch: Watch
) -> pb.Subscription:
    return pb.Subscription(
        authority=owned.authority,
        subscription=owned.name,
        ended=owned.state.ended,
        epochs=[
            _epoch((owned.authority, owned.name, one.number), one, deliveries, watch)
            for one in owned.state.epochs
        ],
    )


def _epoch(
    key: Key, epoch: Epoch, deliveries: Deliveries, watch: Watch
) -> pb.SubscriptionEpoch:
    behind = watch.behind(key, epoch)
    shown = pb.SubscriptionEpoch(
        number=epoch.number,
        filter=filter_message(epoch.wanted),
        after=epoch.after,
        until=epoch.until or 0,
        began_at=epoch.began_at,
        urgent_within_s=epoch.urgent_within_s,
        offered=_shown(deliveries.place(Mark.OFFERED, key)),
        acknowledged=_shown(deliveries.place(Mark.ACKNOWLEDGED, key)),
        alarm=behind.alarm(epoch, watch.now()),
        looked_to=behind.looked_to,
    )
    if behind.first is not None:
        shown.first_missing = behind.first.position
        shown.behind_since.FromMicroseconds(behind.first.recorded_at)
    if behind.urgent is not None:
        shown.first_urgent = behind.urgent.position
        shown.urgent_since.FromMicroseconds(behind.urgent.recorded_at)
    return shown


def _delivery(
    owned: Owned, epoch: Epoch, entry: Entry, deliveries: Deliveries, now: int
) -> pb.Delivery | None:
    """Return what became of an entry in one epoch; None where it is not in it."""
    taken = epoch.wanted.takes(entry.frame)
    if not epoch.covers(entry.position) or not any(taken):
        return None
    key = (owned.authority, owned.name, epoch.number)
    acknowledged = _reached(deliveries.place(Mark.ACKNOWLEDGED, key), entry)
    offered = _reached(deliveries.place(Mark.OFFERED, key), entry)
    headers = entry.frame.events
    urgent = any(t and h.urgent for t, h in zip(taken, headers, strict=True))
    state = pb.DELIVERY_STATE_NOT_OFFERED
    if acknowledged:
        state = pb.DELIVERY_STATE_ACKNOWLEDGED
    elif offered:
        state = pb.DELIVERY_STATE_OFFERED
    recorded_at, within = entry.frame.recorded_at, epoch.urgent_within_s
    shown = pb.Delivery(
        authority=owned.authority,
        subscription=owned.name,
        epoch=epoch.number,
        taken=[index for index, one in enumerate(taken) if one],
        state=state,
        offered_at=_time(deliveries.reached(Mark.OFFERED, key, entry.position)),
        acknowledged_at=_time(
            deliveries.reached(Mark.ACKNOWLEDGED, key, entry.position)
        ),
        urgent=urgent,
        alarm=urgent and not acknowledged and overdue(recorded_at, within, now),
    )
    if urgent:
        shown.due.FromMicroseconds(recorded_at + within * _US)
    return shown


def _reached(place: Place | None, entry: Entry) -> bool:
    return place is not None and place.position >= entry.position


def _shown(place: Place | None) -> feed.FeedPlace | None:
    return None if place is None else place_message(place)


def _time(reached: Reached | None) -> Timestamp | None:
    if reached is None:
        return None
    moment = Timestamp()
    moment.FromMicroseconds(reached.at)
    return moment
