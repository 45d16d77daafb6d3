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

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eventsourcing.persistence import PersistenceError
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteCursor,
    SQLiteDatastore,
)

from events.files import read_only
from events.in_use import InUse
from events.ingest import TABLES, Candidate, Ingest
from events.log import (
    EMPTY,
    Accepted,
    Head,
    LogDamagedError,
    LogUnavailableError,
    StoredBody,
    StoredEntry,
    StoredVoid,
    Verdict,
    VoidKind,
    VoidReason,
)


class Store:
    """Keeps accepted entries in one file; every reading method is `events.log.Log`'s.

    Opening a file of another registry raises LogDamagedError.
    """

    synchronous = "FULL"
    """When SQLite waits for the disk: at each commit, where this file is the log."""

    def __init__(self, path: Path, registry: str) -> None:
        self.path = path
        self._registry = registry
        self._datastore = SQLiteDatastore(
            db_name=f"file:{path}", originator_id_type="text"
        )
        self._recorder = SQLiteApplicationRecorder(self._datastore)
        self._in_use = InUse()
        self._write = threading.Lock()
        self._arrived = threading.Condition()
        self._own = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._recorder.create_table()
        with self._transaction() as cursor:
            for statement in TABLES.split(";"):
                cursor.execute(statement)
            cursor.execute(
                "INSERT INTO meta VALUES ('registry', ?) ON CONFLICT DO NOTHING",
                (registry,),
            )
        if self.meta("registry") != registry:
            Store.close(self)
            message = f"{path} is the log of another registry than {registry}"
            raise LogDamagedError(message)
        self._head = self._stored_head()
        self._schemas = {
            bytes(row[0]): str(row[1])
            for row in self._select("SELECT fingerprint, text FROM schemas")
        }
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
                    batch = Ingest(
                        self._registry,
                        self._head,
                        self._schemas,
                        self._recorder,
                        cursor,
                    )
                    verdicts = [batch.take(candidate) for candidate in candidates]
                    batch.flush()
                    for name, value in (where or {}).items():
                        _remember(cursor, name, value)
            except PersistenceError as error:
                message = f"the store took nothing: {error}"
                raise LogUnavailableError(message) from error
            self._schemas |= batch.announced_now
            self.strangers += batch.strangers
            self._head = batch.head
        with self._arrived:
            self._arrived.notify_all()
        return verdicts

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

    def stream(self, name: str, above: int = -1, limit: int = -1) -> list[StoredBody]:
        """Return the events of a stream with versions above `above`, in order.

        At most `limit`; all of them where that is negative.
        """
        rows = self._select(
            "SELECT e.stream, e.version, e.type, e.fingerprint, "
            "coalesce(s.state, e.own_body), e.position FROM events e "
            "LEFT JOIN stored_events s ON s.originator_id=e.stream "
            "AND s.originator_version=e.version "
            "WHERE e.stream=? AND e.version>? ORDER BY e.version LIMIT ?",
            name,
            above,
            limit,
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

    def streams(self, prefix: str) -> Mapping[str, int]:
        """Return the streams whose names begin with a prefix, and their versions."""
        after = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        sql = (
            "SELECT stream, version FROM heads_of_streams WHERE stream>=? AND stream<?"
        )
        return dict(self._select(sql, prefix, after))

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
        return dict(self._schemas)

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

    @contextmanager
    def shown(self) -> Iterator[SQLiteApplicationRecorder]:
        """Read as the library does. Raises LogClosedError after `close`."""
        with self._in_use.used():
            yield self._recorder

    def close(self) -> None:
        """Close the file once nobody is inside; reads raise LogClosedError then."""
        if not self._in_use.end():
            return
        for reader in self._readers:
            reader.close()
        self._datastore.close()

    @contextmanager
    def _transaction(self) -> Iterator[SQLiteCursor]:
        """Begin a transaction of the library's, as durable as this store must be."""
        with (
            self._in_use.used(),
            self._datastore.get_connection(commit=True) as connection,
        ):
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA synchronous={self.synchronous}")
            with connection.transaction(commit=True) as begun:
                yield begun

    def _select(self, sql: str, *values: object) -> list[Any]:
        """Read on this thread's own connection: a read never waits for a write."""
        with self._in_use.used():
            reader: sqlite3.Connection | None = getattr(self._own, "connection", None)
            if reader is None:
                reader = sqlite3.connect(
                    read_only(self.path), uri=True, check_same_thread=False
                )
                self._own.connection = reader
                self._readers.append(reader)
            return reader.execute(sql, values).fetchall()

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
