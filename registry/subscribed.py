"""Which subscriptions there are, as the log has them.

What lives here: looking them up by their streams, kept until a stream moves. What
never does: rules, what was delivered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from events.codec import EVENTS
from events.ledger import Key
from events.log import Log
from events.subscriptions import (
    STREAMS,
    Epoch,
    Subscription,
    SubscriptionEvent,
    folded,
    stream_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A subscription, and whose it is."""

    authority: str
    name: str
    state: Subscription

    @property
    def stream(self) -> str:
        """The stream of its events."""
        return stream_of(self.authority, self.name)


class Subscribed:
    """Looks subscriptions up; for many threads at once.

    Every method raises what the codec raises where a newer release recorded what this
    one cannot read.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._known: dict[str, Owned] = {}

    def one(self, authority: str, name: str) -> Owned | None:
        """Return a subscription as the log has it now, None where it has none."""
        stream = stream_of(authority, name)
        return self._at(stream, self._log.last_version(stream))

    def all(self, authority: str = "") -> list[Owned]:
        """Return the subscriptions of an authority, or of all, by stream."""
        prefix = f"{STREAMS}{authority}/" if authority else STREAMS
        found = sorted(self._log.streams(prefix).items())
        return [o for stream, v in found if (o := self._at(stream, v)) is not None]

    def epochs(self) -> list[tuple[Key, Epoch]]:
        """Return every epoch of every subscription."""
        return [
            ((one.authority, one.name, epoch.number), epoch)
            for one in self.all()
            for epoch in one.state.epochs
        ]

    def _at(self, stream: str, version: int) -> Owned | None:
        """Return the subscription of a stream, at least at a version."""
        known = self._known.get(stream)
        if known is not None and known.state.version >= version:
            return known
        stored = self._log.stream(stream)
        if not stored:
            return None
        events = [
            (
                cast("SubscriptionEvent", EVENTS.decode(one.fingerprint, one.body)),
                one.position,
            )
            for one in stored
        ]
        _, authority, name = stream.split("/")
        owned = Owned(authority=authority, name=name, state=folded(events))
        self._known[stream] = owned
        return owned
