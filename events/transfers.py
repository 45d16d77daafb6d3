"""Where a child's record goes on, by the transfers that stand.

What lives here: one question, which deciders and projections share. What never does:
who may transfer, and what follows from it.
"""

from __future__ import annotations

from collections.abc import Iterable

from events.guardianship import ChildTransferred
from events.proceedings import Direction


def away(standing: Iterable[tuple[int, ChildTransferred]]) -> ChildTransferred | None:
    """Return the transfer by which the record is elsewhere; None where it is here.

    The last by its day counts, then by the order of the act and by its version.
    """
    last = max(
        standing, key=lambda at: (at[1].on.earliest, at[1].order, at[0]), default=None
    )
    return last[1] if last and last[1].direction is Direction.TO else None
