"""Matters: which reports, duties, plans, houses and the like there are, and whose.

What lives here: the fold and the questions. What never does: law: whose a duty is by
law was said when it was recorded. A row is one event of a matter's stream, as recorded;
rows are only ever added, so what was known at a position is what stood there then.

An entry that cannot be read and names no child may be about any matter: its position is
told with every answer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Final

from events.duties import DutyOpened, MatterFact
from events.matter_kinds import KINDS, LASTING
from events.matters import (
    Matter,
    MatterStatus,
    due_of,
    evolve,
    holder_of,
    status_of,
)
from events.reports import Compliance, ResponseRecorded, VisitRecorded
from projections.custody import LATEST
from projections.files import Files, Readers
from projections.forms import MAX_FORMS, Form
from projections.opened import OpenedEntry
from projections.recognise import decode
from projections.view import Apply, checkpoint_of, digest

NAME: Final = "matters"
FOLD: Final = 2

_TABLES: Final = """
CREATE TABLE event (
    stream TEXT NOT NULL, version INTEGER NOT NULL, position INTEGER NOT NULL,
    ordinal INTEGER NOT NULL, fingerprint BLOB NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (stream, version)) WITHOUT ROWID;
CREATE TABLE about (
    subject TEXT NOT NULL, stream TEXT NOT NULL,
    PRIMARY KEY (subject, stream)) WITHOUT ROWID;
CREATE TABLE quarantine (position INTEGER PRIMARY KEY);
"""
_PREFIXES: Final = tuple(f"{kind}/" for kind in KINDS)
_EVENTS: Final = (
    "SELECT stream, version, position, ordinal, fingerprint, body FROM event "
    "WHERE stream=? AND position<=? ORDER BY version"
)
_STREAMS: Final = (
    "SELECT stream FROM about WHERE subject=? AND stream>=? AND stream<? ORDER BY 1"
)
_SUBJECTS: Final = ("child", "jurisdiction", "home")
"""Fields of an opening that say whom or what a matter is about."""
_AFTER_SLASH: Final = "0"
"""The next character after the slash: ends a range of streams of one kind."""


class MattersProjection:
    """Matters as `projections.view` knows it; subjects are children and places."""

    name = NAME
    fold = FOLD
    by_child = False
    weight = 2.0
    appended: ClassVar[Mapping[str, str]] = {
        "event": "INSERT",
        "about": "INSERT OR IGNORE",
    }
    tables = _TABLES
    indexes = ""
    digested = (
        """SELECT stream AS subject, version, position, ordinal, fingerprint, body
        FROM {0}.event ORDER BY stream, version""",
        "SELECT subject, stream FROM {0}.about ORDER BY subject, stream",
        "SELECT position AS subject FROM {0}.quarantine ORDER BY position",
    )

    def folding(self, connection: sqlite3.Connection, *, whole: bool) -> Apply:
        """Return the fold upon a file; it remembers nothing, `whole` or not."""
        del whole
        return _Fold(connection).apply


class _Fold:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def apply(self, entries: Sequence[OpenedEntry]) -> None:
        """Add the events of matters, and whom each matter is about."""
        rows: list[tuple[object, ...]] = []
        about: set[tuple[str, str]] = set()
        unreadable: list[tuple[int]] = []
        for position, _, events, unread, _ in entries:
            if unread == ():
                unreadable.append((position,))
            for ordinal, stream, version, fingerprint, _, body, form in events:
                if not stream.startswith(_PREFIXES):
                    continue
                rows.append((stream, version, position, ordinal, fingerprint, body))
                about.add((stream.partition("/")[2], stream))
                if form is None:
                    named = _named(decode(fingerprint, body))
                else:
                    named = [body[place].decode() for place in _places_of(form)]
                about |= {(subject, stream) for subject in named if subject}
        self._connection.executemany("INSERT INTO event VALUES (?,?,?,?,?,?)", rows)
        self._connection.executemany(
            "INSERT OR IGNORE INTO about VALUES (?,?)", sorted(about)
        )
        self._connection.executemany(
            "INSERT OR IGNORE INTO quarantine VALUES (?)", unreadable
        )


@lru_cache(MAX_FORMS)
def _places_of(form: Form) -> tuple[slice, ...]:
    """Return where bodies of a form name whom or what a matter is about."""
    places = (form.places.get((subject,)) for subject in _SUBJECTS)
    return tuple(place for place in places if place is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFact:
    """A fact of a matter's stream, and whether it stood at the position asked."""

    version: int
    position: int
    index: int
    fact: MatterFact
    annulled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMatter:
    """One matter as known at a position, judged on a day.

    `overlaps` are the streams of other open duties of the same kind to the same child
    or, where no child is named, to the same jurisdiction, that another owner has.
    """

    stream: str
    state: Matter
    status: MatterStatus
    overdue: bool
    orphan: bool
    overlaps: tuple[str, ...]
    facts: tuple[RecordedFact, ...]

    @property
    def open(self) -> bool:
        """Whether somebody still has to act."""
        lasting = self.stream.startswith(LASTING) and not self.overdue
        return self.status is not MatterStatus.DONE and not lasting


