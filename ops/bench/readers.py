"""How reads scale over processes, and how soon a reader learns of progress.

`python -m ops.bench.readers [--rows N] [--seconds S]`. What lives here: a file of so
many rows of custody, asked by 64 clients with both times given, on connections of their
own, while a node serves it with none, one and two readers, in interleaved rounds; and
the time from a keeper's word to a waiting reader's, between processes. What never does:
claims. The clients stand for other machines but share these cores: they are niced to
the last, so that servers have a core when they want one, and the rate of a core divides
by the processor time of the node's processes alone.
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
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc
from rich.console import Console
from rich.table import Table

from childregistry.v1 import custody_service_pb2 as pb
from ops.bench.histories import REGISTRY, grow
from ops.bench.main_path import Figures, figures
from ops.bench.many import other_ids
from ops.bench.node import running
from ops.bench.processes import processor_s, stat_of
from ops.bench.widen import widen
from projections.custody import PROJECTION
from projections.files import Files
from projections.progress import Following, Shared

CLIENTS: Final = 64
CLIENT_PROCESSES: Final = 2
LAST: Final = 19
"""How nice clients are: they run when no server wants to."""
READERS: Final = (0, 1, 2)
ROUNDS: Final = 3
ROWS: Final = 500_000
ROWS_A_COPY: Final = 70_000
"""At 10 million as many copies as ids can be told apart, and some to spare."""
EVENTS_A_ROW: Final = 3.3
ASKED: Final = 100_000
"""Children who are asked about, of all copies."""
SIGNALS: Final = 500
GET: Final = "/childregistry.v1.CustodyService/GetCustody"


@dataclass(frozen=True, slots=True)
class Questions:
    """Whom to ask about, as known at a position."""

    children: list[str]
    known_at: int


@dataclass(frozen=True, slots=True)
class Served:
    """One round: answers by the clock, and of a second of a core of the servers."""

    figures: Figures
    a_core: float


def ask(port: int, questions: Questions, clients: range, seconds: float) -> list[float]:
    """Ask from some clients for so long; return the seconds that each answer took."""
    return asyncio.run(_asked(port, questions, clients, seconds))


async def _asked(
    port: int, questions: Questions, clients: range, seconds: float
) -> list[float]:
    taken: list[float] = []
    end = time.perf_counter() + seconds
    # A pool of its own gives each channel a connection, so that processes share them.
    options = (("grpc.use_local_subchannel_pool", 1),)

    async def client(number: int, channel: grpc.aio.Channel) -> None:
        chance = random.Random(number)  # noqa: S311  a benchmark's order
        call: Any = channel.unary_unary(GET)
        child, answer = "", b""
        while (begun := time.perf_counter()) < end:
            child = chance.choice(questions.children)
            answer = await call(_question(child, questions.known_at))
            taken.append(time.perf_counter() - begun)
        if pb.GetCustodyResponse.FromString(answer).custody.child != child:
            message = f"the answer is not about {child}"
            raise RuntimeError(message)

    async with AsyncExitStack() as stack:
        channels = [
            await stack.enter_async_context(
                grpc.aio.insecure_channel(f"127.0.0.1:{port}", options)
            )
            for _ in clients
        ]
        await asyncio.gather(*map(client, clients, channels))
    return taken


def _question(child: str, known_at: int) -> bytes:
    as_of = pb.AsOf(date="2015-03-01", position=known_at)
    anyhow = pb.Consistency(any=True)
    asked = pb.GetCustodyRequest(child=child, as_of=as_of, consistency=anyhow)
    return asked.SerializeToString()


def filled(folder: Path, rows: int) -> Questions:
    """Make a node's files, that of custody with so many rows; return what to ask."""
    (folder / "data").mkdir()
    a_copy = min(rows, ROWS_A_COPY)
    grow(folder / "data" / "log.sqlite", round(a_copy * EVENTS_A_ROW))
    with running(folder, None, registry=REGISTRY):
        pass  # it makes every projection before it serves
    path = Files(folder / "data", PROJECTION.name, PROJECTION.fold).current()
    with closing(sqlite3.connect(path)) as file:
        known_at = file.execute("SELECT position/2 FROM checkpoint").fetchone()[0]
        sql = (
            "SELECT name FROM child JOIN history ON child=id GROUP BY id "
            "HAVING min(position)<=?"
        )
        known = [row[0].encode() for row in file.execute(sql, (known_at,))]
    chance = random.Random(1)  # noqa: S311  a benchmark's order
    puts = [other_ids(copy) for copy in range(widen(path, rows))]
    children = [
        chance.choice(puts)(chance.choice(known)).decode() for _ in range(ASKED)
    ]
    return Questions(children, known_at)


