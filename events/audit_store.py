"""A node's own file under audit: its records, and all that it derived from them.

What lives here: reading `log.sqlite` beside a node or without one, and the comparison
of its derived tables, which a node decides and answers from, with its records. What
never does: writing; not even SQLite's own files are made beside the evidence.
"""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from itertools import repeat
from marshal import dumps
from pathlib import Path
from typing import Any, Final

from events.audit import MAX_FAULTS, Audit
from events.entry import is_own, verified
from events.rows import Rows
from events.shape import Taken
from events.tables import defined_here, definitions

SHOWN: Final = 120
"""Characters of a row: enough to find it."""
_ENTRIES: Final = (
    "SELECT position, hash, recorded_at, authority, request_id, record "
    "FROM entries ORDER BY position"
)
_EVENT: Final = (
    "SELECT e.position, e.fingerprint, e.type, e.own_body, s.topic, s.state "
    "FROM events e LEFT JOIN stored_events s ON s.originator_id=e.stream "
    "AND s.originator_version=e.version WHERE e.stream=? AND e.version=?"
)
_EVENTS: Final = (
    "SELECT stream, version, position, fingerprint, type, own_body FROM events"
)
_LIBRARY: Final = (
    "SELECT originator_id, originator_version, topic, state FROM stored_events "
    "ORDER BY rowid"
)
"""In the order in which it was recorded."""
_VALUES_ALONE: Final = 2
"""Of the ways to write a row as bytes the one without references: equal rows, equal
bytes, and a number is not a text."""
TOGETHER: Final = 128
"""Entries that are judged together, and their rows compared."""
_LOG: Final = "log.sqlite"

Row = tuple[Any, ...]
"""Of the table of entries, whatever a stranger has put there."""


def opened(path: Path) -> sqlite3.Connection:
    """Open a log without leaving a trace beside it.

    Where a node runs, its write-ahead log is there and is read too. Where none is,
    nobody writes: SQLite is told so, or it would make files of its own.
    """
    alone = not path.with_name(path.name + "-wal").exists()
    mode = "immutable=1" if alone else "mode=ro"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)


def origin(database: sqlite3.Connection) -> str:
    """Return the name of the log as its file has it; empty where that is no text."""
    try:
        row = database.execute(
            "SELECT value FROM meta WHERE name='registry'"
        ).fetchone()
    except sqlite3.DatabaseError:
        return ""
    return row[0] if row and isinstance(row[0], str) else ""


def replay(
    database: sqlite3.Connection, audit: Audit, reached: Callable[[int], None]
) -> str:
    """Judge every record of a file and every row derived from them; tell its voids.

    Faults are kept in the audit. After one in the chain nothing further can be judged.
    """
    collected = gc.isenabled()
    gc.disable()  # an audit makes no cycles, and looking for them takes a thirtieth
    try:
        # One transaction: a node that goes on writing does not change what is read.
        database.execute("BEGIN")
        rows = _Rows(database, audit)
        rows.compare_definitions()
        entries = database.execute(_ENTRIES)
        while batch := entries.fetchmany(TOGETHER):
            if not rows.take(batch):
                return "not looked at"
            reached(audit.state.head.position)
        rows.compare_tables()
        voids = database.execute("SELECT reason, count(*) FROM voids GROUP BY reason")
        return ", ".join(f"{count} {reason}" for reason, count in voids)
    except sqlite3.DatabaseError as error:
        audit.fault(_LOG, f"cannot be read: {error}")
        return "not looked at"
    finally:
        if collected:
            gc.enable()


def compare_indexes(database: sqlite3.Connection, audit: Audit) -> bool:
    """Compare every index with its table, and every tree's order; whether all is right.

    A node finds rows by indexes, and an audit reads whole tables: one that hides a row
    from the node would hide nothing from `replay`. SQLite judges its own pages.
    """
    right = True
    try:
        for (found,) in database.execute(f"PRAGMA integrity_check({MAX_FAULTS})"):
            if found != "ok":
                right = False
                audit.fault(_LOG, str(found))
    except sqlite3.DatabaseError as error:
        right = False
        audit.fault(_LOG, f"cannot be read: {error}")
    return right


