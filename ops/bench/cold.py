"""How fast a node is made from its topic, beside other ways to read the same topic.

`python -m ops.bench.cold [--events N | --log FILE] [--rounds N] [--only WORD]…`. What
lives here: the figures, printed with their peers of the same run, in interleaved
rounds, medians of them. What never does: claims; broker and readers share this
machine's cores, and the table says how many.

Every work must hold the same periods of the same children at the end, known from and
until the same positions (`ops.bench.answers`): none can be fast by leaving some out.
What a peer need not do that a node does, is said where the peer is: `ops.bench.polled`,
`ops/bench/java/peer/package-info.java`. Rates are of events, also those that a peer
only passes. A core's rate divides by the processor time of all of a process's threads
and children, of a JVM from its start to its first answer, or for its second pass alone;
the broker's is nobody's.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from events.cold import cold_copy
from events.kafka import KafkaTopic, bare_reader
from events.reading import FollowedLog, StoredEntries
from events.topic import TopicUnavailableError
from ops.bench.answers import answer, same
from ops.bench.histories import REGISTRY, grow
from ops.bench.jvm import KINDS, command, jvm_peer
from ops.bench.node import TOPIC, make_topic
from ops.bench.polled import polled
from ops.bench.processes import spent_s
from ops.bench.rebuild import Rate
from ops.broker import Cluster, release
from ops.cache import cache_folder
from projections.custody import PROJECTION
from projections.rebuild import build
from projections.runner import PROJECTIONS
from projections.workers import build_by

EVENTS_MADE: Final = 200_000
ROUNDS: Final = 3
GROUP: Final = 500
WAIT_S: Final = 5.0
SENT_S: Final = 300.0
"""How long the topic may take to hold all that was sent."""
COLD: Final = "cold node: judged, copied, custody"
REBUILT: Final = "rebuild custody from the copy"
READ: Final = "the topic read by a node, nothing decoded"
READ_PLAINLY: Final = "peer: poll, nothing decoded"
POLLED: Final = "peer: poll, fastavro, the same rows"
JVM: Final = {
    "plain": "peer: Java consumer, generic reader, map",
    "memory": "peer: Kafka Streams, store in memory",
    "rocksdb": "peer: Kafka Streams, RocksDB",
}

Rates = Mapping[str, Rate]
"""What a work took, by the name of the row that says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What all works are given: a topic with a log's records, a folder to write in.

    `expected` is what each must come to: events, and the line of `ops.bench.answers`.
    """

    servers: str
    log: FollowedLog
    folder: Path
    expected: str


def filled(servers: str, log: FollowedLog) -> None:
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


def cold(field: Field) -> Rates:
    """Copy, judge and fold custody in one pass."""
    copied = field.folder / "cold.sqlite"

    def work() -> tuple[int, Path]:
        with (
            closing(KafkaTopic(field.servers, TOPIC)) as topic,
            cold_copy(copied, field.log.registry, topic) as copy,
        ):
            (built,) = build(field.folder, [PROJECTION], copy)
            copy.finish()
        return built.events, built.path

    rates = held(field, COLD, work)
    copied.unlink()
    return rates


def read(field: Field) -> Rates:
    """Read every record as a node does, and nothing more."""

    def work() -> tuple[int, Path]:
        with closing(KafkaTopic(field.servers, TOPIC)) as topic:
            end, offset, records = topic.end(WAIT_S), 0, 0
            while offset < end:
                batch = topic.fetch(offset, WAIT_S)
                offset, records = batch.next_offset, records + len(batch.records)
        return records, field.folder

    return all_read(field, READ, work)


def read_plainly(field: Field) -> Rates:
    """Read every record by polls, and nothing more."""

    def work() -> tuple[int, Path]:
        polled = bare_reader(field.servers, TOPIC)
        return sum(len(records) for records in polled), field.folder

    return all_read(field, READ_PLAINLY, work)


def all_read(field: Field, name: str, work: Callable[[], tuple[int, Path]]) -> Rates:
    """Measure a work that counts records; the rate is of the events in them."""
    rate, _ = timed(work)
    same(name, str(rate.events), str(field.log.head().position))
    events = int(field.expected.split()[0])
    return {name: Rate(events, rate.processor_s, rate.wall_s)}


def rebuilt(field: Field) -> Rates:
    """Fold custody from the local copy."""

    def work() -> tuple[int, Path]:
        (built,) = build(field.folder, [PROJECTION], field.log)
        return built.events, built.path

    return held(field, REBUILT, work)


def by_poll(field: Field) -> Rates:
    """Fold custody the plain way."""
    path = field.folder / "polled.sqlite"
    return held(field, POLLED, lambda: (polled(field.servers, TOPIC, path), path))


def held(field: Field, name: str, work: Callable[[], tuple[int, Path]]) -> Rates:
    """Measure a work that writes custody's file; the file must hold what it should."""
    rate, path = timed(work)
    same(name, f"{rate.events} {answer(path)}", field.expected)
    path.unlink()
    return {name: rate}


