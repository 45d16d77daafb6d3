"""Limits: what must be done by which day, by whom, and what became of it.

What lives here: the question. What never does: the fold (`projections.limits_fold`),
law, a clock. A limit is opened by a recorded event; what ended it is a recorded event
too. Whether one is overdue is a comparison of its day with the day asked about, never
a matter of whether its passing was recorded.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from events.dates import PartialDate
from events.limits import FIRST_DAYS
from projections.custody import LATEST
from projections.files import Files, Readers
from projections.limits_fold import FOLD, NAME, LimitsProjection
from projections.limits_rows import State
from projections.view import checkpoint_of, digest

__all__ = ["Limits", "LimitsAnswer", "LimitsProjection", "Place", "State", "Term"]

_COLUMNS: Final = (
    "t.id, t.stream, t.version, t.kind, t.child, t.who, t.articles, t.due, t.early, "
    "t.set_at, t.last, t.ran_out"
)
_STATE: Final = (
    " LEFT JOIN change c ON c.term=t.id AND c.number=("
    "SELECT max(number) FROM change WHERE term=t.id AND position<=:known)"
)
_OF_CHILD: Final = (
    "(t.child=:child OR t.stream IN (SELECT 'case/' || name FROM child_case "
    "WHERE child=:child AND position<=:known))"
)
_DUE: Final = "FROM term t WHERE t.ended IS NULL AND t.ran_out IS NULL AND t.duty=1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One limit as known: whose it is, its day, and what became of it.

    `kind` is a LimitKind or an OwedKind; `child` is empty where the limit is a case's.
    `passed_at` is the position at which its passing was recorded; `changed_at`,
    `by_stream` and `by_version` say which event brought it into its state, and are
    empty while it never left `open`.
    """

    number: int
    stream: str
    version: int
    kind: str
    child: str | None
    who: str
    articles: tuple[str, ...]
    due: PartialDate
    at_the_earliest: bool
    set_at: int
    state: State
    changed_at: int | None
    by_stream: str | None
    by_version: int | None
    passed_at: int | None

    def overdue(self, day: date) -> bool:
        """Whether it is open although its last day is over on a day."""
        owed = self.kind not in FIRST_DAYS
        return owed and self.state is State.OPEN and day > self.due.latest


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page ended: the last day and the number of its last limit."""

    last: str
    number: int


BEGINNING: Final = Place(last="", number=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsAnswer:
    """Limits by their days, the oldest first, so that what is overdue comes first.

    `unreadable` are the children asked about of whom an entry cannot be read: what it
    opened or ended is not known. `unreadable_entries` name no child: they may be about
    any matter.
    """

    as_of: date
    known_at: int
    checkpoint: int
    terms: tuple[Term, ...]
    next_place: Place | None
    unreadable: tuple[str, ...]
    unreadable_entries: tuple[int, ...]


class Limits:
    """Answers from the current file of a folder; for many threads at once.

    Every method raises NotBuiltError where there is no file, and FoldChangedError where
    there is one of another fold.
    """

    def __init__(self, folder: Path) -> None:
        self._readers = Readers(Files(folder, NAME, FOLD))

    def checkpoint(self) -> int:
        """Return the last position applied."""
        return checkpoint_of(self._readers.connection()).position

    def limits(  # noqa: PLR0913  each narrows the answer
        self,
        as_of: date,
        known_at: int | None = None,
        *,
        who: str = "",
        same: Sequence[str] = (),
        child: str = "",
        overdue: bool = False,
        ended: bool = False,
        after: Place = BEGINNING,
        size: int = 1_000,
    ) -> LimitsAnswer:
        """Return limits as known at a position; by default at the last one applied.

        `who` is an owner, `same` are other ids of his, `overdue` asks for those alone
        whose day is over on `as_of`, `ended` asks for the ended ones too.
        """
        connection = self._readers.connection()
        known = LATEST if known_at is None else known_at
        given = {
            "known": known,
            "who": who,
            "child": child,
            "day": as_of.isoformat(),
            "last": after.last,
            "number": after.number,
            "size": size + 1,
        } | {f"same{n}": one for n, one in enumerate(same)}
        sql = _query(who=who, same=len(same), child=child, overdue=overdue, ended=ended)
        connection.execute("BEGIN")
        try:
            checkpoint = checkpoint_of(connection).position
            rows = connection.execute(sql, given).fetchall()
            unread = _unreadable(connection, child, known)
        finally:
            connection.execute("COMMIT")
        terms = [_term(row, known) for row in rows[:size]]
        more = len(rows) > size
        place = (
            Place(last=rows[size - 1][10], number=terms[-1].number) if more else None
        )
        return LimitsAnswer(
            as_of=as_of,
            known_at=min(known, checkpoint),
            checkpoint=checkpoint,
            terms=tuple(terms),
            next_place=place,
            unreadable=tuple(dict.fromkeys(name for name, _ in unread if name)),
            unreadable_entries=tuple(at for name, at in unread if not name),
        )

    def days_passed(self, before: date) -> list[date]:
        """Return the last days, before a day, of what is open and not said passed."""
        sql = f"SELECT DISTINCT t.last {_DUE} AND t.last<? ORDER BY 1"
        rows = self._readers.connection().execute(sql, (before.isoformat(),))
        return [date.fromisoformat(row[0]) for row in rows.fetchall()]

    def passed_on(self, last: date, set_until: int, size: int) -> list[Term]:
        """Return open limits of one last day that a position or one before it set."""
        sql = (
            f"SELECT {_COLUMNS}, NULL, NULL, NULL, NULL {_DUE} "
            "AND t.last=? AND t.set_at<=? ORDER BY t.id LIMIT ?"
        )
        given = (last.isoformat(), set_until, size)
        rows = self._readers.connection().execute(sql, given).fetchall()
        return [_term(row, LATEST) for row in rows]

    def digest(self) -> str:
        """Return the SHA-256 of checkpoint and rows: equal files, equal digests."""
        return digest(self._readers.connection(), LimitsProjection())

    def close(self) -> None:
        """Close every thread's connection."""
        self._readers.close()


