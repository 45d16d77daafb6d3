"""How fresh an answer is: the end of the log, a position reached, or what is there.

What lives here: waiting without blocking the event loop. One query of the log's end
serves every call that arrived before it was sent; a position is waited for through
the runner that applies it. What never does: answers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor

from events.log import Log
from projections.progress import Applying
from registry.services.errors import PositionNotReachedError

QUERY_TIMEOUT_S = 10.0
"""A query of the end serves callers with different deadlines: each waits its own."""


class Reads:
    """Reaches states of the log; all methods run in one event loop."""

    def __init__(self, log: Log, runner: Applying) -> None:
        self._log = log
        self._runner = runner
        self._running: asyncio.Future[int] | None = None
        self._next: asyncio.Task[int] | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="end-of-log")

    async def end(self, until: float) -> int:
        """Return a position that all the log held at this call is up to.

        Raises what the log raises, and PositionNotReachedError at the deadline.
        """
        if self._log.local:
            return self._log.head().position
        if self._next is None:
            self._next = asyncio.create_task(self._query(self._running))
        return await self._within(asyncio.shield(self._next), until)

    async def applied(self, position: int, until: float) -> None:
        """Return once the projections have applied a position.

        Raises what stopped the runner, and PositionNotReachedError at the deadline.
        """
        if self._runner.applied() < position:
            waiting = asyncio.wrap_future(self._runner.when_applied(position))
            await self._within(waiting, until)

    def close(self) -> None:
        """Let the last query end."""
        self._pool.shutdown()

    async def _within(self, result: Awaitable[int], until: float) -> int:
        left = max(0.0, until - time.monotonic())
        try:
            async with asyncio.timeout(left):
                return await result
        except TimeoutError as error:
            raise PositionNotReachedError(self._runner.applied()) from error

    async def _query(self, before: asyncio.Future[int] | None) -> int:
        if before is not None:
            await asyncio.wait([before])
        # Whoever arrives from here on needs a query that is sent later than this.
        this, self._next = self._next, None
        self._running = this
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._ask)

    def _ask(self) -> int:
        return self._log.catch_up(time.monotonic() + QUERY_TIMEOUT_S).position
