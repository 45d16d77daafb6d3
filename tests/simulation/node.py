"""One server of the registry under simulation: real log, writer, acceptance, store.

What lives here: starting, killing, freezing and setting the clock of a node. What
never does: judgment.
"""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path

import greenlet

from events.log import LogUnavailableError
from events.replica import FETCH_WAIT_S, ReplicatedLog
from events.store import Store
from events.topic import TopicUnavailableError
from registry.china import CHINA
from registry.receipt import Receipt
from registry.sources import Sources
from registry.stamps import ACCEPTED_MARGIN_US
from registry.submission import Submission
from registry.waiting import OWN
from registry.writer import Writer
from tests.simulation.hub import Bell, Hub
from tests.simulation.kafka import BEGIN_US, Cluster, SimulatedTopic
from tests.simulation.peers import SimulatedPeers
from tests.simulation.template import SIMULATED, template
from tests.support.registry import ORIGIN

CLOCK_LEAD_US = 60_000_000


class Node:
    """One server; `started` counts its lives."""

    def __init__(
        self,
        hub: Hub,
        cluster: Cluster,
        folder: Path,
        number: int,
        peers: SimulatedPeers,
    ) -> None:
        self.number = number
        self.name = f"node-{number}"
        self._peers = peers
        self.clock_error_us = 0
        self.alive = False
        self.log: ReplicatedLog
        self.writer: Writer
        self.topic: SimulatedTopic
        self._hub = hub
        self._cluster = cluster
        self._folder = folder / f"node-{number}"
        self._folder.mkdir()
        self._clock_accepted_us = 0
        self._greenlets: list[greenlet.greenlet] = []
        self.answered = Bell(hub)
        """Rings when somebody was answered, or nobody will be."""
        self._asked = Bell(hub)
        self._called = False
        self._path = self._folder / "log.sqlite"
        self._path.write_bytes(template()[0])

    def start(self) -> None:
        """Open the log as it was left, and go on; nothing where it runs."""
        if self.alive:
            return
        self.topic = SimulatedTopic(self._cluster)
        self.log = ReplicatedLog(
            self._path,
            ORIGIN,
            self.topic,
            now=self._hub.now,
            wait=self.topic.wait,
        )
        self.writer = Writer(
            self.log,
            SIMULATED,
            Sources(clock=self.clock, salt=self._salt),
            CHINA,
            node=self.name,
            clock_lead_us=CLOCK_LEAD_US,
            clock_accepted_us=self._clock_accepted_us,
            now=self._hub.now,
            threaded=False,
        )
        self.alive = True
        self._peers.meet(self)
        self._greenlets = [self._hub.spawn(self._tail), self._hub.spawn(self._write)]

    def submit(
        self, asked: Submission, deadline: float, origin: str = OWN
    ) -> Future[Receipt]:
        """Submit to its writer, which is woken where it is idle."""
        future = self.writer.submit(asked, deadline, origin)
        future.add_done_callback(lambda _: self.answered.ring())
        self.wake()
        return future

    def wake(self) -> None:
        """Let its writer look, where it is idle."""
        self._called = True
        self._asked.ring()

    def kill(self) -> None:
        """End it at whatever point it waits, as a power cut would."""
        if not self.alive:
            return
        self.alive = False
        self.answered.ring()
        for one in self._greenlets:
            if not one.dead and one is not greenlet.getcurrent():
                one.throw(greenlet.GreenletExit)
        self._cluster.clients.remove(self.topic)
        Store.close(self.log)

    def stall(self, seconds: float) -> None:
        """Do nothing for a while, wherever it is; what it sent is on its way."""
        self._hub.stall(self._greenlets, self._hub.time + seconds)

    def lose_the_copy(self) -> None:
        """Begin again from a copy of the first two entries."""
        self._path.write_bytes(template()[0])
        for name in ("log.sqlite-wal", "log.sqlite-shm"):
            (self._folder / name).unlink(missing_ok=True)

    def clock(self) -> int:
        """Return this node's time in microseconds."""
        return BEGIN_US + int(self._hub.time * 1e6) + self.clock_error_us

    def waits_for_a_person(self) -> bool:
        """Whether the last entry is too far ahead of its clock, and nobody looked."""
        last = self.log.head().recorded_at
        ahead = last - self.clock() > CLOCK_LEAD_US
        looked = last <= self._clock_accepted_us + ACCEPTED_MARGIN_US
        return self.alive and ahead and not looked

    def accept_the_clock(self) -> None:
        """What an operator does then: stop, `childregistry clock accept`, start."""
        if self.alive:
            self._clock_accepted_us = self.log.head().recorded_at
            self.kill()
            self.start()

    def _salt(self) -> bytes:
        return self._hub.chance.randbytes(16)

    def _tail(self) -> None:
        seen = self.log.next_offset
        while self.alive:
            try:
                self.log.follow_once(FETCH_WAIT_S * self._hub.pace)
            except (TopicUnavailableError, LogUnavailableError):
                self._hub.sleep(0.1)
            if self.log.next_offset != seen:  # what peers recorded can be told now
                seen = self.log.next_offset
                self.wake()
            if self.log.damage:
                self.topic.used.ring()
                self._hub.sleep(1.0)

    def _write(self) -> None:
        while self.alive:
            self._called = False
            self.writer.settle()
            while self.writer.step():
                self.writer.settle()
            self._hub.doze(self._asked, lambda: self._called, float("inf"))
