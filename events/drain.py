"""The write-ahead log of a file, emptied into the file beside whoever writes it.

What lives here: `Drain`. What never does: rows, transactions.

By itself SQLite empties a write-ahead log at the end of some commit, in the writer's
own thread, and waits for the disk twice: 10 to 70 ms in which nothing else is recorded
or applied, and the slowest hundredth of all answers. A drain does most of that in a
thread and on a connection of its own, while the writer goes on. The writer still
empties what is left once the log has grown to `LIMIT_BYTES`: only he can begin it from
its front again, and what is left is little.
"""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Final
from zlib import crc32

EVERY: Final = 100
"""Entries written until it is emptied again: a few megabytes of pages."""
LIMIT_BYTES: Final = 64 << 20
"""How large a write-ahead log grows until its writer empties it."""


def begun(path: Path) -> int:
    """Return how many entries a file counts as written before its first.

    The files of a node, and nodes beside each other, take the same entries: so that
    they are not all emptied at the same one, at once and onto the same disk.
    """
    return crc32(str(path).encode()) % EVERY


class Drain:
    """Empties the write-ahead log of one file; `wrote` is for its one writer."""

    def __init__(self, path: Path, page_bytes: int) -> None:
        self.limit: Final = f"PRAGMA wal_autocheckpoint={LIMIT_BYTES // page_bytes}"
        """What the writer's connection executes, to leave most to its drain."""
        self._path = path
        self._owed = begun(path)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="drain")
        self._running: Future[None] | None = None
        self._guard = threading.Lock()
        self._closed = False

    def wrote(self, entries: int) -> None:
        """Say that so many entries were committed; never waits for the disk."""
        with self._guard:
            self._owed += entries
            busy = self._running is not None and not self._running.done()
            if self._owed < EVERY or busy or self._closed:
                return
            self._owed = 0
            self._running = self._pool.submit(self._empty)

    def close(self) -> None:
        """Wait for what is under way; before the writer's connection is closed."""
        with self._guard:
            self._closed = True
        self._pool.shutdown()

    def _empty(self) -> None:
        # What fails here stays in the write-ahead log, where it is as durable. A disk
        # that is full or broken says so to the writer, at his next commit.
        with suppress(sqlite3.Error), closing(sqlite3.connect(self._path)) as file:
            file.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # opens it
            file.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
