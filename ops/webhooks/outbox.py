"""The outbox: what is to be delivered, in one SQLite file, on disk before it counts.

What lives here: places of subscriptions, notices that wait or are parked. What never
does: sending, clocks.

A place and the notices of what it passed are kept in one transaction, so no kill loses
one or queues it twice. A notice leaves the file when its endpoint took it. Of notices
with one key only the first may go: one that fails, or is parked, holds those behind it
and nobody else's. When a place moved and an attempt ended is kept too: whoever looks
from outside sees by it whether anything goes on.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from events.feed import Place
from ops.webhooks.message import Notice

MAX_WAITING: Final = 10_000
"""Notices kept for an endpoint: beyond them the feed is not read on, and keeps them."""
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS endpoints (
    name TEXT PRIMARY KEY, filter TEXT NOT NULL, after INTEGER NOT NULL,
    position INTEGER NOT NULL, number INTEGER NOT NULL, link BLOB NOT NULL,
    sequence INTEGER NOT NULL, delivered INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS notices (
    endpoint TEXT NOT NULL, sequence INTEGER NOT NULL, key TEXT NOT NULL,
    id TEXT NOT NULL, body BLOB NOT NULL, due_s REAL NOT NULL,
    attempts INTEGER NOT NULL, parked INTEGER NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (endpoint, sequence)) STRICT;
CREATE TABLE IF NOT EXISTS progress (
    endpoint TEXT PRIMARY KEY, read_s REAL NOT NULL, tried_s REAL NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS first_of_key ON notices (endpoint, key, sequence);
CREATE INDEX IF NOT EXISTS due ON notices (endpoint, parked, due_s);
"""
_TRIED: Final = "UPDATE progress SET tried_s=? WHERE endpoint=?"


class OtherEndpointError(Exception):
    """The file keeps an endpoint of this name with another filter or beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A notice in the outbox; `attempts` were made, the last failed by `reason`."""

    endpoint: str
    sequence: int
    key: str
    id: str
    body: bytes
    attempts: int
    reason: str
    held: int = 0
    """How many wait behind it, where it is parked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What goes on for an endpoint; times in seconds since the epoch.

    Its place was kept at `read_s`, an attempt ended at `tried_s`: both are of the last
    start where nothing was since. The first that may go may since `due_s`.
    """

    endpoint: str
    position: int
    read_s: float
    tried_s: float
    waiting: int
    due_s: float | None


