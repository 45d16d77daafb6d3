"""A thousand subscriptions on one server, and those who do not read.

`python -m ops.bench.feed_many`. What lives here: the figures, printed with the same
work while nobody subscribes, each server warm. What never does: claims. Server, readers
and submitters are three processes that share the processors of one machine.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import grpc
from rich.console import Console
from rich.table import Table

from childregistry.v1 import custody_service_pb2 as custody
from childregistry.v1 import event_service_pb2 as pb
from childregistry.v1.custody_service_pb2_grpc import CustodyServiceStub
from childregistry.v1.event_service_pb2_grpc import EventServiceStub
from childregistry.v1.submission_service_pb2_grpc import SubmissionServiceStub
from ops.bench.main_path import POLICE, registration
from ops.fire.servers import Server

READERS: Final = 1_000
RATE: Final = 200
"""Submissions a second, each an entry."""
SECONDS: Final = 10.0
ASKED: Final = 50
"""GetCustody a second meanwhile."""
STUCK: Final = 200
CHANNELS: Final = 20
"""Connections that the readers share: one carries about fifty streams."""
DEADLINE_S: Final = 120.0
OPTIONS: Final = (("grpc.use_local_subchannel_pool", 1),)


@asynccontextmanager
async def channels(address: str) -> AsyncIterator[list[grpc.aio.Channel]]:
    """Open connections of their own."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                grpc.aio.insecure_channel(address, options=OPTIONS)
            )
            for _ in range(CHANNELS)
        ]


def readers(address: str, count: int, stuck: int, pipe: Connection) -> None:
    """Read in a process of its own; say how many entries each had, until told."""
    asyncio.run(_read(address, count, stuck, pipe))


async def _read(address: str, count: int, stuck: int, pipe: Connection) -> None:
    had = [0] * count
    ready = asyncio.Semaphore(0)

    async def one(index: int, channel: grpc.aio.Channel) -> None:
        request = pb.SubscribeEventsRequest(end=True)
        call: Any = EventServiceStub(channel).SubscribeEvents(request, metadata=POLICE)
        async for signal in call:
            if signal.HasField("caught_up"):
                ready.release()
            had[index] += len(signal.batch.entries)

    async with channels(address) as open_:
        held = []
        for index in range(stuck):  # opened, and never read
            request = pb.SubscribeEventsRequest(beginning=True)
            stub = EventServiceStub(open_[index % CHANNELS])
            call: Any = stub.SubscribeEvents(request, metadata=POLICE)
            await call.read()
            held.append(call)
        tasks = [
            asyncio.create_task(one(index, open_[index % CHANNELS]))
            for index in range(count)
        ]
        for _ in tasks:
            await ready.acquire()
        pipe.send("ready")
        while await asyncio.to_thread(pipe.recv) == "how many":
            pipe.send((min(had, default=0), max(had, default=0)))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def loaded(address: str, seconds: float) -> tuple[list[float], int]:
    """Submit at the rate, and ask meanwhile; return GetCustody in ms, and entries."""
    answers: list[float] = []
    async with grpc.aio.insecure_channel(address) as channel:
        submit = SubmissionServiceStub(channel).SubmitGuardianshipChange
        ask = CustodyServiceStub(channel)
        first = registration()
        await submit(first, metadata=POLICE)
        child = first.register_child.child

        async def asked() -> None:
            begun = time.perf_counter()
            await ask.GetCustody(custody.GetCustodyRequest(child=child))
            answers.append((time.perf_counter() - begun) * 1e3)

        begun, tasks, made = time.perf_counter(), set[asyncio.Task[Any]](), 0
        while made < RATE * seconds:
            due = int((time.perf_counter() - begun) * RATE) + 1
            while made < min(due, RATE * seconds):
                call: Any = submit(registration(), metadata=POLICE)
                tasks.add(asyncio.ensure_future(_awaited(call)))
                if made % (RATE // ASKED) == 0:
                    tasks.add(asyncio.ensure_future(asked()))
                made += 1
            await asyncio.sleep(0.002)
        await asyncio.gather(*tasks)
        return answers, made + 1


async def _awaited(call: Any) -> None:  # noqa: ANN401  a call of the stub
    await call


def measured(folder: Path, count: int, stuck: int, seconds: float) -> list[str]:
    """Return one line of the table."""
    server = Server(folder, "bench-1")
    server.start()
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(
        target=readers, args=(server.address, count, stuck, theirs)
    )
    try:
        # Warm, as a server is; and there must be something that the stuck do not read.
        asyncio.run(loaded(server.address, seconds))
        before = server.memory().own
        process.start()
        ours.recv()
        idle = server.memory().own - before
        answers, entries = asyncio.run(loaded(server.address, seconds))
        begun = time.perf_counter()
        least = _until_all_have(ours, entries) if count else entries
        late = time.perf_counter() - begun
        each = idle / max(1, count + stuck) / 1e3
        after = (server.memory().own - before) / max(1, count + stuck) / 1e3
        ours.send("stop")
        process.join(DEADLINE_S)
    finally:
        process.kill()
        server.stop()
    return [
        f"{count}" + (f" and {stuck} stuck" if stuck else ""),
        f"{least} of {entries}",
        f"{late:.1f}" if count else "",
        f"{statistics.median(answers):.1f}",
        f"{statistics.quantiles(answers, n=100)[98]:.1f}",
        f"{each:.0f}" if count + stuck else "",
        f"{after:.0f}" if count + stuck else "",
    ]


def _until_all_have(pipe: Connection, entries: int) -> int:
    """Return what the last reader has, once that is all or too much time passed."""
    until = time.monotonic() + DEADLINE_S
    while True:
        pipe.send("how many")
        least: int = pipe.recv()[0]
        if least >= entries or time.monotonic() >= until:
            return least
        time.sleep(0.1)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--readers", type=int, default=READERS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    given = parser.parse_args()
    table = Table(title=f"{RATE} entries a second for {given.seconds:.0f} s")
    for column in (
        "subscriptions",
        "the last one had",
        "s after the end",
        "GetCustody p50 ms",
        "p99 ms",
        "kB each, idle",
        "kB each, after",
    ):
        table.add_column(column)
    with tempfile.TemporaryDirectory() as name:
        for number, (count, stuck) in enumerate(
            ((0, 0), (100, 0), (100, STUCK), (given.readers, 0))
        ):
            folder = Path(name) / str(number)
            table.add_row(*measured(folder, count, stuck, given.seconds))
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
