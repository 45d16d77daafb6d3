"""Proofs by API over a large log, and what signing costs whoever submits.

    python -m ops.bench.proofs [--entries 1000000] [--seconds 5] [--folder FOLDER]

What lives here: a real server on a log of so many entries, asked over gRPC for
inclusion and consistency proofs; then two servers on small logs, one that signs heads
and one that does not, which take submissions in turns, round by round. What never
does: assertions; clients and servers share this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import grpc
from rich.console import Console
from rich.table import Table

from childregistry.v1 import audit_service_pb2 as pb
from childregistry.v1.audit_service_pb2_grpc import AuditServiceStub
from childregistry.v1.submission_service_pb2_grpc import SubmissionServiceStub
from ops.bench.main_path import POLICE, Figures, figures, registration, repeated
from ops.bench.node import running
from ops.bench.signed import REGISTRY, SIGNING, prepared

ROUNDS: Final = 4
CLIENTS: Final = (1, 8)
WARM: Final = 100
START_S: Final = 60.0
"""Until a server has published the head of a log that is signed already."""


async def proofs(port: int, seconds: float) -> list[Figures]:
    """Ask for proofs, each of an entry or a pair of heads drawn by chance."""
    chance = random.Random(1)  # noqa: S311  a benchmark's order
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = AuditServiceStub(channel)
        size = await _published(stub)
        listed = await stub.ListTreeHeads(pb.ListTreeHeadsRequest(), metadata=POLICE)
        sizes = sorted(head.size for head in listed.heads if 0 < head.size <= size)

        async def included() -> None:
            request = pb.GetInclusionProofRequest(position=chance.randint(1, size))
            await stub.GetInclusionProof(request, metadata=POLICE)

        async def continued() -> None:
            first, second = sorted(chance.sample(sizes, 2))
            request = pb.GetConsistencyProofRequest(
                first_size=first, second_size=second
            )
            await stub.GetConsistencyProof(request, metadata=POLICE)

        found = []
        for what, call in (("inclusion", included), ("consistency", continued)):
            for clients in CLIENTS:
                name = f"{what} proof, {size:,} entries, {clients} clients"
                found.append(await repeated(name, call, clients, seconds))
    return found


async def _published(stub: Any) -> int:  # noqa: ANN401  generated
    """Return the size of the newest head, once the server has one."""
    end = time.monotonic() + START_S
    while True:
        try:
            found = await stub.GetTreeHead(pb.GetTreeHeadRequest(), metadata=POLICE)
            return int(found.head.size)
        except grpc.aio.AioRpcError:
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.1)


async def submissions(ports: dict[str, int], seconds: float) -> list[Figures]:
    """Submit to each server in turns, round by round."""
    taken: dict[str, list[float]] = {what: [] for what in ports}
    for round_ in range(-1, ROUNDS):
        for what, port in ports.items():
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                submit = SubmissionServiceStub(channel).SubmitGuardianshipChange
                end, calls = time.perf_counter() + seconds, 0
                while time.perf_counter() < end and (round_ >= 0 or calls < WARM):
                    started = time.perf_counter()
                    await submit(registration(), metadata=POLICE)
                    calls += 1
                    if round_ >= 0:
                        taken[what].append(time.perf_counter() - started)
    return [figures(what, taken[what], ROUNDS * seconds) for what in ports]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description="Measure proofs and signing.")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    seconds = options.seconds
    with tempfile.TemporaryDirectory() as name:
        large = options.folder or Path(name) / "large"
        prepared(large, options.entries)
        with running(large, None, registry=REGISTRY, more=SIGNING) as port:
            found = asyncio.run(proofs(port, seconds))
        signing, plain = Path(name) / "signing", Path(name) / "plain"
        prepared(signing, 1)
        with (
            running(signing, None, registry=REGISTRY, more=SIGNING) as first,
            running(plain, None, registry=REGISTRY) as second,
        ):
            ports = {"submit, no head is signed": second, "submit, heads signed": first}
            found += asyncio.run(submissions(ports, seconds))
    table = Table("what", "per second", "p50 ms", "p99 ms")
    for line in found:
        row = (f"{line.rate:,.0f}", f"{line.p50:.2f}", f"{line.p99:.2f}")
        table.add_row(line.what, *row)
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
