"""A thousand subscriptions on one server, and those who do not read.

`python -m ops.bench.feed_many`. What lives here: the figures, printed with the same
work while nobody subscribes, each server warm; without and with a process of the node
that gives the feed at an address of its own; at the end for readers who each have a
name. What never does: claims. Server, readers, submitters and who asks are processes
that share the processors of one machine. The readers stand for other machines: they
come after the others (`NICE`), and count what they are sent without decoding it. Who
asks has nothing else to do, so that no queue of the client's own is taken for the
server's.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import shutil
import statistics
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, NamedTuple

import grpc
from rich.console import Console
from rich.table import Table

from childregistry.v1 import custody_service_pb2 as custody
from childregistry.v1 import event_service_pb2 as pb
from childregistry.v1.commands_pb2 import CreateSubscription, Selection
from childregistry.v1.custody_service_pb2_grpc import CustodyServiceStub
from childregistry.v1.submission_service_pb2 import Envelope, SubmitSubscriptionRequest
from childregistry.v1.submission_service_pb2_grpc import SubmissionServiceStub
from ops.bench.main_path import POLICE, registration
from ops.broker import free_port
from ops.fire.servers import Server
from registry.identity import AUTHORITY, OFFICE

READERS: Final = 1_000
RATE: Final = 200
"""Submissions a second, each an entry."""
SECONDS: Final = 10.0
ASKED: Final = 50
"""GetCustody a second meanwhile."""
ROUNDS: Final = 3
STUCK: Final = 200
CHANNELS: Final = 20
"""Connections that the readers share: one carries about fifty streams."""
DEADLINE_S: Final = 120.0
NICE: Final = 10
"""By how much readers come after the server, which other machines never would delay."""
BATCH: Final = b"\x12"
"""How a message begins that is a batch: field 2."""
SPAWNING: Final = multiprocessing.get_context("spawn")
NAME: Final = "bench"
OPTIONS: Final = (("grpc.use_local_subchannel_pool", 1),)

Metadata = tuple[tuple[str, str], ...]


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


class Case(NamedTuple):
    """Who follows: so many who read, and so many who are stuck.

    `feed` is whether a process of the node gives the feed, `named` whether each reader
    follows a name that the registry keeps for him.
    """

    reading: int
    stuck: int = 0
    feed: bool = False
    named: bool = False

    def __str__(self) -> str:
        """Say who follows."""
        named = " by name" if self.named else ""
        return f"{self.reading}{named}" + (
            f", {self.stuck} stuck" if self.stuck else ""
        )


def readers(address: str, case: Case, pipe: Connection) -> None:
    """Read in a process of its own; say how many entries each had, until told."""
    os.nice(NICE)
    asyncio.run(_read(address, case, pipe))


async def _read(address: str, case: Case, pipe: Connection) -> None:
    had = [0] * case.reading
    ready, naming = asyncio.Semaphore(0), asyncio.Semaphore(CHANNELS)

    async def one(index: int, channel: grpc.aio.Channel) -> None:
        request = pb.SubscribeEventsRequest(end=True)
        by: Metadata = POLICE
        if case.named:
            by = bureau(index)
            async with naming:
                await _name(channel, by)
            request.named.subscription = NAME
        async for message in _stream(channel, request, by):
            if message[:1] == BATCH:
                had[index] += entries_in(message)
            elif pb.SubscribeEventsResponse.FromString(message).HasField("caught_up"):
                ready.release()

    async with channels(address) as open_:
        held = []
        for index in range(case.stuck):  # opened, and never read
            request = pb.SubscribeEventsRequest(beginning=True)
            call = _stream(open_[index % CHANNELS], request, POLICE)
            await call.read()
            held.append(call)
        tasks = [
            asyncio.create_task(one(index, open_[index % CHANNELS]))
            for index in range(case.reading)
        ]
        async with asyncio.timeout(DEADLINE_S):  # one of them may have failed
            for _ in tasks:
                await ready.acquire()
        had[:] = [0] * case.reading  # names that were made later are entries, too
        pipe.send("ready")
        while await asyncio.to_thread(pipe.recv) == "how many":
            pipe.send((min(had, default=0), max(had, default=0)))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def bureau(index: int) -> Metadata:
    """Return who one of many bureaus is."""
    return ((AUTHORITY, f"bench-{index}"), (OFFICE, "civil_affairs"))


async def _name(channel: grpc.aio.Channel, by: Metadata) -> None:
    """Make a name of one's own, for what comes from now on."""
    asked = SubmitSubscriptionRequest(
        envelope=Envelope(request_id=str(uuid.uuid4())),
        create_subscription=CreateSubscription(
            subscription=NAME, selection=Selection(), urgent_within_s=3_600
        ),
    )
    call: Any = SubmissionServiceStub(channel).SubmitSubscription
    await call(asked, metadata=by)


