"""What reads notice of a switch to rebuilt projections, on a node that serves.

`python -m ops.bench.swap [--events N] [--reads N]`. What lives here: GetCustody of
children in no order by eight clients at a steady pace, while nothing else goes on,
while all projections are rebuilt and compared again and again and not switched to, and
while each rebuild is switched to; in interleaved rounds. The second differs from the
third by the switch alone, so its 99th percentile is the measure of both. What never
does: claims. Node, clients and rebuild are three processes that share the processors.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import grpc
from rich.console import Console
from rich.table import Table

from childregistry.v1 import custody_service_pb2 as pb
from childregistry.v1.custody_service_pb2_grpc import CustodyServiceStub
from ops.bench.histories import REGISTRY, grow
from ops.bench.node import running
from projections.custody import PROJECTION
from projections.files import Files
from projections.runner import PROJECTIONS

EVENTS_MADE: Final = 60_000
READS: Final = 10_000
"""In a round, at least: they go on until its rebuilds are done."""
REBUILDS: Final = 3
"""In a round, at least: they go on until its reads are done."""
ROUNDS: Final = 3
CLIENTS: Final = 8
RATE: Final = 800
"""Reads a second of all clients: processors are shared, a queue is not measured."""
BEFORE_S: Final = 0.1
AFTER_S: Final = 0.25
"""How long around the moment of a switch a read counts as one during it."""
TIMES: Final = 2
"""A read is slow that takes so many times the 99th percentile without a switch."""
CALL_S: Final = 10.0
SPAWNING: Final = multiprocessing.get_context("spawn")

Window = tuple[float, float]
"""From when until when, by the clock of files."""


@dataclass(frozen=True, slots=True)
class Read:
    """When a read began, by the clock of files, how long it took, and its failure."""

    begun: float
    took: float
    failure: str = ""

    def during(self, windows: list[Window]) -> bool:
        """Whether it was under way in one of the windows."""
        end = self.begun + self.took
        return any(self.begun <= until and end >= since for since, until in windows)


@dataclass(slots=True)
class Reading:
    """All reads of the rounds of one kind, its rebuilds, and when they switched."""

    what: str
    switch: str
    """As `rebuild --switch` takes it; empty: no rebuild."""
    reads: list[Read] = field(default_factory=list)
    rebuilds: int = 0
    windows: list[Window] = field(default_factory=list)

    @property
    def failures(self) -> list[str]:
        """What the reads that failed said."""
        return [read.failure for read in self.reads if read.failure]

    def percentile(self, percent: int) -> float:
        """Return how long so many of a hundred reads took at most, in seconds."""
        took = [read.took for read in self.reads]
        return statistics.quantiles(took, n=100)[percent - 1]

    def slower(self, limit: float) -> list[Read]:
        """Return the reads that took longer, in seconds."""
        return [read for read in self.reads if read.took > limit]


def ask(port: int, children: list[str], reads: int, pipe: Connection) -> None:
    """Read in a process of its own until enough, and told; then give the reads."""
    pipe.send(asyncio.run(_asked(port, children, reads, pipe)))


async def _asked(
    port: int, children: list[str], reads: int, pipe: Connection
) -> list[Read]:
    taken: list[Read] = []
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        call: Any = CustodyServiceStub(channel).GetCustody
        await call(pb.GetCustodyRequest(child=children[0]))
        begun, said = time.perf_counter(), False

        async def client(number: int) -> None:
            nonlocal said
            chance = random.Random(number)  # noqa: S311  a benchmark's order
            due = begun + number / RATE
            while not (said and pipe.poll()):
                await asyncio.sleep(due - time.perf_counter())
                due += CLIENTS / RATE
                taken.append(await _read(call, chance.choice(children)))
                if len(taken) >= reads and not said:
                    said = True
                    pipe.send("enough")

        await asyncio.gather(*map(client, range(CLIENTS)))
    return taken


async def _read(call: Any, child: str) -> Read:  # noqa: ANN401  a stub's method
    at, begun, failure = time.time(), time.perf_counter(), ""
    try:
        got = await call(pb.GetCustodyRequest(child=child), timeout=CALL_S)
        if got.custody.child != child:
            failure = f"the answer is not about {child}"
    except grpc.RpcError as error:
        failure = str(error.code())
    return Read(at, time.perf_counter() - begun, failure)


def rebuilt(folder: Path, switch: str) -> None:
    """Rebuild all projections by the command, beside the node of a folder."""
    config = str(folder / "childregistry.toml")
    command = [sys.executable, "-m", "ops.cli", "rebuild", "--json"]
    ended = subprocess.run(  # noqa: S603  our own
        [*command, f"--switch={switch}", "-c", config], capture_output=True, check=True
    )
    told = [json.loads(line) for line in ended.stdout.splitlines()]
    as_asked = [(True, switch != "never")] * len(PROJECTIONS)
    if [(one["equal"], one["promoted"]) for one in told] != as_asked:
        message = f"a rebuild was not equal, or not switched as asked: {told}"
        raise RuntimeError(message)


def switches(folder: Path) -> Iterator[Window]:
    """Yield the window around the last switch of each projection."""
    for projection in PROJECTIONS:
        pointer = Files(folder / "data", projection.name, projection.fold).pointer
        at = pointer.stat().st_mtime
        yield at - BEFORE_S, at + AFTER_S


def round_of(
    folder: Path, port: int, children: list[str], reading: Reading, reads: int
) -> None:
    """Read, and rebuild meanwhile as the reading says; add what was read to it."""
    ours, theirs = SPAWNING.Pipe()
    process = SPAWNING.Process(target=ask, args=(port, children, reads, theirs))
    process.start()
    theirs.close()
    rebuilds = 0
    while reading.switch and (rebuilds < REBUILDS or not ours.poll()):
        rebuilt(folder, reading.switch)
        rebuilds += 1
        if reading.switch != "never":
            reading.windows += switches(folder)
    if ours.recv() != "enough":
        message = "whoever reads ended before it was told to"
        raise RuntimeError(message)
    time.sleep(AFTER_S)  # the last switch is read after, too
    ours.send("stop")
    reading.reads += ours.recv()
    reading.rebuilds += rebuilds
    process.join()


def children_of(folder: Path) -> list[str]:
    """Return the children of a node's custody file."""
    path = Files(folder / "data", PROJECTION.name, PROJECTION.fold).current()
    with closing(sqlite3.connect(path)) as file:
        return [row[0] for row in file.execute("SELECT name FROM child ORDER BY name")]


