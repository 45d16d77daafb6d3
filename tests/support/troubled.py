"""A real log whose next answers can be withheld before or after the append."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from events.embedded import EmbeddedLog
from events.log import Head, OutcomeUnknownError, Verdict
from registry.announce import adopt
from registry.china import CHINA
from registry.wire import CODEC
from tests.support.registry import ORIGIN, sources

WAIT_S = 10.0


class Troubled(EmbeddedLog):
    """A real log whose next answers can be withheld, before or after the append."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, ORIGIN)
        self.lose_before = self.lose_after = 0
        self.sent: list[list[bytes]] = []
        self.held = threading.Event()
        self.held.set()
        self.entered = threading.Event()
        self.ends_asked = 0

    def append(self, records: Sequence[bytes], deadline: float) -> list[Verdict]:
        self.entered.set()
        self.held.wait(WAIT_S)
        self.sent.append(list(records))
        if self.lose_before:
            self.lose_before -= 1
            raise OutcomeUnknownError
        verdicts = super().append(records, deadline)
        if self.lose_after:
            self.lose_after -= 1
            raise OutcomeUnknownError
        return verdicts

    def catch_up(self, deadline: float) -> Head:
        self.ends_asked += 1
        return super().catch_up(deadline)


@contextmanager
def troubled(folder: Path) -> Iterator[Troubled]:
    """Open a new log; what its first entries adopt is not counted as sent."""
    with closing(Troubled(folder / "log.sqlite")) as opened:
        adopt(opened, CODEC, sources(), "test", CHINA)
        opened.sent.clear()
        opened.entered.clear()
        yield opened
