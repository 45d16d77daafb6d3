"""The heads log: a head store that is a log itself, by the same code.

What lives here: `HeadsLog`, which keeps each fixed head as one entry of a log of its
own, in a file or in a topic. What never does: the rule by which heads follow each
other (`events.heads`), signatures.

The log is named `<origin>/heads`. Its entry n holds head n: one event of the stream
`heads` whose body is the head's text, under the fingerprint zero. An entry is accepted
only upon the entry that its writer saw, so a swap is an append, and of two signers who
append upon one head one is void, for every reader and for ever. Nothing in a head is
secret, and its salts are zero.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from events.codec import Codec
from events.draft import Draft, DraftEvent, OpaqueContent, assemble
from events.entry import (
    Authentication,
    AuthenticationKind,
    Provenance,
    open_entry,
)
from events.frame import SALT_BYTES
from events.heads import FixedHead, HeadStoreError, parse_fixed
from events.log import Accepted, Log, LogError, StoredEntry
from events.notes import NoteError

STREAM: Final = "heads"
KIND: Final = "HeadFixed"
TIMEOUT_S: Final = 10.0
"""For one look or one append: a signer that waits longer tries again at its tick."""
_CODEC: Final = Codec(())


def heads_origin(origin: str) -> str:
    """Return the name of the log in which the heads of a log are kept."""
    return f"{origin}/heads"


class HeadsLog:
    """A head store of `events.heads` over any log; `clock` is in microseconds."""

    def __init__(self, log: Log, node: str, clock: Callable[[], int]) -> None:
        self._log = log
        self._node = node
        self._clock = clock

    @property
    def name(self) -> str:
        """The name of the log."""
        return self._log.registry

    def last(self) -> FixedHead | None:
        """Return the last fixed head, None where the log has no entry."""
        newest = self._newest()
        return None if newest is None else self._opened(newest)

    def swap(self, expected: FixedHead | None, new: FixedHead) -> bool:
        """Fix a head if the last one is as expected; whether it was."""
        newest = self._newest()
        if (None if newest is None else self._opened(newest)) != expected:
            return False
        record = self._record(newest, new)
        with self._answering():
            (verdict,) = self._log.append([record], time.monotonic() + TIMEOUT_S)
        return isinstance(verdict, Accepted)

    def heads(self, after: int, limit: int) -> list[FixedHead]:
        """Return up to `limit` heads with numbers above `after`. HeadStoreError."""
        with self._answering():
            found = self._log.read(after, limit)
        return [self._opened(stored) for stored in found]

    def of_size(self, size: int) -> FixedHead | None:
        """Return the head of a size, None where none was fixed. HeadStoreError."""
        low, high = 1, self._log.head().position
        while low <= high:  # sizes grow with the numbers
            middle = (low + high) // 2
            (found,) = self.heads(middle - 1, 1)
            if found.checkpoint.head.size == size:
                return found
            if found.checkpoint.head.size < size:
                low = middle + 1
            else:
                high = middle - 1
        return None

    def _newest(self) -> StoredEntry | None:
        with self._answering():
            position = self._log.catch_up(time.monotonic() + TIMEOUT_S).position
            return self._log.read(position - 1, 1)[0] if position else None

    def _opened(self, stored: StoredEntry) -> FixedHead:
        """Return the head of an entry. Raises HeadStoreError."""
        place = f"{self.name} entry {stored.position}"
        bodies = open_entry(stored).record.bodies
        try:
            head = parse_fixed(bodies[0].content if bodies and bodies[0] else b"")
        except (NoteError, HeadStoreError) as error:
            raise HeadStoreError(place, f"holds no head: {error}") from error
        if head.number != stored.position:
            raise HeadStoreError(place, f"holds head {head.number}")
        return head

    def _record(self, parent: StoredEntry | None, head: FixedHead) -> bytes:
        event = DraftEvent(
            stream=STREAM,
            version=head.number,
            event=OpaqueContent(type=KIND, content=head.text),
            concerns=None,
            jurisdiction=None,
            urgent=False,
        )
        draft = Draft(
            registry=self._log.registry,
            authority=self._log.registry,
            request_id=f"head/{head.number}",
            request=OpaqueContent(type=KIND, content=b""),
            authentication=Authentication(
                kind=AuthenticationKind.CLAIMED, fingerprint=None
            ),
            provenance=Provenance.LIVE,
            writer=self._node,
            cause="tick",
            events=(event,),
        )
        after = 0 if parent is None else parent.recorded_at
        previous = bytes(32) if parent is None else parent.hash
        moment = max(self._clock(), after + 1)
        return assemble(draft, previous, moment, lambda: bytes(SALT_BYTES), _CODEC)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Say in the words of head stores what the log says."""
        try:
            yield
        except (LogError, ValueError) as error:
            raise HeadStoreError(self.name, f"does not answer: {error}") from error
