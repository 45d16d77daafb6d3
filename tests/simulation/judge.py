"""The judge of a run: what nodes hold and clients are told, against the topic's bytes.

What lives here: the reference reader over the topic, and every promise as a check. What
never does: acting. A broken promise is a BrokenPromiseError with what and when.

After every step: each node's accepted entries are the reference reader's, in its order
(the head's hash binds all before it); each entry names the hash of the one before; each
key is accepted once. At every answer: what is acknowledged is accepted, what is refused
rests on what is recorded. In the end: no outcome is left unknown, every node holds all,
byte for byte, and each told client was told the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from events.entry import MemoryState, decode_frame, decode_record, frame_hash
from events.log import Accepted, Head
from registry.receipt import Receipt
from registry.refusal import Fault, NotKnownError
from registry.submission import Submission
from tests.simulation.kafka import Cluster
from tests.simulation.node import Node
from tests.support.registry import ORIGIN


class BrokenPromiseError(AssertionError):
    """A promise of the log was broken; carries what and when."""


@dataclass(slots=True)
class Asked:
    """One submission of a client, with all that it was told."""

    submission: Submission
    receipt: Receipt | None = None
    refused: bool = False
    """Whether the client was told that nothing was written, and believed it."""
    doubt: bool = False
    """Whether an attempt of it ended without a definite answer."""
    over: bool = False
    told: list[str] = field(default_factory=list)

    @property
    def child(self) -> str:
        """The child of a birth; empty for a judgment."""
        child = getattr(self.submission.command, "child", "")
        return str(child)


@dataclass(slots=True)
class Truth:
    """The reference reader over the topic's own bytes."""

    state: MemoryState = field(default_factory=lambda: MemoryState(ORIGIN))
    hashes: list[bytes] = field(default_factory=list)
    keys: set[tuple[str, str]] = field(default_factory=set)
    offset: int = 0

    def advance(self, cluster: Cluster) -> None:
        """Read up to the high-water mark; check the chain and the keys once more."""
        while self.offset < cluster.visible:
            content = cluster.records[self.offset].content
            self.offset += 1
            verdict = self.state.apply(content)
            if not isinstance(verdict, Accepted):
                continue
            written = decode_record(content).frame
            frame = decode_frame(written)
            key = frame.authority, frame.request_id
            before = self.hashes[-1] if self.hashes else bytes(32)
            if frame.previous != before or frame_hash(written) != verdict.hash:
                message = f"entry {verdict.position} does not follow the one before"
                raise BrokenPromiseError(message)
            if key in self.keys:
                message = f"entry {verdict.position} has a key of an earlier one"
                raise BrokenPromiseError(message)
            self.keys.add(key)
            self.hashes.append(verdict.hash)


class Judge:
    """Holds the truth of one run against its nodes and clients."""

    def __init__(self, cluster: Cluster, nodes: Sequence[Node]) -> None:
        self.truth = Truth()
        self.bounded = 0
        """Answers of the latest state that a leader of yesterday made too old."""
        self._cluster = cluster
        self._nodes = nodes
        self._checked: dict[int, Head] = {}
        """The head of each node that was checked last: what it held, it holds."""
        self._births: dict[str, float] = {}
        """When each child's registration was first acknowledged."""

    def step(self) -> None:
        """After every step: what a node holds is what the topic's bytes say."""
        self.truth.advance(self._cluster)
        known = self.truth.hashes
        for node in self._nodes:
            if not node.alive or node.log.damage:
                continue
            head = node.log.head()
            if head is self._checked.get(node.number):
                continue
            self._checked[node.number] = head
            if head.position > len(known):
                _broken(f"node {node.number} is ahead of the topic")
            if head.position and known[head.position - 1] != head.hash:
                _broken(f"node {node.number} holds another entry {head.position}")

    def receipt(self, receipt: Receipt) -> None:
        """Check that what is acknowledged is accepted, and there."""
        known, place = self.truth.hashes, receipt.position
        if not 0 < place <= len(known) or known[place - 1] != receipt.hash:
            _broken(f"a receipt for {place} that is not recorded")

    def acknowledged(self, asked: Asked, at: float) -> None:
        """Remember that a birth was acknowledged: from then on its child is known."""
        if asked.child:
            self._births.setdefault(asked.child, at)

    def not_known(self, fault: NotKnownError, began: float, node: Node) -> None:
        """Check "not known": nothing acknowledged before the call contradicts it.

        What a leader of yesterday says may be as old as its lease: counted apart.
        """
        child = fault.resource.rpartition("/")[2]
        known_since = self._births.get(child, float("inf"))
        if known_since >= began:
            return
        topic = node.topic
        if topic.lease_until > began and known_since >= topic.lost_at:
            self.bounded += 1
            return
        _broken(f"{fault.resource} was acknowledged before and is not known")

    def fault(self, asked: Asked, fault: Fault) -> None:
        """Check that a fault of a registration rests on one that is recorded."""
        streams = self.truth.state.versions
        known = f"child/{asked.child}" in streams
        if "registered already" in str(fault) and not known:
            _broken(f"refused by a registration that is not recorded: {asked.child}")

    def nothing_written(self, asked: Asked, history: Sequence[Asked]) -> None:
        """Check "nothing was written": of a key that one client alone asked with."""
        key = asked.submission.key
        others = [o for o in history if o is not asked and o.submission.key == key]
        if key in self.truth.state.keys and not asked.doubt and not others:
            _broken("nothing was written, it was said, and it is recorded already")

    def settled(self, history: Sequence[Asked]) -> None:
        """In the end: all nodes hold all, and every client was told the truth."""
        for node in self._nodes:
            if node.log.damage:
                _broken(f"node {node.number} says {node.log.damage}")
            if node.log.head() != self.truth.state.head:
                _broken(f"node {node.number} does not hold all")
            held = node.log.read(0, len(self.truth.hashes) + 1)
            ours = [frame_hash(decode_record(entry.record).frame) for entry in held]
            if ours != self.truth.hashes:
                _broken(f"node {node.number} keeps other bytes than it accepted")
        for asked in history:
            self._close_the_book(asked, history)

    def _close_the_book(self, asked: Asked, history: Sequence[Asked]) -> None:
        if not asked.over:
            _broken("an outcome was left unknown")
        found = self._nodes[0].log.find(*asked.submission.key)
        recorded = asked.submission.key in self.truth.state.keys
        if recorded is not (found is not None):
            _broken("a key is recorded and not found, or found and not recorded")
        others = [one for one in history if one.submission.key == asked.submission.key]
        receipts = {one.receipt.hash for one in others if one.receipt}
        if len(receipts) > 1:
            _broken("one key has two receipts")
        if asked.receipt is not None:
            self.receipt(asked.receipt)
            if found is None:
                _broken("an acknowledged submission is not recorded")
        if recorded and all(one.refused and not one.doubt for one in others):
            _broken("nothing was written, it was said, and it is recorded")


def _broken(what: str) -> None:
    raise BrokenPromiseError(what)
