"""A sample that nobody chose: a public seed draws entries by their hashes.

What lives here: the draw. What never does: content; whoever has the tiles of a signed
head redraws it, and sees that no entry was spared.

    ticket = SHA-256(seed ‖ 0x00 ‖ leaf hash)        "sha256-ticket-v1"

The entries with the lowest tickets are the sample, lowest first. The seed must be one
that the registry could not know when it recorded: a lottery's numbers of the day after.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from events.tree import Nodes

METHOD: Final = "sha256-ticket-v1"


@dataclass(frozen=True, slots=True, order=True)
class Drawn:
    """An entry of a sample: its ticket and its position."""

    ticket: bytes
    position: int


def draw(nodes: Nodes, size: int, seed: bytes, count: int) -> list[Drawn]:
    """Return the sample of the first `size` entries, at most `count` of them."""
    begun = sha256(seed + b"\x00")

    def ticket(position: int) -> Drawn:
        hashed = begun.copy()
        hashed.update(nodes.node(0, position - 1))
        return Drawn(hashed.digest(), position)

    return heapq.nsmallest(count, map(ticket, range(1, size + 1)))
