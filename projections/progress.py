"""How far projections have come, as other processes than their keeper learn it.

What lives here: `Applying`, what an answer needs to know of whoever applies entries;
`Awaited`, how those who do are waited for; the few bytes that a keeper shares through
memory (`Shared`), and `Following`, which reads them. What never does: rows; a position
is told after the transaction that applied it, so whoever reads it finds the rows.

The file `progress` of a data folder is mapped by all processes. It holds two numbers of
eight bytes, each written and read at once: the position that every projection has
applied, and 1 where nothing more is applied for now.
"""

from __future__ import annotations

import heapq
import itertools
import mmap
import os
import threading
from abc import ABC, abstractmethod
from concurrent.futures import Future
from pathlib import Path
from typing import Final, Protocol

from events.log import LogClosedError
from projections.files import NotBuiltError, ProjectionError

LOOK_S: Final = 0.001
"""How often the shared memory is looked at while somebody waits; never otherwise."""
_SIZE: Final = 16
_APPLIED, _STOPPED = 0, 1


class StoppedError(ProjectionError):
    """Nothing is applied beyond `position` for now; the cause says why."""

    def __init__(self, position: int, cause: Exception) -> None:
        super().__init__(f"stopped after position {position}: {cause}")
        self.position = position
        self.__cause__ = cause


class Applying(Protocol):
    """Whoever applies entries, or knows how far that has come."""

    def applied(self) -> int:
        """Return the position that every projection has applied."""
        ...

    def when_applied(self, position: int) -> Future[int]:
        """Return a future of the position reached, done once that is applied."""
        ...


class Waiting:
    """Those who wait for positions, the nearest first."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Future[int]]] = []
        self._numbers = itertools.count()
        self.somebody = threading.Event()
        """Set while somebody waits."""

    def __bool__(self) -> bool:
        return bool(self._heap)

    def add(self, position: int, future: Future[int]) -> None:
        """Let a future wait for a position."""
        heapq.heappush(self._heap, (position, next(self._numbers), future))
        self.somebody.set()

    def reached(self, position: int) -> list[Future[int]]:
        """Take out those who wait for no more than a position."""
        done: list[Future[int]] = []
        while self._heap and self._heap[0][0] <= position:
            done.append(heapq.heappop(self._heap)[2])
        if not self._heap:
            self.somebody.clear()
        return done

    def all(self) -> list[Future[int]]:
        """Take out everybody."""
        heap, self._heap = self._heap, []
        self.somebody.clear()
        return [future for _, _, future in heap]


def tell(futures: list[Future[int]], result: int | Exception) -> None:
    """End futures that are still wanted, with a position or an error."""
    for future in futures:
        if not future.set_running_or_notify_cancel():
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)


class Awaited(ABC):
    """Whoever applies entries, in a thread or a process of its own, and is waited for.

    `_guard` is held by whoever changes what waits, what stopped it, or how far it is.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting = Waiting()
        self._stopped: StoppedError | None = None
        self._closing = threading.Event()

    @abstractmethod
    def applied(self) -> int:
        """Return the position that every projection followed has applied."""

    def when_applied(self, position: int) -> Future[int]:
        """Return a future of the position reached, done once that is applied.

        It may be awaited (`asyncio.wrap_future`) and cancelled. It fails with
        StoppedError where nothing is applied for now, and with LogClosedError when the
        process shuts down.
        """
        future: Future[int] = Future()
        with self._guard:
            applied = self.applied()
            if applied >= position:
                future.set_result(applied)
            elif self._closing.is_set():
                future.set_exception(LogClosedError())
            elif self._stopped is not None:
                future.set_exception(self._stopped)
            else:
                self._waiting.add(position, future)
        return future

    def wait(self, position: int, timeout_s: float) -> int:
        """Wait until a position is applied; return the position reached.

        Raises TimeoutError, StoppedError and LogClosedError.
        """
        future = self.when_applied(position)
        try:
            return future.result(timeout_s)
        except TimeoutError:
            future.cancel()
            raise


class Shared:
    """The numbers of a folder, in memory that processes share."""

    def __init__(self, folder: Path, *, writing: bool) -> None:
        """Raise NotBuiltError where no keeper ever wrote any."""
        flags = os.O_RDWR | os.O_CREAT if writing else os.O_RDONLY
        try:
            handle = os.open(folder / "progress", flags, 0o644)
        except FileNotFoundError:
            raise NotBuiltError("progress") from None
        try:
            if writing:
                os.ftruncate(handle, _SIZE)
            access = mmap.ACCESS_WRITE if writing else mmap.ACCESS_READ
            self._map = mmap.mmap(handle, _SIZE, access=access)
        except ValueError:
            raise NotBuiltError("progress") from None
        finally:
            os.close(handle)
        self._numbers = memoryview(self._map).cast("q")

    def write(self, applied: int, *, stopped: bool) -> None:
        """Tell a position, and whether it goes on."""
        self._numbers[_STOPPED] = stopped
        self._numbers[_APPLIED] = applied

    def read(self) -> tuple[int, bool]:
        """Return the position, and whether nothing more is applied for now."""
        return self._numbers[_APPLIED], bool(self._numbers[_STOPPED])

    def close(self) -> None:
        """Let go of the memory."""
        self._numbers.release()
        self._map.close()


class Following:
    """What a keeper has applied, for a process beside it; one thread while it lives."""

    def __init__(self, folder: Path) -> None:
        """Raise NotBuiltError where the folder never had a keeper."""
        self._shared = Shared(folder, writing=False)
        self._waiting = Waiting()
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._look, name="progress", daemon=True)
        self._thread.start()

    def applied(self) -> int:
        """Return the position that every projection has applied."""
        return self._shared.read()[0]

    def when_applied(self, position: int) -> Future[int]:
        """Return a future of the position reached, done once that is applied.

        It fails with StoppedError where nothing is applied for now, and with
        LogClosedError when the process shuts down.
        """
        future: Future[int] = Future()
        with self._changed:
            if self._closing:
                future.set_exception(LogClosedError())
                return future
            self._waiting.add(position, future)
            self._changed.notify()
        return future

    def close(self) -> None:
        """Stop looking; whoever waits is told."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        tell(self._waiting.all(), LogClosedError())
        self._shared.close()

    def _look(self) -> None:
        while True:
            with self._changed:
                if self._closing:
                    return
                applied, stopped = self._shared.read()
                done = self._waiting.reached(applied)
                lost = self._waiting.all() if stopped else []
            tell(done, applied)
            tell(lost, StoppedError(applied, ProjectionError("the keeper says so")))
            with self._changed:
                if not self._closing:
                    self._changed.wait(LOOK_S if self._waiting else None)
