"""A bureau that follows its named subscription, epoch by epoch, and acknowledges it.

What lives here: which epoch is next, and when what is acknowledged. What never does:
the check of entries (`ops.subscriber`), showing.

An entry is acknowledged after the caller has taken it and its place is kept; now and
then on the way, without waiting, and at the end of a call until it is durable. A
server that refuses because it offered nothing yet (another one did, and was lost) is
followed from the kept place, whose link shows what was received.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from childregistry.v1 import event_service_pb2 as feed
from childregistry.v1 import subscription_service_pb2 as pb
from events.feed import Place
from events.filters import Filter
from ops.client import ELSEWHERE, CallError, Client
from ops.subscriber import AGAIN_S, Delivered, State, stream

ACKNOWLEDGE_S = 1.0
"""Between two acknowledgements on the way."""
REFUSALS = 3
"""Acknowledgements refused one after the other before that is told as an error."""
_R = feed.SubscribeEventsResponse


class TakenOverError(Exception):
    """Another reader follows the same subscription on this server."""


class Follower:
    """Follows one subscription; `path` keeps a place for each epoch, beside it."""

    def __init__(self, client: Client, name: str, path: Path | None = None) -> None:
        self._client = client
        self._name = name
        self._path = path
        self._refused = 0
        self.state: State | None = None
        self.epoch = 0
        self.acknowledged = 0

    def at(self) -> tuple[int, int | None]:
        """Return the position passed, and the one acknowledged."""
        state = self.state
        return (state.place.position if state else 0), self.acknowledged

    def follow(self, until: int = 0) -> Iterator[Delivered | str]:
        """Give what is delivered, and the feed's signals by name, until `until`.

        Ends too where the subscription has ended and nothing of it is left. Raises
        FeedBrokenError, TakenOverError, CallError.
        """
        while True:
            epoch = self._next_epoch()
            if epoch is None:
                return
            state = self._state(epoch)
            why = yield from self._epoch(state, until)
            if why == _R.WHY_UNTIL:
                return
            if why == _R.WHY_TAKEN_OVER:
                raise TakenOverError(self._name)

    def _next_epoch(self) -> Any:  # noqa: ANN401  a generated message
        """Return the first epoch of which something may be left; None at the end."""
        request = pb.GetSubscriptionRequest(subscription=self._name)
        found = self._client.called("GetSubscription", request).subscription
        for epoch in found.epochs:
            if not epoch.until or epoch.acknowledged.position < epoch.until:
                return epoch
        return None

    def _state(self, epoch: Any) -> State:  # noqa: ANN401  a generated message
        """Return the kept place in an epoch, or the one acknowledged last."""
        path = self._path
        if path is not None:
            path = path.with_name(f"{path.name}.{epoch.number}")
        sets = [field.name for field in feed.EventFilter.DESCRIPTOR.fields]
        wanted = Filter(
            **{name: frozenset(getattr(epoch.filter, name)) for name in sets}
        )
        named = (self._name, epoch.number)
        state = State(path, wanted, epoch.after, named)
        if not state.place.link and epoch.HasField("acknowledged"):
            mark = epoch.acknowledged
            state.place = Place(
                position=mark.position, number=mark.number, link=mark.link
            )
        self.state, self.epoch = state, epoch.number
        self.acknowledged = max(self.acknowledged, epoch.acknowledged.position)
        return state

    def _epoch(self, state: State, until: int) -> Generator[Delivered | str, None, int]:
        """Follow one epoch over lost servers until a server says that it ends."""
        while True:
            why = 0
            try:
                why = yield from self._stream(state, until)
                if why in {_R.WHY_UNTIL, _R.WHY_EPOCH_OVER}:
                    self._acknowledge(state, at_once=False)
            except CallError as error:
                refused = error.status == "INVALID_ARGUMENT"
                self._refused = self._refused + 1 if refused else 0
                if error.status not in ELSEWHERE and not 0 < self._refused < REFUSALS:
                    raise
                why = 0
            if why not in {0, _R.WHY_SHUTTING_DOWN}:
                return why
            yield "lost"
            time.sleep(AGAIN_S)

    def _stream(
        self, state: State, until: int
    ) -> Generator[Delivered | str, None, int]:
        told_at = time.monotonic()
        following = stream(self._client, state, until, (self._name, self.epoch))
        while True:
            try:
                one = next(following)
            except StopIteration as ended:
                return int(ended.value)
            yield one
            if time.monotonic() - told_at >= ACKNOWLEDGE_S or one == "caught_up":
                self._acknowledge(state, at_once=True)
                told_at = time.monotonic()

    def _acknowledge(self, state: State, *, at_once: bool) -> None:
        place = state.place
        if not place.link or place.position <= state.after:
            return
        request = pb.AcknowledgeEventsRequest(
            subscription=self._name,
            epoch=self.epoch,
            place=feed.FeedPlace(
                position=place.position, number=place.number, link=place.link
            ),
            at_once=at_once,
        )
        answer = self._client.called("AcknowledgeEvents", request)
        self.acknowledged = answer.acknowledged.position
        self._refused = 0
