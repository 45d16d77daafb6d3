"""The log: what it promises, and the words in which it answers.

What lives here: the interface, its verdicts and its errors. What never does: a store.
Two stores keep these promises, `events.embedded` (one SQLite file) and
`events.replica` over a topic (`events.kafka`); one contract test holds both to them.

1. `append` is all or nothing per record, and durable when it returns.
2. One total order; positions from 1 without gaps; a reader at n has seen 1 to n.
3. Acceptance is `events.entry.accepted`, a pure function of the record's bytes.
4. A submission key never has two effects; asking again finds the first entry.
5. An unknown outcome is never guessed: `OutcomeUnknown`, same key, ask again.
6. `catch_up` returns only when everything in the log at the time of the call has
   been applied here: what an answer that appends nothing must rest on.

    LogError
    ├── LogUnavailable    the log cannot be reached now; nothing was written
    ├── OutcomeUnknown    it may or may not have been written; same request id again
    ├── LogClosed         this process is shutting down
    ├── ClockRefused      a clock is too far from the log's time to write
    ├── LogDamaged        the copy or the topic contradicts itself; stop, call a person
    └── SchemaUnknown     an entry uses a schema this release does not have
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol


class LogError(Exception):
    """The root of all errors of the log."""


class LogUnavailableError(LogError):
    """The log cannot be reached now; nothing was written."""


class OutcomeUnknownError(LogError):
    """The deadline passed while an attempt may still land; ask with the same key."""


class LogClosedError(LogError):
    """The process is shutting down."""


class ClockRefusedError(LogError):
    """A clock is too far from the log's time to write."""


class LogDamagedError(LogError):
    """The copy or the topic contradicts itself; a person must look."""


class SchemaUnknownError(LogError):
    """An entry uses a schema that this release does not have."""


class VoidReason(StrEnum):
    """Why a record is not accepted: the first rule that fails, in this order."""

    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    OTHER_REGISTRY = "other_registry"
    SCHEMA_NOT_ANNOUNCED = "schema_not_announced"
    OTHER_PARENT = "other_parent"
    KEY_REPEATED = "key_repeated"
    VERSION_NOT_ABOVE = "version_not_above"
    TIME_NOT_ABOVE = "time_not_above"
    BODY_MISSING = "body_missing"
    BODY_MISMATCH = "body_mismatch"


class VoidKind(StrEnum):
    """What a void says of its writer."""

    STALE = "stale"
    """It lost a race: its parent was the head once."""
    STRANGER = "stranger"
    """Its parent was never seen here: another history, or a forgery."""
    FOREIGN = "foreign"
    """Any other reason: not a record of this log, or one that breaks its rules."""


class Head(NamedTuple):
    """The last accepted entry: position (0: none), frame hash, microseconds."""

    position: int
    hash: bytes
    recorded_at: int


EMPTY = Head(position=0, hash=bytes(32), recorded_at=0)
"""The head of a log without entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The record is the entry at this position, for every reader and for ever.

    `appended_ms` is the topic's own clock, where there is a topic: no part of the
    verdict, but what a writer measures its clock by.
    """

    position: int
    hash: bytes
    recorded_at: int
    appended_ms: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voided:
    """The record never had and never will have effect."""

    reason: VoidReason


Verdict = Accepted | Voided


class StoredEntry(NamedTuple):
    """One accepted entry as kept: its record's bytes decode with `events.entry`.

    A tuple: a fold of a national log makes millions, and its making was a tenth of all.
    """

    position: int
    hash: bytes
    recorded_at: int
    authority: str
    request_id: str
    record: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBody:
    """One event of a stream as kept: `body` decodes by `fingerprint` (events.codec)."""

    stream: str
    version: int
    type: str
    fingerprint: bytes
    body: bytes
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVoid:
    """A record of the topic that was not accepted, kept with its reason."""

    number: int
    offset: int
    reason: VoidReason
    kind: VoidKind
    after_position: int
    size: int
    record: bytes


class Entries(Protocol):
    """What a fold needs of a log: its entries, in order."""

    def head(self) -> Head:
        """Return the last entry applied here."""
        ...

    def read(self, after: int, limit: int) -> list[StoredEntry]:
        """Return up to `limit` entries with positions above `after`, in order."""
        ...


class Log(Entries, Protocol):
    """An append-only log of entries; the promises are in the module's docstring.

    All methods may be called from several threads, and block. `deadline` is a value
    of `time.monotonic()`.
    """

    @property
    def registry(self) -> str:
        """The log's origin, as every frame names it."""
        ...

    @property
    def local(self) -> bool:
        """Whether `head` is the end of the log: nobody else writes it."""
        ...

    def append(self, records: Sequence[bytes], deadline: float) -> list[Verdict]:
        """Append records that are chained on each other; a verdict for each.

        A verdict is returned only when it is final. Raises LogUnavailableError,
        OutcomeUnknownError, LogClosedError.
        """
        ...

    def catch_up(self, deadline: float) -> Head:
        """Return the head once all that the log holds at this call is applied.

        Raises LogUnavailableError where the end of the log cannot be learned.
        """
        ...

    def stream(self, name: str, above: int = -1, limit: int = -1) -> list[StoredBody]:
        """Return the events of a stream with versions above `above`, in order.

        At most `limit`; all of them where that is negative.
        """
        ...

    def streams(self, prefix: str) -> Mapping[str, int]:
        """Return the streams whose names begin with a prefix, and their versions."""
        ...

    def last_version(self, stream: str) -> int:
        """Return the last version in a stream of ours; they begin at 1: 0 is none."""
        ...

    def find(self, authority: str, request_id: str) -> StoredEntry | None:
        """Return the entry of a submission key, or None where none is known here."""
        ...

    def children_of(self, holder: str) -> list[str]:
        """Return the ids of the children whose streams ever named the holder."""
        ...

    def schemas(self) -> Mapping[bytes, str]:
        """Return the announced schemas: text by fingerprint."""
        ...

    def position_at(self, recorded_at: int) -> int:
        """Return the last position recorded at or before a time in microseconds."""
        ...

    def voids(self, after: int, limit: int) -> list[StoredVoid]:
        """Return up to `limit` voids with numbers above `after`, in order."""
        ...

    def meta(self, name: str) -> str | None:
        """Return what this node's file knows of itself under a name."""
        ...

    def wait(self, position: int, timeout_s: float) -> bool:
        """Wait until the position is applied here; False when the time ran out."""
        ...

    def close(self) -> None:
        """Stop; attempts still under way raise LogClosedError."""
        ...
