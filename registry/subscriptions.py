"""Subscriptions: begun, changed and ended by the bureau whose they are.

What lives here: one `decide_…` function per command. What never does: clocks, ids,
I/O, what was delivered (`registry.deliveries`).
"""

from __future__ import annotations

from typing import assert_never

from events.guardianship import Office
from events.subscriptions import (
    Selection,
    Subscription,
    SubscriptionCreated,
    SubscriptionEnded,
    SubscriptionEvent,
    SubscriptionRefiltered,
    filter_of,
)
from registry.feed_rights import check_selected
from registry.refusal import InvalidError, NotKnownError
from registry.subscription_commands import (
    CreateSubscription,
    EndSubscription,
    RefilterSubscription,
    SubscriptionCommand,
)

MAX_EPOCHS = 1_000
"""Changes of one subscription: each is an entry, and kept for ever."""
MAX_NAMES = 100
"""Subscriptions of one bureau, ended ones too: names are never used again, and each is
kept and watched for ever. Whoever wants something else changes the filter."""
MIN_URGENT_S = 1
MAX_URGENT_S = 30 * 24 * 3_600
"""An alarm that comes after a month is none."""


def decide_on_subscription(
    state: Subscription,
    command: SubscriptionCommand,
    by: Office,
    head: int,
    names: int,
) -> list[SubscriptionEvent]:
    """Return what a command adds to its subscription's stream.

    `head` is the end of the log: nobody begins after what is not recorded; `names`
    are those that the bureau has used.
    """
    match command:
        case CreateSubscription():
            return decide_create(state, command, by, head, names)
        case RefilterSubscription():
            return decide_refilter(state, command, by, head)
        case EndSubscription():
            return decide_end(state, command, by)
        case _ as never:
            assert_never(never)


def decide_create(
    state: Subscription,
    command: CreateSubscription,
    by: Office,
    head: int,
    names: int,
) -> list[SubscriptionEvent]:
    """Begin a subscription under a name that was never used."""
    if state.epochs:
        raise InvalidError("subscription", "is a name that was not used before")
    if names >= MAX_NAMES:
        rule = f"is one of at most {MAX_NAMES} that a bureau begins, ended ones too"
        raise InvalidError("subscription", rule)
    _beginning(command, by, head)
    created = SubscriptionCreated(
        by=by,
        selection=_sorted(command.selection),
        after=command.after,
        urgent_within_s=command.urgent_within_s,
    )
    return [created]


def decide_refilter(
    state: Subscription, command: RefilterSubscription, by: Office, head: int
) -> list[SubscriptionEvent]:
    """Begin the next epoch of a subscription; nothing where it asks for the same."""
    _lasting(state, command.subscription)
    _beginning(command, by, head)
    if len(state.epochs) >= MAX_EPOCHS:
        raise InvalidError("subscription", f"changes at most {MAX_EPOCHS} times")
    last = state.epochs[-1]
    same = (filter_of(command.selection), command.urgent_within_s)
    if command.after is None and same == (last.wanted, last.urgent_within_s):
        return []
    refiltered = SubscriptionRefiltered(
        by=by,
        selection=_sorted(command.selection),
        after=command.after,
        urgent_within_s=command.urgent_within_s,
    )
    return [refiltered]


def decide_end(
    state: Subscription, command: EndSubscription, by: Office
) -> list[SubscriptionEvent]:
    """End a subscription."""
    _lasting(state, command.subscription)
    return [SubscriptionEnded(by=by)]


def _lasting(state: Subscription, name: str) -> None:
    if not state.epochs:
        resource = f"subscriptions/{name}"
        raise NotKnownError(resource)
    if state.ended:
        raise InvalidError("subscription", "is not ended")


def _beginning(
    command: CreateSubscription | RefilterSubscription, by: Office, head: int
) -> None:
    check_selected(command.selection.types, by, "selection.types")
    if command.after is not None and not 0 <= command.after <= head:
        raise InvalidError("after", f"is 0 to {head}, the end of the log")
    if not MIN_URGENT_S <= command.urgent_within_s <= MAX_URGENT_S:
        rule = f"is {MIN_URGENT_S} to {MAX_URGENT_S} seconds"
        raise InvalidError("urgent_within_s", rule)


def _sorted(selection: Selection) -> Selection:
    return Selection(
        types=tuple(sorted(set(selection.types))),
        children=tuple(sorted(set(selection.children))),
        jurisdictions=tuple(sorted(set(selection.jurisdictions))),
        submitters=tuple(sorted(set(selection.submitters))),
        causes=tuple(sorted(set(selection.causes))),
    )
