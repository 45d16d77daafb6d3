"""A consistent copy of a node's log, taken while it runs, and judged.

What lives here: SQLite's own online copy, and the reading of every record of it by the
reference reader. What never does: projections; they are folded again from the log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from events.entry import MemoryState
from events.files import opened_read_only
from events.log import Accepted, Head

PAGES = 256
"""Copied between two reports of progress; the node goes on writing meanwhile."""
Progress = Callable[[int, int], None]
"""Told what is done, and of how much."""


class BackupError(Exception):
    """The copy could not be made, or does not hold what a log holds."""


def copy(source: Path, target: Path, progress: Progress) -> Head:
    """Copy a log's file and verify the copy; return its head.

    The copy appears under its name when it is whole and judged: killed in between,
    there is none. Raises BackupError.
    """
    if target.exists():
        message = f"{target} exists"
        raise BackupError(message)
    if not source.exists():
        message = f"{source} does not exist"
        raise BackupError(message)
    scratch = target.with_name(f"{target.name}.part")
    scratch.unlink(missing_ok=True)
    try:
        with (
            closing(opened_read_only(source)) as live,
            closing(sqlite3.connect(scratch)) as made,
        ):
            live.backup(
                made,
                pages=PAGES,
                progress=lambda _, left, total: progress(total - left, total),
            )
            made.execute("PRAGMA journal_mode=DELETE")
            head = verify(made, progress)
    except sqlite3.Error as error:
        scratch.unlink(missing_ok=True)
        raise BackupError(str(error)) from error
    except BackupError:
        scratch.unlink(missing_ok=True)
        raise
    scratch.rename(target)
    return head


def verify(log: sqlite3.Connection, progress: Progress) -> Head:
    """Replay every record of a log's file. Raises BackupError at the first fault."""
    registry = log.execute("SELECT value FROM meta WHERE name='registry'").fetchone()
    (total,) = log.execute("SELECT count(*) FROM entries").fetchone()
    if registry is None:
        message = "the file is no log"
        raise BackupError(message)
    state = MemoryState(str(registry[0]))
    rows = log.execute("SELECT position, hash, record FROM entries ORDER BY position")
    for position, hash_, record in rows:
        verdict = state.apply(record)
        kept = isinstance(verdict, Accepted) and verdict.position == position
        if not kept or state.head.hash != hash_:
            message = f"position {position}: {verdict}"
            raise BackupError(message)
        progress(position, total)
    return state.head
