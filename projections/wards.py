"""Wards: which children somebody ever held, was barred from, or pays for.

What lives here: that index, by holder, persons and bodies alike. What never does: the
periods themselves (`projections.custody` has them): a child stands here from the first
entry that asserts a period of the holder on any line, and never leaves; whether it is
held on a day, as known then, the child's own periods say.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from projections.custody import LATEST
from projections.files import Files, Readers
from projections.opened import OpenedEntry
from projections.periods import CHANGED, held_by, split
from projections.view import Apply, checkpoint_of, digest

NAME: Final = "wards"
FOLD: Final = 1

_TABLES: Final = """
CREATE TABLE ward (
    holder TEXT NOT NULL, child TEXT NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (holder, child)) WITHOUT ROWID;
"""
_CHILDREN: Final = (
    "SELECT child FROM ward WHERE holder=? AND child>? AND position<=? "
    "ORDER BY child LIMIT ?"
)


class WardsProjection:
    """Wards as `projections.view` knows it."""

    name = NAME
    fold = FOLD
    by_child = True
    weight = 2.0
    tables = _TABLES
    indexes = ""
    digested = (
        """SELECT child AS subject, holder, position FROM {0}.ward
        ORDER BY holder, child""",
    )

    def folding(self, connection: sqlite3.Connection, *, whole: bool) -> Apply:
        """Return the fold upon a file; it remembers nothing, `whole` or not."""
        del whole

        def apply(entries: Sequence[OpenedEntry]) -> None:
            connection.executemany(
                "INSERT OR IGNORE INTO ward VALUES (?,?,?)",
                [
                    (holder.id, event.child, entry.position)
                    for entry in entries
                    for event in entry.events
                    if event.fingerprint == CHANGED and event.child is not None
                    for _, parts in split(event.body).asserted
                    if (holder := held_by(parts)) is not None
                ],
            )

        return apply


class Wards:
    """Answers from the current file of a folder; for many threads at once.

    Every method raises NotBuiltError where there is no file, and FoldChangedError where
    there is one of another fold.
    """

    def __init__(self, folder: Path) -> None:
        self._readers = Readers(Files(folder, NAME, FOLD))

    def checkpoint(self) -> int:
        """Return the last position applied."""
        return checkpoint_of(self._readers.connection()).position

    def children(
        self, holder: str, known_at: int | None = None, *, after: str = "", size: int
    ) -> list[str]:
        """Return up to `size` children above an id whom somebody ever had, by id."""
        known = LATEST if known_at is None else known_at
        given = (holder, after, known, size)
        rows = self._readers.connection().execute(_CHILDREN, given)
        return [child for (child,) in rows.fetchall()]

    def digest(self) -> str:
        """Return the SHA-256 of checkpoint and rows: equal files, equal digests."""
        return digest(self._readers.connection(), WardsProjection())

    def close(self) -> None:
        """Close every thread's connection."""
        self._readers.close()