class _Rows:
    """The rows of a file beside what its records say they must be."""

    def __init__(self, database: sqlite3.Connection, audit: Audit) -> None:
        self._database = database
        self._audit = audit
        self._counts = {"events": 0, "stored_events": 0}
        self._rows = Rows()
        self._wards: set[tuple[str, str]] = set()
        self._library = database.execute(_LIBRARY)
        self._differs = False
        self._events_sum = 0

    def take(self, batch: list[Row]) -> bool:
        """Judge rows of entries; False where the chain ends."""
        while batch:
            known = self._run(batch)
            unknown = batch[known : known + 1]
            if not all(map(self._read, unknown)):
                return False
            batch = batch[known + 1 :]
        self._follow()
        return True

    def _run(self, batch: list[Row]) -> int:
        """Judge rows whose records are of known shapes; return how many."""
        positions, *columns, records = zip(*batch, strict=True)
        first = self._audit.state.head.position + 1
        if positions != tuple(range(first, first + len(batch))):
            return 0
        if set(map(type, records)) != {bytes}:
            return 0
        run = self._audit.run(records)
        if not run:
            return 0
        *expected, events = zip(*run, strict=True)
        if [column[: len(run)] for column in columns] != expected:
            for row, entry in zip(batch, run, strict=False):
                self._compare_index(row, entry)
        self._rows.extend(first, events)
        return len(run)

    def _read(self, row: Row) -> bool:
        """Judge a row by itself; False where the chain ends."""
        position, record = row[0], row[5]
        audit, expected = self._audit, self._audit.state.head.position + 1
        if position != expected:
            audit.fault(f"entry {expected}", f"is missing; next comes {position}")
            return False
        if not isinstance(record, bytes):
            audit.fault(f"entry {expected}", "is no record")
            return False
        taken = audit.take(record)
        if taken is None:
            return False
        self._compare_index(row, taken)
        self._rows.add(expected, taken[4])
        return True

    def _compare_index(self, row: Row, taken: Taken) -> None:
        if row[1:5] != taken[:4]:
            self._audit.fault(f"entry {row[0]}", "is indexed otherwise than it says")

    def _follow(self) -> None:
        """Go along the library's rows, and sum up those of events."""
        rows = self._rows
        self._counts["events"] += len(rows.events)
        self._counts["stored_events"] += len(rows.library)
        self._events_sum += sum(
            map(hash, map(dumps, rows.events, repeat(_VALUES_ALONE)))
        )
        if self._library.fetchmany(len(rows.library)) != rows.library:
            self._differs = True
        self._wards.update(rows.wards)
        rows.clear()

    def compare_definitions(self) -> None:
        """Name what is not defined as a log's file is.

        A column of another type keeps 8.0 for 8, an index that is gone lets a second
        of a key in, and a trigger changes what is written next.
        """
        there, own = definitions(self._database), defined_here()
        for kind, name, _, sql in sorted(there - own):
            self._audit.fault(f"{kind} {name}", f"is not a log's own: {sql[:SHOWN]}")
        for kind, name, _, _ in sorted(own - there):
            self._audit.fault(f"{kind} {name}", "is not there as a log's file has it")

    def compare_tables(self) -> None:
        """Compare what is derived from all entries together."""
        self._follow()
        # Rows of events lie by stream, not by position: their sums are compared, of a
        # hash whose key this process drew after the file was written.
        rows = map(dumps, self._database.execute(_EVENTS), repeat(_VALUES_ALONE))
        if self._differs or sum(map(hash, rows)) != self._events_sum:
            self._name_events()
        state = self._audit.state
        expected: dict[str, AbstractSet[tuple[object, object]]] = {
            "schemas": state.schemas.items(),
            "heads_of_streams": state.versions.items(),
            "wards": self._wards,
        }
        for table, derived in expected.items():
            there = set(self._database.execute(f"SELECT * FROM {table}"))  # noqa: S608  names of this module
            differing = there ^ derived if there != derived else ()
            for row in sorted(map(repr, differing)):
                self._audit.fault(table, f"is not as recorded: {row[:SHOWN]}")
        for table, count in self._counts.items():
            sql = f"SELECT count(*) FROM {table}"  # noqa: S608  likewise
            (found,) = self._database.execute(sql).fetchone()
            if found != count:
                self._audit.fault(table, f"has {found} rows, recorded were {count}")

    def _name_events(self) -> None:
        """Look up every event by itself and name those that are kept otherwise."""
        sql = "SELECT position, record FROM entries ORDER BY position"
        for position, record in self._database.execute(sql):
            entry = verified(record)
            for header, body in zip(entry[0].events, entry[1].bodies, strict=True):
                content = b"" if body is None else body.content
                stream, kind = header.stream, header.type
                kept = (
                    (content, None, None) if is_own(stream) else (None, kind, content)
                )
                cursor = self._database.execute(_EVENT, (stream, header.version))
                if cursor.fetchone() != (position, header.fingerprint, kind, *kept):
                    place = f"entry {position}, {stream} version {header.version}"
                    self._audit.fault(place, "is kept otherwise than it was recorded")
            if len(self._audit.faults) == MAX_FAULTS:
                return
