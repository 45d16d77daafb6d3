"""Peers of a simulated node: calls that are lost, late, or answered by the dead.

The node's own forwarding runs; only the transport between nodes is simulated. A call
or its answer may be lost or delayed beyond the caller's patience, and a node may think
that nobody can be reached.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from events.log import LogClosedError
from registry.forwarding import DECLINED, UNKNOWN, Done, Outcome, outcome_of
from registry.receipt import Receipt
from registry.submission import OverloadedError, Submission

if TYPE_CHECKING:
    from tests.simulation.hub import Hub
    from tests.simulation.node import Node


class SimulatedPeers:
    """The transport between all nodes; `lost` of its calls, None: there is none."""

    def __init__(self, hub: Hub, lost: float | None) -> None:
        self._hub = hub
        self._lost = lost
        self._nodes: dict[str, Node] = {}

    def meet(self, node: Node) -> None:
        """Let a node that starts forward, and be forwarded to."""
        self._nodes[node.name] = node
        if self._lost is not None:
            node.writer.forward_through(_From(node, self))

    def alive(self, name: str) -> Node | None:
        """Return a node that runs."""
        node = self._nodes.get(name)
        return node if node is not None and node.alive else None

    def lost(self) -> bool:
        """Whether the next message is lost."""
        return self._hub.chance.random() < (self._lost or 0.0)

    def later(self, what: Callable[[], None]) -> None:
        """Do what a message does when it arrives: soon, or late."""
        chance = self._hub.chance
        delay = chance.random() * (5.0 if self.lost() else 0.02)
        self._hub.at(self._hub.time + delay, what)

    def at(self, when: float, what: Callable[[], None]) -> None:
        """Do something at a time."""
        self._hub.at(when, what)

    @property
    def now(self) -> float:
        """The time."""
        return self._hub.time


class _From:
    """What one node sees of it: `registry.forwarding.Peers`."""

    def __init__(self, node: Node, between: SimulatedPeers) -> None:
        self._node = node
        self._between = between

    def ready(self, node: str) -> bool:
        return self._between.alive(node) is not None and not self._between.lost()

    def forward(
        self,
        node: str,
        submissions: Sequence[tuple[Submission, float]],
        timeout_s: float,
        done: Done,
    ) -> int:
        between = self._between
        told = [False]

        def tell(outcomes: Sequence[Outcome]) -> None:
            if not told[0]:
                told[0] = True
                done(outcomes)
                self._node.wake()

        def arrive() -> None:
            futures = [self._taken(node, *one) for one in submissions]
            left = [len(futures)]

            def ended(_: object) -> None:
                left[0] -= 1
                if not left[0] and not between.lost():
                    found = [DECLINED if f is None else outcome_of(f) for f in futures]
                    between.later(lambda: tell(found))

            for future in futures:
                if future is None:
                    ended(future)
                else:
                    future.add_done_callback(ended)

        if not between.lost():
            between.later(arrive)
        unknown = [UNKNOWN] * len(submissions)
        between.at(between.now + timeout_s, lambda: tell(unknown))
        return len(submissions)

    def _taken(
        self, name: str, submission: Submission, left_s: float
    ) -> Future[Receipt] | None:
        node = self._between.alive(name)
        if node is None:
            return Future()  # nobody answers
        try:
            until = self._between.now + left_s
            return node.submit(submission, until, origin=self._node.name)
        except (OverloadedError, LogClosedError):
            return None
