"""A new copy of a topic, made in one pass: judged, written in bulk, indexed last.

What lives here: `ColdCopy`, which gives a fold its entries while they are written. What
never does: an append, a wait for more; it ends where the topic ended when it began, and
`events.replica` goes on from there. Whatever ends before that leaves nothing that
anyone opens, and the next start begins anew.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from events.bulk import Bulk
from events.ingest import Candidate
from events.log import (
    EMPTY,
    Head,
    LogDamagedError,
    LogUnavailableError,
    StoredEntry,
)
from events.new_file import NewFile
from events.topic import OffsetLostError, Topic, TopicUnavailableError

Told = TypeVar("Told")

PATIENCE_S: Final = 60.0
"""How long a topic that does not answer is asked again."""
RETRY_S: Final = 0.2
FETCH_WAIT_S: Final = 0.5
QUERY_TIMEOUT_S: Final = 5.0
TOGETHER: Final = 128
"""Records judged and written together: few enough to stay in a core's own memory."""


class ColdCopy:
    """The entries of a topic in order, once, written to a file on the way.

    `head` tells how many records the topic had when this began: voids among them are
    no entries. Methods raise LogUnavailableError where the topic does not answer for
    PATIENCE_S, LogDamagedError where it was cut or made again meanwhile, and
    sqlite3.Error where the disk takes no more.
    """

    def __init__(self, path: Path, registry: str, topic: Topic) -> None:
        self.path = path
        self.registry = registry
        self._topic = topic
        self._offset, self._epoch = 0, -1
        self._identity = self._asked(lambda: topic.identity(QUERY_TIMEOUT_S))
        self._end = self._asked(lambda: topic.end(QUERY_TIMEOUT_S))
        self._ready: deque[StoredEntry] = deque()
        self._bulk, self._file = Bulk(registry), NewFile(path)

    def head(self) -> Head:
        """Return where this will end if every record is an entry."""
        return Head(position=self._end, hash=EMPTY.hash, recorded_at=0)

    @property
    def last(self) -> Head:
        """The last entry read from the topic."""
        return self._bulk.head

    def read(self, after: int, limit: int) -> list[StoredEntry]:
        """Return the next entries, up to `limit`; `after` is the last one's position.

        Raises ValueError where it is not: a topic is read once.
        """
        next_ = self._ready[0].position if self._ready else self.last.position + 1
        if after != next_ - 1:
            message = f"entry {next_} comes next, not {after + 1}"
            raise ValueError(message)
        while not self._ready and self._offset < self._end:
            self._take()
        return [self._ready.popleft() for _ in range(min(limit, len(self._ready)))]

    def drain(self) -> None:
        """Read what is left, for nobody."""
        self._ready.clear()
        while self._offset < self._end:
            self._take()
            self._ready.clear()

    def finish(self) -> None:
        """Sort, index, make durable and name the file. All must have been read."""
        assert not self._ready  # noqa: S101  or an entry would be folded by nobody
        if self._asked(lambda: self._topic.identity(QUERY_TIMEOUT_S)) != self._identity:
            message = "the topic was made again while it was copied"
            raise LogDamagedError(message)
        self._file.finish(
            self._bulk.schemas,
            {
                "registry": self.registry,
                "topic_id": self._identity,
                "next_offset": str(self._offset),
                "leader_epoch": str(self._epoch),
            },
        )

    def close(self) -> None:
        """Let go of the file; what was not finished is deleted."""
        self._file.close()

    def _take(self) -> None:
        """Read what comes next in the topic, judge and keep it."""
        batch = self._asked(lambda: self._topic.fetch(self._offset, FETCH_WAIT_S))
        records = [one for one in batch.records if one.offset < self._end]
        for start in range(0, len(records), TOGETHER):
            some = records[start : start + TOGETHER]
            judged = self._bulk.take(map(Candidate.of, some))
            self._file.add(judged)
            self._ready.extend(
                StoredEntry(at, *row[:5]) for at, row, _ in judged.entries
            )
        self._offset = min(batch.next_offset, self._end)
        if records:
            self._epoch = records[-1].leader_epoch

    def _asked(self, ask: Callable[[], Told]) -> Told:
        """Ask the topic, again for a while where it does not answer."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return ask()
            except OffsetLostError as error:
                message = f"the topic no longer has offset {self._offset}"
                raise LogDamagedError(message) from error
            except TopicUnavailableError as error:
                if time.monotonic() >= deadline:
                    raise LogUnavailableError(str(error)) from error
                time.sleep(RETRY_S)


@contextmanager
def cold_copy(path: Path, registry: str, topic: Topic) -> Iterator[ColdCopy]:
    """Copy a topic to a new file; what is not finished in the block is deleted."""
    copy = ColdCopy(path, registry, topic)
    try:
        yield copy
    finally:
        copy.close()
