"""The embedded log: one file, and nothing to install.

What lives here: the log of `events.log` on a store alone; what is accepted here is the
record itself. What never does: other processes; a folder has one keeper.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from events.entry import decode_record, frame_hash
from events.ingest import Candidate
from events.log import (
    Accepted,
    Head,
    LogClosedError,
    LogUnavailableError,
    Verdict,
    Voided,
    VoidReason,
)
from events.store import Store


class EmbeddedLog(Store):
    """The log on one file: what is accepted here is the record itself."""

    local = True
    """Its head is the end of the log: nobody else writes it."""

    def __init__(
        self, path: Path, registry: str, now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(path, registry)
        self._now = now
        self._closed = False

    def append(self, records: Sequence[bytes], deadline: float) -> list[Verdict]:
        """Append records that are chained on each other; a verdict for each.

        Raises LogClosedError after `close`, LogUnavailableError when the deadline
        has passed or the disk is full: nothing was written then.
        """
        if self._closed:
            raise LogClosedError
        if self._now() >= deadline:
            message = "the deadline passed before anything was written"
            raise LogUnavailableError(message)
        verdicts = self.ingest([Candidate(record=record) for record in records])
        return [
            self._first(record) or verdict
            if verdict == Voided(reason=VoidReason.OTHER_PARENT)
            else verdict
            for record, verdict in zip(records, verdicts, strict=True)
        ]

    def _first(self, record: bytes) -> Accepted | None:
        """Return the verdict on the same bytes when they first came."""
        return self.accepted_as(frame_hash(decode_record(record).frame))

    def catch_up(self, deadline: float) -> Head:
        """Return the head: the file is the log, and this process its only keeper."""
        if self._now() >= deadline:
            message = "the deadline passed"
            raise LogUnavailableError(message)
        return self.head()

    def close(self) -> None:
        """Stop taking appends and close the file."""
        self._closed = True
        super().close()
