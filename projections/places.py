"""Places: which children a jurisdiction has on record, as known at a position.

What lives here: the fold and the question. What never does: a child's timeline. A row
says in which place a child was registered, and at which position; rows are only added.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from events.codec import fingerprint, schema_text
from projections.custody import LATEST
from projections.files import Files, Readers
from projections.forms import Form
from projections.opened import OpenedEntry
from projections.recognise import decode
from projections.view import Apply, checkpoint_of, digest

NAME: Final = "places"
FOLD: Final = 1
REGISTERED: Final = fingerprint(schema_text("ChildRegistered"))
_JURISDICTION: Final = ("jurisdiction",)

_TABLES: Final = """
CREATE TABLE child (
    place TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (place, name, position)) WITHOUT ROWID;
"""
_CHILDREN: Final = (
    "SELECT DISTINCT name FROM child WHERE place=? AND position<=? ORDER BY name"
)


class PlacesProjection:
    """Places as `projections.view` knows it; its subjects are children."""

    name = NAME
    fold = FOLD
    by_child = True
    weight = 1.0
    appended: ClassVar[Mapping[str, str]] = {}
    tables = _TABLES
    indexes = ""
    digested = (
        """SELECT name AS subject, place, position FROM {0}.child
        ORDER BY name, place, position""",
    )

    def folding(self, connection: sqlite3.Connection, *, whole: bool) -> Apply:
        """Return the fold upon a file; it remembers nothing, `whole` or not."""
        del whole

        def apply(entries: Sequence[OpenedEntry]) -> None:
            rows: list[tuple[str, str, int]] = []
            for position, _, events, _, _ in entries:
                for _, _, _, fingerprint_, child, body, form in events:
                    if fingerprint_ == REGISTERED and child is not None:
                        rows.append((_place(body, form), child, position))
            connection.executemany("INSERT OR IGNORE INTO child VALUES (?,?,?)", rows)

        return apply


def _place(body: bytes, form: Form | None) -> str:
    """Return where a child was registered: read where it lies, if that is known."""
    if form is not None:
        return body[form.places[_JURISDICTION]].decode()
    event: Any = decode(REGISTERED, body)
    place: str = event.jurisdiction
    return place


class Places:
    """Answers from the current file of a folder; for many threads at once.

    Every method raises NotBuiltError where there is no file, and FoldChangedError where
    there is one of another fold.
    """

    def __init__(self, folder: Path) -> None:
        self._readers = Readers(Files(folder, NAME, FOLD))

    def checkpoint(self) -> int:
        """Return the last position applied."""
        return checkpoint_of(self._readers.connection()).position

    def children(self, place: str, known_at: int | None = None) -> list[str]:
        """Return the children registered in a place, by id."""
        known = LATEST if known_at is None else known_at
        rows = self._readers.connection().execute(_CHILDREN, (place, known))
        return [row[0] for row in rows]

    def digest(self) -> str:
        """Return the SHA-256 of checkpoint and rows: equal files, equal digests."""
        return digest(self._readers.connection(), PlacesProjection())

    def close(self) -> None:
        """Close every thread's connection."""
        self._readers.close()
