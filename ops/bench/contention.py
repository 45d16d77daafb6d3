"""Several servers on one topic under equal load: what their contention costs.

What lives here: one, two and four servers, each with its share of the same clients, in
interleaved rounds on one broker; with peers listed, so that the owner of the moment
appends for all, and as a plain race. What never does: assertions; machines are noisy.

Each further server keeps a copy and projections of its own, here on the same cores. So
one more line tells that cost from contention's: four servers that run while only one
of them is asked. And further tables give every server the same slice of a processor
and no more, as if it were on a machine of its own (`ops.bench.slices`): first asked
for all they give, then for three quarters of what one gave.

    python -m ops.bench.contention [--clients 16] [--seconds 6] [--rounds 3]
        [--sliced-clients 4] [--only-sliced]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Final

import grpc
from rich.console import Console
from rich.table import Table

from childregistry.v1.submission_service_pb2_grpc import SubmissionServiceStub
from events.files import opened_read_only
from events.topic_audit import Replication, create
from ops.bench.machine import Machine
from ops.bench.main_path import POLICE, registration
from ops.bench.slices import NoSlicesError, Slices, slices
from ops.broker import Cluster, release
from ops.cache import cache_folder
from ops.fire.servers import Server

WARM_S = 1.0
"""Before it is measured: channels, caches, and an owner."""
CALL_S = 10.0


@dataclass(frozen=True, slots=True)
class Setup:
    """So many servers, of which the first so many are asked; with peers or racing."""

    servers: int
    asked: int
    peers: bool

    def __str__(self) -> str:
        if self.servers == 1:
            return "one server"
        how = "an owner" if self.peers else "plain race"
        idle = "" if self.asked == self.servers else f", {self.asked} asked"
        return f"{self.servers} servers{idle}, {how}"


ALONE = Setup(1, 1, peers=False)
TWO, FOUR = Setup(2, 2, peers=True), Setup(4, 4, peers=True)
SETUPS = (
    ALONE,
    TWO,
    FOUR,
    Setup(4, 1, peers=True),
    Setup(2, 2, peers=False),
    Setup(4, 4, peers=False),
)
SLICED = ((0.6, (ALONE, TWO)), (0.4, (ALONE, FOUR)))
"""Parts of a core: two cores have room for them, the broker and the clients."""
LOADED: Final = 0.75
"""Of one server's rate: what times are measured at beside, since those of clients who
submit again at once are as many as they are, by the rate."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, by so many clients, for so long and so often.

    `rate` is what all clients together offer a second, whatever the answers take; 0
    where each submits again as soon as it has its answer.
    """

    setups: tuple[Setup, ...]
    clients: int
    seconds: float
    rounds: int
    rate: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a round of a setup saw; times in seconds, the pace as `Machine` has it.

    `taken` has the times of each server that was asked.
    """

    seconds: float
    taken: list[list[float]]
    entries: int
    voids: int
    errors: int
    pace: float

    @property
    def rate(self) -> float:
        """Return the acknowledged submissions a second."""
        return sum(map(len, self.taken)) / self.seconds

    @property
    def shares(self) -> list[float]:
        """Return what each server had of an equal share."""
        equal = sum(map(len, self.taken)) / len(self.taken)
        return [len(times) / equal for times in self.taken]

    @property
    def longest(self) -> float:
        """Return the longest time."""
        return max(chain(*self.taken))

    def within(self, of_hundred: int) -> float:
        """Return the time within which so many of a hundred were answered."""
        return statistics.quantiles(chain(*self.taken), n=100)[of_hundred - 1]


async def starts(plan: Plan, number: int, first: float) -> AsyncIterator[float]:
    """Give when each submission of a client starts, at that time."""
    end = first + WARM_S + plan.seconds
    for turn in itertools.count():
        start = time.perf_counter()
        if plan.rate:
            due = first + (number + turn * plan.clients) / plan.rate
            await asyncio.sleep(max(0.0, due - start))
            start = due
        if start >= end:
            return
        yield start


async def load(addresses: list[str], plan: Plan) -> tuple[list[list[float]], int]:
    """Submit from a plan's clients, spread evenly; return times by server, and errors.

    What began while warming up does not count. Where so many a second are offered, none
    waits for the answer to another, and a time counts from when its submission was due.
    """
    taken: list[list[float]] = [[] for _ in addresses]
    errors = 0
    first = time.perf_counter()
    begin = first + WARM_S

    async def submitted(call: Any, at: int, start: float) -> None:  # noqa: ANN401  a stub's
        """Submit once, and note what it took, or that it failed."""
        nonlocal errors
        try:
            await call(registration(), metadata=POLICE, timeout=CALL_S)
        except grpc.aio.AioRpcError:
            errors += 1
        else:
            if begin <= start:
                taken[at].append(time.perf_counter() - start)

    async def one(number: int) -> None:
        at = number % len(addresses)
        async with (
            grpc.aio.insecure_channel(addresses[at]) as channel,
            asyncio.TaskGroup() as under_way,
        ):
            call = SubmissionServiceStub(channel).SubmitGuardianshipChange
            async for start in starts(plan, number, first):
                task = under_way.create_task(submitted(call, at, start))
                if not plan.rate:
                    await task

    await asyncio.gather(*(one(number) for number in range(plan.clients)))
    return taken, errors


