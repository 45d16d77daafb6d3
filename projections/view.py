"""The rows of a projection: what it is, how its tables are made and kept.

What lives here: the shape of a projection, new files, files that follow the log, their
digest. What never does: meaning, threads (`projections.runner`), builds
(`projections.rebuild`), names of files (`projections.files`).

Rows and checkpoint change in one transaction, so a file is always the fold of all
entries up to its checkpoint, and of no other.
"""

from __future__ import annotations

import gc
import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from events.drain import Drain
from projections.files import BUSY_TIMEOUT_S
from projections.opened import OpenedEntry

BEFORE_ANY: Final = bytes(32)
"""The hash of the head before entry 1."""

Apply = Callable[[Sequence[OpenedEntry]], None]
"""Adds entries, in order and above the checkpoint, to the rows of one connection."""


class Projection(Protocol):
    """One question's tables and the fold that fills them.

    `fold` is its number: other rules or tables, other number. `tables` and `indexes`
    are SQL; a build makes the indexes last. Each of `digested` is a query of all rows
    of a table of the database `{0}`, in a fixed order; its first column is `subject`,
    the child or person that they are about. `by_child` says that every row is about one
    child and made of the events about it alone: such a projection is folded in shards.
    `weight` is what folding an event takes, 1 being the least of all. `appended` are
    tables that a fold from the first entry only adds to and never reads, each with the
    SQL verb that adds.
    """

    @property
    def name(self) -> str:
        """The first part of its files' names."""
        ...

    @property
    def fold(self) -> int:
        """The number of its rules."""
        ...

    @property
    def tables(self) -> str:
        """The SQL that makes its tables."""
        ...

    @property
    def indexes(self) -> str:
        """The SQL that makes what finds rows."""
        ...

    @property
    def digested(self) -> tuple[str, ...]:
        """The queries whose rows are its digest."""
        ...

    @property
    def by_child(self) -> bool:
        """Whether shards of children are folded apart and merged."""
        ...

    @property
    def weight(self) -> float:
        """What it takes, beside others."""
        ...

    @property
    def appended(self) -> Mapping[str, str]:
        """The tables whose rows a build may sort before it writes them."""
        ...

    def folding(self, connection: sqlite3.Connection, *, whole: bool) -> Apply:
        """Return the fold upon a file; `whole` where it goes from the first entry."""
        ...


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a file has come: the last position applied and that entry's hash."""

    position: int
    hash: bytes


NOTHING: Final = Checkpoint(0, BEFORE_ANY)

PAGE_BYTES: Final = 8_192
"""A commit writes every page it touches, whole: in 16 384 a live file takes a quarter
more of the processor and twice the disk; in 4 096 rows above a kilobyte overflow, and a
build is slower by a tenth."""
_CHECKPOINT: Final = """
CREATE TABLE checkpoint (
    one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL,
    hash BLOB NOT NULL);
INSERT INTO checkpoint VALUES (1, 0, zeroblob(32));
"""


def create(path: Path, projection: Projection) -> sqlite3.Connection:
    """Return a connection to a new file, made to be filled fast and thrown away.

    It keeps no journal: what is not completed has no name and is made again.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.executescript(
        f"PRAGMA page_size={PAGE_BYTES};"
        "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
        "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-262144;"
        + _CHECKPOINT
        + projection.tables
    )
    return connection


def stage(connection: sqlite3.Connection, projection: Projection) -> None:
    """Have what a build adds to a new file wait, in the order it comes, for `settle`.

    The system's temporary files hold it, under the tables' own names: SQLite looks
    there first. A row put into its place among millions costs a page read and written.
    """
    connection.execute("PRAGMA temp.journal_mode=OFF")
    for table in projection.appended:
        sql = f"CREATE TEMP TABLE {table} AS SELECT * FROM main.{table}"  # noqa: S608  its own
        connection.execute(sql)


def settle(connection: sqlite3.Connection, projection: Projection) -> None:
    """Write what waited, each table in the order of its key."""
    for table, verb in projection.appended.items():
        order = ",".join(map(str, key_of(connection, table)))
        connection.execute(
            f"{verb} INTO main.{table} SELECT * FROM temp.{table} "  # noqa: S608  its own
            f"ORDER BY {order}, rowid"
        )
        connection.execute(f"DROP TABLE temp.{table}")


def key_of(connection: sqlite3.Connection, table: str) -> list[int]:
    """Return the columns of a table's primary key, by their places from 1."""
    columns = connection.execute(f"PRAGMA main.table_info({table})").fetchall()
    keys = sorted((column[5], column[0] + 1) for column in columns if column[5])
    return [place for _, place in keys]


@contextmanager
def uncollected() -> Iterator[None]:
    """Let the collector of cycles rest: a fold makes millions of tuples and none."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def checkpoint_of(connection: sqlite3.Connection, database: str = "main") -> Checkpoint:
    """Return how far a file has come."""
    sql = f"SELECT position, hash FROM {database}.checkpoint"  # noqa: S608  a constant
    position, hash_ = connection.execute(sql).fetchone()
    return Checkpoint(position, hash_)


def write_checkpoint(
    connection: sqlite3.Connection, last: OpenedEntry | Checkpoint
) -> Checkpoint:
    """Say, in the transaction that applied it, that an entry is applied."""
    sql = "UPDATE checkpoint SET position=?, hash=?"
    connection.execute(sql, (last.position, last.hash))
    return Checkpoint(last.position, last.hash)


def digest(
    connection: sqlite3.Connection, projection: Projection, database: str = "main"
) -> str:
    """Return the SHA-256 of a file's checkpoint and rows: the same for equal ones."""
    sql = f"SELECT position, hash FROM {database}.checkpoint"  # noqa: S608  a constant
    total = hashlib.sha256(repr(connection.execute(sql).fetchone()).encode())
    for query in projection.digested:
        for row in connection.execute(query.format(database)):
            total.update(repr(row).encode())
    return total.hexdigest()


class LiveFile:
    """A completed file, written by the one keeper while others read it."""

    def __init__(self, path: Path, projection: Projection) -> None:
        self.path = path
        self._projection = projection
        self._connection = sqlite3.connect(
            path,
            isolation_level=None,
            check_same_thread=False,
            timeout=BUSY_TIMEOUT_S,
        )
        self._connection.execute("PRAGMA journal_mode=WAL")
        # The log is durable and this file is made from it: after a power cut it may
        # stand at an earlier checkpoint, never at a half-applied one.
        self._connection.execute("PRAGMA synchronous=NORMAL")
        (page_bytes,) = self._connection.execute("PRAGMA page_size").fetchone()
        self._drain = Drain(path, page_bytes)
        self._connection.execute(self._drain.limit)
        self._apply = projection.folding(self._connection, whole=False)
        self.checkpoint = checkpoint_of(self._connection)

    def apply(self, entries: Sequence[OpenedEntry]) -> None:
        """Apply the entries above the checkpoint, all or none, with the checkpoint.

        Raises sqlite3.Error where the disk does not take the rows.
        """
        above = [e for e in entries if e.position > self.checkpoint.position]
        if not above:
            return
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            self._apply(above)
            checkpoint = write_checkpoint(connection, above[-1])
            connection.execute("COMMIT")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            # What the fold remembers of rows that are not there must go too.
            self._apply = self._projection.folding(connection, whole=False)
            raise
        self.checkpoint = checkpoint
        self._drain.wrote(len(above))

    def close(self) -> None:
        """Close the file."""
        self._drain.close()
        self._connection.close()
