"""Custody: who has it, on any legal date, in any state of the registry's knowledge.

What lives here: the questions. What never does: the fold (`projections.custody_fold`),
law, writes.

`known_at` is a position: the answer rests on the entries up to it. `known_at_time`
gives the position that a time means. An entry that cannot be read has no effect; from
its position on each child it concerns is answered as uncertain, and so is a child of
whom an entry withdraws what is not there: the record contradicts itself, and nobody is
named on such a ground.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from events.codec import fingerprint, schema_text
from events.guardianship import (
    ActAnnulled,
    ActReinstated,
    ChildRegistered,
    ChildTransferred,
)
from events.log import Log
from events.timeline import Answer, Period, Status, answer
from events.transfers import away
from projections.custody_fold import CustodyProjection, differences_of, events_of
from projections.files import Files, Readers
from projections.periods import CHANGED, Parts, may_cover, period_of
from projections.recognise import decode
from projections.standing import Standing, standing
from projections.view import checkpoint_of, digest

PROJECTION: Final = CustodyProjection()
POLL_S: Final = 0.002
"""How often a process that does not fold looks whether another has."""
LATEST: Final = (1 << 63) - 1
"""Above every position."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TRANSFER: Final = fingerprint(schema_text(ChildTransferred.__name__))
_CHECKPOINT, _EVENTS, _UNREADABLE = 0, 1, 2

# One statement, so that rows and checkpoint are of one moment.
_CHILD: Final = """
SELECT 0, position, NULL FROM checkpoint
UNION ALL SELECT 1, position, events FROM history
WHERE child=(SELECT id FROM child WHERE name=?1) AND position<=?2
UNION ALL SELECT 2, position, NULL FROM quarantine WHERE name=?1 AND position<=?2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyAnswer:
    """An answer with the state it rests on.

    `known_at` is the position answered for; `unreadable` are the quarantined entries
    that concern the child: where there are any, the status is uncertain.
    """

    child: str
    as_of: date
    known_at: int
    checkpoint: int
    answer: Answer
    unreadable: tuple[int, ...]
    transferred: ChildTransferred | None
    """By which the child's record is in another registry, where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFact:
    """A fact of a child's stream, and whether it stood at the position asked.

    `index` is its place in the entry at `position`, from 0.
    """

    version: int
    position: int
    index: int
    type: str
    event: object
    annulled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPeriod:
    """A period and between which positions the registry held it true.

    `known_until` is the position of the entry that withdrew it, if there is one.
    """

    period: Period
    known_from: int
    known_until: int | None


def known_at_time(log: Log, when: datetime) -> int:
    """Return the position that a time means: the last entry recorded by then.

    Raises ValueError for a time without its zone: evidence does not guess one.
    """
    if when.tzinfo is None:
        message = "a time needs its zone"
        raise ValueError(message)
    return log.position_at((when - _EPOCH) // timedelta(microseconds=1))


class Custody:
    """Answers from the current file of a folder; for many threads at once.

    Every method raises NotBuiltError where there is no file, and FoldChangedError where
    there is one of another fold.
    """

    def __init__(self, folder: Path) -> None:
        files = Files(folder, PROJECTION.name, PROJECTION.fold)
        self._readers = Readers(files)

    def checkpoint(self) -> int:
        """Return the last position applied."""
        return checkpoint_of(self._readers.connection()).position

    def custody(
        self, child: str, as_of: date, known_at: int | None = None
    ) -> CustodyAnswer | None:
        """Return who has custody on a date, as known at a position (default: all).

        None where the registry knew no such child then: true of 1 to n only. A position
        that is not applied yet is answered as the last one that is; the answer says so.
        """
        state = load(self._readers.connection(), child, known_at)
        return answered(state, as_of) if state else None

    def standing(self, child: str, as_of: date, known_at: int) -> Standing | None:
        """Return the same in the bytes that were recorded, or None: ask `custody`.

        None where there is more to say than periods, or nothing.
        """
        connection = self._readers.connection()
        rows: list[bytes] = []
        for kind, _, events in connection.execute(_CHILD, (child, known_at)):
            if kind == _UNREADABLE:
                return None
            if kind == _EVENTS:
                if _TRANSFER in events:
                    return None
                rows.append(events)
        return standing(rows, as_of)

    def batch(
        self, children: Sequence[str], as_of: date, known_at: int | None = None
    ) -> list[CustodyAnswer | None]:
        """Return the answers for several children, all of one moment."""
        connection = self._readers.connection()
        connection.execute("BEGIN")
        try:
            states = [load(connection, child, known_at) for child in children]
        finally:
            connection.execute("COMMIT")
        return [answered(state, as_of) if state else None for state in states]

    def periods(self, child: str, known_at: int) -> list[Period]:
        """Return a child's periods as known at a position, by number."""
        state = load(self._readers.connection(), child, known_at)
        return _live_periods(state) if state else []

    def history(self, child: str, known_at: int | None = None) -> list[KnownPeriod]:
        """Return every period ever held true of a child up to a position, by number."""
        state = load(self._readers.connection(), child, known_at)
        return known_periods(state) if state else []

    def explain(self, child: str, known_at: int) -> list[KnownFact]:
        """Return the facts recorded up to a position, and which stood at it."""
        state = load(self._readers.connection(), child, known_at)
        return _facts(state) if state else []

    def quarantined(self) -> list[tuple[int, str]]:
        """Return the entries that could not be read, each with a child it concerns."""
        sql = "SELECT position, name FROM quarantine ORDER BY position, name"
        return list(self._readers.connection().execute(sql))

    def digest(self) -> str:
        """Return the SHA-256 of checkpoint and rows: equal files, equal digests."""
        return digest(self._readers.connection(), PROJECTION)

    def wait(self, position: int, timeout_s: float) -> bool:
        """Wait until a position is applied; False when the time ran out.

        For processes that only read: where the runner is, its own wait needs no
        looking.
        """
        deadline = time.monotonic() + timeout_s
        while self.checkpoint() < position:
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_S)
        return True

    def close(self) -> None:
        """Close every thread's connection."""
        self._readers.close()