def _query(*, who: str, same: int, child: str, overdue: bool, ended: bool) -> str:
    wanted = ["t.set_at<=:known", "(t.last, t.id)>(:last, :number)"]
    if not ended or overdue:
        wanted += [
            "(t.ended IS NULL OR t.ended>:known)",
            "coalesce(c.state,'open')='open'",
        ]
    if overdue:
        wanted += ["t.last<:day", "t.duty=1"]
    if who:
        names = ",".join([":who", *(f":same{n}" for n in range(same))])
        wanted.append(f"t.who IN ({names})")
    if child:
        wanted.append(_OF_CHILD)
    return (
        f"SELECT {_COLUMNS}, c.state, c.position, c.by_stream, c.by_version "  # noqa: S608  constants
        f"FROM term t{_STATE} WHERE {' AND '.join(wanted)} "
        "ORDER BY t.last, t.id LIMIT :size"
    )


def _unreadable(
    connection: sqlite3.Connection, child: str, known: int
) -> list[tuple[str, int]]:
    sql = (
        "SELECT child, position FROM quarantine WHERE position<=? "
        "AND (child IN (?, '') OR ?='') ORDER BY 1, 2"
    )
    return connection.execute(sql, (known, child, child)).fetchall()


def _term(row: Sequence[Any], known: int) -> Term:
    ran_out = row[11]
    return Term(
        number=row[0],
        stream=row[1],
        version=row[2],
        kind=row[3],
        child=row[4],
        who=row[5],
        articles=tuple(row[6].split("\n")) if row[6] else (),
        due=PartialDate(row[7]),
        at_the_earliest=bool(row[8]),
        set_at=row[9],
        state=State(row[12] or State.OPEN),
        changed_at=row[13],
        by_stream=row[14],
        by_version=row[15],
        passed_at=ran_out if ran_out is not None and ran_out <= known else None,
    )
