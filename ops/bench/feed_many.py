"""A thousand subscriptions on one server, and those who do not read.

`python -m ops.bench.feed_many`. What lives here: the figures, printed with the same
work while nobody subscribes, each server warm. What never does: claims. Server,
readers, submitters and who asks are four processes that share the processors of one
machine. The readers stand for other machines: they come after the others (`NICE`), and
count what they are sent without decoding it. Who asks has nothing else to do, so that
no queue of the client's own is taken for the server's.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
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
NICE: Final = 10
"""By how much readers come after the server, which other machines never would delay."""
BATCH: Final = b"\x12"
"""How a message begins that is a batch: field 2."""
SPAWNING: Final = multiprocessing.get_context("spawn")
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
    os.nice(NICE)
    asyncio.run(_read(address, count, stuck, pipe))


async def _read(address: str, count: int, stuck: int, pipe: Connection) -> None:
    had = [0] * count
    ready = asyncio.Semaphore(0)

    async def one(index: int, channel: grpc.aio.Channel) -> None:
        async for message in _stream(channel, pb.SubscribeEventsRequest(end=True)):
            if message[:1] == BATCH:
                had[index] += entries_in(message)
            elif pb.SubscribeEventsResponse.FromString(message).HasField("caught_up"):
                ready.release()

    async with channels(address) as open_:
        held = []
        for index in range(stuck):  # opened, and never read
            request = pb.SubscribeEventsRequest(beginning=True)
            call = _stream(open_[index % CHANNELS], request)
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


def _stream(channel: grpc.aio.Channel, request: pb.SubscribeEventsRequest) -> Any:  # noqa: ANN401  a call
    """Subscribe; the call gives messages as they came."""
    method: Any = channel.unary_stream(
        "/childregistry.v1.EventService/SubscribeEvents",
        request_serializer=pb.SubscribeEventsRequest.SerializeToString,
    )
    return method(request, metadata=POLICE)


def entries_in(message: bytes) -> int:
    """Count the entries of a message that is a batch, and decode none of them."""
    _, at = _length(message, 1)
    count = 0
    while at < len(message):
        length, at = _length(message, at + 1)
        at += length
        count += 1
    return count


def _length(message: bytes, at: int) -> tuple[int, int]:
    """Return a length in base 128, and where it ends."""
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004  the last byte of it
            return value, at
        shift += 7


def asker(address: str, child: str, pipe: Connection) -> None:
    """Ask in a process of its own until told; then say how long each took, in ms."""
    asyncio.run(_ask(address, child, pipe))


async def _ask(address: str, child: str, pipe: Connection) -> None:
    answers: list[float] = []
    async with grpc.aio.insecure_channel(address) as channel:
        ask = CustodyServiceStub(channel)

        async def asked() -> None:
            begun = time.perf_counter()
            await ask.GetCustody(custody.GetCustodyRequest(child=child))
            answers.append((time.perf_counter() - begun) * 1e3)

        await asked()
        answers.clear()
        pipe.send("ready")
        begun, tasks, made = time.perf_counter(), set[asyncio.Task[Any]](), 0
        while not pipe.poll():
            while made < (time.perf_counter() - begun) * ASKED:
                tasks.add(asyncio.create_task(asked()))
                made += 1
            await asyncio.sleep(0.002)
        await asyncio.gather(*tasks)
    pipe.send(answers)


async def loaded(address: str, seconds: float) -> tuple[list[float], int]:
    """Submit at the rate while another process asks; return its ms, and entries."""
    async with grpc.aio.insecure_channel(address) as channel:
        submit = SubmissionServiceStub(channel).SubmitGuardianshipChange
        first = registration()
        await submit(first, metadata=POLICE)
        ours, theirs = SPAWNING.Pipe()
        arguments = (address, first.register_child.child, theirs)
        process = SPAWNING.Process(target=asker, args=arguments)
        process.start()
        await asyncio.to_thread(ours.recv)
        begun, tasks, made = time.perf_counter(), set[asyncio.Task[Any]](), 0
        while made < RATE * seconds:
            due = int((time.perf_counter() - begun) * RATE) + 1
            while made < min(due, RATE * seconds):
                call: Any = submit(registration(), metadata=POLICE)
                tasks.add(asyncio.ensure_future(_awaited(call)))
                made += 1
            await asyncio.sleep(0.002)
        await asyncio.gather(*tasks)
        ours.send("stop")
        answers: list[float] = await asyncio.to_thread(ours.recv)
        process.join()
        return answers, made + 1


async def _awaited(call: Any) -> None:  # noqa: ANN401  a call of the stub
    await call


def measured(folder: Path, count: int, stuck: int, seconds: float) -> list[str]:
    """Return one line of the table."""
    server = Server(folder, "bench-1")
    server.start()
    ours, theirs = SPAWNING.Pipe()
    process = SPAWNING.Process(
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
