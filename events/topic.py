"""The topic as the log needs it: five questions, and what can go wrong with each.

What lives here: the port between `events.replica`, which keeps the promises, and what
holds the records: `events.kafka`, or the simulated one that the tests attack. What
never does: acceptance, retries, threads.

A topic is one sequence of records; an offset is a record's place in it. Offsets may
have gaps and are nobody's business but this port's and the copy's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class TopicError(Exception):
    """The root of what a topic may answer instead."""


class TopicUnavailableError(TopicError):
    """Nobody answers now, or not in time; nothing is known by it."""


class OffsetLostError(TopicError):
    """The topic does not have the offset asked for: it is shorter, or was cut."""


class TopicRecord(NamedTuple):
    """One record as it lies: `appended_ms` is the broker's clock, milliseconds."""

    offset: int
    leader_epoch: int
    appended_ms: int
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Records in order, and the offset from which to go on."""

    records: tuple[TopicRecord, ...]
    next_offset: int


class Sending(Protocol):
    """A record handed over to be appended."""

    def failed(self) -> bool:
        """Whether the client gave up on it. It may still land."""
        ...


class Topic(Protocol):
    """One partition. Every method raises TopicUnavailableError within its time."""

    def send(self, records: Sequence[bytes]) -> list[Sending]:
        """Hand over records to be appended in this order.

        Raises TopicUnavailableError only where none of them was handed over.
        """
        ...

    def renew(self) -> None:
        """Throw away what sends, with all it still holds; the next send is fresh."""
        ...

    def fetch(self, offset: int, wait_s: float) -> Batch:
        """Return what lies at an offset and after it, waiting a while for the first.

        Raises OffsetLostError where the topic does not reach that far any more.
        """
        ...

    def end(self, timeout_s: float) -> int:
        """Return the offset after the last record, as the leader says now."""
        ...

    def read_at(self, offset: int, timeout_s: float) -> TopicRecord | None:
        """Return the record at an offset, or None where there is none."""
        ...

    def identity(self, timeout_s: float) -> str:
        """Return the id that a topic made again under the same name does not have."""
        ...

    def close(self) -> None:
        """Let go of all connections."""
        ...
