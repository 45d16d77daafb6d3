"""How fast the feed is: catching up, and from receipt to delivery with many readers.

`python -m ops.bench.feed`. What lives here: the figures, printed with their peers of
the same run. What never does: claims; the table says what was measured on this machine,
where server and readers share the processors.

Peers: the same entries read straight from the file without a server, streamed one to a
message, and read from a topic by a plain consumer of kafka-python; GetCustody while
nobody follows the feed. A thousand readers: `ops.bench.feed_many`.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
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
from events.entry import open_entry
from events.feed import Filter, begin, follow
from events.frame import bodies_in
from events.kafka import KafkaTopic, bare_reader
from events.store import Store
from ops.bench.histories import REGISTRY, grow
from ops.bench.main_path import POLICE, registration
from ops.bench.node import TOPIC, make_topic, running
from ops.broker import Cluster, free_port, release
from ops.cache import cache_folder
from ops.client import Client
from ops.subscriber import State
from ops.subscriber import follow as followed

EVENTS_MADE: Final = 50_000
SUBMISSIONS: Final = 200
PAUSE_S: Final = 0.02
"""Between two submissions: delivery is measured, not a queue."""
ROUNDS: Final = 3


def from_file(path: Path) -> int:
    """Follow everything in the file itself; return its events."""
    log, events, after = Store(path, REGISTRY), 0, 0
    place = begin(REGISTRY, Filter(), 0)
    while stored := log.read(after, 100):
        for item in follow(place, Filter(), map(open_entry, stored)):
            place, events = item.place, events + len(item.taken)
        after = stored[-1].position
    log.close()
    return events


def from_topic(servers: str) -> int:
    """Read every record of the topic as a plain consumer; return its events."""
    return sum(
        bodies_in(record) for batch in bare_reader(servers, TOPIC) for record in batch
    )


def copied(path: Path, servers: str) -> None:
    """Put every record of a file into the topic of the benchmarks."""
    make_topic(servers)
    log, after = Store(path, REGISTRY), 0
    topic = KafkaTopic(servers, TOPIC, {})
    while stored := log.read(after, 1_000):
        topic.send([one.record for one in stored])
        after = stored[-1].position
        while topic.end(10.0) < after:
            time.sleep(0.01)
    topic.close()
    log.close()


def streamed(port: int, head: int, most: int = 0) -> int:
    """Take everything from the server and look at nothing; return its events."""
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        request = pb.SubscribeEventsRequest(until=head, most=most)
        got = EventServiceStub(channel).SubscribeEvents(request, metadata=POLICE)
        return sum(len(entry.taken) for one in got for entry in one.batch.entries)


def checked(port: int, head: int) -> int:
    """Take everything and check each entry, as `childregistry subscribe` does."""
    authority, office = (value for _, value in POLICE)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        client = Client([channel], (authority, office))
        found = followed(client, State(None, Filter(), 0), head)
        return sum(len(one.events) for one in found if not isinstance(one, str))


async def delivered(
    port: int, followed: int, readers: int
) -> tuple[list[float], list[float]]:
    """Return in ms how long after a receipt each reader has it, and GetCustody then.

    `followed` is the port at which they follow.
    """
    arrived: dict[int, list[float]] = {}
    async with (
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
        grpc.aio.insecure_channel(f"127.0.0.1:{followed}") as far,
    ):
        feed, ask = EventServiceStub(far), CustodyServiceStub(channel)
        submit = SubmissionServiceStub(channel).SubmitGuardianshipChange

        async def read() -> None:
            call: Any = feed.SubscribeEvents(
                pb.SubscribeEventsRequest(end=True), metadata=POLICE
            )
            async for signal in call:
                now = time.perf_counter()
                for entry in signal.batch.entries:
                    arrived.setdefault(entry.place.position, []).append(now)

        tasks = [asyncio.create_task(read()) for _ in range(readers)]
        await asyncio.sleep(1)
        receipts: dict[int, float] = {}
        answers: list[float] = []
        for _ in range(SUBMISSIONS):
            request = registration()
            got: Any = await submit(request, metadata=POLICE)
            receipts[got.receipt.position] = time.perf_counter()
            begun = time.perf_counter()
            at_least = custody.Consistency(at_least=got.receipt.position)
            child = request.register_child.child
            await ask.GetCustody(
                custody.GetCustodyRequest(child=child, consistency=at_least)
            )
            answers.append((time.perf_counter() - begun) * 1e3)
            await asyncio.sleep(PAUSE_S)
        await asyncio.sleep(1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    late = [
        max(0.0, moment - receipt) * 1e3
        for position, receipt in receipts.items()
        for moment in arrived.get(position, [])
    ]
    missing = readers * len(receipts) - len(late)
    if missing:
        message = f"{missing} deliveries are missing"
        raise RuntimeError(message)
    return late, answers


def catching_up(folder: Path, events: int, servers: str) -> Table:
    """Return the rates of one reader from position 0."""
    table = Table(title="one reader from the beginning: events a second, medians")
    for column in ("what", "events a second", "of the file's"):
        table.add_column(column)
    path = folder / "data" / "log.sqlite"
    path.parent.mkdir(parents=True)
    head = grow(path, events)
    copied(path, servers)
    rates: dict[str, list[float]] = {}
    with running(folder, None, registry=REGISTRY) as port:
        works: dict[str, Callable[[], int]] = {
            "peer: the file, no server": lambda: from_file(path),
            "peer: a topic, a plain consumer": lambda: from_topic(servers),
            "peer: streamed, one entry a message": lambda: streamed(port, head, 1),
            "streamed, unchecked": lambda: streamed(port, head),
            "streamed, every entry checked": lambda: checked(port, head),
        }
        for _ in range(ROUNDS):
            for what, work in works.items():
                begun = time.perf_counter()
                count = work()
                took = time.perf_counter() - begun
                rates.setdefault(what, []).append(count / took)
    peer = statistics.median(next(iter(rates.values())))
    for what, found in rates.items():
        middle = statistics.median(found)
        table.add_row(what, f"{middle:,.0f}", f"{middle / peer:.2f}")
    return table


def live(folder: Path) -> Table:
    """Return how soon readers have what is recorded, and what others notice of them."""
    table = Table(title="recorded at 50 a second at most, readers in one process")
    for column in (
        "readers",
        "process",
        "delivery p50 ms",
        "p99 ms",
        "GetCustody p50 ms",
        "p99",
    ):
        table.add_column(column)
    for way in ("all", "its own"):
        followed = free_port()
        more = f'[feed]\naddress = "127.0.0.1:{followed}"\n' if way != "all" else ""
        with running(folder / way, None, more=more) as port:
            for readers in (0, 1, 100):
                at = followed if more else port
                late, answers = asyncio.run(delivered(port, at, readers))
                shown = [_at(late, 50), _at(late, 99)] if late else ["", ""]
                asked = (_at(answers, 50), _at(answers, 99))
                table.add_row(str(readers), way, *shown, *asked)
    return table


def _at(taken: list[float], percent: int) -> str:
    return f"{statistics.quantiles(taken, n=100)[percent - 1]:.1f}"


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=EVENTS_MADE)
    events = parser.parse_args().events
    with tempfile.TemporaryDirectory() as name:
        with Cluster(release(cache_folder()), Path(name) / "broker") as cluster:
            far = catching_up(Path(name) / "far", events, cluster.addresses)
        Console(width=100).print(far)
        Console(width=100).print(live(Path(name) / "near"))


if __name__ == "__main__":
    main()
