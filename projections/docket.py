"""The docket: the cases of a court, a bureau, a child, and the file of each.

What lives here: the questions. What never does: the fold (`projections.docket_fold`),
law, a clock. A case is listed by its application; where a court's judgment came before
it, or without one, by the judgment, so that no judgment is hidden. An application for a
protection order is listed apart from what else is asked in its case.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from events.cases import (
    ApplicationFiled,
    DecisionRecorded,
    ProtectionApplied,
    ProtectionDecided,
)
from events.dates import PartialDate
from events.guardianship import ActAnnulled, ActReinstated
from projections.custody import LATEST
from projections.docket_fold import FOLD, NAME, CaseState, DocketProjection
from projections.files import Files, Readers
from projections.recognise import decode
from projections.view import checkpoint_of, digest

__all__ = [
    "BEGINNING",
    "PENDING",
    "CaseFile",
    "CaseState",
    "Docket",
    "DocketAnswer",
    "DocketProjection",
    "FileFact",
    "KnownCase",
    "Place",
]

Opening = ApplicationFiled | DecisionRecorded | ProtectionApplied | ProtectionDecided
"""What a case is listed by."""
PENDING: Final = (CaseState.FILED, CaseState.ACCEPTED)
"""States in which a court has yet to decide."""
MAX_FILE: Final = 10_000
"""Events of one case's file: a court's file has some dozens, and memory has an end."""
_STANDS: Final = (
    "{0}.known_from<=:known AND ({0}.known_until IS NULL OR {0}.known_until>:known)"
)
_SUMMARY: Final = (
    f"WITH listed AS (SELECT a.*, coalesce((SELECT s.state FROM act s "  # noqa: S608  constants
    "WHERE s.stream=a.stream AND s.order_=a.order_ AND s.last<=:day "
    f"AND {_STANDS.format('s')} "
    "ORDER BY s.last DESC, s.version DESC LIMIT 1), a.state) AS now, "
    "NOT EXISTS (SELECT 1 FROM act u WHERE u.stream=a.stream AND u.order_=a.order_ AND "
    f"{_STANDS.format('u')} AND u.first<=:day AND u.last>:day) AS certain "
    f"FROM act a WHERE {_STANDS.format('a')} AND a.court<>'' AND a.first<=:day "
    "AND NOT EXISTS (SELECT 1 FROM act b WHERE b.stream=a.stream "
    "AND b.order_=a.order_ AND b.court<>'' "
    f"AND {_STANDS.format('b')} AND (b.state<>'filed', b.version)"
    "<(a.state<>'filed', a.version))) "
    "SELECT l.stream, l.version, l.known_from, l.last, l.now, l.certain, l.order_ "
    "FROM listed l "
)
_OPENING: Final = (
    "SELECT fingerprint, body FROM file WHERE stream=? AND version=? LIMIT 1"
)
_CHILDREN: Final = (
    f"SELECT DISTINCT child FROM named n WHERE name=:name AND {_STANDS.format('n')} "  # noqa: S608  constants
    "ORDER BY child"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCase:
    """A case as known at a position, on a day.

    `opening` is its application or, where there is none on record, the judgment;
    `opened_at` its position. The state is not `certain` where a partial date leaves it
    open whether a step was taken by the day.
    """

    case: str
    opening: Opening
    opened_at: int
    state: CaseState
    certain: bool
    children: tuple[str, ...]

    @property
    def pending(self) -> bool:
        """Whether a court has yet to decide."""
        return self.state in PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFact:
    """One event of a case's file, and whether it stood at the position asked.

    `day` is the legal day by which it is put in order: its own, or for a correction
    that of the act that it takes back or lets stand.
    """

    stream: str
    version: int
    position: int
    index: int
    event: Any
    day: PartialDate
    annulled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page of the docket ended: day, stream and kind of its last case."""

    last: str
    stream: str
    order: int


