"""What waits for its turn: this node's own submissions, and those of its peers.

What lives here: one waiting submission with what is known of it so far, and the queue
that mixes origins. What never does: deciding, threads; the writer holds the lock.

Each origin (this node's own callers, each peer) has a line of its own, first come,
first served, with a bound of its own: whoever floods one line delays nobody in
another. A group takes one of each line in turns.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field

from events.log import OutcomeUnknownError
from registry.receipt import Receipt
from registry.submission import AlreadyExistsError, OverloadedError, Submission

MAX_WAITING = 1_000
"""Waiting submissions of one origin before new ones are turned away."""
MAX_WAITING_BYTES = 32 * 1024 * 1024
"""What these may have together, as they arrived: a thousand of the largest would be
half a gigabyte."""
OWN = ""
"""The origin of what this node's own callers submitted."""


@dataclass(slots=True, eq=False)
class Waiting:
    """One submission; `deadline` is a value of the writer's clock.

    `here` says that this node decides it, whoever else appends; `doubt` that a peer
    may have appended it, or may still: then nothing but its entry is a final answer;
    `fresh` that a peer just recorded it: its receipt is the first, no repetition.
    """

    submission: Submission
    deadline: float
    origin: str = OWN
    attempts: int = 0
    here: bool = False
    doubt: bool = False
    fresh: bool = False
    future: Future[Receipt] = field(default_factory=Future)

    def __post_init__(self) -> None:
        # Nobody may cancel what may already be on its way to the log.
        self.future.set_running_or_notify_cancel()

    @property
    def may_leave(self) -> bool:
        """Whether a peer may append it: what is handed on once stays there."""
        asked = self.submission
        return self.origin == OWN and not self.here and not asked.validate_only

    def answer(self, receipt: Receipt) -> None:
        """Tell its caller the receipt."""
        self.future.set_result(receipt)

    def fail(self, error: Exception) -> None:
        """Tell its caller an error; an unknown outcome where a peer left doubt."""
        if self.doubt and not isinstance(error, AlreadyExistsError):
            message = f"a peer was asked before, and may have recorded it: {error}"
            unknown = OutcomeUnknownError(message)
            unknown.__cause__ = error
            error = unknown
        self.future.set_exception(error)


class Queue:
    """The lines of all origins. No method may be called from two threads at once."""

    def __init__(self) -> None:
        self._own: deque[Waiting] = deque()
        self._lines: defaultdict[str, deque[Waiting]] = defaultdict(deque)
        """What is decided here: of each peer, and of our own what may not leave."""
        self._bytes: Counter[str] = Counter()
        """Of what waits, by origin."""

    def __len__(self) -> int:
        return len(self._own) + sum(map(len, self._lines.values()))

    def add(self, waiting: Waiting) -> None:
        """Put one at the end of its line. Raises OverloadedError where that is full."""
        own = len(self._own) + len(self._lines[OWN])
        held = own if waiting.origin == OWN else len(self._lines[waiting.origin])
        size = self._bytes[waiting.origin] + waiting.submission.size
        if held >= MAX_WAITING or size > MAX_WAITING_BYTES:
            raise OverloadedError
        self._bytes[waiting.origin] = size
        self._line(waiting).append(waiting)

    def put_back(self, group: Iterable[Waiting]) -> None:
        """Put some at the front of their lines, in this order."""
        for waiting in reversed(list(group)):
            self._bytes[waiting.origin] += waiting.submission.size
            self._line(waiting).appendleft(waiting)

    def take(self, limit: int) -> list[Waiting]:
        """Take up to so many, one of each line in turns."""
        return self._in_turns([self._own, *self._lines.values()], limit)

    def take_leaving(self, limit: int) -> list[Waiting]:
        """Take up to so many of those that a peer may append."""
        return self._in_turns([self._own], limit)

    def take_staying(self, limit: int) -> list[Waiting]:
        """Take up to so many of our own that only this node decides."""
        return self._in_turns([self._lines[OWN]], limit)

    def take_forwarded(self) -> list[Waiting]:
        """Take all that peers forwarded."""
        lines = [line for origin, line in self._lines.items() if origin != OWN]
        return self._in_turns(lines, sum(map(len, lines)))

    def take_all(self) -> list[Waiting]:
        """Take everything."""
        lines = [self._own, *self._lines.values()]
        return self._in_turns(lines, sum(map(len, lines)))

    def _line(self, waiting: Waiting) -> deque[Waiting]:
        return self._own if waiting.may_leave else self._lines[waiting.origin]

    def _in_turns(self, lines: list[deque[Waiting]], limit: int) -> list[Waiting]:
        taken: list[Waiting] = []
        while len(taken) < limit and any(lines):
            for line in lines:
                if line and len(taken) < limit:
                    taken.append(line.popleft())
        for waiting in taken:
            self._bytes[waiting.origin] -= waiting.submission.size
        return taken
