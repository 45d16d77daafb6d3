"""Barred: who is disqualified as guardian of whom, on any date, as known then.

What lives here: the fold and the question. What never does: whether a bar can be lifted
(law), custody itself. A bar is a period of the line `bar`, asserted and withdrawn by
recorded differences alone; a row says between which positions it was held true.

A bar of a child of whom an entry cannot be read may have been lifted there: it is told
as possible, never as certain, and every such child is named, since the entry may also
have barred the person asked about.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import ClassVar, Final

from events.timeline import Period
from projections.custody import LATEST
from projections.files import Files, Readers
from projections.opened import OpenedEntry
from projections.periods import (
    CHANGED,
    barred_by,
    may_have_bars,
    read_period,
    split,
    write_period,
)
from projections.view import Apply, checkpoint_of, digest

NAME: Final = "barred"
FOLD: Final = 1

_TABLES: Final = """
CREATE TABLE bar (
    holder TEXT NOT NULL, child TEXT NOT NULL, number INTEGER NOT NULL,
    known_from INTEGER NOT NULL, known_until INTEGER, body BLOB NOT NULL,
    PRIMARY KEY (holder, child, number)) WITHOUT ROWID;
CREATE INDEX bar_by_child ON bar (child, number);
CREATE TABLE quarantine (
    child TEXT NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (child, position)) WITHOUT ROWID;
"""
_ASSERT: Final = "INSERT OR IGNORE INTO bar VALUES (?,?,?,?,NULL,?)"
_WITHDRAW: Final = (
    "UPDATE bar SET known_until=? WHERE child=? AND number=? "
    "AND known_until IS NULL AND known_from<=?"
)
_QUARANTINE: Final = "INSERT OR IGNORE INTO quarantine VALUES (?,?)"
_BARS: Final = (
    "SELECT child, body FROM bar WHERE holder=?1 AND known_from<=?2 "
    "AND (known_until IS NULL OR known_until>?2) ORDER BY child, number"
)


class BarredProjection:
    """Barred as `projections.view` knows it."""

    name = NAME
    fold = FOLD
    by_child = True
    weight = 1.0
    appended: ClassVar[Mapping[str, str]] = {}
    tables = _TABLES
    indexes = ""
    digested = (
        """SELECT holder AS subject, child, number, known_from, known_until, body
        FROM {0}.bar ORDER BY holder, child, number""",
        """SELECT child AS subject, position FROM {0}.quarantine
        ORDER BY child, position""",
    )

    def folding(self, connection: sqlite3.Connection, *, whole: bool) -> Apply:
        """Return the fold upon a file; `whole` where it goes from the first entry."""
        return _Fold(connection, whole=whole).apply


class _Fold:
    def __init__(self, connection: sqlite3.Connection, *, whole: bool) -> None:
        self._connection = connection
        self._barred: set[str] | None = set() if whole else None

    def apply(self, entries: Sequence[OpenedEntry]) -> None:
        """Add the bars that entries assert, and close those that they withdraw."""
        asserted: list[tuple[str, str, int, int, bytes]] = []
        withdrawn: list[tuple[int, str, int, int]] = []
        unreadable: list[tuple[str, int]] = []
        touched: set[str] = set()
        for position, _, events, unread, withheld in entries:
            for _, _, _, fingerprint, child, content, _ in events:
                if fingerprint != CHANGED or child is None:
                    continue
                if not may_have_bars(content) and not self._has_bars(child, touched):
                    continue
                difference = split(content)
                withdrawn += [
                    (position, child, gone, position) for gone in difference.withdrawn
                ]
                for number, parts in difference.asserted:
                    holder = barred_by(parts)
                    if holder is not None:
                        body = write_period(parts)
                        asserted.append((holder.id, child, number, position, body))
                        touched.add(child)
            unreadable += [(child, position) for child in (unread or ()) + withheld]
        if self._barred is not None:
            self._barred |= touched
        self._connection.executemany(_ASSERT, asserted)
        self._connection.executemany(_WITHDRAW, withdrawn)
        self._connection.executemany(_QUARANTINE, unreadable)

    def _has_bars(self, child: str, touched: set[str]) -> bool:
        if child in touched:
            return True
        if self._barred is not None:
            return child in self._barred
        sql = "SELECT 1 FROM bar WHERE child=? LIMIT 1"
        return self._connection.execute(sql, (child,)).fetchone() is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A child from whose guardianship somebody is barred; `certain` or perhaps."""

    child: str
    period: Period
    certain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BarredAnswer:
    """Whose guardian a person may not be, with the state it rests on.

    `unreadable` are the children of whom an entry cannot be read: what it says of this
    person is not known.
    """

    holder: str
    as_of: date
    known_at: int
    checkpoint: int
    bars: tuple[Bar, ...]
    unreadable: tuple[str, ...]


class Barred:
    """Answers from the current file of a folder; for many threads at once.

    Every method raises NotBuiltError where there is no file, and FoldChangedError where
    there is one of another fold.
    """

    def __init__(self, folder: Path) -> None:
        self._readers = Readers(Files(folder, NAME, FOLD))

    def checkpoint(self) -> int:
        """Return the last position applied."""
        return checkpoint_of(self._readers.connection()).position

    def barred(
        self, holder: str, as_of: date, known_at: int | None = None
    ) -> BarredAnswer:
        """Return for whom a person is, or may be, disqualified on a date.

        As known at a position; by default at the last one applied.
        """
        connection = self._readers.connection()
        asked = LATEST if known_at is None else known_at
        connection.execute("BEGIN")
        try:
            checkpoint = checkpoint_of(connection).position
            rows = connection.execute(_BARS, (holder, asked)).fetchall()
            sql = "SELECT DISTINCT child FROM quarantine WHERE position<=? ORDER BY 1"
            unreadable = [row[0] for row in connection.execute(sql, (asked,))]
        finally:
            connection.execute("COMMIT")
        periods = [(child, read_period(body)) for child, body in rows]
        return BarredAnswer(
            holder=holder,
            as_of=as_of,
            known_at=min(asked, checkpoint),
            checkpoint=checkpoint,
            bars=tuple(
                Bar(
                    child=child,
                    period=period,
                    certain=period.surely_covers(as_of) and child not in unreadable,
                )
                for child, period in periods
                if period.may_cover(as_of)
            ),
            unreadable=tuple(unreadable),
        )

    def digest(self) -> str:
        """Return the SHA-256 of checkpoint and rows: equal files, equal digests."""
        return digest(self._readers.connection(), BarredProjection())

    def close(self) -> None:
        """Close every thread's connection."""
        self._readers.close()
