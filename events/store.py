"""The local store: one SQLite file, and the embedded log that it is by itself.

What lives here: `Store`, which runs acceptance on records and keeps what is accepted,
all of it in one transaction; `EmbeddedLog`, the log of `events.log` on a store alone.
What never does: Kafka (`events.kafka` feeds a store), meaning.

The file is the eventsourcing library's SQLite application recorder (streams,
versions, dense notification ids) with the entries, streams, schemas, voids and wards
beside it: WAL and `synchronous=FULL`, so that an append is durable when it returns.
The library sees the events of children and cases; announcements are the log's own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventsourcing.persistence import PersistenceError, StoredEvent
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteCursor,
    SQLiteDatastore,
)

from events.entry import (
    NO_VERSION,
    REGISTRY_STREAM,
    TRACKING_STREAMS,
    AcceptedRecord,
    accepted,
    announcements,
    decode_frame,
    decode_record,
    frame_hash,
)
from events.log import (
    EMPTY,
    Accepted,
    Head,
    LogClosedError,
    LogDamagedError,
    LogUnavailableError,
    StoredBody,
    StoredEntry,
    StoredVoid,
    Verdict,
    Voided,
    VoidKind,
    VoidReason,
)
from events.wards import wards_of

MAX_VOID_BYTES = 65_536
"""How much of a void is kept: enough to show what it was, whatever its size."""

_TABLES = """
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A record as read from where it lies; where that is a topic, its place there."""

    record: bytes
    offset: int | None = None
    leader_epoch: int | None = None
    appended_ms: int | None = None


class _State:
    """Acceptance's view of the file inside the transaction that accepts."""

    def __init__(self, registry: str, head: Head, cursor: SQLiteCursor) -> None:
        self.registry = registry
        self.head = head
        self._cursor = cursor

    def announced(self, key: bytes) -> bool:
        return self._one("SELECT 1 FROM schemas WHERE fingerprint=?", key) is not None

    def key_seen(self, authority: str, request_id: str) -> bool:
        sql = "SELECT 1 FROM entries WHERE authority=? AND request_id=?"
        return self._one(sql, authority, request_id) is not None

    def last_version(self, stream: str) -> int:
        row = self._one("SELECT version FROM heads_of_streams WHERE stream=?", stream)
        return int(row[0]) if row else NO_VERSION

    def _one(self, sql: str, *values: object) -> Any:  # noqa: ANN401  a row of SQLite
        self._cursor.execute(sql, values)
        return self._cursor.fetchone()


