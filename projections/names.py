"""Children's ids as small numbers inside one projection's file.

What lives here: `Names`. What never does: ids that leave the file. A number is the
place in the log of the first event about the child, so folds of one log give the same,
whole or in shards.
"""

from __future__ import annotations

import sqlite3
from typing import Final

TABLE: Final = "CREATE TABLE child (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
INDEX: Final = "CREATE UNIQUE INDEX child_by_name ON child (name);"
REMEMBERED: Final = 50_000
"""Numbers kept in memory by a live fold; about 10 MB."""
PLACES: Final = 1 << 14
"""More than the events of any entry: each takes 64 of at most 524 288 bytes."""


class Names:
    """Gives each child its number. A fold from the first entry remembers them all.

    That takes about 200 bytes a child, and spares a look-up for each event.
    """

    def __init__(self, connection: sqlite3.Connection, *, whole: bool) -> None:
        self._connection = connection
        self._whole = whole
        self._known: dict[str, int] = {}
        self._new: list[tuple[int, str]] = []

    def number(self, name: str, position: int, ordinal: int) -> int:
        """Return a child's number; where it has none, that of an event about it."""
        found = self._known.get(name)
        if found is not None:
            return found
        if not self._whole:
            sql = "SELECT id FROM child WHERE name=?"
            row = self._connection.execute(sql, (name,)).fetchone()
            if row is not None:
                return self._remember(name, row[0])
        made = position * PLACES + ordinal
        self._new.append((made, name))
        return self._remember(name, made)

    def write(self) -> None:
        """Write the numbers given since the last time."""
        if self._new:
            self._connection.executemany("INSERT INTO child VALUES (?,?)", self._new)
            self._new = []
            if not self._whole and len(self._known) > REMEMBERED:
                self._known.clear()

    def _remember(self, name: str, number: int) -> int:
        self._known[name] = number
        return number
