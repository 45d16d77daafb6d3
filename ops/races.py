"""Whether the nodes of a topic race for each position, as the copy of one shows it.

What lives here: counting. What never does: judgment of an entry; a lost race harms
nothing, and the submission was decided again.
"""

from __future__ import annotations

import sqlite3

from events.log import VoidKind
from ops.finding import Finding

LAST = 1_000
"""Entries looked at: what was long ago is no reason to act."""
MOST = 0.1
"""Of their records: nodes that forward lose a race only where the owner changes."""


def races(log: sqlite3.Connection) -> Finding:
    """Say how many of the last records lost a race, and what to do where many did."""
    (head,) = log.execute("SELECT coalesce(max(position), 0) FROM entries").fetchone()
    (lost,) = log.execute(
        "SELECT count(*) FROM voids WHERE kind=? AND after_position>?",
        (VoidKind.STALE, head - LAST),
    ).fetchone()
    entries = min(head, LAST)
    says = f"beside the last {entries} entries {lost} records lost a race"
    if lost <= MOST * (entries + lost):
        return Finding(about="races", well=True, says=says)
    return Finding(
        about="races",
        well=False,
        says=says,
        do="list every node of the topic in every node's [[peers]]",
        page="nodes-race",
    )
