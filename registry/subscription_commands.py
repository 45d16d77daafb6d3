"""The commands about subscriptions: begin one, change what it is about, end it.

What lives here and what never does: as in `registry.commands`, whose union they join.
A name is its authority's own: nobody can say the name of another's subscription.
"""

from __future__ import annotations

from dataclasses import dataclass

from events.subscriptions import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSubscription:
    """Ask to be told from after a position on; empty: from this entry on."""

    subscription: str
    selection: Selection
    after: int | None
    urgent_within_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefilterSubscription:
    """Ask for something else, in a new epoch; `after` as at the creation."""

    subscription: str
    selection: Selection
    after: int | None
    urgent_within_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSubscription:
    """Ask for nothing more under a name."""

    subscription: str


SubscriptionCommand = CreateSubscription | RefilterSubscription | EndSubscription
"""Every command about a subscription."""
