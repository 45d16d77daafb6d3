"""The runner: follows the feed for each endpoint, and delivers what waits for it.

What lives here: threads, retries, the lock of the file. What never does: what is
sent (`message`), how (`transport`), what is on disk (`outbox`).

Each endpoint has a reader, which checks the feed as every subscriber does, and a sender
with a few deliveries under way, never two with one key. After a kill the feed goes on
from the place in the outbox, and what was under way is sent again under the same id.
"""

from __future__ import annotations

import fcntl
import logging
import queue
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from events.feed import Place
from ops.client import CallError, Client, Credentials, connected
from ops.subscriber import AGAIN_S, Delivered, follow
from ops.webhooks.endpoints import Endpoint, Webhooks
from ops.webhooks.message import CONTENT_TYPE, Notice, notice, signed
from ops.webhooks.outbox import Outbox, Waiting
from ops.webhooks.transport import DeliveryError, post

UNDER_WAY: Final = 4
"""Deliveries to one endpoint at once: small offices have small servers."""
TICK_S: Final = 0.2
LOOKS: Final = 3
"""How often a sender that begins tries for its outbox, TICK_S apart."""
FULL_EVERY: Final = 64
"""Entries between two looks at how full the outbox is."""

log = logging.getLogger(__name__)


class RunningError(Exception):
    """Another process delivers from this file."""


@contextmanager
def alone(state: Path) -> Iterator[Outbox]:
    """Open an outbox as the only one that delivers from it. Raises RunningError."""
    state.parent.mkdir(parents=True, exist_ok=True)
    with _lock_of(state).open("a") as lock:
        if not _locked(lock):
            message = f"another process delivers from {state}"
            raise RunningError(message)
        outbox = Outbox(state)
        try:
            yield outbox
        finally:
            outbox.close()


def _locked(lock: IO[str]) -> bool:
    """Take a lock; who only looks whether it is taken holds it for a moment."""
    for _ in range(LOOKS):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(TICK_S)
        else:
            return True
    return False


def is_kept(state: Path) -> bool:
    """Whether a process delivers from an outbox now."""
    path = _lock_of(state)
    if not path.exists():
        return False
    with path.open() as lock:  # to look needs no right to write
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _lock_of(state: Path) -> Path:
    return state.with_name(f"{state.name}.lock")


class Runner:
    """Runs all endpoints of a configuration in threads."""

    def __init__(self, hooks: Webhooks, outbox: Outbox, until: int = 0) -> None:
        self._outbox = outbox
        self._ended: queue.Queue[BaseException | str] = queue.Queue()
        self._stop = threading.Event()
        self._workers = [
            worker
            for endpoint in hooks.endpoints
            for worker in (
                _Reader(hooks, endpoint, outbox, until),
                _Sender(endpoint, outbox),
            )
        ]

    def run(self, stop: threading.Event) -> None:
        """Run until asked to stop, or all readers came to their end and all is sent.

        Raises FeedBrokenError, OtherEndpointError, and what a reader did not expect.
        """
        threads = [
            threading.Thread(target=self._guarded, args=(worker,), daemon=True)
            for worker in self._workers
        ]
        for thread in threads:
            thread.start()
        try:
            while not stop.is_set() and not self._done():
                try:
                    raise_ = self._ended.get(timeout=TICK_S)
                except queue.Empty:
                    continue
                if isinstance(raise_, BaseException):
                    raise raise_
        finally:
            self._stop.set()
            for thread, worker in zip(threads, self._workers, strict=True):
                if isinstance(worker, _Sender):
                    thread.join()

    def _done(self) -> bool:
        readers = [one for one in self._workers if isinstance(one, _Reader)]
        senders = [one for one in self._workers if isinstance(one, _Sender)]
        return all(one.ended for one in readers) and all(one.idle() for one in senders)

    def _guarded(self, worker: _Reader | _Sender) -> None:
        try:
            worker.run(self._stop)
        except BaseException as error:  # noqa: BLE001  raised where it is waited for
            self._ended.put(error)


