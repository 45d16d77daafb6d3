"""One run of a schedule: nodes under attack, clients that never forget, one judge.

The nodes run the real log, writer, acceptance and store; only the topic, the time and
the waiting are simulated. After every step the judge compares what nodes hold with the
reference reader over the topic's own bytes.
"""

from __future__ import annotations

import functools
import hashlib
import tempfile
from concurrent.futures import Future
from pathlib import Path

from events.entry import MemoryState
from events.guardianship import Office
from events.log import (
    ClockRefusedError,
    LogDamagedError,
    LogError,
    LogUnavailableError,
    OutcomeUnknownError,
)
from registry import writer as writing
from registry.receipt import Receipt
from registry.refusal import Fault, NotKnownError
from registry.submission import (
    AbortedError,
    AlreadyExistsError,
    OverloadedError,
    Submission,
)
from tests.simulation.hub import Hub
from tests.simulation.judge import Asked, BrokenPromiseError, Judge
from tests.simulation.kafka import NONE, Cluster
from tests.simulation.node import Node
from tests.simulation.peers import SimulatedPeers
from tests.simulation.schedule import CLIENTS, Act, Op, Schedule
from tests.simulation.template import MEMORY, template
from tests.support.records import siblings
from tests.support.registry import ORIGIN, child_id, submission
from tests.support.stories import FATHER, born, judgment, outcome

CALL_S = 6.0
OPERATOR_S = 3.0
"""How often somebody looks whether a node waits for a person."""
CLOCK_S = 0.5
"""How long a client waits at most for a clock to be mended, before it asks again."""
LONGEST_S = 1_200.0
"""Virtual time after which a run must be over: what is not settled then hangs."""


