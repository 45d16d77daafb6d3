"""A custody file as large as a nation's: its children again and again, as others.

What lives here: `widen`. What never does: a file that a rebuild would equal. A copy has
the rows of its child with other ids at the same positions, so every question about it
is answered as one about the child, from a file of any size, without a log that large.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from ops.bench.many import MAX_COPIES, other_ids
from projections.custody import PROJECTION
from projections.view import create

APART: Final = 64
"""Between a child's number and its copies': entries here have fewer events."""
_ROWS: Final = """
SELECT id, name, position, events FROM child JOIN history ON child=id
ORDER BY id, position
"""


def widen(path: Path, rows: int) -> int:
    """Make a file of custody hold at least so many rows; return the copies of each.

    Its children are the first copy; `other_ids` names those of the others. Raises
    ValueError where more copies were needed than ids can be told apart.
    """
    wide = path.with_suffix(".wide")
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as old,
        closing(create(wide, PROJECTION)) as new,
    ):
        old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        held = int(old.execute("SELECT count(*) FROM history").fetchone()[0])
        copies = -(-rows // held)
        if not 1 <= copies <= MAX_COPIES:
            message = f"{copies} copies: are 1 to {MAX_COPIES}"
            raise ValueError(message)
        new.execute("BEGIN")
        new.execute("DELETE FROM checkpoint")
        found = old.execute("SELECT * FROM checkpoint")
        new.executemany("INSERT INTO checkpoint VALUES (?,?,?)", found)
        puts = [other_ids(copy) for copy in range(copies)]
        new.executemany("INSERT INTO history VALUES (?,?,?)", _copied(old, new, puts))
        new.execute("COMMIT")
        new.executescript(PROJECTION.indexes)
        new.execute("PRAGMA locking_mode=NORMAL")
        new.execute("PRAGMA journal_mode=WAL")
    wide.replace(path)
    return copies


def _copied(
    old: sqlite3.Connection,
    new: sqlite3.Connection,
    puts: list[Callable[[bytes], bytes]],
) -> Iterator[tuple[int, int, bytes]]:
    """Yield each child's rows, then its copies'; write their names on the way."""
    child, kept = None, list[tuple[int, bytes]]()
    for number, name, position, events in old.execute(_ROWS):
        if child is not None and child[0] != number:
            yield from _child(new, *child, kept, puts)
            kept = []
        child = number, name
        kept.append((position, events))
    if child is not None:
        yield from _child(new, *child, kept, puts)


def _child(
    new: sqlite3.Connection,
    number: int,
    name: str,
    kept: list[tuple[int, bytes]],
    puts: list[Callable[[bytes], bytes]],
) -> Iterator[tuple[int, int, bytes]]:
    for copy, put in enumerate(puts):
        own = number + copy * APART
        other = put(name.encode()).decode()
        new.execute("INSERT INTO child VALUES (?,?)", (own, other))
        for position, events in kept:
            yield own, position, put(events)
