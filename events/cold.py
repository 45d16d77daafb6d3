"""A new copy of a topic, made in one pass: judged, written in bulk, indexed last.

What lives here: `ColdCopy`, which gives a fold its entries while it writes them. What
never does: an append, a wait for more; it ends where the topic ended when it began, and
`events.replica` goes on from there.

What acceptance asks of earlier entries is kept in memory meanwhile, half a kilobyte an
entry, so that nothing is looked up in a file that has no index yet. The file is what
`events.store` would have made of the same records, row by row (a test). It keeps no
journal and has no name until it is whole and durable: whatever ends before leaves
nothing that anyone opens, and the next start begins anew.
"""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

from events.entry import NO_VERSION
from events.files import durable
from events.ingest import INSERTS, TABLES, Candidate, Ingest
from events.log import (
    EMPTY,
    Accepted,
    Head,
    LogDamagedError,
    LogUnavailableError,
    StoredEntry,
    VoidKind,
)
from events.topic import OffsetLostError, Topic, TopicUnavailableError

Told = TypeVar("Told")

PATIENCE_S: Final = 60.0
"""How long a topic that does not answer is asked again."""
RETRY_S: Final = 0.2
FETCH_WAIT_S: Final = 0.5
QUERY_TIMEOUT_S: Final = 5.0

_TABLES, _INDEXES = (
    [one for one in TABLES.split(";") if ("INDEX" in one) is indexed]
    for indexed in (False, True)
)
_SCRATCH: Final = """
CREATE TABLE scratch.events (
    stream TEXT, version INTEGER, position INTEGER, fingerprint BLOB, type TEXT,
    own_body BLOB);
CREATE TABLE scratch.wards (holder TEXT, child TEXT);
"""
_SORTED: Final = (
    "INSERT INTO main.events SELECT * FROM scratch.events ORDER BY stream, version",
    """INSERT INTO heads_of_streams
    SELECT stream, max(version) FROM main.events GROUP BY stream""",
    "INSERT INTO main.wards SELECT DISTINCT * FROM scratch.wards ORDER BY 1, 2",
)
_WRITTEN: Final = INSERTS | {
    "events": "INSERT INTO scratch.events VALUES (?,?,?,?,?,?)",
    "wards": "INSERT INTO scratch.wards VALUES (?,?)",
}


@dataclass(slots=True)
class _Remembered:
    """What acceptance asks of the entries before a batch, in memory."""

    keys: set[str] = field(default_factory=set)
    versions: dict[str, int] = field(default_factory=dict)
    hashes: set[bytes] = field(default_factory=set)
    voids: dict[bytes, VoidKind] = field(default_factory=dict)

    def key_seen(self, authority: str, request_id: str) -> bool:
        return _key(authority, request_id) in self.keys

    def last_version(self, stream: str) -> int:
        return self.versions.get(stream, NO_VERSION)

    def hash_seen(self, hash_: bytes) -> bool:
        return hash_ in self.hashes

    def kind_of_void(self, hash_: bytes) -> VoidKind | None:
        return self.voids.get(hash_)

    def learn(self, batch: Ingest) -> None:
        rows = batch.rows()
        for _, hash_, _, authority, request_id, *_ in rows["entries"]:
            assert isinstance(hash_, bytes)  # noqa: S101  as `Ingest` keeps it
            assert isinstance(authority, str)  # noqa: S101  likewise
            assert isinstance(request_id, str)  # noqa: S101  likewise
            self.keys.add(_key(authority, request_id))
            self.hashes.add(hash_)
        for stream, version in rows["heads_of_streams"]:
            assert isinstance(stream, str)  # noqa: S101  likewise
            assert isinstance(version, int)  # noqa: S101  likewise
            self.versions[stream] = version
        for _, _, kind, hash_, *_ in rows["voids"]:
            if isinstance(hash_, bytes) and isinstance(kind, str):
                self.voids.setdefault(hash_, VoidKind(kind))


def _key(authority: str, request_id: str) -> str:
    """Return a submission key in the least memory: half a tuple's."""
    return f"{len(authority)} {authority}{request_id}"