def on_jvm(field: Field, java: tuple[str, ...], kind: str) -> Rates:
    """Fold by a new JVM, and once more by the same."""
    rates: dict[str, Rate] = {}
    with jvm_peer(java, kind, field.servers, TOPIC) as peer:
        for name in (JVM[kind], f"{JVM[kind]}, second pass"):
            rates[name] = peer.fold()
            found = f"{rates[name].events} {peer.answer()}"
            same(name, found, field.expected)
    return rates


def by_workers(field: Field, workers: int, name: str) -> Rates:
    """Rebuild all projections by so many processes; what they hold is not compared."""

    def work() -> tuple[int, Path]:
        built = (
            build(field.folder, PROJECTIONS, field.log)
            if workers == 0
            else build_by(workers, field.folder, PROJECTIONS, field.log)
        )
        for one in built:
            one.path.unlink()
        return built[0].events, field.folder

    return {name: timed(work)[0]}


def timed(work: Callable[[], tuple[int, Path]]) -> tuple[Rate, Path]:
    """Run some work; the processor time is that of all its threads and children."""
    wall, processor = time.perf_counter(), spent_s()
    events, path = work()
    return Rate(events, spent_s() - processor, time.perf_counter() - wall), path


def works_of(
    field: Field, java: tuple[str, ...], only: list[str]
) -> list[Callable[[], Rates]]:
    """Return the works whose names hold one of the words, in the order of a round."""
    works: dict[str, Callable[[], Rates]] = {
        COLD: lambda: cold(field),
        REBUILT: lambda: rebuilt(field),
        READ: lambda: read(field),
        READ_PLAINLY: lambda: read_plainly(field),
        POLLED: lambda: by_poll(field),
        **{JVM[kind]: lambda kind=kind: on_jvm(field, java, kind) for kind in KINDS},  # type: ignore[misc]
    }
    for workers, name in ((0, "one process"), (2, "two workers")):
        row = f"all projections, {name}"
        works[row] = lambda row=row, workers=workers: by_workers(field, workers, row)  # type: ignore[misc]
    return [work for name, work in works.items() if any(o in name for o in only)]


def measured(works: list[Callable[[], Rates]], rounds: int) -> dict[str, Rate]:
    """Run all works in interleaved rounds; return each row's median."""
    found: dict[str, list[Rate]] = {}
    for _ in range(rounds):
        for work in works:
            for name, rate in work().items():
                found.setdefault(name, []).append(rate)
    return {name: median(rates) for name, rates in found.items()}


def median(rates: list[Rate]) -> Rate:
    """Return the medians of both times."""
    return Rate(
        rates[0].events,
        statistics.median(rate.processor_s for rate in rates),
        statistics.median(rate.wall_s for rate in rates),
    )


def table_of(rows: Mapping[str, Rate], title: str) -> Table:
    """Return the figures; the last columns say how many times a row ours are."""
    table = Table(title=title)
    for column in ("what", "events/s", "of a core", "cold node is", "rebuild is"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for name, rate in rows.items():
        times = (
            f"{rows[own].a_second / rate.a_second:.2f}x" if own in rows else ""
            for own in (COLD, REBUILT)
        )
        wall = f"{rate.events / rate.wall_s:,.0f}"
        table.add_row(name, wall, f"{rate.a_second:,.0f}", *times)
    return table


def opened(path: Path | None, folder: Path, events: int) -> FollowedLog:
    """Open a log that is there, to be read only, or make one."""
    if path is None:
        path = folder / "log.sqlite"
        grow(path, events)
        return FollowedLog(path, REGISTRY)
    return FollowedLog(path, StoredEntries(path, "").meta("registry") or "")


def main() -> None:
    """Make a log and a topic of it, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS_MADE)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", action="append")
    asked = parser.parse_args()
    java = command(cache_folder())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        log = stack.enter_context(closing(opened(asked.log, folder, asked.events)))
        brokers = Cluster(release(cache_folder()), folder / "brokers")
        servers = stack.enter_context(brokers).addresses
        filled(servers, log)
        (built,) = build(folder, [PROJECTION], log)
        expected = f"{built.events} {answer(built.path)}"
        built.path.unlink()
        field = Field(servers=servers, log=log, folder=folder, expected=expected)
        rows = measured(works_of(field, java, asked.only or [""]), asked.rounds)
    title = (
        f"{built.events:,} events of {built.checkpoint.position:,} entries; medians of "
        f"{asked.rounds} rounds; {os.cpu_count()} cores; times are per core"
    )
    console = Console(width=110)
    console.print(table_of(rows, title))
    console.print(
        f"all hold (events, children, periods, held true, digest): {expected}"
    )


if __name__ == "__main__":
    main()