class Store:
    """Keeps accepted entries in one file; every reading method is `events.log.Log`'s.

    Opening a file of another registry raises LogDamagedError.
    """

    def __init__(self, path: Path, registry: str) -> None:
        self.path = path
        self._registry = registry
        self._datastore = SQLiteDatastore(
            db_name=f"file:{path}", originator_id_type="text"
        )
        self.recorder = SQLiteApplicationRecorder(self._datastore)
        self._write = threading.Lock()
        self._arrived = threading.Condition()
        self.recorder.create_table()
        with self._transaction() as cursor:
            for statement in _TABLES.split(";"):
                cursor.execute(statement)
            cursor.execute(
                "INSERT INTO meta VALUES ('registry', ?) ON CONFLICT DO NOTHING",
                (registry,),
            )
        if self.meta("registry") != registry:
            self._datastore.close()
            message = f"{path} is the log of another registry than {registry}"
            raise LogDamagedError(message)
        self._head = self._stored_head()
        self.strangers = 0
        """Voids since opening whose parent was never seen here."""

    @property
    def registry(self) -> str:
        """The log's origin, as every frame names it."""
        return self._registry

    def meta(self, name: str) -> str | None:
        """Return what the file knows of itself under a name."""
        rows = self._select("SELECT value FROM meta WHERE name=?", name)
        return str(rows[0][0]) if rows else None

    def remember(self, name: str, value: str) -> None:
        """Keep something that the file is to know of itself."""
        with self._write, self._transaction() as cursor:
            _remember(cursor, name, value)

    def ingest(
        self, candidates: Sequence[Candidate], where: Mapping[str, str] | None = None
    ) -> list[Verdict]:
        """Accept or void records in order, in one transaction; durable on return.

        `where` is remembered in the same transaction: how far a topic was read. Raises
        LogUnavailableError where the disk does not take them: nothing is kept.
        """
        with self._write:
            try:
                with self._transaction() as cursor:
                    state = _State(self._registry, self._head, cursor)
                    verdicts = [self._take(c, state, cursor) for c in candidates]
                    for name, value in (where or {}).items():
                        _remember(cursor, name, value)
            except PersistenceError as error:
                message = f"the store took nothing: {error}"
                raise LogUnavailableError(message) from error
            self._head = state.head
        with self._arrived:
            self._arrived.notify_all()
        return verdicts

    def _take(
        self, candidate: Candidate, state: _State, cursor: SQLiteCursor
    ) -> Verdict:
        result = accepted(candidate.record, state)
        if isinstance(result, VoidReason):
            self._keep_void(candidate, result, state.head.position, cursor)
            return Voided(reason=result)
        position = state.head.position + 1
        self._keep(candidate, result, position, cursor)
        recorded_at = result.frame.recorded_at
        state.head = Head(position=position, hash=result.hash, recorded_at=recorded_at)
        return Accepted(
            position=position,
            hash=result.hash,
            recorded_at=recorded_at,
            appended_ms=candidate.appended_ms,
        )

    def _keep_void(
        self,
        candidate: Candidate,
        reason: VoidReason,
        position: int,
        cursor: SQLiteCursor,
    ) -> None:
        kind, hash_ = VoidKind.FOREIGN, None
        if reason is VoidReason.OTHER_PARENT:
            frame = decode_record(candidate.record).frame
            hash_ = frame_hash(frame)
            kind = _kind_of_parent(decode_frame(frame).previous, cursor)
        self.strangers += kind is VoidKind.STRANGER
        cursor.execute(
            "INSERT INTO voids (topic_offset, reason, kind, frame_hash, "
            "after_position, size, record) VALUES (?,?,?,?,?,?,?)",
            (
                candidate.offset,
                reason,
                kind,
                hash_,
                position,
                len(candidate.record),
                candidate.record[:MAX_VOID_BYTES],
            ),
        )

    def _keep(
        self,
        candidate: Candidate,
        result: AcceptedRecord,
        position: int,
        cursor: SQLiteCursor,
    ) -> None:
        frame = result.frame
        cursor.execute(
            "INSERT INTO entries VALUES (?,?,?,?,?,?,?,?,?)",
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
            ),
        )
        for key, text in announcements(result):
            cursor.execute("INSERT OR IGNORE INTO schemas VALUES (?,?)", (key, text))
        visible: list[StoredEvent] = []
        for header, body in zip(frame.events, result.record.bodies, strict=True):
            cursor.execute(
                "INSERT OR REPLACE INTO heads_of_streams VALUES (?,?)",
                (header.stream, header.version),
            )
            if body is None:
                continue
            own = header.stream == REGISTRY_STREAM or header.stream.startswith(
                TRACKING_STREAMS
            )
            cursor.execute(
                "INSERT INTO events VALUES (?,?,?,?,?,?)",
                (
                    header.stream,
                    header.version,
                    position,
                    header.fingerprint,
                    header.type,
                    body.content if own else None,
                ),
            )
            if own:  # announcements and positions: no events of the library's
                continue
            visible.append(
                StoredEvent(header.stream, header.version, header.type, body.content)
            )
            for holder in wards_of(header.fingerprint, body.content):
                cursor.execute(
                    "INSERT OR IGNORE INTO wards VALUES (?,?)",
                    (holder, header.stream.removeprefix("child/")),
                )
        self.recorder._insert_events(cursor, visible)  # noqa: SLF001  the library's own hook for one transaction

    def head(self) -> Head:
        """Return the last entry applied here."""
        return self._head

    def read(self, after: int, limit: int) -> list[StoredEntry]:
        """Return up to `limit` entries with positions above `after`, in order."""
        return self._entries("position>? ORDER BY position LIMIT ?", after, limit)

    def find(self, authority: str, request_id: str) -> StoredEntry | None:
        """Return the entry of a submission key, or None where none is known here."""
        found = self._entries("authority=? AND request_id=?", authority, request_id)
        return found[0] if found else None

    def stream(self, name: str, above: int = -1) -> list[StoredBody]:
        """Return the events of a stream with versions above `above`, in order."""
        rows = self._select(
            "SELECT e.stream, e.version, e.type, e.fingerprint, "
            "coalesce(s.state, e.own_body), e.position FROM events e "
            "LEFT JOIN stored_events s ON s.originator_id=e.stream "
            "AND s.originator_version=e.version "
            "WHERE e.stream=? AND e.version>? ORDER BY e.version",
            name,
            above,
        )
        return [
            StoredBody(
                stream=row[0],
                version=row[1],
                type=row[2],
                fingerprint=row[3],
                body=row[4],
                position=row[5],
            )
            for row in rows
        ]

    def last_version(self, stream: str) -> int:
        """Return the last version in a stream of ours; they begin at 1: 0 is none."""
        return self.newest_version(stream) or 0

    def newest_version(self, stream: str) -> int | None:
        """Return the last version in any stream, or None where it has no event."""
        sql = "SELECT version FROM heads_of_streams WHERE stream=?"
        rows = self._select(sql, stream)
        return int(rows[0][0]) if rows else None

    def notification_id(self, stream: str, version: int) -> int:
        """Return the eventsourcing library's number of an event that it sees."""
        sql = (
            "SELECT rowid FROM stored_events "
            "WHERE originator_id=? AND originator_version=?"
        )
        return int(self._select(sql, stream, version)[0][0])

    def children_of(self, holder: str) -> list[str]:
        """Return the ids of the children whose streams ever named the holder."""
        sql = "SELECT child FROM wards WHERE holder=? ORDER BY child"
        return [str(row[0]) for row in self._select(sql, holder)]

    def schemas(self) -> Mapping[bytes, str]:
        """Return the announced schemas: text by fingerprint."""
        rows = self._select("SELECT fingerprint, text FROM schemas")
        return {bytes(row[0]): str(row[1]) for row in rows}

    def position_at(self, recorded_at: int) -> int:
        """Return the last position recorded at or before a time in microseconds."""
        sql = "SELECT max(position) FROM entries WHERE recorded_at<=?"
        return int(self._select(sql, recorded_at)[0][0] or 0)

    def voids(self, after: int, limit: int) -> list[StoredVoid]:
        """Return up to `limit` voids with numbers above `after`, in order."""
        rows = self._select(
            "SELECT number, topic_offset, reason, kind, after_position, size, record "
            "FROM voids WHERE number>? ORDER BY number LIMIT ?",
            after,
            limit,
        )
        return [
            StoredVoid(
                number=row[0],
                offset=row[1] if row[1] is not None else -1,
                reason=VoidReason(row[2]),
                kind=VoidKind(row[3]),
                after_position=row[4],
                size=row[5],
                record=row[6],
            )
            for row in rows
        ]

    def accepted_as(self, hash_: bytes) -> Accepted | None:
        """Return the verdict on an entry's frame hash, or None where it has none."""
        sql = "SELECT position, recorded_at, appended_ms FROM entries WHERE hash=?"
        return next(
            (
                Accepted(
                    position=row[0], hash=hash_, recorded_at=row[1], appended_ms=row[2]
                )
                for row in self._select(sql, hash_)
            ),
            None,
        )

    def last_placed(self) -> tuple[int, bytes] | None:
        """Return offset and record of the last entry that was read from a topic."""
        rows = self._select(
            "SELECT topic_offset, record FROM entries "
            "WHERE topic_offset IS NOT NULL ORDER BY position DESC LIMIT 1"
        )
        return (int(rows[0][0]), bytes(rows[0][1])) if rows else None

    def wait(self, position: int, timeout_s: float) -> bool:
        """Wait until the position is applied here; False when the time ran out."""
        with self._arrived:
            return self._arrived.wait_for(
                lambda: self._head.position >= position, timeout_s
            )

    def close(self) -> None:
        """Close the file."""
        self._datastore.close()

    def _transaction(self) -> AbstractContextManager[SQLiteCursor]:
        return self._datastore.transaction(commit=True)

    def _select(self, sql: str, *values: object) -> list[Any]:
        with self._datastore.transaction(commit=False) as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall())

    def _entries(self, where: str, *values: object) -> list[StoredEntry]:
        rows = self._select(
            "SELECT position, hash, recorded_at, authority, request_id, record "  # noqa: S608  constants of this module only
            f"FROM entries WHERE {where}",
            *values,
        )
        return [
            StoredEntry(
                position=row[0],
                hash=row[1],
                recorded_at=row[2],
                authority=row[3],
                request_id=row[4],
                record=row[5],
            )
            for row in rows
        ]

    def _stored_head(self) -> Head:
        rows = self._select(
            "SELECT position, hash, recorded_at FROM entries "
            "ORDER BY position DESC LIMIT 1"
        )
        if not rows:
            return EMPTY
        return Head(position=rows[0][0], hash=rows[0][1], recorded_at=rows[0][2])


