"""Children's ids as small numbers inside one projection's file.

What lives here: `Names`. What never does: ids that leave the file. A number is given in
the order of the log, so two folds of one log give the same.
"""

from __future__ import annotations

import sqlite3
from typing import Final

TABLE: Final = "CREATE TABLE child (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
INDEX: Final = "CREATE UNIQUE INDEX child_by_name ON child (name);"
REMEMBERED: Final = 50_000
"""Numbers kept in memory by a live fold; about 10 MB."""


class Names:
    """Gives each child its number. A fold from the first entry remembers them all.

    That takes about 200 bytes a child, and spares a look-up for each event.
    """

    def __init__(self, connection: sqlite3.Connection, *, whole: bool) -> None:
        self._connection = connection
        self._whole = whole
        self._known: dict[str, int] = {}
        sql = "SELECT coalesce(max(id), 0) FROM child"
        self._last = int(connection.execute(sql).fetchone()[0])
        self._new: list[tuple[int, str]] = []

    def number(self, name: str) -> int:
        """Return a child's number, a new one where it has none."""
        found = self._known.get(name)
        if found is not None:
            return found
        if not self._whole:
            sql = "SELECT id FROM child WHERE name=?"
            row = self._connection.execute(sql, (name,)).fetchone()
            if row is not None:
                return self._remember(name, row[0])
        self._last += 1
        self._new.append((self._last, name))
        return self._remember(name, self._last)

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
