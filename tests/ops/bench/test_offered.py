"""What is offered at a rate waits for no answer; what is not waits for each."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest

from ops.bench import contention
from ops.bench.contention import Plan, load

SERVICE, METHOD = "childregistry.v1.SubmissionService", "SubmitGuardianshipChange"
CLIENTS = 2
WAIT_S = 20.0


class Slow:
    """Answers nobody before so many submissions were under way at once."""

    def __init__(self, enough: int) -> None:
        self.most = self._under_way = 0
        self._enough = enough
        self._met = asyncio.Event()

    async def answer(self, _request: bytes, _context: object) -> bytes:
        self._under_way += 1
        self.most = max(self.most, self._under_way)
        if self._under_way >= self._enough:
            self._met.set()
        await self._met.wait()
        self._under_way -= 1
        return b""


async def most_under_way(rate: float, enough: int) -> tuple[int, int]:
    """Return how many were under way at once at most, and how many were counted."""
    server, slow = grpc.aio.server(), Slow(enough)
    method: Any = {METHOD: grpc.unary_unary_rpc_method_handler(slow.answer)}
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler(SERVICE, method)]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    plan = Plan((), CLIENTS, 0.5, 1, rate)
    async with asyncio.timeout(WAIT_S):
        taken, errors = await load([f"127.0.0.1:{port}"], plan)
    await server.stop(None)
    assert errors == 0
    return slow.most, len(taken[0])


@pytest.fixture(autouse=True)
def warm_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contention, "WARM_S", 0.0)


def test_at_a_rate_more_are_under_way_than_clients() -> None:
    most, counted = asyncio.run(most_under_way(rate=40.0, enough=3 * CLIENTS))
    assert most >= 3 * CLIENTS
    assert counted == 20  # each that was due within half a second


def test_without_a_rate_each_client_waits_for_its_answer() -> None:
    most, counted = asyncio.run(most_under_way(rate=0.0, enough=CLIENTS))
    assert most == CLIENTS
    assert counted >= CLIENTS
