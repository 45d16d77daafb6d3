"""What arrives in the log, for many readers at once.

What lives here: one thread that waits for all of them, and the last pages that were
read, opened once however many readers want them. What never does: filters, messages.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from events.entry import Entry, open_entry
from events.log import Log

PAGE = 100
"""Entries read at once."""
PAGE_BYTES = 2_097_152
"""Of a page's records: below what clients take in one message by default."""
PAGES = 16
"""Kept for the readers beside each other: bounded, whatever the entries' sizes."""
POLL_S = 0.2
"""How long a stop may wait for the waiting thread."""


class Arrivals:
    """Pages of the log, and a wake-up; all methods run in one event loop."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._pages: OrderedDict[tuple[int, int], Sequence[Entry]] = OrderedDict()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="feed-pages")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="feed-arrivals")
        self._thread.start()

    @property
    def stopping(self) -> bool:
        """Whether readers are asked to end."""
        return self._stop.is_set()

    async def page(self, after: int) -> Sequence[Entry]:
        """Return the entries that follow a position, opened; none at the end."""
        head = self._log.head().position
        if head <= after:
            return ()
        key = (after, head)
        found = self._pages.get(key)
        if found is None:
            found = await self._loop.run_in_executor(self._pool, self._read, after)
            self._pages[key] = found
            while len(self._pages) > PAGES:
                self._pages.popitem(last=False)
        return found

    async def after(self, position: int, timeout_s: float) -> None:
        """Return once the log goes beyond a position, on a stop, or in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._log.head().position <= position and not self.stopping:
                    await self._arrived.wait()

    def stop(self) -> None:
        """Ask every reader to end."""
        self._stop.set()
        self._wake()

    def close(self) -> None:
        """Wait for the threads; after `stop`."""
        self._thread.join()
        self._pool.shutdown()

    def _read(self, after: int) -> Sequence[Entry]:
        entries: list[Entry] = []
        size = 0
        for stored in self._log.read(after, PAGE):
            size += len(stored.record)
            if entries and size > PAGE_BYTES:
                break
            entries.append(open_entry(stored))
        return entries

    def _watch(self) -> None:
        seen = self._log.head().position
        while not self._stop.is_set():
            if self._log.wait(seen + 1, POLL_S):
                seen = self._log.head().position
                with suppress(RuntimeError):  # the loop has ended
                    self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._arrived.set()
        self._arrived = asyncio.Event()
