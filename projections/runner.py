"""The runner: one thread that applies the log to the projections as it grows.

What lives here: following, and waking those who wait for a position. What never does:
a fold. What a projection cannot apply stops the runner: answers go on from before,
and `stopped` says why, until the cause is gone.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

from events.log import Log

WAIT_S = 0.5
"""How long the thread sleeps where nothing is recorded: `close` waits as long."""
RETRY_S = 1.0
"""Between two attempts at an entry that could not be applied."""


class Projection(Protocol):
    """What the runner keeps up with the log."""

    def follow(self, log: Log) -> int:
        """Apply all that the log holds; return the position reached."""
        ...


class Runner:
    """Keeps projections up with a log until `close`."""

    def __init__(self, log: Log, projections: Sequence[Projection]) -> None:
        self._log = log
        self._projections = tuple(projections)
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._waiting: list[tuple[int, int, Future[int]]] = []
        self._order = itertools.count()
        self._stopped: Exception | None = None
        self._applied = self._apply()
        self._thread = threading.Thread(target=self._run, name="runner", daemon=True)
        self._thread.start()

    @property
    def stopped(self) -> Exception | None:
        """Why the projections do not move, or None."""
        return self._stopped

    def applied(self) -> int:
        """Return the position that every projection has applied."""
        return self._applied

    def when_applied(self, position: int) -> Future[int]:
        """Return a future of the position reached, done once that is applied.

        It raises what stopped the runner, where that is the case.
        """
        future: Future[int] = Future()
        with self._lock:
            heapq.heappush(self._waiting, (position, next(self._order), future))
        self._wake()
        return future

    def wait(self, position: int, timeout_s: float) -> int:
        """Wait until a position is applied; return the position reached.

        Raises TimeoutError, and what stopped the runner.
        """
        return self.when_applied(position).result(timeout_s)

    def close(self) -> None:
        """Stop following."""
        self._closed.set()
        self._thread.join()
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for _, _, future in waiting:
            future.cancel()

    def _run(self) -> None:
        while not self._closed.is_set():
            if not self._log.wait(self._applied + 1, WAIT_S):
                continue
            try:
                self._applied = self._apply()
                self._stopped = None
            except Exception as error:  # noqa: BLE001  kept, shown, tried again
                self._stopped = error
            self._wake()
            if self._stopped is not None:
                self._closed.wait(RETRY_S)

    def _apply(self) -> int:
        return min(projection.follow(self._log) for projection in self._projections)

    def _wake(self) -> None:
        done: list[Future[int]] = []
        with self._lock:
            while self._waiting and (
                self._stopped is not None or self._waiting[0][0] <= self._applied
            ):
                done.append(heapq.heappop(self._waiting)[2])
        for future in done:
            if not future.set_running_or_notify_cancel():
                continue
            if self._stopped is not None:
                future.set_exception(self._stopped)
            else:
                future.set_result(self._applied)