def _remember(cursor: SQLiteCursor, name: str, value: str) -> None:
    cursor.execute("INSERT OR REPLACE INTO meta VALUES (?,?)", (name, value))


def _kind_of_parent(parent: bytes, cursor: SQLiteCursor) -> VoidKind:
    """Say what a void is by its parent; those chained on a void are as it is."""
    if parent == EMPTY.hash:
        return VoidKind.STALE
    cursor.execute("SELECT 1 FROM entries WHERE hash=?", (parent,))
    if cursor.fetchone() is not None:
        return VoidKind.STALE
    cursor.execute("SELECT kind FROM voids WHERE frame_hash=? LIMIT 1", (parent,))
    row = cursor.fetchone()
    return VoidKind.STRANGER if row is None else VoidKind(row[0])


class EmbeddedLog(Store):
    """The log on one file: what is accepted here is the record itself."""

    def __init__(
        self, path: Path, registry: str, now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(path, registry)
        self._now = now
        self._closed = False

    def append(self, records: Sequence[bytes], deadline: float) -> list[Verdict]:
        """Append records that are chained on each other; a verdict for each.

        Raises LogClosedError after `close`, LogUnavailableError when the deadline
        has passed or the disk is full: nothing was written then.
        """
        if self._closed:
            raise LogClosedError
        if self._now() >= deadline:
            message = "the deadline passed before anything was written"
            raise LogUnavailableError(message)
        verdicts = self.ingest([Candidate(record=record) for record in records])
        return [
            self._first(record) or verdict
            if verdict == Voided(reason=VoidReason.OTHER_PARENT)
            else verdict
            for record, verdict in zip(records, verdicts, strict=True)
        ]

    def _first(self, record: bytes) -> Accepted | None:
        """Return the verdict on the same bytes when they first came."""
        return self.accepted_as(frame_hash(decode_record(record).frame))

    def catch_up(self, deadline: float) -> Head:
        """Return the head: the file is the log, and this process its only keeper."""
        if self._now() >= deadline:
            message = "the deadline passed"
            raise LogUnavailableError(message)
        return self.head()

    def close(self) -> None:
        """Stop taking appends and close the file."""
        self._closed = True
        super().close()
