"""How reads scale over processes, and how soon a reader learns of progress.

`python -m ops.bench.readers [--children N] [--seconds S]`. What lives here: one
synthetic log, asked by 64 clients with both times given, on connections of their own,
while a node serves it with none, one and two readers, in interleaved rounds; and the
time from a keeper's word to a waiting reader's, between processes. What never does:
claims; clients and servers share this machine's cores, and the table says how many.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import random
import sqlite3
import tempfile
import time
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any, Final

import grpc
from rich.console import Console
from rich.table import Table

from childregistry.v1 import custody_service_pb2 as pb
from childregistry.v1.custody_service_pb2_grpc import CustodyServiceStub
from events.embedded import EmbeddedLog
from ops.bench.histories import REGISTRY, grow
from ops.bench.main_path import Figures, figures
from ops.bench.node import running
from projections.custody import PROJECTION
from projections.files import Files
from projections.progress import Following, Shared

CLIENTS: Final = 64
READERS: Final = (0, 1, 2)
ROUNDS: Final = 3
EVENTS: Final = 100_000
SIGNALS: Final = 500


async def asked(
    port: int, children: list[str], known_at: int, seconds: float
) -> list[float]:
    """Ask from every client for so long; return the seconds that each answer took."""
    taken: list[float] = []
    end = time.perf_counter() + seconds
    # A pool of its own gives each channel a connection, so that processes share them.
    options = (("grpc.use_local_subchannel_pool", 1),)

    async def client(number: int, stub: Any) -> None:  # noqa: ANN401  generated
        chance = random.Random(number)  # noqa: S311  a benchmark's order
        while (begun := time.perf_counter()) < end:
            as_of = pb.AsOf(date="2015-03-01", position=known_at)
            child = chance.choice(children)
            await stub.GetCustody(
                pb.GetCustodyRequest(
                    child=child, as_of=as_of, consistency=pb.Consistency(any=True)
                )
            )
            taken.append(time.perf_counter() - begun)

    async with AsyncExitStack() as stack:
        channels = [
            await stack.enter_async_context(
                grpc.aio.insecure_channel(f"127.0.0.1:{port}", options)
            )
            for _ in range(CLIENTS)
        ]
        stubs = [CustodyServiceStub(channel) for channel in channels]
        await asyncio.gather(*(client(n, stub) for n, stub in enumerate(stubs)))
    return taken


def _known(folder: Path) -> list[str]:
    """Return children who were known when half the log was."""
    path = Files(folder / "data", PROJECTION.name, PROJECTION.fold).current()
    with closing(sqlite3.connect(path)) as file:
        sql = (
            "SELECT name FROM child JOIN history ON child=id GROUP BY id "
            "HAVING min(position) < (SELECT position/2 FROM checkpoint)"
        )
        return [row[0] for row in file.execute(sql)]


def rates(folder: Path, seconds: float) -> list[Figures]:
    """Measure each number of readers in interleaved rounds; return the medians."""
    rounds: dict[int, list[Figures]] = {readers: [] for readers in READERS}
    for _ in range(ROUNDS):
        for readers in READERS:
            more = f"[readers]\nprocesses = {readers}\n"
            with running(folder, None, registry=REGISTRY, more=more) as port:
                children = _known(folder)
                with closing(
                    EmbeddedLog(folder / "data" / "log.sqlite", REGISTRY)
                ) as log:
                    known_at = log.head().position // 2
                asyncio.run(asked(port, children[:100], known_at, 0.5))
                taken = asyncio.run(asked(port, children, known_at, seconds))
            what = f"GetCustody, keeper and {readers} readers"
            rounds[readers].append(figures(what, taken, seconds))
    return [
        sorted(found, key=lambda one: one.rate)[len(found) // 2]
        for found in rounds.values()
    ]


def _told(folder: Path, signals: Any) -> None:  # noqa: ANN401  a pipe's end
    """Wait for each position in a process of its own; say when it was learned of."""
    with closing(Following(folder)) as following:
        for position in range(1, SIGNALS + 1):
            waiting = following.when_applied(position)
            signals.send(position)
            waiting.result()
            signals.send(time.monotonic_ns())


def signals(folder: Path) -> Figures:
    """Measure from the keeper's word to a waiting reader of another process."""
    taken: list[float] = []
    with closing(Shared(folder, writing=True)) as shared:
        shared.write(0, stopped=False)
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        reader = context.Process(target=_told, args=(folder, theirs))
        reader.start()
        for position in range(1, SIGNALS + 1):
            ours.recv()
            time.sleep(random.random() / 200)  # noqa: S311  at no fixed moment
            begun = time.monotonic_ns()
            shared.write(position, stopped=False)
            taken.append((ours.recv() - begun) / 1e9)
        reader.join()
    return figures("a reader learns of progress", taken, sum(taken))


def main() -> None:
    """Make a log, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir()
        grow(folder / "data" / "log.sqlite", given.events)
        lines = rates(folder, given.seconds)
        (folder / "signals").mkdir()
        lines.append(signals(folder / "signals"))
    title = f"{CLIENTS} clients, medians of {ROUNDS} rounds, {os.cpu_count()} cores"
    table = Table(title=title)
    for column in ("what", "per second", "p50 ms", "p99 ms"):
        table.add_column(column)
    for line in lines:
        cells = f"{line.rate:,.0f}", f"{line.p50:.2f}", f"{line.p99:.2f}"
        table.add_row(line.what, *cells)
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
