"""Wards: which children somebody ever held, was barred from, or pays for.

What lives here: that index, by holder, persons and bodies alike. What never does: the
periods themselves (`projections.custody` has them): a child stands here from the first
entry that asserts a period of the holder on any line, and never leaves; whether it is
held on a day, as known then, the child's own periods say.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Final

from projections.custody import LATEST
from projections.files import Files, Readers
from projections.forms import MAX_FORMS, Form
from projections.opened import OpenedEntry
from projections.periods import CHANGED, held_by, split
from projections.view import Apply, checkpoint_of, digest

NAME: Final = "wards"
FOLD: Final = 1
_HOLDER: Final = ("holder", "id")

_TABLES: Final = """
CREATE TABLE ward (
    holder TEXT NOT NULL, child TEXT NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (holder, child)) WITHOUT ROWID;
"""
_CHILDREN: Final = (
    "SELECT child FROM ward WHERE holder=? AND child>? AND position<=? "
    "ORDER BY child LIMIT ?"
)


class WardsProjection:
    """Wards as `projections.view` knows it."""

    name = NAME
    fold = FOLD
    by_child = True
    weight = 4.0
    appended: ClassVar[Mapping[str, str]] = {"ward": "INSERT OR IGNORE"}
    tables = _TABLES
    indexes = ""
    digested = (
        """SELECT child AS subject, holder, position FROM {0}.ward
        ORDER BY holder, child""",
    )

    def folding(self, connection: sqlite3.Connection, *, whole: bool) -> Apply:
        """Return the fold upon a file; it remembers nothing, `whole` or not."""
        del whole

        def apply(entries: Sequence[OpenedEntry]) -> None:
            first: dict[tuple[str, str], int] = {}
            for position, _, events, _, _ in entries:
                for _, _, _, fingerprint, child, body, form in events:
                    if fingerprint == CHANGED and child is not None:
                        for holder in _holders(body, form):
                            first.setdefault((holder, child), position)
            rows = [(*pair, position) for pair, position in sorted(first.items())]
            connection.executemany("INSERT OR IGNORE INTO ward VALUES (?,?,?)", rows)

        return apply


def _holders(body: bytes, form: Form | None) -> Iterable[str]:
    """Return whose periods a difference asserts: read where they lie, if known."""
    if form is not None:
        return {body[place].decode() for place in _places_of(form)}
    found = (held_by(parts) for _, parts in split(body).asserted)
    return [holder.id for holder in found if holder is not None]


@lru_cache(MAX_FORMS)
def _places_of(form: Form) -> tuple[slice, ...]:
    """Return where the holders of asserted periods stand in bodies of a form."""
    return tuple(
        place
        for path, place in form.places.items()
        if path[0] == "asserted" and path[2:] == _HOLDER
    )


class Wards:
    """Answers from the current file of a folder; for many threads at once.

    Every method raises NotBuiltError where there is no file, and FoldChangedError where
    there is one of another fold.
    """

    def __init__(self, folder: Path) -> None:
        self._readers = Readers(Files(folder, NAME, FOLD))

    def checkpoint(self) -> int:
        """Return the last position applied."""
        return checkpoint_of(self._readers.connection()).position

    def children(
        self, holder: str, known_at: int | None = None, *, after: str = "", size: int
    ) -> list[str]:
        """Return up to `size` children above an id whom somebody ever had, by id."""
        known = LATEST if known_at is None else known_at
        given = (holder, after, known, size)
        rows = self._readers.connection().execute(_CHILDREN, given)
        return [child for (child,) in rows.fetchall()]

    def digest(self) -> str:
        """Return the SHA-256 of checkpoint and rows: equal files, equal digests."""
        return digest(self._readers.connection(), WardsProjection())

    def close(self) -> None:
        """Close every thread's connection."""
        self._readers.close()
