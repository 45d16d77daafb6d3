"""How fast a node is made from its topic, and projections by several processes.

`python -m ops.bench.cold [--events N]`. What lives here: the figures, printed with
their peer of the same run, in interleaved rounds, medians of them. What never does:
claims; broker and readers share this machine's cores, and the table says how many.

The peer reads the topic as kafka-python's documentation has it, decodes records, frames
and bodies by fastavro, and writes a row an event in bulk: nothing is judged, and no
copy is made.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from events.cold import cold_copy
from events.embedded import EmbeddedLog
from events.kafka import KafkaTopic, bare_reader
from events.topic import TopicUnavailableError
from ops.bench.histories import REGISTRY, grow
from ops.bench.node import TOPIC, make_topic
from ops.bench.rebuild import ROWS, UPSERT, Plain
from ops.broker import Cluster, cache_folder, release
from projections.custody import PROJECTION
from projections.rebuild import build
from projections.runner import PROJECTIONS
from projections.workers import build_by

EVENTS_MADE: Final = 200_000
ROUNDS: Final = 3
GROUP: Final = 500
SENT_S: Final = 300.0
"""How long the topic may take to hold all that was sent."""


def filled(servers: str, log: EmbeddedLog) -> None:
    """Put a log's records into the benchmarks' topic."""
    make_topic(servers)
    with closing(KafkaTopic(servers, TOPIC)) as topic:
        position, deadline = 0, time.monotonic() + SENT_S
        while entries := log.read(position, GROUP):
            topic.send([entry.record for entry in entries])
            position = entries[-1].position
            while topic.end(5.0) < position:
                if time.monotonic() > deadline:
                    message = f"the topic holds {topic.end(5.0)} of {position} records"
                    raise TopicUnavailableError(message)


def cold(servers: str, folder: Path) -> int:
    """Copy, judge and fold custody in one pass; return the events."""
    with (
        closing(KafkaTopic(servers, TOPIC)) as topic,
        cold_copy(folder / "cold.sqlite", REGISTRY, topic) as copy,
    ):
        (built,) = build(folder, [PROJECTION], copy)
        copy.finish()
    built.path.unlink()
    (folder / "cold.sqlite").unlink()
    return built.events


def polled(servers: str, folder: Path) -> int:
    """Poll, decode all by fastavro, write a row an event; return the events."""
    decoder, position, events = Plain(), 0, 0
    path = folder / "polled.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode=OFF")
        file.execute("PRAGMA synchronous=OFF")
        file.execute(ROWS)
        file.execute("BEGIN")
        for records in bare_reader(servers, TOPIC):
            rows = [
                (stream, version, position, content)
                for position, record in enumerate(records, position + 1)
                for stream, version, content, _ in decoder.events(record)
            ]
            file.executemany(UPSERT, rows)
            position, events = position + len(records), events + len(rows)
        file.execute("COMMIT")
    path.unlink()
    return events


def by_workers(workers: int, log: EmbeddedLog, folder: Path) -> int:
    """Rebuild all projections by so many processes; return the events."""
    built = (
        build(folder, PROJECTIONS, log)
        if workers == 0
        else build_by(workers, folder, PROJECTIONS, log)
    )
    for one in built:
        one.path.unlink()
    return built[0].events


def measured(works: dict[str, Callable[[], int]]) -> Table:
    """Run all works in interleaved rounds; return the medians, by wall time."""
    rates: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            begun = time.perf_counter()
            events = work()
            rates[name].append(events / (time.perf_counter() - begun))
    title = f"events a second, medians of {ROUNDS} rounds, {os.cpu_count()} cores"
    table = Table(title=title)
    for column in ("what", "events/s"):
        table.add_column(column)
    for name, found in rates.items():
        table.add_row(name, f"{statistics.median(found):,.0f}")
    return table


def main() -> None:
    """Make a log and a topic of it, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS_MADE)
    made = parser.parse_args().events
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        grow(folder / "log.sqlite", made)
        with (
            closing(EmbeddedLog(folder / "log.sqlite", REGISTRY)) as log,
            Cluster(release(cache_folder()), folder / "brokers") as cluster,
        ):
            servers = cluster.addresses
            filled(servers, log)
            table = measured(
                {
                    "cold node: judged, copied, custody": lambda: cold(servers, folder),
                    "peer: poll, fastavro, rows in bulk": lambda: polled(
                        servers, folder
                    ),
                    "all projections, one process": lambda: by_workers(0, log, folder),
                    "all projections, two workers": lambda: by_workers(2, log, folder),
                }
            )
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
