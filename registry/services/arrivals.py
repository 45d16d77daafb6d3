"""What arrives in the log, for many readers at once.

What lives here: one thread that waits for all of them, the pages that were read last,
and whose turn it is. What never does: filters, messages (`registry.services.pages`).

One reader at a time makes up what he is sent, and between two of them the loop sees to
everybody else: a thousand readers who are all woken by one entry delay a question by
the work of one of them. Of many readers none is sent something more often than his
share of the loop's time allows, so that what arrives meanwhile goes in one message.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress

from events.log import Log
from registry.services.pages import Page

PAGE = 100
"""Entries of a page, which is what a reader is sent at once."""
PAGE_BYTES = 2_097_152
"""Of a page's records: below what clients take in one message by default."""
AHEAD = 10
"""Pages read at once where the log has them: who reads one wants the next."""
PAGES = 64
"""Kept for readers beside each other."""
KEPT_BYTES = 16_777_216
"""Of the records of all pages kept together, whatever the entries' sizes."""
SHARE_S = 0.000_25
"""Of the loop's time for one message: with so many readers, each waits so long for
the next one. It is about twice what one costs, so half the time is left for others."""
MANY = 500
"""Beyond so many readers each waits longer than his share: a hundred wait 25 ms, five
hundred 125, a thousand half a second, in fewer and larger messages. In one measurement
the slowest hundredth of questions took half as long, in another as long as before."""
CROWD = 100
"""For every so many readers the loop goes round once more between two turns:"""
MORE_ROUNDS = 3
"""so often at most. The transport takes up one call after the other, each in two
rounds: with one round a turn, calls came as fast as a thousand readers let them, and
waited for each other (p99 33 and 50 ms; 21 and 27 with four rounds, 380 and 535 with
eight turns in one round, 24 to 28 with more)."""
POLL_S = 0.2
"""How long a stop may wait for the waiting thread."""


class Arrivals:
    """Pages of the log, and a wake-up; all methods run in one event loop."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._pages: OrderedDict[int, Page] = OrderedDict()
        self._bytes = 0
        self._turns = asyncio.Lock()
        self._readers = 0
        self._head = log.head().position
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="feed-pages")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="feed-arrivals")
        self._thread.start()

    @property
    def stopping(self) -> bool:
        """Whether readers are asked to end."""
        return self._stop.is_set()

    @property
    def head(self) -> int:
        """The last position that was heard of; asking the log itself may be a query."""
        return self._head

    @property
    def pace_s(self) -> float:
        """How long a reader waits after one message for the next."""
        return self._readers * SHARE_S * max(1.0, self._readers / MANY)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Count as a reader."""
        self._readers += 1
        try:
            yield
        finally:
            self._readers -= 1

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's turn; others are served before the next one's."""
        async with self._turns:
            yield
            for _ in range(1 + min(self._readers // CROWD, MORE_ROUNDS)):
                await asyncio.sleep(0)

    async def page(self, after: int) -> Page | None:
        """Return a page with the entries that follow a position; None at the end.

        It may begin before the position: readers who are in the midst of it share it.
        """
        if self._head <= after:
            self._head = self._log.head().position
        if self._head <= after:
            return None
        found = self._kept(after, self._head)
        if found is None:
            for page in await self._loop.run_in_executor(self._pool, self._read, after):
                self._keep(page)
            found = self._pages.get(after)
        return found

    async def after(
        self, position: int, timeout_s: float, ended: Callable[[], bool]
    ) -> None:
        """Return once the log goes beyond a position, on a stop, or in time.

        `ended` is asked at each wake-up whether the reader is to end.
        """
        if self._head > position:
            return  # as for most of many readers: no timer is needed
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._head <= position and not self.stopping:
                    if ended():
                        return
                    await self._arrived.wait()

    async def paced(self, since: float) -> None:
        """Return once a reader who was sent something at a time may be sent more.

        The time is of `time.monotonic()`; on a stop it returns at once.
        """
        left = since + self.pace_s - time.monotonic()
        if left > 0 and not self.stopping:
            await asyncio.sleep(left)

    def stop(self) -> None:
        """Ask every reader to end."""
        self._stop.set()
        self.wake()

    def wake(self) -> None:
        """Let every reader look whether it is to go on."""
        self._head = self._log.head().position
        self._arrived.set()
        self._arrived = asyncio.Event()

    def close(self) -> None:
        """End the threads, and wait for them; readers are asked to end by `stop`."""
        self._stop.set()  # where a server did not come up, nobody asked
        self._thread.join()
        self._pool.shutdown()

    def _kept(self, after: int, head: int) -> Page | None:
        """Return a page that has what follows a position, all of it that there is."""
        exact = self._pages.get(after)
        nearest = [exact] if exact else reversed(self._pages.values())
        for page in nearest:
            if page.first <= after + 1 <= page.last and (
                page.full or page.last >= head
            ):
                return page
        return None

    def _keep(self, page: Page) -> None:
        after = page.stored[0].position - 1
        replaced = self._pages.pop(after, None)
        self._bytes += page.size - (replaced.size if replaced else 0)
        self._pages[after] = page
        while len(self._pages) > PAGES or (
            self._bytes > KEPT_BYTES and len(self._pages) > 1
        ):
            _, gone = self._pages.popitem(last=False)
            self._bytes -= gone.size

    def _read(self, after: int) -> list[Page]:
        """Return the next pages, the last of them perhaps not full."""
        pages: list[Page] = []
        stored = self._log.read(after, PAGE * AHEAD)
        begin = size = total = 0
        for index, one in enumerate(stored):
            fits = index - begin < PAGE and size + len(one.record) <= PAGE_BYTES
            if index > begin and not fits:
                pages.append(Page(stored[begin:index], full=True))
                begin, size = index, 0
            size += len(one.record)
            total += len(one.record)
            if total > PAGE_BYTES and pages:
                return pages
        full = len(stored) - begin == PAGE
        if begin < len(stored):
            pages.append(Page(stored[begin:], full=full))
        return pages

    def _watch(self) -> None:
        seen = self._head
        while not self._stop.is_set():
            if self._log.wait(seen + 1, POLL_S):
                seen = self._log.head().position
                with suppress(RuntimeError):  # the loop has ended
                    self._loop.call_soon_threadsafe(self.wake)
