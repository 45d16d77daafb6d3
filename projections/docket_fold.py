"""The fold of the docket: which cases there are, what stands in each, about whom.

What lives here: the tables and how entries fill them. What never does: law, a clock,
the questions (`projections.docket`).

An act of procedure is a row from the position that recorded it to the one that annulled
it; reinstated, it is a row anew. So each state of knowledge is what stood at its
position, and the state of a case on a day is that of the last act by that day. The file
of a case is every event of its stream, and every event of a child's stream that names
the case, in the bytes in which they were recorded.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar, Final, get_args

from events.cases import (
    ApplicationAccepted,
    ApplicationFiled,
    ApplicationWithdrawn,
    DecisionRecorded,
    ProcedureTerminated,
    ProtectionApplied,
    ProtectionDecided,
)
from events.codec import fingerprint, schema_text
from events.dates import PartialDate
from events.guardianship import ActAnnulled, ActReinstated, ChildFact, ChildRegistered
from events.proceedings import ProtectionOutcome
from projections.forms import MAX_FORMS, Form
from projections.opened import OpenedEntry, OpenedEvent
from projections.view import Apply

NAME: Final = "docket"
FOLD: Final = 2
"""1 listed no applications for protection orders."""

_TABLES: Final = """
CREATE TABLE act (
    stream TEXT NOT NULL, version INTEGER NOT NULL, known_from INTEGER NOT NULL,
    known_until INTEGER, order_ INTEGER NOT NULL, state TEXT NOT NULL,
    first TEXT NOT NULL, last TEXT NOT NULL,
    court TEXT NOT NULL, applicant TEXT NOT NULL,
    PRIMARY KEY (stream, version, known_from)) WITHOUT ROWID;
CREATE TABLE file (
    name TEXT NOT NULL, position INTEGER NOT NULL, ordinal INTEGER NOT NULL,
    stream TEXT NOT NULL, version INTEGER NOT NULL, fingerprint BLOB NOT NULL,
    body BLOB NOT NULL, PRIMARY KEY (name, position, ordinal)) WITHOUT ROWID;
CREATE INDEX file_by_event ON file (stream, version);
CREATE TABLE named (
    child TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
    known_from INTEGER NOT NULL, known_until INTEGER,
    PRIMARY KEY (child, name, version, known_from)) WITHOUT ROWID;
CREATE INDEX named_by_case ON named (name);
CREATE TABLE place (
    jurisdiction TEXT NOT NULL, child TEXT NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (jurisdiction, child)) WITHOUT ROWID;
CREATE TABLE quarantine (position INTEGER PRIMARY KEY);
"""
_INDEXES: Final = """
CREATE INDEX act_by_court ON act (court, last, stream);
CREATE INDEX act_by_applicant ON act (applicant, last, stream);
CREATE INDEX act_by_day ON act (last, stream);
"""
_REVIVE: Final = """
INSERT OR IGNORE INTO act
SELECT stream, version, ?3, NULL, order_, state, first, last, court, applicant FROM act
WHERE stream=?1 AND version=?2 AND known_until IS NOT NULL
ORDER BY known_from DESC LIMIT 1
"""
_NAME_AGAIN: Final = """
INSERT OR IGNORE INTO named SELECT child, name, version, ?3, NULL FROM named
WHERE {0}=?1 AND version=?2 AND known_until IS NOT NULL
ORDER BY known_from DESC LIMIT 1
"""


class CaseState(StrEnum):
    """Where a case stands, by the last act of its procedure."""

    FILED = "filed"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    TERMINATED = "terminated"
    GRANTED = "granted"
    PARTLY_GRANTED = "partly_granted"
    DISMISSED = "dismissed"


_DECIDED: Final = {
    outcome: CaseState.DISMISSED
    if outcome in {ProtectionOutcome.REFUSED, ProtectionOutcome.UPHELD}
    else CaseState.GRANTED
    for outcome in ProtectionOutcome
}
"""What a decision about a protection order is to who asked for it."""


def _prints(classes: Sequence[type]) -> frozenset[bytes]:
    return frozenset(fingerprint(schema_text(cls.__name__)) for cls in classes)


_OF_A_CHILD: Final = _prints([*get_args(ChildFact), ActAnnulled, ActReinstated])
"""What of a child's stream may name a case, or an act that did."""
_ALWAYS: Final = frozenset({ActAnnulled, ActReinstated, ChildRegistered})
"""Of these, what has an effect although it names none."""


@lru_cache(MAX_FORMS)
def _taken(form: Form | None) -> bool:
    """Whether events of a child's stream that have this form may have an effect."""
    if form is None:
        return True
    kind = type(form.event)
    return kind in _ALWAYS or (
        kind in get_args(ChildFact) and form.event.case is not None
    )


class DocketProjection:
    """The docket as `projections.view` knows it; its subjects are streams."""

    name = NAME
    fold = FOLD
    by_child = False
    weight = 2.0
    appended: ClassVar[Mapping[str, str]] = {}
    tables = _TABLES
    indexes = _INDEXES
    digested = (
        """SELECT stream AS subject, version, known_from, known_until, order_, state,
        first, last, court, applicant FROM {0}.act
        ORDER BY stream, version, known_from""",
        """SELECT name AS subject, position, ordinal, stream, version, fingerprint, body
        FROM {0}.file ORDER BY name, position, ordinal""",
        """SELECT child AS subject, name, version, known_from, known_until
        FROM {0}.named ORDER BY child, name, version, known_from""",
        """SELECT child AS subject, jurisdiction, position FROM {0}.place
        ORDER BY jurisdiction, child""",
        "SELECT position AS subject FROM {0}.quarantine ORDER BY position",
    )

    def folding(self, connection: sqlite3.Connection, *, whole: bool) -> Apply:
        """Return the fold upon a file; it remembers nothing, `whole` or not."""
        del whole
        return _Fold(connection).apply


