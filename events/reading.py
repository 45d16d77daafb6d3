"""Reading a log's file: for the process that keeps it, and for those beside it.

What lives here: `StoredEntries`, every question that the file answers, each on its
thread's own read-only connection, so that no read waits for a write; and
`FollowedLog`, the log as another process than its keeper sees it. What never does: a
write.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from events.files import read_only
from events.in_use import InUse
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

POLL_S: Final = 0.002
"""How often a process that does not write looks whether its keeper has."""


class StoredEntries:
    """The entries of one file; every method is `events.log.Log`'s."""

    def __init__(self, path: Path, registry: str) -> None:
        self.path = path
        self._registry = registry
        self._in_use = InUse()
        self._own = threading.local()
        self._readers: list[sqlite3.Connection] = []

    @property
    def registry(self) -> str:
        """The log's origin, as every frame names it."""
        return self._registry

    def meta(self, name: str) -> str | None:
        """Return what the file knows of itself under a name."""
        rows = self._select("SELECT value FROM meta WHERE name=?", name)
        return str(rows[0][0]) if rows else None

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
        return list(map(StoredEntry._make, rows))

    def _announced(self) -> dict[bytes, str]:
        return {
            bytes(row[0]): str(row[1])
            for row in self._select("SELECT fingerprint, text FROM schemas")
        }

    def _stored_head(self) -> Head:
        rows = self._select(
            "SELECT position, hash, recorded_at FROM entries "
            "ORDER BY position DESC LIMIT 1"
        )
        if not rows:
            return EMPTY
        return Head(position=rows[0][0], hash=rows[0][1], recorded_at=rows[0][2])

    def _close_readers(self) -> None:
        for reader in self._readers:
            reader.close()


class FollowedLog(StoredEntries):
    """The log of a folder that another process keeps: read as it stands there.

    `end` asks the keeper for the end of a log that others write too; it takes a
    deadline and returns a position. Without it the file's head is the log's end.
    Raises LogUnavailableError where there is no file, LogDamagedError where it is the
    log of another registry.
    """

    def __init__(
        self, path: Path, registry: str, end: Callable[[float], int] | None = None
    ) -> None:
        super().__init__(path, registry)
        self._end = end
        try:
            found = self.meta("registry")
        except sqlite3.OperationalError as error:
            message = f"{path}: {error}"
            raise LogUnavailableError(message) from error
        if found != registry:
            self.close()
            message = f"{path} is the log of another registry than {registry}"
            raise LogDamagedError(message)

    @property
    def local(self) -> bool:
        """Whether the file's head is the end of the log."""
        return self._end is None

    def head(self) -> Head:
        """Return the last entry that the keeper has committed."""
        version = self._select("PRAGMA data_version")[0][0]
        known: tuple[int, Head] | None = getattr(self._own, "head", None)
        if known is None or known[0] != version:
            # What is committed in between is found, and looked at once more after it.
            known = self._own.head = (version, self._stored_head())
        return known[1]

    def append(self, records: Sequence[bytes], deadline: float) -> list[Verdict]:
        """Refuse: LogUnavailableError; only the keeper writes."""
        del records, deadline
        message = "this process only reads; its keeper writes"
        raise LogUnavailableError(message)

    def catch_up(self, deadline: float) -> Head:
        """Return the head once all that the log held at this call is in the file.

        Raises LogUnavailableError, and what `end` raises.
        """
        position = 0 if self._end is None else self._end(deadline)
        if not self.wait(position, max(0.0, deadline - time.monotonic())):
            message = f"position {position} was not seen before the deadline"
            raise LogUnavailableError(message)
        return self.head()

    def schemas(self) -> Mapping[bytes, str]:
        """Return the announced schemas: text by fingerprint."""
        return self._announced()

    def wait(self, position: int, timeout_s: float) -> bool:
        """Wait until the position is in the file; False when the time ran out."""
        deadline = time.monotonic() + timeout_s
        while self.head().position < position:
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_S)
        return True

    def close(self) -> None:
        """Close the file once nobody is inside; reads raise LogClosedError then."""
        if self._in_use.end():
            self._close_readers()