def _stream(
    channel: grpc.aio.Channel, request: pb.SubscribeEventsRequest, by: Metadata
) -> Any:  # noqa: ANN401  a call
    """Subscribe; the call gives messages as they came."""
    method: Any = channel.unary_stream(
        "/childregistry.v1.EventService/SubscribeEvents",
        request_serializer=pb.SubscribeEventsRequest.SerializeToString,
    )
    return method(request, metadata=by)


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


class Round(NamedTuple):
    """What was seen of a case: milliseconds, seconds, and bytes of each follower."""

    lacking: int
    late_s: float
    p50: float
    p99: float
    idle: float
    after: float


def measured(folder: Path, case: Case, seconds: float) -> Round:
    """Measure a case once, with a server of its own."""
    feed = f"127.0.0.1:{free_port()}"
    more = f'[feed]\naddress = "{feed}"\n' if case.feed else ""
    server = Server(folder, "bench-1", more=more)
    server.start()
    address = feed if case.feed else server.address
    ours, theirs = SPAWNING.Pipe()
    process = SPAWNING.Process(target=readers, args=(address, case, theirs))
    followers = max(1, case.reading + case.stuck)
    try:
        # Warm, as a server is; and there must be something that the stuck do not read.
        asyncio.run(loaded(server.address, seconds))
        before = server.memory().own
        process.start()
        ours.recv()
        idle = server.memory().own - before
        answers, entries = asyncio.run(loaded(server.address, seconds))
        begun = time.perf_counter()
        least = _until_all_have(ours, entries) if case.reading else entries
        late = time.perf_counter() - begun
        after = server.memory().own - before
        ours.send("stop")
        process.join(DEADLINE_S)
    finally:
        process.kill()
        server.stop()
    return Round(
        lacking=entries - least,
        late_s=late,
        p50=statistics.median(answers),
        p99=statistics.quantiles(answers, n=100)[98],
        idle=idle / followers,
        after=after / followers,
    )


def _until_all_have(pipe: Connection, entries: int) -> int:
    """Return what the last reader has, once that is all or too much time passed."""
    until = time.monotonic() + DEADLINE_S
    while True:
        pipe.send("how many")
        least: int = pipe.recv()[0]
        if least >= entries or time.monotonic() >= until:
            return least
        time.sleep(0.1)


def cases(many: int) -> Iterator[Case]:
    """Yield the lines of the table, the two ways in turns.

    So many by name in the keeper's own process are more than it can hash, send and
    decide beside each other, and after a halt of the machine calls are turned away.
    """
    for feed in (False, True):
        yield Case(0, feed=feed)
    for count, stuck in ((100, 0), (100, STUCK), (many, 0)):
        for feed in (False, True):
            yield Case(count, stuck, feed=feed)
    yield Case(many, feed=True, named=True)


def shown(case: Case, rounds: Sequence[Round]) -> list[str]:
    """Return a line of the table: of each figure the middle round, and the worst."""

    def told(figures: Iterable[float], form: str) -> str:
        found = sorted(figures)
        return f"{statistics.median_low(found):{form}} ({found[-1]:{form}})"

    line = [
        str(case),
        "its own" if case.feed else "all",
        told((one.p50 for one in rounds), ".1f"),
        told((one.p99 for one in rounds), ".1f"),
    ]
    if case.reading + case.stuck:
        line += [
            f"{max(one.lacking for one in rounds)}",
            told((one.late_s for one in rounds), ".1f"),
            told((one.idle / 1e3 for one in rounds), ".0f"),
            told((one.after / 1e3 for one in rounds), ".0f"),
        ]
    return line


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--readers", type=int, default=READERS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    title = f"{RATE} entries a second for {given.seconds:.0f} s"
    table = Table(title=f"{title}, {given.rounds} rounds: the middle one (the worst)")
    for column in (
        "subscriptions",
        "process",
        "GetCustody p50 ms",
        "p99 ms",
        "the last one lacks",
        "s until it has all",
        "kB each, idle",
        "kB each, after",
    ):
        table.add_column(column)
    found = defaultdict[Case, list[Round]](list)
    with tempfile.TemporaryDirectory() as name:
        for number in range(given.rounds):
            for case in cases(given.readers):
                folder = Path(name) / f"{number} {case}"
                one = measured(folder, case, given.seconds)
                found[case].append(one)
                Console(stderr=True).print(number, *shown(case, [one]))
                shutil.rmtree(folder)
    for case, rounds in found.items():
        table.add_row(*shown(case, rounds))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
