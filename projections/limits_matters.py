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
REMEMBERED: Final = 20_000
"""Matters remembered twice over: two kilobytes each; the others are read anew."""
_EVENTS: Final = "SELECT fingerprint, body FROM matter WHERE stream=? ORDER BY version"
_LIVE: Final = (
    "SELECT id, due, who, ended IS NULL, (SELECT coalesce(max(number), 0) FROM change "
    "WHERE term=id) FROM term WHERE id=("
    "SELECT max(t.id) FROM term t WHERE t.stream=? AND NOT EXISTS ("
    "SELECT 1 FROM change c WHERE c.term=t.id AND c.state IN ('moved','withdrawn')))"
)
_KEEP: Final = "INSERT INTO matter VALUES (?,?,?,?)"
_OPEN: Final = (
    "INSERT INTO term (id, stream, version, kind, child, who, articles, due, last,"
    " early, duty, set_at, ended) VALUES (?,?,?,?,?,?,?,?,?,?,1,?,?)"
)
_CHANGE: Final = (
    "INSERT INTO change (term, number, position, state, by_stream, by_version) "
    "VALUES (?,?,?,?,?,?)"
)
_END: Final = "UPDATE term SET ended=? WHERE id=?"


class _Owed(NamedTuple):
    due: PartialDate
    who: str


class _Day(NamedTuple):
    """The one live day of a matter; `changes` counts what is said to become of it."""

    term: int
    due: str
    who: str
    open: bool
    changes: int


_Known = tuple[Matter, _Day | None]


class MatterDays:
    """Keeps the day of each matter of one connection.

    What was met last is remembered, and rows are written many at a time: whoever
    asks the file takes its connection from `written`.
    """

    def __init__(self, connection: sqlite3.Connection, *, whole: bool) -> None:
        self._connection = connection
        self._met: set[int] | None = set() if whole else None
        """From the first entry on: the hashes of all streams that have rows."""
        self._young: dict[str, _Known] = {}
        self._old: dict[str, _Known] = {}
        self._kept: list[tuple[object, ...]] = []
        self._opened: dict[int, list[object]] = {}
        self._changed: list[tuple[object, ...]] = []
        self._ended: list[tuple[int | None, int]] = []
        self._last: int | None = None

    def written(self) -> sqlite3.Connection:
        """Return the connection, with every row written that was made."""
        self._last = None  # whoever asks for it may open limits
        if self._kept or self._opened or self._changed or self._ended:
            execute = self._connection.executemany
            execute(_KEEP, self._kept)
            execute(_OPEN, self._opened.values())
            execute(_CHANGE, self._changed)
            execute(_END, self._ended)
            self._kept, self._opened, self._changed, self._ended = [], {}, [], []
        return self._connection

    def apply(self, opened: OpenedEvent, position: int) -> None:
        """Take an event of a matter, and open, move or end its day."""
        before, live = self._known(opened.stream)
        state = evolve(before, opened.event())
        row = (opened.stream, opened.version, opened.fingerprint, opened.body)
        self._kept.append(row)
        live = self._moved(state, live, opened, position)
        self._remember(opened.stream, (state, live))

    def _moved(
        self, state: Matter, live: _Day | None, opened: OpenedEvent, position: int
    ) -> _Day | None:
        """Make of the day that was live what the state says; return what is now."""
        owed, done = _owed(state), status_of(state) is MatterStatus.DONE
        if live is not None and (owed is None or live[1:3] != owed):
            ends = State.WITHDRAWN if owed is None else State.MOVED
            self._change(live, ends, opened, position)
            live = None
        if owed is None:
            return None
        if live is None:
            live = self._open(state, owed, opened, position)
        if done is live.open:
            ends = State.MET if done else State.OPEN
            live = self._change(live, ends, opened, position)
        return live

    def _known(self, stream: str) -> _Known:
        known = self._young.get(stream) or self._old.get(stream)
        if known is not None:
            return known
        if self._met is not None:
            met, number = len(self._met), hash(stream)
            self._met.add(number)
            if len(self._met) > met:
                return Matter(), None
        connection, state = self.written(), Matter()
        for fingerprint, body in connection.execute(_EVENTS, (stream,)).fetchall():
            event: Any = decode(fingerprint, body)
            state = evolve(state, event)
        found = connection.execute(_LIVE, (stream,)).fetchone()
        if found is None:
            return state, None
        term, due, who, is_open, changes = found
        return state, _Day(term, due, who, bool(is_open), changes)

    def _remember(self, stream: str, known: _Known) -> None:
        if len(self._young) >= REMEMBERED:
            self._young, self._old = {}, self._young
        self._young[stream] = known

    def _open(
        self, state: Matter, owed: _Owed, opened: OpenedEvent, position: int
    ) -> _Day:
        opening = state.opening
        cited = opening.findings if opening is not None else ()
        articles = dict.fromkeys(a for found in cited for a in found.articles)
        if self._last is None:
            sql = "SELECT coalesce(max(id), 0) FROM term"
            (self._last,) = self.written().execute(sql).fetchone()
        self._last = term = self._last + 1
        self._opened[term] = [
            term,
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
            None,
        ]
        return _Day(term, owed.due, owed.who, open=True, changes=0)

    def _change(
        self, live: _Day, state: State, opened: OpenedEvent, position: int
    ) -> _Day:
        number = live.changes + 1
        change = (live.term, number, position, state, opened.stream, opened.version)
        self._changed.append(change)
        ended = None if state is State.OPEN else position
        new = self._opened.get(live.term)
        if new is None:
            self._ended.append((ended, live.term))
        else:
            new[-1] = ended
        return live._replace(open=ended is None, changes=number)


def _owed(matter: Matter) -> _Owed | None:
    """Return the day of a matter and whose it is; None where there is none."""
    due = due_of(matter)
    if matter.opening is None or due is None:
        return None
    holder = holder_of(matter)
    return _Owed(due, holder.id if holder else NOBODY)
