"""What a consumer of the feed follows, and the calls about a named subscription.

All that there is, or a subscription that the registry keeps, epoch by epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import grpc

from bureau.feed_check import Filter, Place
from childregistry.v1 import event_service_pb2 as pb
from childregistry.v1 import subscription_service_pb2 as names
from childregistry.v1.subscription_service_pb2_grpc import SubscriptionServiceStub

EVERYTHING = Filter()
WHO = (("childregistry-authority", "bureau"), ("childregistry-office", "civil_affairs"))
"""Where a server knows nobody by certificate (loopback); over TLS it is ignored."""


@dataclass(frozen=True)
class Followed:
    """What is followed: all that there is, or one epoch of a named subscription."""

    wanted: Filter = EVERYTHING
    after: int = 0
    name: str = ""
    epoch: int = 0


def place_of(message: pb.FeedPlace) -> Place:
    """Return a place of the contract as the check has it."""
    return Place(message.position, message.number, message.link.hex())


def message_of(place: Place) -> pb.FeedPlace:
    """Return a place as the contract has it."""
    link = bytes.fromhex(place.link)
    return pb.FeedPlace(position=place.position, number=place.number, link=link)


def next_epoch(server: grpc.Channel, name: str) -> Followed | None:
    """Return the first epoch of which something is left, None where none is."""
    asked = names.GetSubscriptionRequest(subscription=name)
    got = SubscriptionServiceStub(server).GetSubscription(asked, metadata=WHO)
    for epoch in got.subscription.epochs:
        if not epoch.until or epoch.acknowledged.position < epoch.until:
            lists = {
                one.name: getattr(epoch.filter, one.name) for one in fields(Filter)
            }
            wanted = Filter(
                **{name: frozenset(values) for name, values in lists.items()}
            )
            return Followed(wanted, epoch.after, name, epoch.number)
    return None


def request_of(
    followed: Followed, place: Place, until: int
) -> pb.SubscribeEventsRequest:
    """Return what is asked to go on from a place, or to begin."""
    resume = message_of(place) if place.link else None
    if followed.name:
        named = pb.Named(
            subscription=followed.name, epoch=followed.epoch, resume=resume
        )
        return pb.SubscribeEventsRequest(named=named, until=until)
    if resume is not None:
        return pb.SubscribeEventsRequest(resume=resume, until=until)
    return pb.SubscribeEventsRequest(after=0, until=until)


def acknowledge(
    server: grpc.Channel, followed: Followed, place: Place, *, at_once: bool
) -> None:
    """Say that all up to a place is safe here; on disk there unless `at_once`."""
    if followed.name and place.position > followed.after:
        asked = names.AcknowledgeEventsRequest(
            subscription=followed.name,
            epoch=followed.epoch,
            place=message_of(place),
            at_once=at_once,
        )
        SubscriptionServiceStub(server).AcknowledgeEvents(asked, metadata=WHO)