@dataclass(slots=True)
class ChildState:
    """All that the registry knew of a child at a position, folded.

    `live` holds each period by number with the position that asserted it; `closed` what
    was withdrawn: number, period, and the positions that asserted and withdrew it.
    """

    child: str
    known_at: int
    checkpoint: int
    rows: list[tuple[int, bytes]]
    unreadable: list[int]
    live: dict[int, tuple[Parts, int]]
    closed: list[tuple[int, Parts, int, int]]


def load(
    connection: sqlite3.Connection, child: str, known_at: int | None
) -> ChildState | None:
    """Read a child's rows and fold them; None where there are none."""
    asked = LATEST if known_at is None else known_at
    rows: list[tuple[int, bytes]] = []
    unreadable: list[int] = []
    checkpoint = 0
    for kind, position, events in connection.execute(_CHILD, (child, asked)):
        if kind == _EVENTS:
            rows.append((position, events))
        elif kind == _UNREADABLE:
            unreadable.append(position)
        else:
            checkpoint = position
    if not rows and not unreadable:
        return None
    known = min(asked, checkpoint)
    state = ChildState(child, known, checkpoint, rows, unreadable, {}, [])
    for position, events in rows:
        if not _change(state, position, events):
            state.unreadable = sorted({*state.unreadable, position})
    return state


def _change(state: ChildState, position: int, row: bytes) -> bool:
    """Apply the differences of one entry, all or none; say whether they fitted."""
    differences = differences_of(row)
    if not differences:
        return True
    live, closed = dict(state.live), list(state.closed)
    for withdrawn, asserted in differences:
        for number in withdrawn:
            gone = live.pop(number, None)
            if gone is None:
                return False
            closed.append((number, *gone, position))
        for number, parts in asserted:
            if number in live:
                return False
            live[number] = parts, position
    state.live, state.closed = live, closed
    return True


def answered(state: ChildState, as_of: date) -> CustodyAnswer | None:
    """Return who has custody on a date, by what was known of the child."""
    if not state.live and not state.unreadable and not _registered(state):
        return None
    touching = [parts for parts, _ in state.live.values() if may_cover(parts, as_of)]
    found = answer(map(period_of, touching), as_of)
    return CustodyAnswer(
        child=state.child,
        as_of=as_of,
        known_at=state.known_at,
        checkpoint=state.checkpoint,
        answer=uncertain(found) if state.unreadable else found,
        unreadable=tuple(state.unreadable),
        transferred=_transferred(state),
    )


def uncertain(found: Answer) -> Answer:
    """Return an answer where something about the child cannot be read."""
    return Answer(
        status=Status.UNCERTAIN,
        certain=(),
        possible=(*found.certain, *found.possible),
        hand_over_to=(),
    )


def _transferred(state: ChildState) -> ChildTransferred | None:
    """Return the transfer that stands; rows without one are not read for it."""
    if not any(_TRANSFER in row for _, row in state.rows):
        return None
    return away(
        (fact.version, fact.event)
        for fact in _facts(state)
        if isinstance(fact.event, ChildTransferred) and not fact.annulled
    )


def _registered(state: ChildState) -> bool:
    return any(isinstance(fact.event, ChildRegistered) for fact in _facts(state))


def _live_periods(state: ChildState) -> list[Period]:
    return [period_of(parts) for _, (parts, _) in sorted(state.live.items())]


def known_periods(state: ChildState) -> list[KnownPeriod]:
    """Return every period of a state with the positions it was held true between."""
    spans: Iterable[tuple[int, Parts, int, int | None]] = [
        *state.closed,
        *((number, parts, at, None) for number, (parts, at) in state.live.items()),
    ]
    return [
        KnownPeriod(period=period_of(parts), known_from=since, known_until=until)
        for _, parts, since, until in sorted(spans, key=lambda span: (span[0], span[2]))
    ]


def _facts(state: ChildState) -> list[KnownFact]:
    kept = [
        (position, event, decode(event.fingerprint, event.body))
        for position, row in state.rows
        for event in events_of(row)
        if event.fingerprint != CHANGED
    ]
    annulled: set[int] = set()
    for _, _, fact in kept:
        if isinstance(fact, ActAnnulled):
            annulled.add(fact.act)
        elif isinstance(fact, ActReinstated):
            annulled.discard(fact.act)
    return [
        KnownFact(
            version=event.version,
            position=position,
            index=event.ordinal,
            type=type(fact).__name__,
            event=fact,
            annulled=event.version in annulled,
        )
        for position, event, fact in kept
    ]