def measured(folder: Path, events: int, reads: int, rounds: int) -> list[Reading]:
    """Make a node's log, serve it, and read in interleaved rounds."""
    (folder / "data").mkdir()
    grow(folder / "data" / "log.sqlite", events)
    found = [
        Reading("nothing else", ""),
        Reading("rebuilt, not switched to", "never"),
        Reading("rebuilt and switched to", "equal"),
    ]
    with running(folder, None, registry=REGISTRY) as port:
        children = children_of(folder)
        for _ in range(rounds):
            for reading in found:
                round_of(folder, port, children, reading, reads)
    return found


def table_of(found: list[Reading], events: int) -> Table:
    """Return the figures; slow is what a rebuild without a switch makes rare."""
    without = next(one for one in found if one.switch == "never")
    slow = TIMES * without.percentile(99)
    table = Table(
        title=f"GetCustody by {CLIENTS} clients, {RATE} a second, {events:,} events, "
        f"{os.cpu_count()} cores, while all projections are"
    )
    for column in (
        "",
        "rebuilds",
        "reads",
        "failed",
        "p50 ms",
        "p99 ms",
        "max ms",
        f"> {slow * 1e3:.1f} ms",
        "reads at a switch",
        "of them slow",
    ):
        table.add_column(column)
    for one in found:
        during = [read for read in one.reads if read.during(one.windows)]
        table.add_row(
            one.what,
            str(one.rebuilds),
            f"{len(one.reads):,}",
            str(len(one.failures)),
            f"{one.percentile(50) * 1e3:.1f}",
            f"{one.percentile(99) * 1e3:.1f}",
            f"{max(read.took for read in one.reads) * 1e3:.1f}",
            str(len(one.slower(slow))),
            f"{len(during):,}" if one.windows else "",
            str(sum(read.took > slow for read in during)) if one.windows else "",
        )
    table.caption = (
        f"slow: {TIMES} times the p99 of rebuilds that are not switched to; at a "
        f"switch: under way from {BEFORE_S} s before to {AFTER_S} s after one of the "
        f"{len(PROJECTIONS)} files is replaced"
    )
    return table


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS_MADE)
    parser.add_argument("--reads", type=int, default=READS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = measured(Path(name), given.events, given.reads, given.rounds)
    console = Console(width=120)
    console.print(table_of(found, given.events))
    for one in found:
        for failure in sorted(set(one.failures)):
            console.print(f"{one.what}: {failure}")


if __name__ == "__main__":
    main()
