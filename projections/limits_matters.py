"""The days of matters among the limits: duties, referrals, reports, with their holders.

What lives here: which day of a matter is owed by whom after each of its events, and the
rows that say so. What never does: law, a clock, the limits of facts and cases
(`projections.limits_fold`).

A matter's stream is folded anew with each event of it, by the fold that the deciders
use, and its one live day is compared with what that says: so an annulled assignment or
answer needs no rule of its own.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final, NamedTuple

from events.dates import PartialDate
from events.limits import OwedKind
from events.matters import (
    Matter,
    MatterStatus,
    child_of,
    due_of,
    evolve,
    holder_of,
    status_of,
)
from projections.limits_rows import State
from projections.opened import OpenedEvent
from projections.recognise import decode

PREFIXES: Final = tuple(f"{kind.value}/" for kind in OwedKind)
"""Streams whose matters have a day."""
NOBODY: Final = "nobody"
"""Whose the day of a duty is that no body has been given."""
_EVENTS: Final = "SELECT fingerprint, body FROM matter WHERE stream=? ORDER BY version"
_LIVE: Final = (
    "SELECT id, due, who, ended IS NULL FROM term WHERE id=("
    "SELECT max(t.id) FROM term t WHERE t.stream=? AND NOT EXISTS ("
    "SELECT 1 FROM change c WHERE c.term=t.id AND c.state IN ('moved','withdrawn')))"
)
_OPEN: Final = (
    "INSERT INTO term (stream, version, kind, child, who, articles, due, last, early,"
    " duty, set_at) VALUES (?,?,?,?,?,?,?,?,?,1,?)"
)
_CHANGE: Final = (
    "INSERT INTO change (term, position, state, by_stream, by_version, number) "
    "SELECT ?1, ?2, ?3, ?4, ?5, coalesce(max(number), 0) + 1 "
    "FROM change WHERE term=?1"
)


class _Owed(NamedTuple):
    due: PartialDate
    who: str


class MatterDays:
    """Keeps the day of each matter of one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def apply(self, opened: OpenedEvent, position: int) -> None:
        """Take an event of a matter, and open, move or end its day."""
        row = (opened.stream, opened.version, opened.fingerprint, opened.body)
        self._connection.execute("INSERT INTO matter VALUES (?,?,?,?)", row)
        state = self._state(opened.stream)
        owed, done = _owed(state), status_of(state) is MatterStatus.DONE
        live = self._connection.execute(_LIVE, (opened.stream,)).fetchone()
        if live is not None and (owed is None or live[1:3] != owed):
            ends = State.WITHDRAWN if owed is None else State.MOVED
            self._change(live[0], ends, opened, position)
            live = None
        if owed is None:
            return
        if live is None:
            live = (self._insert(state, owed, opened, position), *owed, True)
        if done is bool(live[3]):
            ends = State.MET if done else State.OPEN
            self._change(live[0], ends, opened, position)

    def _state(self, stream: str) -> Matter:
        state = Matter()
        rows = self._connection.execute(_EVENTS, (stream,)).fetchall()
        for fingerprint, body in rows:
            event: Any = decode(fingerprint, body)
            state = evolve(state, event)
        return state

    def _insert(
        self, state: Matter, owed: _Owed, opened: OpenedEvent, position: int
    ) -> int:
        opening = state.opening
        cited = opening.findings if opening is not None else ()
        articles = dict.fromkeys(a for found in cited for a in found.articles)
        inserted = self._connection.execute(
            _OPEN,
            (
                opened.stream,
                opened.version,
                opened.stream.partition("/")[0],
                child_of(state),
                owed.who,
                "\n".join(articles),
                owed.due,
                owed.due.latest.isoformat(),
                not owed.due.is_exact,
                position,
            ),
        )
        assert inserted.lastrowid is not None  # noqa: S101  a row was inserted
        return inserted.lastrowid

    def _change(
        self, term: int, state: State, opened: OpenedEvent, position: int
    ) -> None:
        given = (term, position, state, opened.stream, opened.version)
        self._connection.execute(_CHANGE, given)
        ended = None if state is State.OPEN else position
        sql = "UPDATE term SET ended=? WHERE id=?"
        self._connection.execute(sql, (ended, term))


def _owed(matter: Matter) -> _Owed | None:
    """Return the day of a matter and whose it is; None where there is none."""
    due = due_of(matter)
    if matter.opening is None or due is None:
        return None
    holder = holder_of(matter)
    return _Owed(due, holder.id if holder else NOBODY)
