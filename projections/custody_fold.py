"""The fold behind custody: what each entry said of each child, as rows.

What lives here: the tables, how entries fill them, how a row is read. What never does:
law (a period is asserted and withdrawn by recorded differences alone), questions
(`projections.custody`).

A row of `history` holds, of one entry, the events of one child, in the bytes in which
they were recorded. Rows are only ever added, so a correction cannot rewrite what was
known before it. A period is known from the position of the row that asserts it to that
of the row that withdraws it; this is worked out when it is asked for. A row for each
period, closed by an update, was measured: it takes three microseconds an event more to
build, and saves a reader five.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Final, NamedTuple

from projections import names
from projections.opened import OpenedEntry
from projections.periods import CHANGED, Difference, split
from projections.view import Apply

NAME: Final = "custody"
FOLD: Final = 3
"""1 had a row for each period, 2 numbered children one after the other."""

_TABLES: Final = """
CREATE TABLE history (
    child INTEGER NOT NULL, position INTEGER NOT NULL, events BLOB NOT NULL,
    PRIMARY KEY (child, position)) WITHOUT ROWID;
CREATE TABLE quarantine (
    name TEXT NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (name, position)) WITHOUT ROWID;
"""
_HISTORY: Final = "INSERT INTO history VALUES (?,?,?)"
_QUARANTINE: Final = "INSERT OR IGNORE INTO quarantine VALUES (?,?)"

_HEAD: Final = struct.Struct("<IQI8s")
"""Before each body of a row: ordinal in the entry, version, size, fingerprint."""


class CustodyProjection:
    """Custody as `projections.view` knows it."""

    name = NAME
    fold = FOLD
    by_child = True
    weight = 3.0
    appended: ClassVar[Mapping[str, str]] = {}
    tables = names.TABLE + _TABLES
    indexes = names.INDEX
    digested = (
        "SELECT name AS subject, id FROM {0}.child ORDER BY id",
        """SELECT name AS subject, position, events FROM {0}.history
        JOIN {0}.child ON id=child ORDER BY child, position""",
        """SELECT name AS subject, position FROM {0}.quarantine
        ORDER BY name, position""",
    )

    def folding(self, connection: sqlite3.Connection, *, whole: bool) -> Apply:
        """Return the fold upon a file; `whole` where it goes from the first entry."""
        return _Fold(connection, names.Names(connection, whole=whole)).apply


class KeptEvent(NamedTuple):
    """One event of a child as a row keeps it."""

    ordinal: int
    version: int
    fingerprint: bytes
    body: bytes


def events_of(row: bytes) -> Iterator[KeptEvent]:
    """Yield the events of a row of `history`, in the entry's order."""
    at = 0
    while at < len(row):
        ordinal, version, size, fingerprint = _HEAD.unpack_from(row, at)
        at += _HEAD.size
        yield KeptEvent(ordinal, version, fingerprint, row[at : at + size])
        at += size


def differences_of(row: bytes) -> list[Difference]:
    """Return the differences that a row of `history` makes, in the entry's order."""
    found: list[Difference] = []
    at = 0
    while at < len(row):
        _, _, size, fingerprint = _HEAD.unpack_from(row, at)
        at += _HEAD.size
        if fingerprint == CHANGED:
            found.append(split(row[at : at + size]))
        at += size
    return found


class _Fold:
    def __init__(self, connection: sqlite3.Connection, known: names.Names) -> None:
        self._connection = connection
        self._names = known

    def apply(self, entries: Sequence[OpenedEntry]) -> None:
        """Add a row for each child of each entry; quarantine what cannot be read."""
        number, pack = self._names.number, _HEAD.pack
        rows: list[tuple[int, int, bytes]] = []
        unreadable: list[tuple[str, int]] = []
        for position, _, events, unread, withheld in entries:
            said: dict[str, list[bytes]] = {}
            for ordinal, _, version, fingerprint, child, body, _ in events:
                if child is not None:
                    parts = said.get(child)
                    if parts is None:
                        number(child, position, ordinal)
                        parts = said[child] = []
                    parts.append(pack(ordinal, version, len(body), fingerprint))
                    parts.append(body)
            for child, parts in said.items():
                rows.append((number(child, position, 0), position, b"".join(parts)))
            if unread or withheld:
                concerned = (unread or ()) + withheld
                unreadable += [(child, position) for child in concerned]
        self._names.write()
        self._connection.executemany(_HISTORY, rows)
        self._connection.executemany(_QUARANTINE, unreadable)