BEGINNING: Final = Place(last="", stream="", order=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocketAnswer:
    """Cases by the day of their application, the oldest first.

    `unreadable` are entries that cannot be read: they may belong to any case.
    """

    known_at: int
    checkpoint: int
    cases: tuple[KnownCase, ...]
    next_place: Place | None
    unreadable: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A case, where it can be listed on the day, and its file in order of legal days.

    `case` is None where nothing that stands by the day opened it.
    """

    case: KnownCase | None
    facts: tuple[FileFact, ...]
    known_at: int
    checkpoint: int
    unreadable: tuple[int, ...]


class Docket:
    """Answers from the current file of a folder; for many threads at once.

    Every method raises NotBuiltError where there is no file, and FoldChangedError where
    there is one of another fold.
    """

    def __init__(self, folder: Path) -> None:
        self._readers = Readers(Files(folder, NAME, FOLD))

    def checkpoint(self) -> int:
        """Return the last position applied."""
        return checkpoint_of(self._readers.connection()).position

    def cases(  # noqa: PLR0913  each narrows the answer
        self,
        as_of: date,
        known_at: int | None = None,
        *,
        court: str = "",
        applicant: str = "",
        same: Sequence[str] = (),
        jurisdiction: str = "",
        child: str = "",
        states: Sequence[CaseState] = (),
        after: Place = BEGINNING,
        size: int = 1_000,
    ) -> DocketAnswer:
        """Return the cases of a day as known at a position; by default the last one.

        `same` are other ids of the applicant; `jurisdiction` is that in which a child
        of the case was registered.
        """
        given: dict[str, Any] = {
            "known": LATEST if known_at is None else known_at,
            "day": as_of.isoformat(),
            "court": court,
            "applicant": applicant,
            "jurisdiction": jurisdiction,
            "child": child,
            "last": after.last,
            "stream": after.stream,
            "order": after.order,
            "size": size + 1,
        } | {f"state{n}": state for n, state in enumerate(states)}
        given |= {f"same{n}": one for n, one in enumerate(same)}
        sql = _query(given, len(states), len(same))
        connection = self._readers.connection()
        connection.execute("BEGIN")
        try:
            checkpoint = checkpoint_of(connection).position
            rows = connection.execute(sql, given).fetchall()
            known = [_known(connection, row, given["known"]) for row in rows[:size]]
            unreadable = _unreadable(connection, given["known"])
        finally:
            connection.execute("COMMIT")
        more = len(rows) > size
        last = rows[size - 1] if more else None
        return DocketAnswer(
            known_at=min(given["known"], checkpoint),
            checkpoint=checkpoint,
            cases=tuple(known),
            next_place=Place(last=last[3], stream=last[0], order=last[6])
            if last
            else None,
            unreadable=unreadable,
        )

    def file(self, case: str, as_of: date, known_at: int | None = None) -> CaseFile:
        """Return the file of a case as known at a position; empty where unknown."""
        known = LATEST if known_at is None else known_at
        given = {"known": known, "day": as_of.isoformat(), "stream": f"case/{case}"}
        connection = self._readers.connection()
        connection.execute("BEGIN")
        try:
            checkpoint = checkpoint_of(connection).position
            sql = _SUMMARY + "WHERE l.stream=:stream ORDER BY l.order_ LIMIT 1"
            row = connection.execute(sql, given).fetchone()
            found = _known(connection, row, known) if row else None
            facts = _facts(connection, case, known)
            unreadable = _unreadable(connection, known)
        finally:
            connection.execute("COMMIT")
        return CaseFile(
            case=found,
            facts=tuple(facts),
            known_at=min(known, checkpoint),
            checkpoint=checkpoint,
            unreadable=unreadable,
        )

    def digest(self) -> str:
        """Return the SHA-256 of checkpoint and rows: equal files, equal digests."""
        return digest(self._readers.connection(), DocketProjection())

    def close(self) -> None:
        """Close every thread's connection."""
        self._readers.close()


def _query(given: dict[str, Any], states: int, same: int) -> str:
    wanted = ["(l.last, l.stream, l.order_)>(:last, :stream, :order)"]
    if given["court"]:
        wanted.append("l.court=:court")
    if given["applicant"]:
        names = ",".join([":applicant", *(f":same{n}" for n in range(same))])
        wanted.append(f"l.applicant IN ({names})")
    named = f"SELECT n.name FROM named n WHERE {_STANDS.format('n')} AND "  # noqa: S608  constants
    if given["child"]:
        wanted.append(f"substr(l.stream, 6) IN ({named} n.child=:child)")
    if given["jurisdiction"]:
        there = (
            "SELECT child FROM place WHERE jurisdiction=:jurisdiction "
            "AND position<=:known"
        )
        wanted.append(f"substr(l.stream, 6) IN ({named} n.child IN ({there}))")
    if states:
        among = ",".join(f":state{n}" for n in range(states))
        wanted.append(f"l.now IN ({among})")
    order = "ORDER BY l.last, l.stream, l.order_ LIMIT :size"
    return f"{_SUMMARY} WHERE {' AND '.join(wanted)} {order}"


def _known(connection: sqlite3.Connection, row: Any, known: int) -> KnownCase:  # noqa: ANN401  a row
    stream, version, opened_at, _, state, certain, _ = row
    opening: Any = decode(*connection.execute(_OPENING, (stream, version)).fetchone())
    name = stream.removeprefix("case/")
    children = connection.execute(_CHILDREN, {"name": name, "known": known})
    return KnownCase(
        case=name,
        opening=opening,
        opened_at=opened_at,
        state=CaseState(state),
        certain=bool(certain),
        children=tuple(child for (child,) in children),
    )


def _facts(connection: sqlite3.Connection, case: str, known: int) -> list[FileFact]:
    sql = (
        "SELECT stream, version, position, ordinal, fingerprint, body FROM file "
        "WHERE name=? AND position<=? ORDER BY position, ordinal LIMIT ?"
    )
    kept = [
        (*place, decode(fingerprint, body))
        for *place, fingerprint, body in connection.execute(
            sql, (case, known, MAX_FILE)
        )
    ]
    days: dict[tuple[str, int], PartialDate] = {}
    annulled: set[tuple[str, int]] = set()
    for stream, version, _, _, event in kept:
        if isinstance(event, ActAnnulled):
            annulled.add((stream, event.act))
        elif isinstance(event, ActReinstated):
            annulled.discard((stream, event.act))
        else:
            days[stream, version] = _day(event)
    facts = [
        FileFact(
            stream=stream,
            version=version,
            position=position,
            index=ordinal,
            event=event,
            day=days[stream, getattr(event, "act", version)],
            annulled=(stream, version) in annulled,
        )
        for stream, version, position, ordinal, event in kept
    ]
    return sorted(facts, key=lambda f: (f.day.earliest, f.position, f.index))


def _day(event: Any) -> PartialDate:  # noqa: ANN401  any act of a case or a child
    for name in ("filed_on", "decided_on", "on"):
        found = getattr(event, name, None)
        if isinstance(found, PartialDate):
            return found
    message = f"{type(event).__name__} has no day"
    raise LookupError(message)


def _unreadable(connection: sqlite3.Connection, known: int) -> tuple[int, ...]:
    sql = "SELECT position FROM quarantine WHERE position<=? ORDER BY 1"
    return tuple(row[0] for row in connection.execute(sql, (known,)))
