"""How fast projections are rebuilt and asked, beside plain ways of doing the same.

`python -m ops.bench.rebuild [--events N | --many FILE]`. What lives here: the figures,
printed with their peers of the same run, in interleaved rounds, medians of them. What
never does: claims; the table says what was measured on this machine.

Two peers fold the same log into the same kind of rows. *Plain decoding* reads records,
frames and bodies by fastavro and writes in bulk: it shows what the walked frames and
the patterns save. *Runner of the eventsourcing library* does what the library's
projection runner does with SQLite: for each event a decoded body, an upsert and the
tracking record, in a transaction of their own.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import fastavro
from eventsourcing.persistence import Tracking
from eventsourcing.sqlite import SQLiteDatastore, SQLiteTrackingRecorder
from rich.console import Console
from rich.table import Table

from events.codec import EVENTS, schema_text
from events.embedded import EmbeddedLog
from events.frame import FRAME_MARK, RECORD_MARK
from events.log import Log
from ops.bench.histories import REGISTRY, grow
from ops.bench.many import rebuilt_whole
from projections.barred import BarredProjection
from projections.compare import compare
from projections.custody import PROJECTION, Custody
from projections.files import Files
from projections.rebuild import build, promote
from projections.runner import PROJECTIONS
from projections.view import Projection

EVENTS_MADE: Final = 100_000
ROUNDS: Final = 3
ASKED: Final = 5_000
"""Questions of a round, each for another child."""
LIBRARY_ENTRIES: Final = 1_000
"""Enough for the slow peer to show its rate."""
BATCH: Final = 500
DAY: Final = date(2015, 3, 1)


@dataclass(frozen=True, slots=True)
class Rate:
    """Events folded, and the processor and wall time that took, in seconds."""

    events: int
    processor_s: float
    wall_s: float

    @property
    def a_second(self) -> float:
        """Events a second of one core."""
        return self.events / self.processor_s


def timed(work: Callable[[], int]) -> Rate:
    """Run some work that returns how many events it folded."""
    wall, processor = time.perf_counter(), time.process_time()
    events = work()
    return Rate(events, time.process_time() - processor, time.perf_counter() - wall)


def rebuilt(log: Log, folder: Path, *projections: Projection) -> int:
    """Build projections as an operator would, to their durable files."""
    built = build(folder, projections, log)
    for one in built:
        one.path.unlink()
    return built[0].events


class Plain:
    """Records, frames and bodies by fastavro."""

    def __init__(self) -> None:
        self._record = self._parsed("Record")
        self._frame = self._parsed("Frame")
        self._events = {
            key: fastavro.parse_schema(json.loads(text))
            for key, text in EVENTS.texts.items()
        }

    @staticmethod
    def _parsed(name: str) -> Any:  # noqa: ANN401  fastavro's own
        return fastavro.parse_schema(json.loads(schema_text(name)))

    def events(self, record: bytes) -> Iterator[tuple[str, int, bytes, Any]]:
        """Yield stream, version, content and decoded value of each event."""
        for header, content, value in self.entry(record):
            yield header["stream"], header["version"], content, value

    def entry(self, record: bytes) -> Iterator[tuple[Any, bytes, Any]]:
        """Yield header, content and decoded value of each event."""
        read: Callable[..., Any] = fastavro.schemaless_reader
        opened = read(io.BytesIO(record[len(RECORD_MARK) :]), self._record, None)
        mark = len(FRAME_MARK)
        frame = read(io.BytesIO(opened["frame"][mark:]), self._frame, None)
        for header, body in zip(frame["events"], opened["bodies"], strict=True):
            schema = self._events[header["fingerprint"]]
            value = read(io.BytesIO(body["content"]), schema, None)
            yield header, body["content"], value


ROWS: Final = (
    "CREATE TABLE event (stream TEXT, version INTEGER, position INTEGER, body BLOB, "
    "PRIMARY KEY (stream, version)) WITHOUT ROWID"
)
UPSERT: Final = "INSERT OR REPLACE INTO event VALUES (?,?,?,?)"


def plain(log: Log, folder: Path) -> int:
    """Decode everything by fastavro, and write a row an event, in bulk."""
    decoder, position, events = Plain(), 0, 0
    path = folder / "plain.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode=OFF")
        file.execute("PRAGMA synchronous=OFF")
        file.execute(ROWS)
        file.execute("BEGIN")
        while entries := log.read(position, BATCH):
            rows = [
                (stream, version, entry.position, content)
                for entry in entries
                for stream, version, content, _ in decoder.events(entry.record)
            ]
            file.executemany(UPSERT, rows)
            position, events = entries[-1].position, events + len(rows)
        file.execute("COMMIT")
    path.unlink()
    return events


def library(log: Log, folder: Path) -> int:
    """Decode, upsert and track each event in a transaction, by the library."""
    decoder, events = Plain(), 0
    path = folder / "library.sqlite"
    datastore = SQLiteDatastore(db_name=f"file:{path}", single_row_tracking=True)
    recorder = SQLiteTrackingRecorder(datastore)
    recorder.create_table()
    with datastore.transaction(commit=True) as cursor:
        cursor.execute(ROWS)
    for entry in log.read(2, LIBRARY_ENTRIES):
        for stream, version, content, _ in decoder.events(entry.record):
            events += 1
            with datastore.transaction(commit=True) as cursor:
                cursor.execute(UPSERT, (stream, version, entry.position, content))
                recorder._insert_tracking(cursor, Tracking("custody", events))  # noqa: SLF001  as its process recorder does
    datastore.close()
    path.unlink()
    return events


@contextmanager
def served(log: Log, folder: Path) -> Iterator[tuple[Custody, list[str]]]:
    """Make the files current; give a reader and the children, in no order."""
    for built in build(folder, [PROJECTION, BarredProjection()], log):
        promote(built, log)
    with (
        closing(Custody(folder)) as custody,
        closing(sqlite3.connect(_file(folder))) as file,
    ):
        children = [row[0] for row in file.execute("SELECT name FROM child")]
        random.Random(1).shuffle(children)  # noqa: S311  a benchmark's order
        yield custody, children


def _file(folder: Path) -> Path:
    return Files(folder, PROJECTION.name, PROJECTION.fold).current()


def asked(ask: Callable[[str], object], children: list[str]) -> list[float]:
    """Return the microseconds of each question, one after the other."""
    took: list[float] = []
    for child in children[:ASKED]:
        begun = time.perf_counter_ns()
        ask(child)
        took.append((time.perf_counter_ns() - begun) / 1_000)
    return took


def folds(log: Log, folder: Path) -> Table:
    """Measure rebuilds and their peers in interleaved rounds."""
    library_name = "peer: a transaction an event, by the library's tracking recorder"
    works: dict[str, Callable[[], int]] = {
        "custody": lambda: rebuilt(log, folder, PROJECTION),
        "custody and barred, one pass": lambda: rebuilt(
            log, folder, PROJECTION, BarredProjection()
        ),
        "all projections, one pass": lambda: rebuilt(log, folder, *PROJECTIONS),
        "peer: fastavro, rows in bulk": lambda: plain(log, folder),
        library_name: lambda: library(log, folder),
    }
    rounds: dict[str, list[Rate]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            rounds[name].append(timed(work))
    table = Table(title="rebuild: medians, one core")
    for column in (
        "what",
        "events",
        "events/s of a core",
        "wall s",
        "times the library",
    ):
        table.add_column(column)
    slow = statistics.median(rate.a_second for rate in rounds[library_name])
    for name, rates in rounds.items():
        a_second = statistics.median(rate.a_second for rate in rates)
        wall = statistics.median(rate.wall_s for rate in rates)
        times = f"{a_second / slow:.0f}"
        table.add_row(
            name, f"{rates[0].events:,}", f"{a_second:,.0f}", f"{wall:.2f}", times
        )
    return table


def questions(log: Log, folder: Path) -> Table:
    """Measure questions of random children, each round in another process order."""
    table = Table(title=f"questions: {ASKED:,} children, one after the other")
    for column in ("what", "p50 us", "p99 us", "a second"):
        table.add_column(column)
    with served(log, folder) as (custody, children):
        head = custody.checkpoint()
        asks: dict[str, Callable[[str], object]] = {
            "custody on a date": lambda child: custody.custody(child, DAY),
            "custody as known at half the log": lambda child: custody.custody(
                child, DAY, head // 2
            ),
            "explain": lambda child: custody.explain(child, head),
            "compare with half the log": lambda child: compare(
                custody, child, head // 2, head
            ),
        }
        for name, ask in asks.items():
            took = sorted(t for _ in range(ROUNDS) for t in asked(ask, children))
            table.add_row(
                name,
                f"{statistics.median(took):.0f}",
                f"{took[len(took) * 99 // 100]:.0f}",
                f"{1e6 / statistics.mean(took):,.0f}",
            )
    return table


def main() -> None:
    """Make a log, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS_MADE)
    parser.add_argument("--many", type=Path, help="a file of ops.bench.many: only it")
    asked = parser.parse_args()
    console = Console(width=110)
    if asked.many is not None:
        console.print(rebuilt_whole(asked.many))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        entries = grow(folder / "log.sqlite", asked.events)
        console.print(f"a log of {entries:,} entries")
        with closing(EmbeddedLog(folder / "log.sqlite", REGISTRY)) as log:
            console.print(folds(log, folder))
            console.print(questions(log, folder))


if __name__ == "__main__":
    main()
