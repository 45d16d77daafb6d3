"""The vocabulary of subscriptions: what a bureau asked to be told, and since when.

What lives here: frozen facts of the streams `subscription/<authority>/<name>`, one
stream for each subscription, and their fold. What never does: places, deliveries
(`events.ledger`), rules.

A subscription has epochs, numbered from 1. Each has a filter and a beginning, and a
chain of its own (`events.feed`); the entry that changes the filter ends one epoch,
itself included, and begins the next. What an ended epoch still owes stays owed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from events.filters import Filter
from events.guardianship import Office

STREAMS: Final = "subscription/"
"""Before the authority and the name of a subscription."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a subscription is about, as `events.filters.Filter`; each list sorted."""

    types: tuple[str, ...]
    children: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    submitters: tuple[str, ...]
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionCreated:
    """A bureau asked to be told: its first epoch begins.

    `after` is the position after which the epoch begins, empty for this entry's own.
    An urgent event is to be acknowledged within `urgent_within_s` of its recording.
    """

    by: Office
    selection: Selection
    after: int | None
    urgent_within_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRefiltered:
    """A bureau asked for something else from here: the next epoch begins."""

    by: Office
    selection: Selection
    after: int | None
    urgent_within_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionEnded:
    """A bureau asks for nothing more; the name is not used again."""

    by: Office


SubscriptionEvent = SubscriptionCreated | SubscriptionRefiltered | SubscriptionEnded
"""Everything that may stand in a subscription's stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """What a subscription has from one change of its filter to the next.

    It covers the positions above `after` up to `until`, which is None while it lasts;
    `began_at` is the position of the entry that began it.
    """

    number: int
    wanted: Filter
    after: int
    urgent_within_s: int
    began_at: int
    until: int | None = None

    def covers(self, position: int) -> bool:
        """Whether an entry at a position is this epoch's, if the filter takes it."""
        return self.after < position <= (position if self.until is None else self.until)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What has happened to one subscription."""

    version: int = 0
    epochs: tuple[Epoch, ...] = ()
    ended: bool = False
    annulled: ClassVar[frozenset[int]] = frozenset()
    """Nothing of it is ever annulled: what was asked for was asked for."""


def evolve(
    state: Subscription, event: SubscriptionEvent, position: int = 0
) -> Subscription:
    """Return the state after an event of the entry at a position; no rules."""
    epochs = state.epochs
    if epochs and epochs[-1].until is None:
        epochs = (*epochs[:-1], replace(epochs[-1], until=position))
    version = state.version + 1
    if isinstance(event, SubscriptionEnded):
        return Subscription(version, epochs, ended=True)
    epoch = Epoch(
        number=len(epochs) + 1,
        wanted=filter_of(event.selection),
        after=position if event.after is None else event.after,
        urgent_within_s=event.urgent_within_s,
        began_at=position,
    )
    return Subscription(version, (*epochs, epoch), state.ended)


def folded(events: Iterable[tuple[SubscriptionEvent, int]]) -> Subscription:
    """Return the state after events, each with its entry's position."""
    state = Subscription()
    for event, position in events:
        state = evolve(state, event, position)
    return state


def stream_of(authority: str, name: str) -> str:
    """Return the stream of an authority's subscription."""
    return f"{STREAMS}{authority}/{name}"


def filter_of(selection: Selection) -> Filter:
    """Return what a selection takes."""
    return Filter(
        types=frozenset(selection.types),
        children=frozenset(selection.children),
        jurisdictions=frozenset(selection.jurisdictions),
        submitters=frozenset(selection.submitters),
        causes=frozenset(selection.causes),
    )
