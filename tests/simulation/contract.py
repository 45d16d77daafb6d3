"""The simulated topic behind the log's own interface, so that one contract holds it.

What lives here: a thread that owns a hub, and logs whose waiting calls run in it as
greenlets, several at once. A simulated Kafka that kept other promises than the real
one would prove nothing.
"""

from __future__ import annotations

import functools
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from events.log import Head, LogUnavailableError, Verdict
from events.replica import ReplicatedLog
from events.topic import Batch, Sending, Topic, TopicRecord, TopicUnavailableError
from tests.simulation.hub import Hub
from tests.simulation.kafka import NONE, Cluster, SimulatedTopic
from tests.support.registry import ORIGIN

SLICE_S = 0.05
Job = tuple[Callable[[], Any], "Future[Any]"]


class Simulation:
    """A topic without faults, and whoever opens logs over it."""

    def __init__(self) -> None:
        self._jobs: queue.Queue[Job | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="simulation")
        self._thread.start()

    def open(self, path: Path) -> SimulatedLog:
        """Open a log over the topic."""
        return SimulatedLog(path, self)

    def topic(self) -> Topic:
        """Open a client of the topic."""
        return TopicInside(self)

    def leave(self) -> None:
        """Let the brokers be away until they come back."""
        self.do(lambda hub, cluster: setattr(cluster, "away_until", hub.time + 1e9))

    def come_back(self) -> None:
        """Let the brokers answer again."""
        self.do(lambda _, cluster: setattr(cluster, "away_until", 0.0))

    def do(self, work: Callable[[Hub, Cluster], Any]) -> Any:  # noqa: ANN401  what the work gives
        """Run something in the simulation, beside whatever runs there."""
        future: Future[Any] = Future()
        self._jobs.put((lambda: work(self._hub, self._cluster), future))
        return future.result(60)

    def close(self) -> None:
        """End the simulation."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        # Greenlets belong to the thread that made them: all of them to this one.
        self._hub = Hub(1)
        self._cluster = Cluster(self._hub, NONE)
        under_way: list[Future[Any]] = []
        while True:
            under_way = [future for future in under_way if not future.done()]
            try:
                job = self._jobs.get(timeout=0.001 if under_way else 0.02)
            except queue.Empty:
                pass  # those under way go on
            else:
                if job is None:
                    self._hub.end()
                    return
                under_way.append(job[1])
                self._hub.spawn(functools.partial(_into, *job))
            self._hub.run(self._hub.time + SLICE_S, lambda: False)
            self._hub.time += SLICE_S


class TopicInside:
    """A simulated topic whose calls run in their simulation."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._topic: SimulatedTopic = simulation.do(lambda _, c: SimulatedTopic(c))

    def send(self, records: Sequence[bytes]) -> list[Sending]:
        """Send, as the topic does."""
        sendings: list[Sending] = self._do(lambda: self._topic.send(records))
        return sendings

    def renew(self) -> None:
        """Renew, as the topic does."""
        self._do(self._topic.renew)

    def fetch(self, offset: int, wait_s: float) -> Batch:
        """Fetch, as the topic does."""
        batch: Batch = self._do(lambda: self._topic.fetch(offset, wait_s))
        return batch

    def end(self, timeout_s: float) -> int:
        """Answer, as the topic does."""
        return int(self._do(lambda: self._topic.end(timeout_s)))

    def read_at(self, offset: int, timeout_s: float) -> TopicRecord | None:
        """Answer, as the topic does."""
        found: TopicRecord | None = self._do(
            lambda: self._topic.read_at(offset, timeout_s)
        )
        return found

    def identity(self, timeout_s: float) -> str:
        """Answer, as the topic does."""
        return str(self._do(lambda: self._topic.identity(timeout_s)))

    def close(self) -> None:
        """Close, as the topic does."""
        self._do(self._topic.close)

    def _do(self, work: Callable[[], Any]) -> Any:  # noqa: ANN401  what the work gives
        return self._simulation.do(lambda *_: work())


class SimulatedLog:
    """A replicated log whose waiting calls run in a simulation."""

    def __init__(self, path: Path, simulation: Simulation) -> None:
        self._simulation = simulation

        def opened(hub: Hub, cluster: Cluster) -> ReplicatedLog:
            topic = SimulatedTopic(cluster)
            log = ReplicatedLog(path, ORIGIN, topic, now=hub.now, wait=topic.wait)
            hub.spawn(lambda: _tail(hub, log))
            return log

        self._log: ReplicatedLog = simulation.do(opened)

    def append(self, records: Sequence[bytes], deadline: float) -> list[Verdict]:
        """Append, as the log does."""
        left = deadline - time.monotonic()
        verdicts: list[Verdict] = self._simulation.do(
            lambda hub, _: self._log.append(records, hub.time + left)
        )
        return verdicts

    def catch_up(self, deadline: float) -> Head:
        """Catch up, as the log does."""
        left = deadline - time.monotonic()
        head: Head = self._simulation.do(
            lambda hub, _: self._log.catch_up(hub.time + left)
        )
        return head

    def close(self) -> None:
        """Close, as the log does."""
        self._simulation.do(lambda *_: self._log.close())

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  every other part of the log
        return getattr(self._log, name)


def _tail(hub: Hub, log: ReplicatedLog) -> None:
    while not log._closed.is_set():
        try:
            log.follow_once(0.5)
        except (TopicUnavailableError, LogUnavailableError):
            hub.sleep(0.1)


def _into(work: Callable[[], Any], future: Future[Any]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001  whoever asked is told
        future.set_exception(error)
