"""The local store: one SQLite file, and what is accepted into it.

What lives here: `Store`, which runs acceptance on records and keeps what is accepted,
all of it in one transaction. What never does: Kafka (`events.kafka` feeds a store),
reading (`events.reading`), meaning.

The file is the eventsourcing library's SQLite application recorder (streams,
versions, dense notification ids) with the entries, streams, schemas, voids and wards
beside it: WAL and `synchronous=FULL`, so that an append is durable when it returns.
The library sees the events of children and cases; announcements are the log's own.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from eventsourcing.persistence import PersistenceError
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteCursor,
    SQLiteDatastore,
)

from events.drain import Drain
from events.files import uri_of
from events.ingest import Candidate, Indexed, Ingest
from events.log import Head, LogDamagedError, LogUnavailableError, Verdict
from events.reading import StoredEntries
from events.tables import INSERTS, TABLES


class Store(StoredEntries):
    """Keeps accepted entries in one file; every reading method is `events.log.Log`'s.

    Opening a file of another registry raises LogDamagedError.
    """

    synchronous = "FULL"
    """When SQLite waits for the disk: at each commit, where this file is the log."""

    def __init__(self, path: Path, registry: str) -> None:
        super().__init__(path, registry)
        self._datastore = SQLiteDatastore(
            db_name=uri_of(path), originator_id_type="text"
        )
        self._recorder = SQLiteApplicationRecorder(self._datastore)
        self._write = threading.Lock()
        self._arrived = threading.Condition()
        self._recorder.create_table()
        self._drain = Drain(path, int(self._select("PRAGMA page_size")[0][0]))
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
        self._schemas = self._announced()
        self.strangers = 0
        """Voids since opening whose parent was never seen here."""

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
                    before = Indexed(cursor)
                    batch = Ingest(self._registry, self._head, self._schemas, before)
                    verdicts = [batch.take(candidate) for candidate in candidates]
                    for table, rows in batch.rows().items():
                        if rows:
                            cursor.executemany(INSERTS[table], rows)
                    for name, value in (where or {}).items():
                        _remember(cursor, name, value)
            except PersistenceError as error:
                message = f"the store took nothing: {error}"
                raise LogUnavailableError(message) from error
            self._schemas |= batch.announced_now
            self.strangers += batch.strangers
            self._head = batch.head
            self._drain.wrote(len(candidates))
        with self._arrived:
            self._arrived.notify_all()
        return verdicts

    def head(self) -> Head:
        """Return the last entry applied here."""
        return self._head

    def schemas(self) -> Mapping[bytes, str]:
        """Return the announced schemas: text by fingerprint."""
        return dict(self._schemas)

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
        self._drain.close()
        self._close_readers()
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
            cursor.execute(self._drain.limit)
            with connection.transaction(commit=True) as begun:
                yield begun


def _remember(cursor: SQLiteCursor, name: str, value: str) -> None:
    cursor.execute("INSERT OR REPLACE INTO meta VALUES (?,?)", (name, value))
