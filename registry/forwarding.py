"""The soft owner: whoever wrote the last accepted entry appends for the others too.

Writers that race for the next position lose most of their work, and the one that won
wins again. So a node hands what its callers submit to the writer of the last accepted
entry, its owner for now, and answers them when its own copy has the entry. No group,
no lock, no election: the owner is a hint, read from the last entry. Two nodes that
believe in themselves, or none, cost speed; what is accepted is decided by the log.

What lives here: who the owner is, what is under way to it, and what comes back. What
never does: deciding and appending (`registry.writer`), the transport
(`registry.peers`), receipts by a peer's word: a receipt is read from our own copy.

What a peer can answer, and what follows:

* recorded: the answer is given once our copy holds the key; a peer that lied, or has
  another history, leaves doubt.
* moved: another node is the owner. Nothing was written; asked again once our copy is
  as far as the peer's. After `MAX_MOVES` this node appends by itself.
* declined: nothing was written; this node decides by itself. So do faults end: they
  append nothing, and are answered on what this node itself has read.
* unknown, or silence for `SOON_S`: the peer may have appended, or may still. This
  node appends by itself, under the same key, which the log accepts once. Whatever
  else but the entry comes of it is answered as an unknown outcome.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from events.codec import BodyUndecodableError
from events.entry import decode_frame, decode_record
from events.log import (
    EMPTY,
    ClockRefusedError,
    Log,
    LogClosedError,
    LogError,
    LogUnavailableError,
    SchemaUnknownError,
)
from registry.announce import NotAdoptedError
from registry.receipt import Receipt
from registry.refusal import Fault
from registry.submission import (
    AbortedError,
    AlreadyExistsError,
    MovedError,
    OverloadedError,
    Submission,
)
from registry.waiting import Waiting

SOON_S = 0.5
"""How long an owner may be silent: half of what a submission may wait at most."""
SILENT_S = 2.0
"""How long a silent owner is not asked again: by then another is the owner."""
MAX_AWAY = 128
"""Submissions under way to a peer: a group, and the next one."""
MAX_CALLS = 4
"""Calls under way to a peer: what comes meanwhile travels together in the next."""
MAX_MOVES = 3
"""Times a submission follows a moving owner before this node appends it itself."""
LOOK_S = 0.2
"""How long a stop may wait for the thread that answers."""


class Kind(StrEnum):
    """What became of a forwarded submission."""

    RECORDED = "recorded"
    MOVED = "moved"
    DECLINED = "declined"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A peer's answer: the entry's position, or up to where the peer has read."""

    kind: Kind
    position: int = 0
    repeated: bool = False


NOTHING_WRITTEN = (
    Fault,
    AbortedError,
    OverloadedError,
    LogUnavailableError,
    ClockRefusedError,
    NotAdoptedError,
    SchemaUnknownError,
    BodyUndecodableError,
)
"""Errors after which no attempt is under way. Any other may hide one."""
UNKNOWN = Outcome(Kind.UNKNOWN)
DECLINED = Outcome(Kind.DECLINED)
Done = Callable[[Sequence[Outcome]], None]

log = logging.getLogger(__name__)


def outcome_of(ended: Future[Receipt]) -> Outcome:
    """Return how a submission ended, for who forwarded it: what may be written yet."""
    error = ended.exception()
    if error is None:
        found = ended.result()
        return Outcome(Kind.RECORDED, found.position, found.repeated)
    if isinstance(error, AlreadyExistsError):
        return Outcome(Kind.RECORDED, error.first.position, repeated=True)
    if isinstance(error, MovedError):
        return Outcome(Kind.MOVED, error.position)
    return DECLINED if isinstance(error, NOTHING_WRITTEN) else UNKNOWN


class Peers(Protocol):
    """The other nodes of the registry, as the configuration lists them."""

    def ready(self, node: str) -> bool:
        """Whether a listed node can be asked at once."""
        ...

    def forward(
        self,
        node: str,
        submissions: Sequence[tuple[Submission, float]],
        timeout_s: float,
        done: Done,
    ) -> int:
        """Ask a node to append submissions, each with the seconds its caller waits.

        Returns how many from the first on are under way; for these `done` is called
        once, on any thread, within the time or soon after it, with an outcome each.
        Never raises.
        """
        ...


class Nobody:
    """No peers: this node appends whatever it is asked."""

    def ready(self, node: str) -> bool:  # noqa: ARG002  as the port has it
        """Return False."""
        return False

    def forward(
        self,
        node: str,  # noqa: ARG002  as the port has it
        submissions: Sequence[tuple[Submission, float]],  # noqa: ARG002  likewise
        timeout_s: float,  # noqa: ARG002  likewise
        done: Done,  # noqa: ARG002  likewise
    ) -> int:
        """Take nothing."""
        return 0


@dataclass(slots=True)
class _Arriving:
    """A submission that is settled once our copy has read up to a position."""

    waiting: Waiting
    outcome: Outcome


