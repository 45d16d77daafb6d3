"""Several signers of one log: each keeps a domain of its own beside the heads log.

What lives here: `join`, by which a person lets a node sign beside others, and `follow`,
by which its own store comes up to heads that others fixed. What never does: fixing and
signing (`events.heads`).

Where the heads log is a topic, several nodes that hold the log's keys sign. None leads
and none has to die for another to go on: whoever wins a swap fixes the head, and all
sign it to the same bytes. A node that was away has a store of its own that is behind.
It may come up only along the heads log, from the very head that it holds, link by link
to the newest, and only where each of those heads is its own tree's. So a heads log that
was restored from yesterday, or is another, contradicts the node's store as before; a
store of yesterday beside a heads log of today has forgotten nothing that the log does
not say.
"""

from __future__ import annotations

from typing import Final, Protocol

from events.heads import (
    DomainsDisagreeError,
    FixedHead,
    HeadStore,
    NotBegunError,
    OtherHistoryError,
    first_of,
)
from events.tree import Nodes, head_of

MOST: Final = 10_000
"""Heads followed in one step: an hour of them, in about a second."""
_READ: Final = 1_000


class HeadHistory(HeadStore, Protocol):
    """A head store that gives every head it ever fixed: the heads log."""

    def heads(self, after: int, limit: int) -> list[FixedHead]:
        """Return up to `limit` heads with numbers above `after`, in order."""
        ...


def join(history: HeadHistory, own: HeadStore, origin: str) -> None:
    """Let a node sign a log whose heads others fixed, because a person said so.

    Raises NotBegunError where nobody began, DomainsDisagreeError where the node's store
    holds heads already or the heads log is not of this log.
    """
    first = next(iter(history.heads(0, 1)), None)
    if first is None:
        raise NotBegunError(history.name, "no head was ever fixed: begin")
    if first != first_of(origin):
        raise DomainsDisagreeError(history.name, "does not begin with the empty tree")
    if not own.swap(None, first):
        raise DomainsDisagreeError(own.name, "holds heads already")


def follow(history: HeadHistory, own: HeadStore, tree: Nodes) -> None:
    """Bring a node's store up to the heads log, as far as the node's tree goes.

    Raises DomainsDisagreeError where the store's head is not in the heads log or a link
    does not hold, OtherHistoryError where a head is not the tree's.
    """
    mine = own.last()
    if mine is None:
        return  # nobody begun or joined: the signer says so
    found = history.heads(mine.number - 1, 1)
    if found != [mine]:
        place = f"{history.name} and {own.name}"
        raise DomainsDisagreeError(place, f"hold other heads {mine.number}")
    reached = mine
    while reached.number < mine.number + MOST:
        batch = history.heads(reached.number, _READ)
        for head in batch:
            if head.checkpoint.head.size > tree.size:
                break
            _linked(history, reached, head, tree)
            reached = head
        if not batch or reached != batch[-1]:
            break
    if reached != mine and not own.swap(mine, reached):
        raise DomainsDisagreeError(own.name, "is moved by another process")


def _linked(
    history: HeadHistory, before: FixedHead, head: FixedHead, tree: Nodes
) -> None:
    place = f"{history.name}, head {head.number}"
    if head != before.next(head.checkpoint.head):
        raise DomainsDisagreeError(place, "does not follow the one before")
    if head_of(tree, head.checkpoint.head.size) != head.checkpoint.head:
        raise OtherHistoryError(place, "is not of this node's log")
