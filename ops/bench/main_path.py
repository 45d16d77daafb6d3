"""The main path, measured: submit, ask, read one's own write; both stores, and peers.

What lives here: the figures of one run, as a table, with ratios to peers measured in
the same run: a bare send of the Kafka client, and the eventsourcing library's own
SQLite application saving one event. What never does: assertions; machines are noisy.

    python -m ops.bench.main_path [--seconds 5]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from grpc_health.v1 import health_pb2, health_pb2_grpc
from rich.console import Console
from rich.table import Table

from childregistry.v1 import commands_pb2, types_pb2
from childregistry.v1 import custody_service_pb2 as custody
from childregistry.v1 import submission_service_pb2 as submission
from childregistry.v1.custody_service_pb2_grpc import CustodyServiceStub
from childregistry.v1.submission_service_pb2_grpc import SubmissionServiceStub
from events.kafka import bare_sender
from ops.bench.node import TOPIC, make_topic, running
from ops.broker import Cluster, release
from ops.cache import cache_folder
from registry.identity import AUTHORITY, OFFICE

POLICE = ((AUTHORITY, "bench-police"), (OFFICE, "police"))
MANY = 64
ENTRY_BYTES = 1_000
"""About what the entry of a registration has."""
Call = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Figures:
    """One line of the table; times in milliseconds."""

    what: str
    rate: float
    p50: float
    p99: float


def figures(what: str, taken: list[float], seconds: float) -> Figures:
    """Return a line of what was measured."""
    parts = statistics.quantiles(taken, n=100)
    p50, p99 = parts[49] * 1e3, parts[98] * 1e3
    return Figures(what, len(taken) / seconds, p50, p99)


async def repeated(what: str, call: Call, clients: int, seconds: float) -> Figures:
    """Call from so many clients at once, for so long."""
    taken: list[float] = []
    end = time.perf_counter() + seconds

    async def one() -> None:
        while (start := time.perf_counter()) < end:
            await call()
            taken.append(time.perf_counter() - start)

    started = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(clients)))
    return figures(what, taken, time.perf_counter() - started)


def registration() -> submission.SubmitGuardianshipChangeRequest:
    """Return a registration of a new child with two parents."""
    person = types_pb2.HOLDER_KIND_PERSON
    return submission.SubmitGuardianshipChangeRequest(
        envelope=submission.Envelope(request_id=str(uuid4())),
        register_child=commands_pb2.RegisterChild(
            child=str(uuid4()),
            birth=types_pb2.Birth(
                date="2015-05-01",
                precision=types_pb2.PRECISION_STATED,
                source=types_pb2.BIRTH_SOURCE_CERTIFICATE,
            ),
            on="2015-05-01",
            jurisdiction="cn-320300",
            parents=[types_pb2.Holder(kind=person, id=str(uuid4())) for _ in "12"],
        ),
    )


async def node(store: str, port: int, seconds: float) -> list[Figures]:
    """Measure a running node."""
    found: list[Figures] = []
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        submit = SubmissionServiceStub(channel).SubmitGuardianshipChange
        ask = CustodyServiceStub(channel).GetCustody
        children: list[str] = []

        async def register() -> Any:  # noqa: ANN401  a receipt
            request = registration()
            got = await submit(request, metadata=POLICE)
            children.append(request.register_child.child)
            return got.receipt

        async def latest() -> None:
            child = children[len(children) // 2]
            await ask(custody.GetCustodyRequest(child=child))

        async def anyhow() -> None:
            child = children[len(children) // 2]
            consistency = custody.Consistency(any=True)
            await ask(custody.GetCustodyRequest(child=child, consistency=consistency))

        check = health_pb2_grpc.HealthStub(channel).Check

        async def bare() -> None:
            await check(health_pb2.HealthCheckRequest())

        for _ in range(50):
            await register()
        for clients in (1, MANY):
            what = f"peer: a call that does nothing, {clients} clients"
            found.append(await repeated(what, bare, clients, seconds))
        for clients in (1, MANY):
            what = f"{store}: submit, {clients} clients"
            found.append(await repeated(what, register, clients, seconds))
        found.append(await _own_write(store, register, ask, children, seconds))
        for clients in (1, MANY):
            for name, call in (("latest", latest), ("any", anyhow)):
                what = f"{store}: GetCustody {name}, {clients} clients"
                found.append(await repeated(what, call, clients, seconds))
    return found


async def _own_write(
    store: str,
    register: Call,
    ask: Any,  # noqa: ANN401  a stub
    children: list[str],
    seconds: float,
) -> Figures:
    """How long after a receipt its effect is answered."""
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        receipt = await register()
        start = time.perf_counter()
        at_least = custody.Consistency(at_least=receipt.position)
        request = custody.GetCustodyRequest(child=children[-1], consistency=at_least)
        await ask(request)
        taken.append(time.perf_counter() - start)
    return figures(f"{store}: one's own write read after the receipt", taken, seconds)


def peer_library(folder: Path, seconds: float) -> Figures:
    """Save one event with the eventsourcing library's own SQLite application."""
    name = str(folder / "library.sqlite")
    env = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": name}
    app: Application[Any] = Application(env=env)
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        app.save(Aggregate())
        taken.append(time.perf_counter() - start)
    app.close()
    return figures("peer: eventsourcing, SQLite, one event saved", taken, seconds)


def peer_send(servers: str, seconds: float) -> Figures:
    """Send one record with the bare Kafka client, and wait for its acknowledgement."""
    send, close = bare_sender(servers, TOPIC)
    content = bytes(ENTRY_BYTES)
    for _ in range(50):
        send(content)
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        send(content)
        taken.append(time.perf_counter() - start)
    close()
    return figures("peer: kafka-python, send().get()", taken, seconds)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5.0)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        library = peer_library(folder, seconds)
        with running(folder / "embedded", None) as port:
            embedded = asyncio.run(node("embedded", port, seconds))
        with Cluster(release(cache_folder()), folder / "broker") as cluster:
            make_topic(cluster.addresses)
            with running(folder / "kafka", cluster.addresses) as port:
                kafka = asyncio.run(node("Kafka", port, seconds))
            send = peer_send(cluster.addresses, seconds)
    show([library, *embedded], library)
    show([send, *kafka], send)


def show(lines: list[Figures], peer: Figures) -> None:
    """Print a table with the ratio of each median to the peer's."""
    table = Table(title=f"compared with: {peer.what}")
    for column in ("what", "per second", "p50 ms", "p99 ms", "p50 of the peer's"):
        table.add_column(column)
    for line in lines:
        table.add_row(
            line.what,
            f"{line.rate:,.0f}",
            f"{line.p50:.2f}",
            f"{line.p99:.2f}",
            f"{line.p50 / peer.p50:.1f}",
        )
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