def rates(folder: Path, questions: Questions, seconds: float) -> list[Served]:
    """Measure each number of readers in interleaved rounds; return the medians."""
    rounds: dict[int, list[Served]] = {readers: [] for readers in READERS}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(CLIENT_PROCESSES, context, os.nice, (LAST,)) as clients:
        for _ in range(ROUNDS):
            for readers in READERS:
                more = f"[readers]\nprocesses = {readers}\n"
                with running(folder, None, registry=REGISTRY, more=more) as port:
                    rounds[readers].append(
                        _round(clients, port, questions, readers, seconds)
                    )
    return [
        sorted(found, key=lambda one: one.a_core)[len(found) // 2]
        for found in rounds.values()
    ]


def _round(
    clients: ProcessPoolExecutor,
    port: int,
    questions: Questions,
    readers: int,
    seconds: float,
) -> Served:
    def asked(seconds: float) -> list[float]:
        each = CLIENTS // CLIENT_PROCESSES
        begun = [
            clients.submit(ask, port, questions, range(at, at + each), seconds)
            for at in range(0, CLIENTS, each)
        ]
        return [one for some in begun for one in some.result()]

    asked(1.0)
    servers = list(_node())
    before = sum(map(processor_s, servers))
    taken = asked(seconds)
    spent = sum(map(processor_s, servers)) - before
    what = f"GetCustody, keeper and {readers} readers"
    return Served(figures(what, taken, seconds), len(taken) / spent)


def _node() -> Iterator[int]:
    """Yield the ids of a node's processes: of our children the one that serves."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int(stat_of(int(folder.name))[1])
        except OSError:
            continue  # it ended
    for process, parent in parents.items():
        if parent == os.getpid() and b"serve" in _command(process):
            yield process
            yield from (one for one, of in parents.items() if of == process)


def _command(process: int) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()


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
    """Make a node's files, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--folder", type=Path, help="where the files are made")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        questions = filled(folder, given.rows)
        served = rates(folder, questions, given.seconds)
        (folder / "signals").mkdir()
        told = signals(folder / "signals")
    Console(width=110).print(_table(served, told, given.rows))


def _table(served: list[Served], told: Figures, rows: int) -> Table:
    title = (
        f"{rows:,} rows, {CLIENTS} clients in {CLIENT_PROCESSES} niced processes, "
        f"medians of {ROUNDS} rounds, {os.cpu_count()} cores"
    )
    table = Table(title=title)
    for column in ("what", "per second", "a core's second", "p50 ms", "p99 ms"):
        table.add_column(column)
    for line, a_core in [
        *((s.figures, f"{s.a_core:,.0f}") for s in served),
        (told, ""),
    ]:
        cells = f"{line.rate:,.0f}", a_core, f"{line.p50:.2f}", f"{line.p99:.2f}"
        table.add_row(line.what, *cells)
    one, two = (served[at] for at in (0, 1))
    table.add_row(
        "two processes to one",
        f"{two.figures.rate / one.figures.rate:.2f}",
        f"{two.a_core / one.a_core:.2f}",
    )
    return table


if __name__ == "__main__":
    main()