class _Fold:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._position = 0

    def apply(self, entries: Sequence[OpenedEntry]) -> None:
        """Add what entries say of cases, and end what they annul."""
        for entry in entries:
            self._position = entry.position
            for opened in entry.events:
                if opened.stream.startswith("child/") and not _taken(opened.form):
                    continue
                kind, _, name = opened.stream.partition("/")
                if kind == "case":
                    self._of_case(name, opened)
                elif kind == "child" and opened.fingerprint in _OF_A_CHILD:
                    self._of_child(name, opened)
            if entry.unreadable is not None or entry.withheld:
                sql = "INSERT OR IGNORE INTO quarantine VALUES (?)"
                self._connection.execute(sql, (entry.position,))

    def _of_case(self, name: str, opened: OpenedEvent) -> None:
        self._keep(name, opened)
        event = opened.event()
        match event:
            case ApplicationFiled():
                who = event.applicant.holder.id
                self._act(opened, CaseState.FILED, event.filed_on, event.court, who)
            case ApplicationAccepted():
                self._act(opened, CaseState.ACCEPTED, event.on)
            case ApplicationWithdrawn():
                self._act(opened, CaseState.WITHDRAWN, event.on)
            case ProcedureTerminated():
                self._act(opened, CaseState.TERMINATED, event.on)
            case DecisionRecorded():
                state = CaseState(event.outcome)
                self._act(opened, state, event.decided_on, event.court)
            case ProtectionApplied():
                who = event.applicant.holder.id
                asked = (CaseState.FILED, event.on, event.court, who)
                self._act(opened, *asked, order=True)
                self._name(event.child, name, -opened.version)
            case ProtectionDecided():
                state = _DECIDED[event.outcome]
                self._act(opened, state, event.on, event.court, order=True)
                self._name(event.child, name, -opened.version)
            case ActAnnulled():
                sql = (
                    "UPDATE act SET known_until=? WHERE stream=? AND version=? "
                    "AND known_until IS NULL"
                )
                given = (self._position, opened.stream, event.act)
                self._connection.execute(sql, given)
                sql = (
                    "UPDATE named SET known_until=? WHERE name=? AND version=? "
                    "AND known_until IS NULL"
                )
                self._connection.execute(sql, (self._position, name, -event.act))
            case ActReinstated():
                again = (opened.stream, event.act, self._position)
                self._connection.execute(_REVIVE, again)
                named = (name, -event.act, self._position)
                self._connection.execute(_NAME_AGAIN.format("name"), named)

    def _of_child(self, child: str, opened: OpenedEvent) -> None:
        event: Any = opened.event()
        match event:
            case ActAnnulled() | ActReinstated():
                self._named_again(child, opened, event)
            case ChildRegistered():
                sql = "INSERT OR IGNORE INTO place VALUES (?,?,?)"
                given = (event.jurisdiction, child, self._position)
                self._connection.execute(sql, given)
            case _ if event.case is not None:
                self._keep(event.case, opened)
                self._name(child, event.case, opened.version)

    def _name(self, child: str, name: str, version: int) -> None:
        """Say that a case is about a child: by the child's act or, below 0, its own."""
        sql = "INSERT INTO named VALUES (?,?,?,?,NULL)"
        self._connection.execute(sql, (child, name, version, self._position))

    def _named_again(
        self, child: str, opened: OpenedEvent, event: ActAnnulled | ActReinstated
    ) -> None:
        sql = "SELECT name FROM named WHERE child=? AND version=? LIMIT 1"
        found = self._connection.execute(sql, (child, event.act)).fetchone()
        if found is None:
            return
        self._keep(found[0], opened)
        if isinstance(event, ActReinstated):
            given = (child, event.act, self._position)
            self._connection.execute(_NAME_AGAIN.format("child"), given)
            return
        sql = (
            "UPDATE named SET known_until=? WHERE child=? AND version=? "
            "AND known_until IS NULL"
        )
        self._connection.execute(sql, (self._position, child, event.act))

    def _keep(self, name: str, opened: OpenedEvent) -> None:
        self._connection.execute(
            "INSERT INTO file VALUES (?,?,?,?,?,?,?)",
            (
                name,
                self._position,
                opened.ordinal,
                opened.stream,
                opened.version,
                opened.fingerprint,
                opened.body,
            ),
        )

    def _act(  # noqa: PLR0913  the parts of a row
        self,
        opened: OpenedEvent,
        state: CaseState,
        on: PartialDate,
        court: str = "",
        applicant: str = "",
        *,
        order: bool = False,
    ) -> None:
        self._connection.execute(
            "INSERT INTO act VALUES (?,?,?,NULL,?,?,?,?,?,?)",
            (
                opened.stream,
                opened.version,
                self._position,
                order,
                state,
                on.earliest.isoformat(),
                on.latest.isoformat(),
                court,
                applicant,
            ),
        )
