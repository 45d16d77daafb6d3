"""One run: nodes that stall, die and come back, clients that never forget, one judge.

The nodes run the real log, writer, acceptance and store; only the topic, the time and
the waiting are simulated. After every step the judge compares what nodes hold with the
reference reader over the topic's own bytes.
"""

from __future__ import annotations

import functools
import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import greenlet

from events.embedded import EmbeddedLog
from events.entry import MemoryState
from events.guardianship import Office
from events.log import (
    Accepted,
    ClockRefusedError,
    LogDamagedError,
    LogError,
    LogUnavailableError,
    OutcomeUnknownError,
)
from events.replica import ReplicatedLog
from events.store import Store
from events.topic import TopicUnavailableError
from registry import writer as writing
from registry.announce import adopt
from registry.receipt import Receipt
from registry.refusal import Fault, NotKnownError
from registry.sources import Sources
from registry.submission import (
    AbortedError,
    AlreadyExistsError,
    OverloadedError,
    Submission,
)
from registry.wire import CODEC
from registry.writer import Writer
from tests.simulation.hub import Hub
from tests.simulation.kafka import BEGIN_US, Cluster, Faults, SimulatedTopic
from tests.support.registry import ORIGIN, child_id, sources, submission
from tests.support.stories import FATHER, born, judgment, outcome

NODES = 3
CHILDREN = 4
CALL_S = 6.0
CLOCK_LEAD_US = 60_000_000
LONGEST_S = 900.0
"""Virtual time after which a run must be over: what is not settled then hangs."""


class BrokenPromiseError(AssertionError):
    """A promise of the log was broken; carries what and when."""


@functools.cache
def template() -> tuple[Path, tuple[bytes, ...]]:
    """Return a log that has adopted formats and rules, and its records."""
    base = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  memory
    folder = Path(tempfile.mkdtemp(dir=base))
    log = EmbeddedLog(folder / "log.sqlite", ORIGIN)
    adopt(log, CODEC, sources(), "template")
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
    """One server of the registry."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.number = number
        self.folder = world.folder / f"node-{number}"
        self.folder.mkdir()
        shutil.copy(template()[0], self.folder / "log.sqlite")
        self.clock_error_us = 0
        self.alive = False
        self.log: ReplicatedLog
        self.writer: Writer
        self.asked: list[Callable[[], None]] = []
        self._greenlets: list[greenlet.greenlet] = []

    def start(self) -> None:
        hub = self.world.hub
        self.log = ReplicatedLog(
            self.folder / "log.sqlite",
            ORIGIN,
            SimulatedTopic(self.world.cluster),
            now=hub.now,
            wait=hub.wait,
        )
        self.writer = Writer(
            self.log,
            CODEC,
            Sources(clock=self._clock, salt=self._salt),
            node=f"node-{self.number}",
            clock_lead_us=CLOCK_LEAD_US,
            now=hub.now,
            threaded=False,
        )
        self.alive = True
        self._greenlets = [hub.spawn(self._tail), hub.spawn(self._write)]

    def kill(self) -> None:
        """End it at whatever point it waits, as a power cut would."""
        self.alive = False
        for one in self._greenlets:
            if not one.dead and one is not greenlet.getcurrent():
                one.throw(greenlet.GreenletExit)
        self.asked.clear()
        Store.close(self.log)

    def _clock(self) -> int:
        return BEGIN_US + int(self.world.hub.time * 1e6) + self.clock_error_us

    def _salt(self) -> bytes:
        return self.world.hub.chance.randbytes(16)

    def _tail(self) -> None:
        while self.alive:
            try:
                self.log.follow_once(0.5)
            except (TopicUnavailableError, LogUnavailableError):
                self.world.hub.sleep(0.1)
            if self.log.damage:
                self.world.hub.sleep(1.0)

    def _write(self) -> None:
        while self.alive:
            if self.asked:
                self.asked.pop(0)()
            elif not self.writer.step():
                self.world.hub.sleep(0.005 * self.world.hub.pace)


@dataclass(slots=True)
class Asked:
    """One submission of a client, with all that it was told."""

    submission: Submission
    started: float
    receipt: Receipt | None = None
    refused: bool = False
    """Whether the client was told that nothing was written, and believed it."""
    doubt: bool = False
    """Whether an attempt of it ended without a definite answer."""
    over: bool = False
    told: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Truth:
    """The reference reader over the topic's own bytes."""

    state: MemoryState
    hashes: list[bytes] = field(default_factory=list)
    keys: dict[tuple[str, str], int] = field(default_factory=dict)
    offset: int = 0

    def advance(self, cluster: Cluster) -> None:
        """Read up to the high-water mark."""
        while self.offset < cluster.visible:
            content = cluster.records[self.offset].content
            self.offset += 1
            verdict = self.state.apply(content)
            if isinstance(verdict, Accepted):
                self.hashes.append(verdict.hash)