class Forwarding:
    """What one node hands on. `answer` tells a submission whose entry the copy has.

    It returns False where the copy has no entry of the key; `back` gets what this
    node's writer is to look at again.
    """

    def __init__(
        self,
        log: Log,
        node: str,
        *,
        now: Callable[[], float],
        answer: Callable[[Waiting], bool],
        back: Callable[[list[Waiting]], None],
    ) -> None:
        self.peers: Peers = Nobody()
        self._log = log
        self._node = node
        self._now = now
        self._answer = answer
        self._back = back
        self._head = EMPTY
        self._writer = ""
        self._silent: dict[str, float] = {}
        self._calls = self._away = 0
        self._arriving: list[_Arriving] = []
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Settle in a thread, until `close`."""
        self._thread = threading.Thread(target=self._run, name="forwarded", daemon=True)
        self._thread.start()

    def owner(self) -> str | None:
        """Return the peer that appends for now; None where this node does."""
        if isinstance(self.peers, Nobody):
            return None
        try:
            writer = self._last_writer()
        except (LogError, sqlite3.Error):
            return None  # the round that follows meets the same, and says so
        if writer in {"", self._node} or not self.peers.ready(writer):
            return None
        return None if self._now() < self._silent.get(writer, 0.0) else writer

    def room(self) -> int:
        """Return how many more submissions may be under way."""
        with self._changed:
            return 0 if self._calls >= MAX_CALLS else MAX_AWAY - self._away

    def send(self, node: str, group: list[Waiting]) -> None:
        """Ask a node to append a group; what it does not take comes back."""
        now = self._now()
        asked = [(one.submission, one.deadline - now) for one in group]
        timeout_s = min(SOON_S, max(left for _, left in asked))
        with self._changed:
            self._calls += 1
            self._away += len(group)
        try:
            taken = self.peers.forward(
                node, asked, timeout_s, lambda found: self._came(node, group, found)
            )
        except Exception:  # a fault of ours: decided here, the first one is told it
            log.exception("nothing could be handed to peer %s", node)
            taken = 0
        rest = group[taken:]
        if taken == 0:
            rest[0].here = True
        with self._changed:
            self._calls -= taken == 0
            self._away -= len(rest)
        if rest:
            self._back(rest)

    def settle(self) -> None:
        """Settle what came back and our copy has read far enough for."""
        head = self._log.head().position
        with self._changed:
            ripe = [a for a in self._arriving if a.outcome.position <= head]
            self._arriving = [a for a in self._arriving if a.outcome.position > head]
        back: list[Waiting] = []
        for one in ripe:
            waiting, outcome = one.waiting, one.outcome
            if outcome.kind is not Kind.RECORDED:
                back.append(waiting)
                continue
            waiting.fresh = not outcome.repeated
            if not self._answer(waiting):
                # A peer that errs, or has another history: never by its word alone.
                waiting.fresh = False
                waiting.doubt = waiting.here = True
                back.append(waiting)
        if back:
            self._back(back)

    def close(self) -> None:
        """Stop, and turn away what has not come back."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
        _turn_away(self._arriving)

    def _last_writer(self) -> str:
        head = self._log.head()
        if head != self._head:
            found = self._log.read(head.position - 1, 1)
            if found:
                self._writer = decode_frame(decode_record(found[0].record).frame).writer
            self._head = head
        return self._writer

    def _came(self, node: str, group: list[Waiting], found: Sequence[Outcome]) -> None:
        """Take what a peer answered, on whatever thread that is known."""
        back: list[Waiting] = []
        arrived: list[_Arriving] = []
        for waiting, outcome in zip(group, found, strict=False):
            match outcome.kind:
                case Kind.RECORDED:
                    arrived.append(_Arriving(waiting, outcome))
                case Kind.MOVED:
                    waiting.attempts += 1
                    waiting.here = waiting.attempts >= MAX_MOVES
                    arrived.append(_Arriving(waiting, outcome))
                case Kind.DECLINED:
                    waiting.here = True
                    back.append(waiting)
                case Kind.UNKNOWN:
                    self._silent[node] = self._now() + SILENT_S
                    waiting.here = waiting.doubt = True
                    back.append(waiting)
        with self._changed:
            self._calls -= 1
            self._away -= len(found)
            closed = self._closed
            if not closed:
                self._arriving += arrived
            self._changed.notify_all()
        if closed:
            _turn_away(arrived)
        self._back(back)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._arriving and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                first = min(one.outcome.position for one in self._arriving)
            self._log.wait(first, LOOK_S)
            self.settle()


def _turn_away(arriving: Sequence[_Arriving]) -> None:
    """At the close: what was recorded is so, and its caller asks elsewhere."""
    for one in arriving:
        one.waiting.doubt |= one.outcome.kind is Kind.RECORDED
        one.waiting.fail(LogClosedError())
