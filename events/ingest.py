"""Acceptance on a store's file: a batch of records, in one transaction.

What lives here: the state that acceptance asks, as the file and the batch so far leave
it, and the rows that a batch adds, written at its end. What never does: the rule
(`events.entry`), reading, topics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteCursor

from events.entry import (
    CHILD_STREAMS,
    NO_VERSION,
    AcceptedRecord,
    accepted,
    announcements,
    decode_frame,
    decode_record,
    frame_hash,
    is_own,
)
from events.log import (
    EMPTY,
    Accepted,
    Head,
    Verdict,
    Voided,
    VoidKind,
    VoidReason,
)
from events.wards import named_in

MAX_VOID_BYTES = 65_536
"""How much of a void is kept: enough to show what it was, whatever its size."""

"""Streams of children: their events say who is named as whose."""

TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS entries (
    position INTEGER PRIMARY KEY, hash BLOB NOT NULL, recorded_at INTEGER NOT NULL,
    authority TEXT NOT NULL, request_id TEXT NOT NULL, record BLOB NOT NULL,
    topic_offset INTEGER, leader_epoch INTEGER, appended_ms INTEGER,
    UNIQUE (authority, request_id));
CREATE UNIQUE INDEX IF NOT EXISTS entries_by_hash ON entries (hash);
CREATE INDEX IF NOT EXISTS entries_by_time ON entries (recorded_at);
CREATE TABLE IF NOT EXISTS heads_of_streams (
    stream TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
    stream TEXT NOT NULL, version INTEGER NOT NULL, position INTEGER NOT NULL,
    fingerprint BLOB NOT NULL, type TEXT NOT NULL, own_body BLOB,
    PRIMARY KEY (stream, version)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS schemas (
    fingerprint BLOB PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS voids (
    number INTEGER PRIMARY KEY, topic_offset INTEGER, reason TEXT NOT NULL,
    kind TEXT NOT NULL, frame_hash BLOB, after_position INTEGER NOT NULL,
    size INTEGER NOT NULL, record BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS voids_by_hash ON voids (frame_hash);
CREATE TABLE IF NOT EXISTS wards (
    holder TEXT NOT NULL, child TEXT NOT NULL,
    PRIMARY KEY (holder, child)) WITHOUT ROWID
"""


