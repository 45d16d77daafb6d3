"""A log as large as a nation's: the entries of another, again and again, as others'.

`python -m ops.bench.many --log FILE --to FILE [--events N]` writes one, and
`python -m ops.bench.rebuild --many FILE` rebuilds every projection of it.

What lives here: `multiply`, and the rebuild with the memory of each process. What never
does: a log that verifies. A copy has the bytes
of its entry with other ids, so digests and parents are not what they say; a rebuild
reads accepted entries and asks for neither.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from events.audit_store import origin
from events.files import read_only
from events.reading import FollowedLog
from ops.bench.histories import ID
from ops.bench.processes import peak_mib, spent_s
from projections.rebuild import Told
from projections.runner import PROJECTIONS
from projections.workers import build_by

EVENTS_MADE: Final = 20_000_000
WORKERS: Final = 2
MAX_COPIES: Final = 256
"""An id is told from its copies by its first two digits."""
_INSERT: Final = "INSERT INTO entries VALUES (?,?,?,?,?,?,NULL,NULL,NULL)"
_ENTRIES: Final = (
    "SELECT position, hash, recorded_at, authority, request_id, record FROM entries "
    "ORDER BY position"
)
_COUNT: Final = "SELECT count(*) FROM events"


def multiply(source: Path, path: Path, events: int) -> str:
    """Write a file of about so many events for a rebuild; return the log's origin.

    Raises ValueError where more copies were needed than ids can be told apart.
    """
    with (
        closing(sqlite3.connect(read_only(source), uri=True)) as old,
        closing(sqlite3.connect(path, isolation_level=None)) as new,
    ):
        copies = round(events / old.execute(_COUNT).fetchone()[0])
        if not 1 <= copies <= MAX_COPIES:
            message = f"{copies} copies: are 1 to {MAX_COPIES}"
            raise ValueError(message)
        new.execute("PRAGMA journal_mode=OFF")
        new.execute("PRAGMA synchronous=OFF")
        tables = "SELECT sql FROM sqlite_schema WHERE name IN ('entries', 'meta')"
        for (sql,) in old.execute(tables).fetchall():
            new.execute(sql)
        new.execute("BEGIN")
        new.executemany(
            "INSERT INTO meta VALUES (?,?)", old.execute("SELECT * FROM meta")
        )
        for copy in range(copies):
            new.executemany(_INSERT, _copied(old, copy, _last(new)))
        new.execute("COMMIT")
        new.execute("PRAGMA journal_mode=WAL")
        return origin(new)


def _last(file: sqlite3.Connection) -> int:
    sql = "SELECT coalesce(max(position), 0) FROM entries"
    return int(file.execute(sql).fetchone()[0])


def _copied(
    file: sqlite3.Connection, copy: int, after: int
) -> Iterator[tuple[object, ...]]:
    """Yield the entries as a copy has them, `after` positions further on."""
    put = other_ids(copy)
    for position, hash_, at, authority, key, record in file.execute(_ENTRIES):
        number = (position + after).to_bytes(32, "big") if copy else hash_
        said = put(record) if copy else record
        yield position + after, number, at, authority, f"{copy}/{key}", said


def other_ids(copy: int) -> Callable[[bytes], bytes]:
    """Return what gives bytes with a copy's ids in place of those of the first."""
    table = {b"%02x" % one: b"%02x" % (one ^ copy) for one in range(MAX_COPIES)}

    def put(found: re.Match[bytes]) -> bytes:
        text = found[0]
        return table[text[:2]] + text[2:]

    return lambda said: ID.sub(put, said)


def rebuilt_whole(path: Path) -> Table:
    """Rebuild every projection of a file, by two processes, beside it."""
    with closing(sqlite3.connect(read_only(path), uri=True)) as file:
        registry = origin(file)
    peaks: dict[int, int] = {}

    def tell(_told: Told) -> bool:
        for process in multiprocessing.active_children():
            pid = process.pid or 0
            peaks[pid] = max(peaks.get(pid, 0), peak_mib(pid))
        return True

    with (
        tempfile.TemporaryDirectory(dir=path.parent) as folder,
        closing(FollowedLog(path, registry)) as log,
    ):
        begun, before = time.perf_counter(), spent_s()
        built = build_by(WORKERS, Path(folder), PROJECTIONS, log, tell)
        wall, processor = time.perf_counter() - begun, spent_s() - before
        size = sum(one.path.stat().st_size for one in built)
    peaks[os.getpid()] = peak_mib(os.getpid())
    events = built[0].events
    table = Table(title=f"every projection of {events:,} events, {WORKERS} processes")
    for column in ("wall s", "processor s", "events/s", "peak MiB of each", "MiB made"):
        table.add_column(column)
    table.add_row(
        f"{wall:.0f}",
        f"{processor:.0f}",
        f"{events / wall:,.0f}",
        " + ".join(map(str, peaks.values())),
        f"{size >> 20:,}",
    )
    return table


def main() -> None:
    """Write a large log."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--events", type=int, default=EVENTS_MADE)
    asked = parser.parse_args()
    registry = multiply(asked.log, asked.to, asked.events)
    Console().print(f"{asked.to}: a log of {registry}")


if __name__ == "__main__":
    main()