class ColdCopy:
    """The entries of a topic in order, once, written to a file on the way.

    `head` tells how many records the topic had when this began: voids among them are
    no entries. Methods raise LogUnavailableError where the topic does not answer for
    PATIENCE_S, LogDamagedError where it was cut or made again meanwhile, and
    sqlite3.Error where the disk takes no more.
    """

    def __init__(self, path: Path, registry: str, topic: Topic) -> None:
        self.path = path
        self.registry = registry
        self._topic = topic
        self._building = path.with_name(path.name + ".copying")
        self._scratch = path.with_name(path.name + ".copying.scratch")
        self._remove()
        self._offset, self._epoch = 0, -1
        self._identity = self._asked(lambda: topic.identity(QUERY_TIMEOUT_S))
        self._end = self._asked(lambda: topic.end(QUERY_TIMEOUT_S))
        self._last, self._schemas = EMPTY, dict[bytes, str]()
        self._before = _Remembered()
        self._ready: deque[StoredEntry] = deque()
        self._file = self._created()

    def head(self) -> Head:
        """Return where this will end if every record is an entry."""
        return Head(position=self._end, hash=EMPTY.hash, recorded_at=0)

    @property
    def last(self) -> Head:
        """The last entry read from the topic."""
        return self._last

    def read(self, after: int, limit: int) -> list[StoredEntry]:
        """Return the next entries, up to `limit`; `after` is the last one's position.

        Raises ValueError where it is not: a topic is read once.
        """
        next_ = self._ready[0].position if self._ready else self._last.position + 1
        if after != next_ - 1:
            message = f"entry {next_} comes next, not {after + 1}"
            raise ValueError(message)
        while not self._ready and self._offset < self._end:
            self._take()
        return [self._ready.popleft() for _ in range(min(limit, len(self._ready)))]

    def drain(self) -> None:
        """Read what is left, for nobody."""
        self._ready.clear()
        while self._offset < self._end:
            self._take()
            self._ready.clear()

    def finish(self) -> None:
        """Sort, index, make durable and name the file. All must have been read."""
        assert not self._ready  # noqa: S101  or an entry would be folded by nobody
        if self._asked(lambda: self._topic.identity(QUERY_TIMEOUT_S)) != self._identity:
            message = "the topic was made again while it was copied"
            raise LogDamagedError(message)
        for statement in (*_SORTED, *_INDEXES):
            self._file.execute(statement)
        self._file.executemany(
            "INSERT INTO meta VALUES (?,?)",
            [
                ("registry", self.registry),
                ("topic_id", self._identity),
                ("next_offset", str(self._offset)),
                ("leader_epoch", str(self._epoch)),
            ],
        )
        self._file.execute("COMMIT")
        self._file.close()
        with closing(sqlite3.connect(self._building)) as once:
            once.execute("PRAGMA journal_mode=WAL")
        durable(self._building, self.path)
        self._remove()

    def close(self) -> None:
        """Let go of the file; what was not finished is deleted."""
        self._file.close()
        self._remove()

    def _created(self) -> sqlite3.Connection:
        file = sqlite3.connect(self._building, isolation_level=None)
        file.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
            "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-131072;"
        )
        file.execute("ATTACH ? AS scratch", (str(self._scratch),))
        file.executescript(
            "PRAGMA scratch.journal_mode=OFF; PRAGMA scratch.synchronous=OFF;"
        )
        library = SQLiteApplicationRecorder(SQLiteDatastore(db_name=":memory:"))
        own = library.construct_create_table_statements()
        for statement in (*own, *_SCRATCH.split(";"), *_TABLES):
            file.execute(statement)
        file.execute("BEGIN")
        return file

    def _take(self) -> None:
        """Read what comes next in the topic, judge and keep it."""
        batch = self._asked(lambda: self._topic.fetch(self._offset, FETCH_WAIT_S))
        records = [one for one in batch.records if one.offset < self._end]
        taken = Ingest(self.registry, self._last, self._schemas, self._before)
        verdicts = [taken.take(Candidate.of(record)) for record in records]
        rows = taken.rows()
        for table, found in rows.items():
            if found and table != "heads_of_streams":
                self._file.executemany(_WRITTEN[table], found)
        self._before.learn(taken)
        self._schemas |= taken.announced_now
        self._last = taken.head
        self._offset = min(batch.next_offset, self._end)
        if records:
            self._epoch = records[-1].leader_epoch
        assert len(rows["entries"]) == sum(  # noqa: S101  each has its row
            isinstance(verdict, Accepted) for verdict in verdicts
        )
        self._ready.extend(StoredEntry._make(row[:6]) for row in rows["entries"])

    def _asked(self, ask: Callable[[], Told]) -> Told:
        """Ask the topic, again for a while where it does not answer."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return ask()
            except OffsetLostError as error:
                message = f"the topic no longer has offset {self._offset}"
                raise LogDamagedError(message) from error
            except TopicUnavailableError as error:
                if time.monotonic() >= deadline:
                    raise LogUnavailableError(str(error)) from error
                time.sleep(RETRY_S)

    def _remove(self) -> None:
        for path in (self._building, self._scratch):
            for beside in ("", "-wal", "-shm", "-journal"):
                Path(f"{path}{beside}").unlink(missing_ok=True)


@contextmanager
def cold_copy(path: Path, registry: str, topic: Topic) -> Iterator[ColdCopy]:
    """Copy a topic to a new file; what is not finished in the block is deleted."""
    copy = ColdCopy(path, registry, topic)
    try:
        yield copy
    finally:
        copy.close()
