"""Custody: who has it, on any legal date, in any state of the registry's knowledge.

What lives here: the periods of every child with the positions between which the
registry knew them, the facts behind them, and the questions asked of both. What never
does: law (a period is asserted and withdrawn by recorded differences alone), writes
from outside. Rows and checkpoint change in one transaction; a correction closes
knowledge and never rewrites it.

An entry one of whose bodies does not decode has no effect at all: it is quarantined,
and each child it concerns is answered as uncertain from its position on.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from events.codec import EVENTS, BodyUndecodableError, Codec
from events.entry import OPAQUE, Entry, open_entry
from events.guardianship import ActAnnulled, ActReinstated, Cause, ChildRegistered
from events.guardianship import TimelineChanged as Changed
from events.log import Log, SchemaUnknownError
from events.timeline import Answer, Line, Period, Status, answer

FOLD = 1
"""The number of this fold: a changed fold demands a rebuild in another file."""
BATCH = 500
"""Entries applied in one transaction: larger ones gain little and block longer."""

_TABLES = """
CREATE TABLE IF NOT EXISTS checkpoint (
    one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL);
INSERT INTO checkpoint VALUES (1, 0) ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS period (
    child TEXT NOT NULL, number INTEGER NOT NULL, known_from INTEGER NOT NULL,
    known_until INTEGER, line TEXT NOT NULL, holder TEXT, body BLOB NOT NULL,
    PRIMARY KEY (child, number)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS period_by_holder ON period (holder, line);
CREATE TABLE IF NOT EXISTS fact (
    child TEXT NOT NULL, version INTEGER NOT NULL, position INTEGER NOT NULL,
    ordinal INTEGER NOT NULL, type TEXT NOT NULL, body BLOB NOT NULL,
    fingerprint BLOB NOT NULL, PRIMARY KEY (child, version)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS quarantine (
    child TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (child, position))
    WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyAnswer:
    """An answer with the state it rests on.

    `known_at` is the position answered for; `unreadable` are the quarantined entries
    that concern the child: where there are any, the status is uncertain.
    """

    child: str
    as_of: date
    known_at: int
    checkpoint: int
    answer: Answer
    unreadable: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFact:
    """A fact of a child's stream, and whether it stood at the position asked."""

    version: int
    position: int
    index: int
    type: str
    event: object
    annulled: bool


class Custody:
    """The projection's file; one writer, many readers.

    Raises SchemaUnknownError from `follow` at the first entry that uses a schema this
    release lacks: what came before goes on being answered.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._writing = threading.Lock()
        self._applied = threading.Condition()
        self._periods = _PeriodCodec()
        with self._connection() as connection:
            connection.executescript(_TABLES)

    def checkpoint(self) -> int:
        """Return the last position applied."""
        row = self._connection().execute("SELECT position FROM checkpoint").fetchone()
        return int(row[0])

    def follow(self, log: Log) -> int:
        """Apply all that the log holds here; return the checkpoint."""
        with self._writing:
            position = self.checkpoint()
            while entries := log.read(position, BATCH):
                with self._connection() as connection:
                    for stored in entries:
                        self._apply(connection, open_entry(stored))
                    position = entries[-1].position
                    connection.execute("UPDATE checkpoint SET position=?", (position,))
        with self._applied:
            self._applied.notify_all()
        return position

    def custody(
        self, child: str, as_of: date, known_at: int | None = None
    ) -> CustodyAnswer | None:
        """Return who has custody on a date, as known at a position (default: all).

        None where the registry knew no such child then: true of 1 to n only.
        """
        connection = self._connection()
        checkpoint = self.checkpoint()
        known = checkpoint if known_at is None else min(known_at, checkpoint)
        periods = self.periods(child, known)
        unreadable = self._unreadable(connection, child, known)
        if not periods and not unreadable and not self._heard_of(child, known):
            return None
        found = answer(periods, as_of)
        if unreadable:
            found = Answer(
                status=Status.UNCERTAIN,
                certain=(),
                possible=(*found.certain, *found.possible),
                hand_over_to=(),
            )
        return CustodyAnswer(
            child=child,
            as_of=as_of,
            known_at=known,
            checkpoint=checkpoint,
            answer=found,
            unreadable=unreadable,
        )

    def periods(self, child: str, known_at: int) -> list[Period]:
        """Return a child's periods as known at a position, by number."""
        rows = self._connection().execute(
            "SELECT body FROM period WHERE child=? AND known_from<=? "
            "AND (known_until IS NULL OR known_until>?) ORDER BY number",
            (child, known_at, known_at),
        )
        return [self._periods.decode(row[0]) for row in rows]

    def explain(self, child: str, known_at: int) -> list[KnownFact]:
        """Return the facts recorded up to a position, and which stood at it."""
        rows = self._connection().execute(
            "SELECT version, position, ordinal, type, body, fingerprint FROM fact "
            "WHERE child=? AND position<=? ORDER BY version",
            (child, known_at),
        )
        facts = [(row, EVENTS.decode(row[5], row[4])) for row in rows]
        annulled: set[int] = set()
        for _, event in facts:
            if isinstance(event, ActAnnulled):
                annulled.add(event.act)
            elif isinstance(event, ActReinstated):
                annulled.discard(event.act)
        return [
            KnownFact(
                version=row[0],
                position=row[1],
                index=row[2],
                type=row[3],
                event=event,
                annulled=row[0] in annulled,
            )
            for row, event in facts
        ]

    def barred(self, holder: str, as_of: date, known_at: int) -> list[str]:
        """Return the children for whom a holder is, or may be, disqualified."""
        rows = self._connection().execute(
            "SELECT child, body FROM period WHERE holder=? AND line=? AND "
            "known_from<=? AND (known_until IS NULL OR known_until>?) ORDER BY child",
            (holder, Line.BAR, known_at, known_at),
        )
        return [
            str(row[0]) for row in rows if self._periods.decode(row[1]).may_cover(as_of)
        ]

    def digest(self) -> str:
        """Return the SHA-256 of all rows: equal files give equal digests."""
        total = hashlib.sha256()
        for table, order in (
            ("checkpoint", "one"),
            ("period", "child, number"),
            ("fact", "child, version"),
            ("quarantine", "child, position"),
        ):
            rows = self._connection().execute(
                f"SELECT * FROM {table} ORDER BY {order}"  # noqa: S608  constants above
            )
            for row in rows:
                total.update(repr(tuple(row)).encode())
        return total.hexdigest()

    def wait(self, position: int, timeout_s: float) -> bool:
        """Wait until a position is applied; False when the time ran out."""
        with self._applied:
            return self._applied.wait_for(
                lambda: self.checkpoint() >= position, timeout_s
            )

    def close(self) -> None:
        """Close this thread's connection."""
        self._connection().close()
        del self._local.connection

    def _apply(self, connection: sqlite3.Connection, entry: Entry) -> None:
        decoded: list[tuple[int, str, int, Any]] = []
        headers = entry.frame.events
        for index, (header, body) in enumerate(
            zip(headers, entry.record.bodies, strict=True)
        ):
            if header.concerns is None or header.fingerprint == OPAQUE or body is None:
                continue
            try:
                event = EVENTS.decode(header.fingerprint, body.content)
            except BodyUndecodableError:
                concerned = {h.concerns for h in headers if h.concerns}
                connection.executemany(
                    "INSERT OR IGNORE INTO quarantine VALUES (?,?)",
                    [(child, entry.position) for child in sorted(concerned)],
                )
                return
            except SchemaUnknownError as error:
                message = f"entry {entry.position}: {error}"
                raise SchemaUnknownError(message) from error
            decoded.append((index, header.concerns, header.version, event))
        for index, child, version, event in decoded:
            if isinstance(event, Changed):
                self._change(connection, child, entry.position, event)
            else:
                key, body_bytes = EVENTS.encode(event)
                connection.execute(
                    "INSERT INTO fact VALUES (?,?,?,?,?,?,?)",
                    (
                        child,
                        version,
                        entry.position,
                        index,
                        type(event).__name__,
                        body_bytes,
                        key,
                    ),
                )

    def _change(
        self, connection: sqlite3.Connection, child: str, position: int, event: Changed
    ) -> None:
        connection.executemany(
            "UPDATE period SET known_until=? WHERE child=? AND number=? "
            "AND known_until IS NULL",
            [(position, child, number) for number in event.withdrawn],
        )
        connection.executemany(
            "INSERT INTO period VALUES (?,?,?,NULL,?,?,?)",
            [
                (
                    child,
                    period.number,
                    position,
                    period.line,
                    period.holder.id if period.holder else None,
                    self._periods.encode(period),
                )
                for period in event.asserted
            ],
        )

    def _heard_of(self, child: str, known_at: int) -> bool:
        rows = self._connection().execute(
            "SELECT 1 FROM fact WHERE child=? AND position<=? AND type=? LIMIT 1",
            (child, known_at, ChildRegistered.__name__),
        )
        return rows.fetchone() is not None

    @staticmethod
    def _unreadable(
        connection: sqlite3.Connection, child: str, known_at: int
    ) -> tuple[int, ...]:
        rows = connection.execute(
            "SELECT position FROM quarantine WHERE child=? AND position<=? "
            "ORDER BY position",
            (child, known_at),
        )
        return tuple(int(row[0]) for row in rows)

    def _connection(self) -> sqlite3.Connection:
        """Return this thread's own connection."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = sqlite3.connect(self._path)
            found.execute("PRAGMA journal_mode=WAL")
            self._local.connection = found
        return found


class _PeriodCodec:
    """Periods as the bytes of a difference that asserts only them."""

    def __init__(self) -> None:
        self._codec = Codec((Changed,))

    def encode(self, period: Period) -> bytes:
        _, body = self._codec.encode(_only(period))
        return body

    def decode(self, body: bytes) -> Period:
        key = next(iter(self._codec.texts))
        event: Any = self._codec.decode(key, body)
        period: Period = event.asserted[0]
        return period


def _only(period: Period) -> Changed:
    return Changed(rules=0, cause=Cause.ACT, act=None, withdrawn=(), asserted=(period,))
