"""A new store's file: written in bulk, sorted and indexed last.

What lives here: `NewFile`, which holds the rows that `events.store` would have kept,
one by one (a test), and `Judged`, some records as they come. What never does: a file
that was there before; judgment (`events.bulk`).

The file keeps no journal and has no name until it is whole and durable: whatever ends
before leaves nothing that anyone opens.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

from events.files import durable
from events.rows import Rows
from events.shape import Event
from events.tables import INSERTS, TABLES

Row = tuple[object, ...]
EntryRow = tuple[bytes, int, str, str, bytes, int | None, int | None, int | None]


class Judged(NamedTuple):
    """Some records as they were judged."""

    entries: list[tuple[int, EntryRow, tuple[Event, ...]]]
    """Of each its position, the rest of its row of entries, and its events."""
    voids: list[Row]


_TABLES, _INDEXES = (
    [one for one in TABLES.split(";") if ("INDEX" in one) is indexed]
    for indexed in (False, True)
)
_SCRATCH: Final = """
CREATE TABLE scratch.events (
    stream TEXT, version INTEGER, position INTEGER, fingerprint BLOB, type TEXT,
    own_body BLOB);
"""
_SORTED: Final = (
    "INSERT INTO main.events SELECT * FROM scratch.events ORDER BY stream, version",
    """INSERT INTO heads_of_streams
    SELECT stream, max(version) FROM main.events GROUP BY stream""",
)
_WRITTEN: Final = INSERTS | {
    "meta": "INSERT INTO meta VALUES (?,?)",
    "events": "INSERT INTO scratch.events VALUES (?,?,?,?,?,?)",
}


class NewFile:
    """A file to be: `add` what was judged, then `finish`, and `close`.

    Raises sqlite3.Error where the disk takes no more.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._building, self._scratch = _beside(path)
        remove(path)
        self._rows = Rows()
        self._wards: set[tuple[str, str]] = set()
        self._file = self._created()

    def add(self, judged: Judged) -> None:
        """Write what comes next, and what follows from it."""
        rows = self._rows
        for position, _, events in judged.entries:
            rows.add(position, events)
        self._write("entries", [(at, *row) for at, row, _ in judged.entries])
        self._write("voids", judged.voids)
        self._write("events", rows.events)
        self._write("stored_events", rows.library)
        self._wards.update(rows.wards)
        rows.clear()

    def finish(
        self, schemas: Sequence[tuple[bytes, str]], meta: Mapping[str, str]
    ) -> None:
        """Sort, index, make durable and name the file.

        `schemas` are all that were announced, `meta` what it is to know of itself.
        """
        self._write("schemas", schemas)
        self._write("wards", sorted(self._wards))
        self._write("meta", list(meta.items()))
        for statement in (*_SORTED, *_INDEXES):
            self._file.execute(statement)
        self._file.execute("COMMIT")
        self._file.close()
        with closing(sqlite3.connect(self._building)) as once:
            once.execute("PRAGMA journal_mode=WAL")
        durable(self._building, self.path)
        remove(self.path)

    def close(self) -> None:
        """Let go of the file; what was not finished is deleted."""
        self._file.close()
        remove(self.path)

    def _write(self, table: str, rows: Sequence[Row]) -> None:
        if rows:
            self._file.executemany(_WRITTEN[table], rows)

    def _created(self) -> sqlite3.Connection:
        file = sqlite3.connect(self._building, isolation_level=None)
        file.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
            "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-131072;"
        )
        file.execute("ATTACH ? AS scratch", (str(self._scratch),))
        file.executescript(
            "PRAGMA scratch.journal_mode=OFF; PRAGMA scratch.synchronous=OFF;"
        )
        library = SQLiteApplicationRecorder(SQLiteDatastore(db_name=":memory:"))
        own = library.construct_create_table_statements()
        for statement in (*own, *_SCRATCH.split(";"), *_TABLES):
            file.execute(statement)
        file.execute("BEGIN")
        return file


def remove(path: Path) -> None:
    """Delete what a killed writing of this file left."""
    for part in _beside(path):
        for end in ("", "-wal", "-shm", "-journal"):
            Path(f"{part}{end}").unlink(missing_ok=True)


def _beside(path: Path) -> tuple[Path, Path]:
    building = path.with_name(path.name + ".copying")
    return building, building.with_name(building.name + ".scratch")
