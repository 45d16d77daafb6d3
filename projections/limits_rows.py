"""The rows of limits: what a file of them holds, and the states of a limit.

What lives here: tables, indexes, the queries of their digest and of what stands. What
never does: what fills them (`projections.limits_fold`, `projections.limits_matters`).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from events.limits import LimitKind

TABLES: Final = """
CREATE TABLE term (
    id INTEGER PRIMARY KEY, stream TEXT NOT NULL, version INTEGER NOT NULL,
    kind TEXT NOT NULL, child TEXT, about TEXT, since TEXT, who TEXT NOT NULL,
    articles TEXT NOT NULL, due TEXT NOT NULL, last TEXT NOT NULL,
    early INTEGER NOT NULL, duty INTEGER NOT NULL, set_at INTEGER NOT NULL,
    ended INTEGER, ran_out INTEGER);
CREATE INDEX term_by_stream ON term (stream, version);
CREATE INDEX term_absent ON term (child) WHERE kind='absence';
CREATE TABLE change (
    term INTEGER NOT NULL, number INTEGER NOT NULL, position INTEGER NOT NULL,
    state TEXT NOT NULL, by_stream TEXT NOT NULL, by_version INTEGER NOT NULL,
    PRIMARY KEY (term, number)) WITHOUT ROWID;
CREATE TABLE child_case (
    child TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (child, name)) WITHOUT ROWID;
CREATE TABLE cause (
    term INTEGER NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL,
    by_stream TEXT NOT NULL, by_version INTEGER NOT NULL, gone INTEGER NOT NULL,
    PRIMARY KEY (term, by_stream, by_version)) WITHOUT ROWID;
CREATE INDEX cause_by_event ON cause (by_stream, by_version);
CREATE TABLE concluded (
    stream TEXT NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (stream, version)) WITHOUT ROWID;
CREATE TABLE found (
    stream TEXT NOT NULL, version INTEGER NOT NULL, who TEXT NOT NULL,
    day TEXT NOT NULL, PRIMARY KEY (stream, version)) WITHOUT ROWID;
CREATE TABLE applied (
    stream TEXT NOT NULL, version INTEGER NOT NULL, day TEXT NOT NULL,
    PRIMARY KEY (stream, version)) WITHOUT ROWID;
CREATE TABLE matter (
    stream TEXT NOT NULL, version INTEGER NOT NULL, fingerprint BLOB NOT NULL,
    body BLOB NOT NULL, PRIMARY KEY (stream, version)) WITHOUT ROWID;
CREATE TABLE annulled (
    stream TEXT NOT NULL, act INTEGER NOT NULL, by_version INTEGER NOT NULL,
    PRIMARY KEY (stream, act)) WITHOUT ROWID;
CREATE TABLE quarantine (
    child TEXT NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (child, position)) WITHOUT ROWID;
"""
INDEXES: Final = """
CREATE INDEX term_by_day ON term (last, id);
CREATE INDEX term_by_owner ON term (who, last, id);
CREATE INDEX term_open ON term (last, id) WHERE ended IS NULL AND ran_out IS NULL;
"""


COVERS: Final = (LimitKind.TEMPORARY_GUARDIANSHIP, LimitKind.EXPECTED_END)
RESTORES: Final = (LimitKind.RESTORATION_OPENS, LimitKind.RESTORATION_CLOSES)


def _sql(kinds: Sequence[LimitKind]) -> str:
    return "(" + ",".join(f"'{kind.value}'" for kind in kinds) + ")"


COVERS_SQL: Final = _sql(COVERS)
RESTORES_SQL: Final = _sql(RESTORES)


class State(StrEnum):
    """What became of a limit, beside its day."""

    OPEN = "open"
    MET = "met"
    """What it asked for happened; whether in time, the dates say."""
    MOVED = "moved"
    """Another limit of the same event's case stands in its place."""
    WITHDRAWN = "withdrawn"
    """The event that opened it was annulled, or there is nothing left to do."""


DIGESTED: Final = (
    """SELECT stream AS subject, id, version, kind, child, about, since, who, articles,
    due, last, early, duty, set_at, ended, ran_out FROM {0}.term ORDER BY id""",
    """SELECT by_stream AS subject, term, number, position, state, by_version
    FROM {0}.change ORDER BY term, number""",
    """SELECT child AS subject, name, position FROM {0}.child_case
    ORDER BY child, name""",
    """SELECT by_stream AS subject, term, number, state, by_version, gone
    FROM {0}.cause ORDER BY term, by_stream, by_version""",
    """SELECT stream AS subject, version FROM {0}.concluded
    ORDER BY stream, version""",
    """SELECT stream AS subject, version, who, day FROM {0}.found
        ORDER BY stream, version""",
    """SELECT stream AS subject, version, day FROM {0}.applied
        ORDER BY stream, version""",
    """SELECT stream AS subject, version, fingerprint, body FROM {0}.matter
        ORDER BY stream, version""",
    """SELECT stream AS subject, act, by_version FROM {0}.annulled
    ORDER BY stream, act""",
    """SELECT child AS subject, position FROM {0}.quarantine
    ORDER BY child, position""",
)
BEFORE: Final = (
    "SELECT state, by_stream, by_version FROM change WHERE term=? "
    "ORDER BY number DESC LIMIT 1"
)
"""What a limit was last said to be."""
STANDING: Final = (
    "SELECT state, by_stream, by_version FROM ("
    "SELECT 0 AS number, 'withdrawn' AS state, a.stream AS by_stream, "
    "a.by_version AS by_version FROM annulled a JOIN term t "
    "ON a.stream=t.stream AND a.act=t.version WHERE t.id=?1 UNION ALL "
    "SELECT number, state, by_stream, by_version FROM cause "
    "WHERE term=?1 AND gone=0) ORDER BY number LIMIT 1"
)
"""What ends a limit by the events that stand; no row where nothing does."""