def _load(addresses: list[str], plan: Plan) -> tuple[list[list[float]], int]:
    return asyncio.run(load(addresses, plan))


def measure(
    setup: Setup, servers: list[Server], plan: Plan, given: Slices | None
) -> Seen:
    """Run one round of a setup, its servers started for it and stopped after it."""
    with ExitStack() as stack:
        if given is not None:
            stack.callback(given.close)
        for server in servers:
            stack.callback(server.stop)
            server.start()
            if given is not None:
                given.give(server.processes())
        before = counts(servers[0].log)
        addresses = [server.address for server in servers[: setup.asked]]
        # The clients have an interpreter of their own, as real ones have.
        context = multiprocessing.get_context("spawn")
        with context.Pool(1) as pool, Machine() as machine:
            taken, errors = pool.apply(_load, (addresses, plan))
        after = counts(servers[0].log)
    return Seen(
        seconds=plan.seconds,
        taken=taken,
        entries=after[0] - before[0],
        voids=after[1] - before[1],
        errors=errors,
        pace=statistics.median(machine.paces),
    )


def counts(path: Path) -> tuple[int, int]:
    """Return how many entries and voids a node's log holds."""
    with closing(opened_read_only(path)) as log:
        (entries,) = log.execute("SELECT count(*) FROM entries").fetchone()
        (voids,) = log.execute("SELECT count(*) FROM voids").fetchone()
    return entries, voids


def show(found: dict[Setup, list[Seen]], title: str) -> None:
    """Print a table: of each figure the middle one of all rounds, and the worst.

    A rate is compared with that of one server in the same round. The last column is
    what the machine needed for a fixed piece of work meanwhile: rows whose numbers
    differ there are not of one machine.
    """
    table = Table(title=f"{title}; times in milliseconds: the middle round, the worst")
    for column in (
        "what",
        "per second",
        "of one",
        "void",
        "p50",
        "p99",
        "longest",
        "equal shares",
        "errors",
        "machine",
    ):
        table.add_column(column)
    for setup, rounds in found.items():
        ratios = [
            s.rate / one.rate for s, one in zip(rounds, found[ALONE], strict=True)
        ]
        shares = [share for seen in rounds for share in seen.shares]
        entries, voids = (sum(s.entries for s in rounds), sum(s.voids for s in rounds))
        table.add_row(
            str(setup),
            _told([seen.rate for seen in rounds], min, ",.0f"),
            _told(ratios, min, ".0%"),
            f"{voids / max(1, voids + entries):.1%}",
            _told([seen.within(50) * 1e3 for seen in rounds], max, ".0f"),
            _told([seen.within(99) * 1e3 for seen in rounds], max, ".0f"),
            _told([seen.longest * 1e3 for seen in rounds], max, ".0f"),
            f"{min(shares):.0%} to {max(shares):.0%}",
            str(sum(seen.errors for seen in rounds)),
            _told([seen.pace for seen in rounds], max, ".1f"),
        )
    Console(width=132).print(table)


def _told(values: list[float], worst: Callable[[list[float]], float], form: str) -> str:
    return f"{statistics.median(values):{form}}, {worst(values):{form}}"


def run(plan: Plan, given: Slices | None = None) -> dict[Setup, list[Seen]]:
    """Measure every setup in interleaved rounds on one broker; return each's rounds."""
    found: dict[Setup, list[Seen]] = {setup: [] for setup in plan.setups}
    with (
        tempfile.TemporaryDirectory() as name,
        Cluster(release(cache_folder()), Path(name) / "broker") as cluster,
    ):
        nodes: dict[Setup, list[Server]] = {}
        for number, setup in enumerate(plan.setups):
            topic = f"contention-{number}"
            create(cluster.addresses, topic, Replication(factor=1, min_in_sync=1))
            nodes[setup] = [
                Server(
                    Path(name) / f"{topic}-{n}", f"node-{n}", cluster.addresses, topic
                )
                for n in range(1, setup.servers + 1)
            ]
            for server in nodes[setup] if setup.peers else []:
                server.list_peers(nodes[setup])
        for _ in range(plan.rounds):
            for setup in plan.setups:
                print(setup, file=sys.stderr)  # noqa: T201  progress
                found[setup].append(measure(setup, nodes[setup], plan, given))
    return found


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sliced-clients", type=int, default=4)
    parser.add_argument("--only-sliced", action="store_true")
    asked = parser.parse_args()
    if not asked.only_sliced:
        plan = Plan(SETUPS, asked.clients, asked.seconds, asked.rounds)
        show(run(plan), f"{plan.clients} clients, spread evenly, on the same cores")
    try:
        for part, setups in SLICED:
            plan = Plan(setups, asked.sliced_clients, asked.seconds, asked.rounds)
            what = f"{plan.clients} clients; each server has {part:.0%} of a core"
            with slices(part) as given:
                found = run(plan, given)
                show(found, what)
                alone = statistics.median(seen.rate for seen in found[ALONE])
                offered = LOADED * alone
                show(
                    run(replace(plan, rate=offered), given),
                    f"{what}; {offered:.0f} a second are offered",
                )
    except NoSlicesError as error:
        print(f"not measured with a slice each: {error}")  # noqa: T201  the result


if __name__ == "__main__":
    main()
