"""A topic that holds what it was given, for tests of its readers alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from events.topic import (
    Batch,
    OffsetLostError,
    Sending,
    TopicRecord,
    TopicUnavailableError,
)


class GivenTopic:
    """Records at offsets from 0; `silent` counts the questions it does not answer."""

    def __init__(self, records: Sequence[bytes], page: int = 7) -> None:
        self.records = list(records)
        self.name = "given"
        self.silent = 0
        self.cut_before = 0
        self._page = page

    def send(self, records: Sequence[bytes]) -> list[Sending]:
        raise TopicUnavailableError(str(len(records)))

    def renew(self) -> None:
        """Nothing sends here."""

    def fetch(self, offset: int, wait_s: float) -> Batch:
        del wait_s
        self._answers()
        if offset < self.cut_before:
            raise OffsetLostError
        found = tuple(
            TopicRecord(
                offset=at, leader_epoch=3, appended_ms=at, content=self.records[at]
            )
            for at in range(offset, min(offset + self._page, len(self.records)))
        )
        return Batch(records=found, next_offset=offset + len(found))

    def end(self, timeout_s: float) -> int:
        del timeout_s
        self._answers()
        return len(self.records)

    def read_at(self, offset: int, timeout_s: float) -> TopicRecord | None:
        del timeout_s
        found = self.fetch(offset, 0.0).records
        return found[0] if found else None

    def identity(self, timeout_s: float) -> str:
        del timeout_s
        return self.name

    def close(self) -> None:
        """Nothing is held."""

    def _answers(self) -> None:
        if self.silent:
            self.silent -= 1
            message = "nobody answers"
            raise TopicUnavailableError(message)


def kept(path: Path, records: Sequence[bytes]) -> None:
    """Write records to a file, for `given` of another process."""
    path.write_text("\n".join(record.hex() for record in records))


def given(path: str) -> GivenTopic:
    """Return the topic of a file of records."""
    return GivenTopic(
        [bytes.fromhex(one) for one in Path(path).read_text().split("\n")]
    )