class World:
    """A run of a schedule."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.hub = Hub(schedule.seed)
        writing.ROUND_TIMEOUT_S = schedule.round_timeout_s
        self.cluster = Cluster(self.hub, schedule.faults)
        for content in template()[1]:
            self.cluster.land(content)
        self.cluster.visible = len(self.cluster.records)
        self._scratch = tempfile.TemporaryDirectory(dir=MEMORY)
        folder = Path(self._scratch.name)
        peers = SimulatedPeers(self.hub, schedule.lost_calls)
        self.nodes = [
            Node(self.hub, self.cluster, folder, number, peers)
            for number in range(schedule.nodes)
        ]
        self.judge = Judge(self.cluster, self.nodes)
        self.judge.step()
        self.history: list[Asked] = []
        self.trace: list[str] = []

    def run(self) -> World:
        """Run to the end. Raises BrokenPromiseError."""
        try:
            for node in self.nodes:
                node.start()
            clients = [
                self.hub.spawn(functools.partial(self._client, number))
                for number in range(CLIENTS)
            ]
            nemesis = self.hub.spawn(self._nemesis)
            self.hub.spawn(self._operator)
            self.hub.after_step = self.judge.step

            def over() -> bool:
                return nemesis.dead and all(client.dead for client in clients)

            self.hub.run(self.hub.time + LONGEST_S, over)
            if not over():
                message = "something never came to an end"
                raise BrokenPromiseError(message)
            self._outwait()
            if self.schedule.fork:
                self._fork()
            else:
                self._settle()
        finally:
            for node in self.nodes:
                node.kill()
            self.hub.end()
            self._scratch.cleanup()
        return self

    def note(self, text: str) -> None:
        """Say what happened, for whoever reads a run that failed."""
        self.trace.append(f"{self.hub.time:9.3f}  {text}")

    # -- clients ---------------------------------------------------------------

    def _client(self, number: int) -> None:
        for operation in self.schedule.operations:
            if operation.client == number:
                self.hub.sleep(operation.pause_s)
                self._settled(Asked(_submission(self.schedule.seed, operation)))

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
                future = node.submit(asked.submission, hub.time + CALL_S)
            except (LogError, OverloadedError):
                hub.sleep(0.1)
                continue
            command = type(asked.submission.command).__name__
            self.note(f"{key} asks node {node.number}: {command}")
            ended = functools.partial(_ended, future, node)
            came = hub.doze(node.answered, ended, began + CALL_S)
            if not came or not future.done():
                self.note(f"{key} hears nothing")
                asked.doubt = True
                continue
            self._heard(asked, future, began, node)
            self.note(f"{key} is told {asked.told[-1]}")

    def _heard(
        self, asked: Asked, future: Future[Receipt], began: float, node: Node
    ) -> None:
        try:
            receipt = future.result(0)
        except NotKnownError as fault:
            asked.told.append(f"not known: {fault.resource}")
            self.judge.not_known(fault, began, node)
            asked.over = True
        except AlreadyExistsError as error:
            asked.told.append("already exists")
            self.judge.receipt(error.first)
            asked.over = True
        except Fault as fault:
            asked.told.append(f"fault: {fault}")
            self.judge.fault(asked, fault)
            asked.over = True
        except (OutcomeUnknownError, AbortedError) as error:
            asked.told.append(type(error).__name__)
            asked.doubt |= isinstance(error, OutcomeUnknownError)
        except ClockRefusedError as error:
            asked.told.append(type(error).__name__)
            self.hub.sleep(self.hub.chance.random() * CLOCK_S)
        except LogDamagedError:
            asked.told.append("damaged")
        except LogUnavailableError:
            asked.told.append("nothing was written")
            self.judge.nothing_written(asked, self.history)
            if self.hub.chance.random() < 0.3:
                asked.refused = asked.over = True
        except LogError as error:
            asked.told.append(type(error).__name__)
        else:
            asked.told.append(f"position {receipt.position}")
            asked.receipt = receipt
            asked.over = True
            self.judge.receipt(receipt)
            self.judge.acknowledged(asked, self.hub.time)

    # -- who attacks, and who looks after --------------------------------------

    def _nemesis(self) -> None:
        for act in self.schedule.acts:
            self.hub.sleep(act.pause_s)
            self._act(act, self.nodes[act.node % len(self.nodes)])

    def _act(self, act: Act, node: Node) -> None:
        self.note(f"{act.kind}: node {node.number}, {act.value:.3f}")
        match act.kind:
            case "kill" | "lose the copy":
                # A greenlet that ends goes back to the hub: so it is ended there.
                self.hub.at(self.hub.time, node.kill)
                self.hub.sleep(act.value)
                if act.kind == "lose the copy":
                    node.lose_the_copy()
                node.start()
            case "stall":
                node.stall(act.value)
            case "fail over":
                self.cluster.fail_over(act.value)
            case "restart the broker":
                self.cluster.restart(act.value)
            case "clock":
                node.clock_error_us = int(act.value * 1e6)
            case "clock far ahead":
                node.clock_error_us = int(act.value * 1e6)
                self.hub.sleep(OPERATOR_S)
                node.clock_error_us = 0
            case "garbage":
                self.cluster.land(self.hub.chance.randbytes(int(act.value)))
            case _:
                message = f"no act {act.kind}"
                raise ValueError(message)

    def _operator(self) -> None:
        """Look at the nodes now and then; accept the time of what was recorded."""
        while True:
            self.hub.sleep(OPERATOR_S)
            for node in self.nodes:
                if node.alive and node.waits_for_a_person():
                    self.note(f"node {node.number}: its clock is accepted")
                    self.hub.at(self.hub.time, node.accept_the_clock)

    # -- the end ---------------------------------------------------------------

    def _outwait(self) -> None:
        """Whatever is under way lands, or does not; every node reads to the end."""
        self.cluster.faults = NONE
        self.cluster.away_until = 0.0
        for node in self.nodes:
            node.clock_error_us = 0
            node.stall(0)
        self.hub.pace = 100.0
        self.hub.run(self.hub.time + 150, lambda: False)
        self.hub.pace = 1.0
        self.hub.run(self.hub.time + 5, lambda: False)
        self.judge.step()

    def _settle(self) -> None:
        """After the storm every node takes submissions again, and holds all."""
        for node in self.nodes:
            asked = self._afterwards(node)
            future = node.submit(asked, self.hub.time + CALL_S)
            self.hub.run(self.hub.time + 2 * CALL_S, future.done)
            if not future.done() or future.exception() is not None:
                message = f"node {node.number} does not write again"
                raise BrokenPromiseError(message)
        self.hub.run(self.hub.time + 5, lambda: False)
        self.judge.step()
        self.judge.settled(self.history)

    def _afterwards(self, node: Node) -> Submission:
        child = child_id(f"afterwards {node.number}")
        key = f"{self.schedule.seed}/afterwards/{node.number}"
        command = born(child, "2010-05-01", FATHER)
        return submission(command, key, "police", Office.POLICE)

    def _fork(self) -> None:
        """The topic loses what was acknowledged: every node that held it must stop.

        Where connections break with it, as they do where brokers come back with less,
        nothing may be acknowledged any more upon what was lost.
        """
        announced = bool(self.hub.chance.randrange(2))
        kept = max(3, len(self.cluster.records) // 2)
        lost = [r.content for r in self.cluster.records[kept:]]
        held = [n for n in self.nodes if (n.log.last_placed() or (0, b""))[0] >= kept]
        if not lost or not held:
            return
        other = MemoryState(ORIGIN)
        for record in self.cluster.records[:kept]:
            other.apply(record.content)
        written = [hashlib.sha256(bytes([n])).digest() for n in range(len(lost) + 3)]
        self.hub.after_step = lambda: None
        self.cluster.fork(kept, [*written[:-1], _stranger(other)], announced=announced)
        self.note(f"the topic goes on with another history, {announced=}")
        until = self.hub.time + CALL_S
        futures = [n.submit(self._afterwards(n), until) for n in held]
        self.hub.run(self.hub.time + 30, lambda: all(n.log.damage for n in held))
        self.hub.run(until + CALL_S, lambda: False)
        for node, future in zip(held, futures, strict=True):
            if not node.log.damage:
                message = f"node {node.number} did not see another history"
                raise BrokenPromiseError(message)
            if announced and future.done() and future.exception() is None:
                message = f"node {node.number} acknowledged upon what was lost"
                raise BrokenPromiseError(message)


def _submission(seed: int, operation: Op) -> Submission:
    child, key = child_id(f"child {operation.child}"), f"{seed}/{operation.key}"
    if operation.birth:
        command = born(child, "2010-05-01", FATHER)
        return submission(command, key, "police", Office.POLICE)
    decided = judgment(
        "2015-02-04", outcome(child, disqualified=(FATHER,)), case=child_id(key)
    )
    return submission(decided, key)


def _ended(future: Future[Receipt], node: Node) -> bool:
    return future.done() or not node.alive


def _stranger(state: MemoryState) -> bytes:
    """Return a record whose parent no node of this run has ever seen."""
    elsewhere = MemoryState(ORIGIN, head=state.head)
    first = siblings(elsewhere, seed=b"elsewhere", request="elsewhere")
    elsewhere.apply(first)
    return siblings(elsewhere, seed=b"elsewhere", request="elsewhere again")
