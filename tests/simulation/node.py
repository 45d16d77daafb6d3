"""One server of the registry under simulation: real log, writer, acceptance, store.

What lives here: starting, killing, freezing and setting the clock of a node. What
never does: judgment.
"""

from __future__ import annotations

import functools
import shutil
import sqlite3
import tempfile
from concurrent.futures import Future
from pathlib import Path

import greenlet

from events.embedded import EmbeddedLog
from events.log import LogUnavailableError
from events.replica import ReplicatedLog
from events.store import Store
from events.topic import TopicUnavailableError
from registry.announce import adopt
from registry.china import CHINA
from registry.receipt import Receipt
from registry.sources import Sources
from registry.stamps import ACCEPTED_MARGIN_US
from registry.submission import Submission
from registry.waiting import OWN
from registry.wire import CODEC
from registry.writer import Writer
from tests.simulation.hub import Bell, Hub
from tests.simulation.kafka import BEGIN_US, Cluster, SimulatedTopic
from tests.simulation.peers import SimulatedPeers
from tests.support.registry import ORIGIN, sources

CLOCK_LEAD_US = 60_000_000
IDLE_S = 0.02
"""How often an idle writer looks, where nobody wakes it."""
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  faster, no more


@functools.cache
def template() -> tuple[Path, tuple[bytes, ...]]:
    """Return a log that has adopted formats and rules, and its records."""
    folder = Path(tempfile.mkdtemp(dir=MEMORY))
    log = EmbeddedLog(folder / "log.sqlite", ORIGIN)
    adopt(log, CODEC, sources(), "template", CHINA)
    records = tuple(entry.record for entry in log.read(0, 10))
    log.close()
    with sqlite3.connect(folder / "log.sqlite") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        # As if read from the topic, from its first two offsets.
        connection.execute("UPDATE entries SET topic_offset=position-1, leader_epoch=0")
        for name, value in (
            ("next_offset", str(len(records))),
            ("leader_epoch", "0"),
            ("topic_id", "simulated"),
        ):
            connection.execute("INSERT INTO meta VALUES (?,?)", (name, value))
        connection.commit()
        connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    return folder / "log.sqlite", records


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
        shutil.copy(template()[0], self._folder / "log.sqlite")

    def start(self) -> None:
        """Open the log as it was left, and go on; nothing where it runs."""
        if self.alive:
            return
        self.topic = SimulatedTopic(self._cluster)
        self.log = ReplicatedLog(
            self._folder / "log.sqlite",
            ORIGIN,
            self.topic,
            now=self._hub.now,
            wait=self._hub.wait,
        )
        self.writer = Writer(
            self.log,
            CODEC,
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
        shutil.copy(template()[0], self._folder / "log.sqlite")
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
        while self.alive:
            try:
                self.log.follow_once(0.5)
            except (TopicUnavailableError, LogUnavailableError):
                self._hub.sleep(0.1)
            if self.log.damage:
                self._hub.sleep(1.0)

    def _write(self) -> None:
        while self.alive:
            self.writer.settle()
            if not self.writer.step():
                idle_until = self._hub.time + IDLE_S * self._hub.pace
                self._hub.doze(self._asked, lambda: self._called, idle_until)
            self._called = False