class _Reader:
    """Follows the feed for an endpoint, and keeps its place in the outbox."""

    def __init__(
        self, hooks: Webhooks, endpoint: Endpoint, outbox: Outbox, until: int
    ) -> None:
        self.wanted = endpoint.wanted
        self.after = endpoint.after
        self.place: Place
        self.ended = False
        self._hooks = hooks
        self._endpoint = endpoint
        self._outbox = outbox
        self._until = until
        self._notices: list[Notice] = []
        self.place, self._sequence = outbox.subscribe(
            endpoint.name, endpoint.filter_text, endpoint.after, time.time()
        )

    def keep(self, place: Place) -> None:
        """Keep a place with the notices of the entry that it passed."""
        self._outbox.put(self._endpoint.name, place, self._notices, time.time())
        self._sequence += len(self._notices)
        self._notices = []
        self.place = place

    def run(self, stop: threading.Event) -> None:
        """Read until asked to stop."""
        credentials = _credentials(self._hooks.tls)
        with connected(self._hooks.servers, credentials, self._hooks.who) as client:
            while not stop.is_set() and not self.ended:
                try:
                    self._read(client, stop)
                except CallError as error:
                    log.error("%s: the feed: %s", self._endpoint.name, error)  # noqa: TRY400  one line a fact
                    stop.wait(AGAIN_S)

    def _read(self, client: Client, stop: threading.Event) -> None:
        for count, one in enumerate(follow(client, self, self._until)):
            if isinstance(one, str):
                continue
            self._notices = self._told(one)
            while count % FULL_EVERY == 0 and self._outbox.full(self._endpoint.name):
                if stop.wait(TICK_S):
                    return
            if stop.is_set():
                return
        self.ended = True

    def _told(self, one: Delivered) -> list[Notice]:
        found: list[Notice] = []
        for index, body in enumerate(one.bodies):
            kind = one.events[index].stream.partition("/")[0]
            if body is None or kind not in self._endpoint.kinds:
                continue
            number = self._sequence + len(found) + 1
            shown = body if self._endpoint.content else None
            found.append(notice(one, index, one.registry, number, shown))
        return found


class _Sender:
    """Delivers what waits for an endpoint."""

    def __init__(self, endpoint: Endpoint, outbox: Outbox) -> None:
        self._endpoint = endpoint
        self._outbox = outbox
        self._under_way: dict[str, Future[None]] = {}

    def idle(self) -> bool:
        """Whether nothing waits that is not parked, or behind what is."""
        busy = list(self._under_way)
        ever = float("inf")
        return not busy and not self._outbox.due(self._endpoint.name, ever, 1, ())

    def run(self, stop: threading.Event) -> None:
        """Send until asked to stop; what is under way is waited for."""
        with ThreadPoolExecutor(UNDER_WAY) as pool:
            while not stop.is_set():
                self._reap()
                free = UNDER_WAY - len(self._under_way)
                due = self._outbox.due(
                    self._endpoint.name, time.time(), free, tuple(self._under_way)
                )
                for one in due:
                    self._under_way[one.key] = pool.submit(self._deliver, one)
                if not due:
                    stop.wait(TICK_S / 10 if self._under_way else TICK_S)

    def _reap(self) -> None:
        for key, future in list(self._under_way.items()):
            if future.done():
                future.result()
                del self._under_way[key]

    def _deliver(self, one: Waiting) -> None:
        endpoint, now = self._endpoint, int(time.time())
        headers = {
            "content-type": CONTENT_TYPE,
            "user-agent": "childregistry-webhooks",
            **signed(endpoint.secrets, one.id, now, one.body),
        }
        try:
            post(endpoint.target, headers, one.body)
        except DeliveryError as error:
            left, ended = endpoint.retries_s[one.attempts :], time.time()
            due_s = ended + left[0] if left else None
            self._outbox.failed(one, str(error), due_s, ended)
            said = f"again in {left[0]} s" if left else "PARKED"
            log.warning("%s: %s: %s; %s", endpoint.name, one.id, error, said)
        else:
            self._outbox.delivered(one, time.time())


def _credentials(folder: Path | None) -> Credentials | None:
    if folder is None:
        return None
    return Credentials(
        server=folder / "server-ca.pem",
        key=folder / "client.key",
        certificate=folder / "client.pem",
    )
