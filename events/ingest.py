"""Acceptance on a store's file: a batch of records, in one transaction.

What lives here: the state that acceptance asks, as the file and the batch so far leave
it, and the rows that a batch adds, written at its end. What never does: the rule
(`events.entry`), reading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from eventsourcing.sqlite import SQLiteCursor

from events.entry import (
    NO_VERSION,
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
    Verdict,
    Voided,
    VoidKind,
    VoidReason,
)
from events.rows import Rows
from events.shape import taken
from events.topic import TopicRecord

MAX_VOID_BYTES = 65_536
"""How much of a void is kept: enough to show what it was, whatever its size."""


class Before(Protocol):
    """What acceptance asks of the entries before a batch."""

    def key_seen(self, authority: str, request_id: str) -> bool:
        """Whether one has the submission key."""
        ...

    def last_version(self, stream: str) -> int:
        """Return the last version in a stream; NO_VERSION where it has no event."""
        ...

    def hash_seen(self, hash_: bytes) -> bool:
        """Whether one has the frame's hash."""
        ...

    def kind_of_void(self, hash_: bytes) -> VoidKind | None:
        """Return the kind of a void of the frame's hash, where there is one."""
        ...


class Indexed:
    """The entries before a batch, asked of the file's indexes."""

    def __init__(self, cursor: SQLiteCursor) -> None:
        self._cursor = cursor

    def key_seen(self, authority: str, request_id: str) -> bool:
        """Whether one has the submission key."""
        sql = "SELECT 1 FROM entries WHERE authority=? AND request_id=?"
        return self._one(sql, authority, request_id) is not None

    def last_version(self, stream: str) -> int:
        """Return the last version in a stream; NO_VERSION where it has no event."""
        row = self._one("SELECT version FROM heads_of_streams WHERE stream=?", stream)
        return int(row[0]) if row else NO_VERSION

    def hash_seen(self, hash_: bytes) -> bool:
        """Whether one has the frame's hash."""
        return self._one("SELECT 1 FROM entries WHERE hash=?", hash_) is not None

    def kind_of_void(self, hash_: bytes) -> VoidKind | None:
        """Return the kind of a void of the frame's hash, where there is one."""
        row = self._one("SELECT kind FROM voids WHERE frame_hash=? LIMIT 1", hash_)
        return None if row is None else VoidKind(row[0])

    def _one(self, sql: str, *values: object) -> Any:  # noqa: ANN401  a row of SQLite
        self._cursor.execute(sql, values)
        return self._cursor.fetchone()


class Candidate(NamedTuple):
    """A record as read from where it lies; where that is a topic, its place there."""

    record: bytes
    offset: int | None = None
    leader_epoch: int | None = None
    appended_ms: int | None = None

    @classmethod
    def of(cls, record: TopicRecord) -> Candidate:
        """Return a record of a topic, to be judged."""
        return cls(
            record=record.content,
            offset=record.offset,
            leader_epoch=record.leader_epoch,
            appended_ms=record.appended_ms,
        )


class Ingest:
    """One batch: `take` each record, then write its `rows`, in one transaction."""

    def __init__(
        self, registry: str, head: Head, schemas: Mapping[bytes, str], before: Before
    ) -> None:
        """`schemas` are those that entries before the batch announced."""
        self.registry = registry
        self.head = head
        self.announced_now: dict[bytes, str] = {}
        self.strangers = 0
        self._schemas = schemas
        self._before = before
        self._keys: set[tuple[str, str]] = set()
        self._hashes: set[bytes] = set()
        self._void_kinds: dict[bytes, VoidKind] = {}
        self._versions: dict[str, int] = {}
        self._entries: list[tuple[object, ...]] = []
        self._rows = Rows()
        self._voids: list[tuple[object, ...]] = []

    def announced(self, key: bytes) -> bool:
        """Whether an earlier entry announced the schema."""
        return key in self._schemas or key in self.announced_now

    def key_seen(self, authority: str, request_id: str) -> bool:
        """Whether an earlier entry has the submission key."""
        if (authority, request_id) in self._keys:
            return True
        return self._before.key_seen(authority, request_id)

    def last_version(self, stream: str) -> int:
        """Return the last version in a stream; NO_VERSION where it has no event."""
        if stream in self._versions:
            return self._versions[stream]
        return self._before.last_version(stream)

    def take(self, candidate: Candidate) -> Verdict:
        """Accept or void one record."""
        return self.put(candidate, accepted(candidate.record, self))

    def put(self, candidate: Candidate, result: AcceptedRecord | VoidReason) -> Verdict:
        """Keep a record as `accepted` judged it upon this batch."""
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

    def rows(self) -> dict[str, Sequence[tuple[object, ...]]]:
        """Return what the batch added, by the table that it belongs to."""
        return {
            "entries": self._entries,
            "schemas": list(self.announced_now.items()),
            "heads_of_streams": list(self._versions.items()),
            "events": self._rows.events,
            "wards": self._rows.wards,
            "voids": self._voids,
            "stored_events": self._rows.library,
        }

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
        if self._before.hash_seen(parent):
            return VoidKind.STALE
        if parent in self._void_kinds:
            return self._void_kinds[parent]
        return self._before.kind_of_void(parent) or VoidKind.STRANGER

    def _keep(
        self, candidate: Candidate, result: AcceptedRecord, position: int
    ) -> None:
        entry = taken(result)
        hash_, _, authority, request_id, events = entry
        self._keys.add((authority, request_id))
        self._hashes.add(hash_)
        self._entries.append(
            (
                position,
                *entry[:4],
                candidate.record,
                candidate.offset,
                candidate.leader_epoch,
                candidate.appended_ms,
            )
        )
        for key, text in announcements(result):
            if not self.announced(key):
                self.announced_now[key] = text
        for stream, version, *_ in events:
            self._versions[stream] = version
        self._rows.add(position, events)