@dataclass(frozen=True, slots=True, kw_only=True)
class MattersAnswer:
    """The matters of a child or a jurisdiction, and the state that they rest on.

    `warnings` counts what was said to guardians (dissuaded, educated, admonished,
    warned, ordered), `unheeded` the visits that found a warning not heeded: what
    "unreformed" rests on.
    """

    subject: str
    as_of: date
    known_at: int
    checkpoint: int
    matters: tuple[KnownMatter, ...]
    warnings: int
    unheeded: int
    unreadable: tuple[int, ...]


class Matters:
    """Answers from the current file of a folder; for many threads at once.

    Every method raises NotBuiltError where there is no file, and FoldChangedError where
    there is one of another fold.
    """

    def __init__(self, folder: Path) -> None:
        self._readers = Readers(Files(folder, NAME, FOLD))

    def checkpoint(self) -> int:
        """Return the last position applied."""
        return checkpoint_of(self._readers.connection()).position

    def matters(
        self,
        subject: str,
        as_of: date,
        known_at: int | None = None,
        kinds: Sequence[str] = KINDS,
    ) -> MattersAnswer:
        """Return the matters about a child or a house or of a jurisdiction, by stream.

        A matter is also about its own id.

        As known at a position; by default at the last one applied. `as_of` is the day
        on which what is due is judged. `kinds` are the streams' kinds to look at.
        """
        connection = self._readers.connection()
        asked = LATEST if known_at is None else known_at
        connection.execute("BEGIN")
        try:
            checkpoint = checkpoint_of(connection).position
            streams = [
                row[0]
                for kind in sorted(kinds)
                for row in connection.execute(
                    _STREAMS, (subject, f"{kind}/", f"{kind}{_AFTER_SLASH}")
                )
            ]
            loaded = [_load(connection, stream, asked) for stream in streams]
            sql = "SELECT position FROM quarantine WHERE position<=? ORDER BY 1"
            unreadable = tuple(row[0] for row in connection.execute(sql, (asked,)))
        finally:
            connection.execute("COMMIT")
        about = [
            (stream, state, facts)
            for stream, state, facts in loaded
            if facts and subject in _subjects(stream, state)  # recorded by then
        ]
        facts = [f.fact for _, _, all_ in about for f in all_ if not f.annulled]
        return MattersAnswer(
            subject=subject,
            as_of=as_of,
            known_at=min(asked, checkpoint),
            checkpoint=checkpoint,
            matters=tuple(judged(about, as_of)),
            warnings=sum(
                isinstance(fact, ResponseRecorded)
                and fact.response.value not in _NO_WARNING
                for fact in facts
            ),
            unheeded=sum(
                isinstance(fact, VisitRecorded)
                and fact.compliance is Compliance.DOES_NOT
                for fact in facts
            ),
            unreadable=unreadable,
        )

    def digest(self) -> str:
        """Return the SHA-256 of checkpoint and rows: equal files, equal digests."""
        return digest(self._readers.connection(), MattersProjection())

    def close(self) -> None:
        """Close every thread's connection."""
        self._readers.close()


_NO_WARNING: Final = frozenset({"inquired", "removed", "punished"})
"""Responses by which nobody was told to do better."""
_Loaded = tuple[str, Matter, tuple[RecordedFact, ...]]


def _load(connection: sqlite3.Connection, stream: str, known_at: int) -> _Loaded:
    state, kept = Matter(), list[tuple[int, int, int, Any]]()
    for _, version, position, ordinal, fingerprint, body in connection.execute(
        _EVENTS, (stream, known_at)
    ):
        event: Any = decode(fingerprint, body)
        state = evolve(state, event)
        if isinstance(event, MatterFact):
            kept.append((version, position, ordinal, event))
    facts = tuple(
        RecordedFact(
            version=version,
            position=position,
            index=ordinal,
            fact=fact,
            annulled=version in state.annulled,
        )
        for version, position, ordinal, fact in kept
    )
    return stream, state, facts


def _subjects(stream: str, state: Matter) -> set[str]:
    """Return whom a matter is about, by what stands in it."""
    return {stream.partition("/")[2], *_named(state.opening)}


def _named(event: object) -> list[str]:
    """Return the child, place and house that an event names."""
    named = [getattr(event, field, None) for field in _SUBJECTS]
    return [subject for subject in named if subject is not None]


def judged(loaded: Iterable[_Loaded], as_of: date) -> Iterable[KnownMatter]:
    """Yield matters with their state on a day; those given are looked at together."""
    listed = list(loaded)
    rivals: dict[object, list[tuple[str, object]]] = {}
    for stream, state, _ in listed:
        if (owed := _owed(state)) is not None:
            rivals.setdefault(owed, []).append((stream, holder_of(state)))
    for stream, state, facts in listed:
        status, due, holder = status_of(state), due_of(state), holder_of(state)
        ended = status is MatterStatus.DONE
        duty = stream.startswith("duty/")
        others = rivals.get(_owed(state), [])
        yield KnownMatter(
            stream=stream,
            state=state,
            status=status,
            overdue=not ended and due is not None and due.latest < as_of,
            orphan=duty and not ended and holder is None,
            overlaps=tuple(
                other for other, owner in others if owner not in (holder, None)
            )
            if holder is not None
            else (),
            facts=facts,
        )


def _owed(state: Matter) -> object | None:
    """Return what an open duty is about: its kind, and to whom it is owed."""
    opening = state.opening
    if not isinstance(opening, DutyOpened) or status_of(state) is MatterStatus.DONE:
        return None
    return opening.kind, opening.child or opening.jurisdiction