class World:
    """A run of a seed."""

    def __init__(self, seed: int, operations: int = 24, *, fork: bool = False) -> None:
        self.seed = seed
        self.hub = Hub(seed)
        chance = self.hub.chance
        harsh = chance.choice((0.0, 0.5, 1.0, 2.0, 4.0))
        writing.ROUND_TIMEOUT_S = chance.choice((0.5, 2.0, 15.0))
        self.cluster = Cluster(self.hub, Faults(*(0.02 * harsh,) * 5))
        for content in template()[1]:
            self.cluster.land(content)
        self.cluster.visible = len(self.cluster.records)
        self.truth = Truth(MemoryState(ORIGIN))
        self.truth.advance(self.cluster)
        base = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  memory
        self._scratch = tempfile.TemporaryDirectory(dir=base)
        self.folder = Path(self._scratch.name)
        self.nodes = [Node(self, number) for number in range(NODES)]
        self.history: list[Asked] = []
        self.trace: list[str] = []
        self.operations = operations
        self.forked = fork
        self._clients = 3
        self._left = operations
        self.acknowledged: dict[str, float] = {}
        """When each child's registration was first acknowledged."""

    def run(self) -> World:
        """Run to the end. Raises BrokenPromiseError."""
        try:
            for node in self.nodes:
                node.start()
            clients = [
                self.hub.spawn(functools.partial(self._client, number))
                for number in range(self._clients)
            ]
            nemesis = self.hub.spawn(self._nemesis)
            self.hub.after_step = self._judge

            def over() -> bool:
                return all(client.dead for client in clients) and nemesis.dead

            self.hub.run(self.hub.time + LONGEST_S, over)
            if not over():
                self._broken("something never came to an end")
            if self.forked:
                self._fork()
            else:
                self._settle()
        finally:
            for node in self.nodes:
                if node.alive:
                    node.kill()
            self.hub.end()
            self._scratch.cleanup()
        return self

    def note(self, text: str) -> None:
        self.trace.append(f"{self.hub.time:9.3f}  {text}")

    def _broken(self, what: str) -> None:
        message = f"seed {self.seed}, {self.operations} operations: {what}"
        raise BrokenPromiseError(message)

    # -- clients ---------------------------------------------------------------

    def _client(self, number: int) -> None:
        chance = self.hub.chance
        while self._left > 0:
            self._left -= 1
            if self.history and chance.random() < 0.25:
                before = chance.choice(self.history)
                self._settled(Asked(before.submission, self.hub.time))
            else:
                self._settled(Asked(self._new(number), self.hub.time))
            self.hub.sleep(chance.random() * 0.3)

    def _new(self, number: int) -> Submission:
        chance = self.hub.chance
        child = child_id(f"child {chance.randrange(CHILDREN)}")
        key = f"{self.seed}/{number}/{self._left}"
        if chance.random() < 0.5:
            command = born(child, "2010-05-01", FATHER)
            return submission(command, key, "police", Office.POLICE)
        decided = judgment(
            "2015-02-04", outcome(child, disqualified=(FATHER,)), case=child_id(key)
        )
        return submission(decided, key)

    def _settled(self, asked: Asked) -> None:
        """Ask until the outcome is definite, under the one key, wherever."""
        self.history.append(asked)
        hub, key = self.hub, asked.submission.request_id[:6]
        while not asked.over:
            node = hub.chance.choice(self.nodes)
            if not node.alive or node.log.damage:
                hub.sleep(0.05)
                continue
            began = hub.time
            try:
                future = node.writer.submit(asked.submission, hub.time + CALL_S)
            except (LogError, OverloadedError):
                hub.sleep(0.1)
                continue
            self.note(f"{key} asks node {node.number}: {_what(asked.submission)}")
            ended = functools.partial(_ended, future, node)
            came = hub.wait(ended, began + CALL_S)
            if not came or not future.done():
                self.note(f"{key} hears nothing")
                asked.doubt = True
                continue
            self._heard(asked, future, began)
            self.note(f"{key} is told {asked.told[-1]}")

    def _heard(self, asked: Asked, future: Future[Receipt], began: float) -> None:
        try:
            receipt = future.result(0)
        except NotKnownError as fault:
            asked.told.append(f"not known: {fault.resource}")
            self._check_not_known(fault, began)
            asked.over = True
        except AlreadyExistsError as error:
            asked.told.append("already exists")
            self._check_receipt(error.first)
            asked.over = True
        except Fault as fault:
            asked.told.append(f"fault: {fault}")
            self._check_fault(asked, fault)
            asked.over = True
        except (OutcomeUnknownError, AbortedError, ClockRefusedError) as error:
            asked.told.append(type(error).__name__)
            asked.doubt |= isinstance(error, OutcomeUnknownError)
        except LogDamagedError:
            asked.told.append("damaged")
        except LogUnavailableError:
            asked.told.append("nothing was written")
            if self.hub.chance.random() < 0.3:
                asked.refused = asked.over = True
        except LogError as error:
            asked.told.append(type(error).__name__)
        else:
            asked.told.append(f"position {receipt.position}")
            asked.receipt = receipt
            asked.over = True
            self._check_receipt(receipt)
            if asked.submission.submitter.office is Office.POLICE:
                child = getattr(asked.submission.command, "child", "")
                self.acknowledged.setdefault(child, self.hub.time)

    # -- the nemesis -----------------------------------------------------------

    def _nemesis(self) -> None:
        chance = self.hub.chance
        while self._left > 0:
            self.hub.sleep(0.2 + chance.random() * 1.5)
            node = chance.choice(self.nodes)
            match chance.randrange(6):
                case 0:
                    self.note(f"node {node.number} is killed")
                    # A greenlet that ends goes back to the hub: so it is ended there.
                    self.hub.at(self.hub.time, node.kill)
                    self.hub.sleep(chance.random() * 2)
                    if chance.random() < 0.2:
                        shutil.copy(template()[0], node.folder / "log.sqlite")
                        for name in ("log.sqlite-wal", "log.sqlite-shm"):
                            (node.folder / name).unlink(missing_ok=True)
                    node.start()
                case 1:
                    self.note("another leader")
                    self.cluster.fail_over()
                case 2:
                    self.note("the broker restarts")
                    self.cluster.restart()
                case 3:
                    node.clock_error_us = chance.choice(
                        (0, 0, -3_600_000_000, 5_000_000, 50_000_000)
                    )
                    self.note(
                        f"node {node.number}: clock {node.clock_error_us / 1e6} s"
                    )
                case 4:
                    self.cluster.land(chance.randbytes(chance.randrange(1, 40)))
                case _:
                    pass
        for node in self.nodes:
            node.clock_error_us = 0

    # -- the judge -------------------------------------------------------------

    def _judge(self) -> None:
        """After every step: what a node holds is what the topic's bytes say."""
        self.truth.advance(self.cluster)
        for node in self.nodes:
            if not node.alive or node.log.damage:
                continue
            head = node.log.head()
            if head.position > len(self.truth.hashes):
                self._broken(f"node {node.number} is ahead of the topic")
            if head.position and self.truth.hashes[head.position - 1] != head.hash:
                self._broken(f"node {node.number} holds another entry {head.position}")

    def _check_receipt(self, receipt: Receipt) -> None:
        known = self.truth.hashes
        place = receipt.position
        if not 0 < place <= len(known) or known[place - 1] != receipt.hash:
            self._broken(f"a receipt for {place} that is not recorded")

    def _check_not_known(self, fault: NotKnownError, began: float) -> None:
        child = fault.resource.rpartition("/")[2]
        if self.acknowledged.get(child, float("inf")) < began:
            self._broken(f"{fault.resource} was acknowledged before and is not known")

    def _check_fault(self, asked: Asked, fault: Fault) -> None:
        """A fault of a registration is true only where one is recorded."""
        child = getattr(asked.submission.command, "child", "")
        streams = self.truth.state.versions
        if "registered already" in str(fault) and f"child/{child}" not in streams:
            self._broken(f"refused by a registration that is not recorded: {child}")

    def _settle(self) -> None:
        """At the end all nodes hold all, and every client was told the truth."""
        self.cluster.faults = Faults(*(0.0,) * 5)
        self.cluster.away_until = 0.0
        self._outwait()
        self._all_write_again()
        for node in self.nodes:
            if node.log.damage:
                self._broken(f"node {node.number} says {node.log.damage}")
            if node.log.head() != self.truth.state.head:
                self._broken(f"node {node.number} does not hold all")
        for asked in self.history:
            self._close_the_book(asked)

    def _all_write_again(self) -> None:
        """After the storm every node takes submissions again."""
        for node in self.nodes:
            child = child_id(f"afterwards {node.number}")
            key = f"{self.seed}/afterwards/{node.number}"
            command = born(child, "2010-05-01", FATHER)
            asked = submission(command, key, "police", Office.POLICE)
            future = node.writer.submit(asked, self.hub.time + CALL_S)
            self.hub.run(self.hub.time + 2 * CALL_S, future.done)
            if not future.done() or future.exception() is not None:
                self._broken(f"node {node.number} does not write again")
        self.hub.run(self.hub.time + 5, lambda: False)
        self.truth.advance(self.cluster)

    def _outwait(self) -> None:
        """Whatever is under way lands, or does not; every node reads to the end."""
        self.hub.pace = 100.0
        self.hub.run(self.hub.time + 150, lambda: False)
        self.hub.pace = 1.0
        self.hub.run(self.hub.time + 5, lambda: False)
        self.truth.advance(self.cluster)

    def _close_the_book(self, asked: Asked) -> None:
        found = self.nodes[0].log.find(*asked.submission.key)
        recorded = asked.submission.key in self.truth.state.keys
        if recorded is not (found is not None):
            self._broken("a key is recorded and not found, or found and not recorded")
        others = [
            one for one in self.history if one.submission.key == asked.submission.key
        ]
        receipts = {one.receipt.hash for one in others if one.receipt}
        if len(receipts) > 1:
            self._broken("one key has two receipts")
        if asked.receipt is not None and found is None:
            self._broken("an acknowledged submission is not recorded")
        if recorded and all(one.refused and not one.doubt for one in others):
            self._broken("nothing was written, it was said, and it is recorded")

    def _fork(self) -> None:
        """The topic loses what was acknowledged: every node that held it must stop."""
        self.cluster.faults = Faults(*(0.0,) * 5)
        self.cluster.away_until = 0.0
        self._outwait()
        kept = max(3, len(self.cluster.records) // 2)
        lost = [r.content for r in self.cluster.records[kept:]]
        held = [n for n in self.nodes if n.log.last_placed() is not None]
        held = [n for n in held if (n.log.last_placed() or (0, b""))[0] >= kept]
        if not lost or not held:
            return
        other = MemoryState(ORIGIN)
        for record in self.cluster.records[:kept]:
            other.apply(record.content)
        written = [hashlib.sha256(bytes([n])).digest() for n in range(len(lost) + 3)]
        self.hub.after_step = lambda: None
        self.cluster.fork(kept, [*written[:-1], _stranger(other)])
        self.note("the topic goes on with another history")
        self.hub.run(self.hub.time + 30, lambda: all(n.log.damage for n in held))
        for node in held:
            if not node.log.damage:
                self._broken(f"node {node.number} did not see another history")


def _ended(future: Future[Receipt], node: Node) -> bool:
    return future.done() or not node.alive


def _stranger(state: MemoryState) -> bytes:
    """Return a record whose parent no node of this run has ever seen."""
    from tests.support.records import siblings  # noqa: PLC0415  only for forks

    elsewhere = MemoryState(ORIGIN, head=state.head)
    first = siblings(elsewhere, seed=b"elsewhere", request="elsewhere")
    elsewhere.apply(first)
    return siblings(elsewhere, seed=b"elsewhere", request="elsewhere again")


def _what(asked: Submission) -> str:
    command: Any = asked.command
    return type(command).__name__