class Outbox:
    """One file. All methods may be called from several threads."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._file = sqlite3.connect(path, check_same_thread=False)
        self._file.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
        self._file.executescript(_SCHEMA)

    def subscribe(
        self, endpoint: str, wanted: str, after: int, now_s: float
    ) -> tuple[Place, int]:
        """Return an endpoint's place and its last number, new or as it was kept.

        Raises OtherEndpointError.
        """
        with self._lock, self._file as file:
            file.execute(
                "INSERT OR IGNORE INTO endpoints VALUES (?, ?, ?, ?, 0, x'', 0, 0)",
                (endpoint, wanted, after, after),
            )
            file.execute(
                "INSERT OR REPLACE INTO progress VALUES (?, ?, ?)",
                (endpoint, now_s, now_s),
            )
            found = file.execute(
                "SELECT filter, after, position, number, link, sequence "
                "FROM endpoints WHERE name=?",
                (endpoint,),
            ).fetchone()
        if (found[0], found[1]) != (wanted, after):
            message = f"{endpoint}: is kept with another filter or beginning"
            raise OtherEndpointError(message)
        place = Place(position=found[2], number=found[3], link=found[4])
        return place, found[5]

    def put(
        self, endpoint: str, place: Place, notices: Sequence[Notice], now_s: float
    ) -> None:
        """Keep a place with the notices of what it passed; durable on return."""
        with self._lock, self._file as file:
            (last,) = file.execute(
                "SELECT sequence FROM endpoints WHERE name=?", (endpoint,)
            ).fetchone()
            file.executemany(
                "INSERT INTO notices VALUES (?, ?, ?, ?, ?, ?, 0, 0, '')",
                [
                    (endpoint, last + number, one.key, one.id, one.body, now_s)
                    for number, one in enumerate(notices, 1)
                ],
            )
            file.execute(
                "UPDATE endpoints SET position=?, number=?, link=?, sequence=? "
                "WHERE name=?",
                (
                    place.position,
                    place.number,
                    place.link,
                    last + len(notices),
                    endpoint,
                ),
            )
            file.execute(
                "UPDATE progress SET read_s=? WHERE endpoint=?", (now_s, endpoint)
            )

    def full(self, endpoint: str) -> bool:
        """Whether as much waits for an endpoint as may."""
        (count,) = self._one("SELECT count(*) FROM notices WHERE endpoint=?", endpoint)
        return int(count) >= MAX_WAITING

    def due(
        self, endpoint: str, now_s: float, limit: int, busy: Iterable[str]
    ) -> list[Waiting]:
        """Return what may go now: the first of each key that is not busy."""
        taken = list(busy)
        marks = ",".join("?" * len(taken))
        return self._listed(
            f"WHERE endpoint=? AND parked=0 AND due_s<=? AND key NOT IN ({marks}) "  # noqa: S608  our own words
            "AND sequence=(SELECT min(sequence) FROM notices AS other "
            "WHERE other.endpoint=notices.endpoint AND other.key=notices.key) "
            "ORDER BY sequence LIMIT ?",
            (endpoint, now_s, *taken, limit),
        )

    def delivered(self, one: Waiting, now_s: float) -> None:
        """Let a notice go: it was taken."""
        at = (one.endpoint, one.sequence)
        with self._lock, self._file as file:
            file.execute("DELETE FROM notices WHERE endpoint=? AND sequence=?", at)
            file.execute(
                "UPDATE endpoints SET delivered=delivered+1 WHERE name=?", at[:1]
            )
            file.execute(_TRIED, (now_s, one.endpoint))

    def failed(
        self, one: Waiting, reason: str, due_s: float | None, now_s: float
    ) -> None:
        """Keep that an attempt failed: again when due, or parked where that is None."""
        with self._lock, self._file as file:
            file.execute(
                "UPDATE notices SET attempts=attempts+1, reason=?, due_s=?, parked=? "
                "WHERE endpoint=? AND sequence=?",
                (reason, due_s or 0, due_s is None, one.endpoint, one.sequence),
            )
            file.execute(_TRIED, (now_s, one.endpoint))

    def parked(self) -> list[Waiting]:
        """Return what was given up, with how many wait behind each."""
        return self._listed("WHERE parked=1 ORDER BY endpoint, sequence", ())

    def replay(self, endpoint: str, now_s: float, id_: str = "") -> int:
        """Have parked notices tried again, all or one by id; return how many."""
        with self._lock, self._file as file:
            changed = file.execute(
                "UPDATE notices SET parked=0, attempts=0, due_s=? "
                "WHERE parked=1 AND endpoint=? AND (?='' OR id=?)",
                (now_s, endpoint, id_, id_),
            )
        return changed.rowcount

    def counts(self, endpoint: str) -> tuple[int, int]:
        """Return how many an endpoint took, and how many wait or are parked."""
        (done,) = self._one("SELECT delivered FROM endpoints WHERE name=?", endpoint)
        (left,) = self._one("SELECT count(*) FROM notices WHERE endpoint=?", endpoint)
        return int(done), int(left)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def _one(self, query: str, endpoint: str) -> tuple[int]:
        with self._lock:
            found: tuple[int] | None = self._file.execute(query, (endpoint,)).fetchone()
        return found or (0,)

    def _listed(self, where: str, values: tuple[object, ...]) -> list[Waiting]:
        query = (
            "SELECT endpoint, sequence, key, id, body, attempts, reason, (SELECT "  # noqa: S608  our own words
            "count(*) - 1 FROM notices AS other WHERE other.endpoint=notices.endpoint "
            f"AND other.key=notices.key) FROM notices {where}"
        )
        with self._lock, closing(self._file.execute(query, values)) as found:
            names = ("endpoint", "sequence", "key", "id", "body", "attempts", "reason")
            return [
                Waiting(**dict(zip((*names, "held"), row, strict=True)))
                for row in found
            ]


def parked_in(file: sqlite3.Connection) -> dict[str, tuple[int, int]]:
    """Return by endpoint how many are parked, and how many wait behind those."""
    rows = file.execute(
        "SELECT endpoint, sum(parked), sum(1 - parked) FROM notices AS one WHERE "
        "EXISTS (SELECT 1 FROM notices AS other WHERE other.endpoint=one.endpoint "
        "AND other.key=one.key AND other.parked=1) GROUP BY endpoint"
    ).fetchall()
    return {str(name): (int(parked), int(held)) for name, parked, held in rows}


def progress_in(file: sqlite3.Connection) -> list[Progress]:
    """Return what goes on for each endpoint of a file."""
    rows = file.execute(
        "SELECT name, position, read_s, tried_s, (SELECT count(*) FROM notices "
        "WHERE endpoint=name), (SELECT min(due_s) FROM notices AS one WHERE "
        "endpoint=name AND parked=0 AND sequence=(SELECT min(sequence) FROM notices "
        "AS other WHERE other.endpoint=one.endpoint AND other.key=one.key)) "
        "FROM endpoints JOIN progress ON endpoint=name ORDER BY name"
    ).fetchall()
    names = ("endpoint", "position", "read_s", "tried_s", "waiting", "due_s")
    return [Progress(**dict(zip(names, row, strict=True))) for row in rows]