_INSERT_VOID = (
    "INSERT INTO voids (topic_offset, reason, kind, frame_hash, after_position, size, "
    "record) VALUES (?,?,?,?,?,?,?)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A record as read from where it lies; where that is a topic, its place there."""

    record: bytes
    offset: int | None = None
    leader_epoch: int | None = None
    appended_ms: int | None = None


class Ingest:
    """One batch inside one transaction: `take` each record, then `flush`."""

    def __init__(
        self,
        registry: str,
        head: Head,
        schemas: Mapping[bytes, str],
        recorder: SQLiteApplicationRecorder,
        cursor: SQLiteCursor,
    ) -> None:
        """`schemas` are those that entries before the batch announced."""
        self.registry = registry
        self.head = head
        self.announced_now: dict[bytes, str] = {}
        self.strangers = 0
        self._schemas = schemas
        self._recorder = recorder
        self._cursor = cursor
        self._keys: set[tuple[str, str]] = set()
        self._hashes: set[bytes] = set()
        self._void_kinds: dict[bytes, VoidKind] = {}
        self._versions: dict[str, int] = {}
        self._entries: list[tuple[object, ...]] = []
        self._events: list[tuple[object, ...]] = []
        self._visible: list[StoredEvent] = []
        self._wards: list[tuple[str, str]] = []
        self._voids: list[tuple[object, ...]] = []

    def announced(self, key: bytes) -> bool:
        """Whether an earlier entry announced the schema."""
        return key in self._schemas or key in self.announced_now

    def key_seen(self, authority: str, request_id: str) -> bool:
        """Whether an earlier entry has the submission key."""
        if (authority, request_id) in self._keys:
            return True
        sql = "SELECT 1 FROM entries WHERE authority=? AND request_id=?"
        return self._one(sql, authority, request_id) is not None

    def last_version(self, stream: str) -> int:
        """Return the last version in a stream; NO_VERSION where it has no event."""
        if stream in self._versions:
            return self._versions[stream]
        row = self._one("SELECT version FROM heads_of_streams WHERE stream=?", stream)
        return int(row[0]) if row else NO_VERSION

    def take(self, candidate: Candidate) -> Verdict:
        """Accept or void one record."""
        result = accepted(candidate.record, self)
        if isinstance(result, VoidReason):
            self._keep_void(candidate, result)
            return Voided(reason=result)
        position = self.head.position + 1
        self._keep(candidate, result, position)
        recorded_at = result.frame.recorded_at
        self.head = Head(position=position, hash=result.hash, recorded_at=recorded_at)
        return Accepted(
            position=position,
            hash=result.hash,
            recorded_at=recorded_at,
            appended_ms=candidate.appended_ms,
        )

    def flush(self) -> None:
        """Write what the batch added."""
        for sql, rows in (
            ("INSERT INTO entries VALUES (?,?,?,?,?,?,?,?,?)", self._entries),
            (
                "INSERT OR IGNORE INTO schemas VALUES (?,?)",
                list(self.announced_now.items()),
            ),
            (
                "INSERT OR REPLACE INTO heads_of_streams VALUES (?,?)",
                list(self._versions.items()),
            ),
            ("INSERT INTO events VALUES (?,?,?,?,?,?)", self._events),
            ("INSERT OR IGNORE INTO wards VALUES (?,?)", self._wards),
            (_INSERT_VOID, self._voids),
            (self._recorder.insert_events_statement, self._rows_of_the_library()),
        ):
            if rows:
                self._cursor.executemany(sql, rows)

    def _rows_of_the_library(self) -> list[tuple[object, ...]]:
        """Return its rows: its own insertion, but for the ids that nobody asks for."""
        return [
            (e.originator_id, e.originator_version, e.topic, e.state)
            for e in self._visible
        ]

    def _keep_void(self, candidate: Candidate, reason: VoidReason) -> None:
        kind, hash_ = VoidKind.FOREIGN, None
        if reason is VoidReason.OTHER_PARENT:
            frame = decode_record(candidate.record).frame
            hash_ = frame_hash(frame)
            kind = self._kind_by_parent(decode_frame(frame).previous)
            self._void_kinds[hash_] = kind
        self.strangers += kind is VoidKind.STRANGER
        self._voids.append(
            (
                candidate.offset,
                reason,
                kind,
                hash_,
                self.head.position,
                len(candidate.record),
                candidate.record[:MAX_VOID_BYTES],
            )
        )

    def _kind_by_parent(self, parent: bytes) -> VoidKind:
        """Say what a void is by its parent; those chained on a void are as it is."""
        if parent == EMPTY.hash or parent in self._hashes:
            return VoidKind.STALE
        if self._one("SELECT 1 FROM entries WHERE hash=?", parent) is not None:
            return VoidKind.STALE
        if parent in self._void_kinds:
            return self._void_kinds[parent]
        sql = "SELECT kind FROM voids WHERE frame_hash=? LIMIT 1"
        row = self._one(sql, parent)
        return VoidKind.STRANGER if row is None else VoidKind(row[0])

    def _keep(
        self, candidate: Candidate, result: AcceptedRecord, position: int
    ) -> None:
        frame = result.frame
        self._keys.add((frame.authority, frame.request_id))
        self._hashes.add(result.hash)
        self._entries.append(
            (
                position,
                result.hash,
                frame.recorded_at,
                frame.authority,
                frame.request_id,
                candidate.record,
                candidate.offset,
                candidate.leader_epoch,
                candidate.appended_ms,
            )
        )
        for key, text in announcements(result):
            if not self.announced(key):
                self.announced_now[key] = text
        for header, body in zip(frame.events, result.record.bodies, strict=True):
            stream = header.stream
            self._versions[stream] = header.version
            if body is None:
                continue
            # Announcements and positions are no events of the library's.
            own = is_own(stream)
            kept = body.content if own else None
            self._events.append(
                (
                    stream,
                    header.version,
                    position,
                    header.fingerprint,
                    header.type,
                    kept,
                )
            )
            if own:
                continue
            self._visible.append(
                StoredEvent(stream, header.version, header.type, body.content)
            )
            if stream.startswith(CHILD_STREAMS):
                child = stream.removeprefix(CHILD_STREAMS)
                self._wards.extend((named, child) for named in named_in(body.content))

    def _one(self, sql: str, *values: object) -> Any:  # noqa: ANN401  a row of SQLite
        self._cursor.execute(sql, values)
        return self._cursor.fetchone()
