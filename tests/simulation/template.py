"""What every run begins from: a log that has adopted what the simulation writes.

What lives here: the formats that clients' submissions need, a codec that decodes each
body once, and the file that each node's copy begins as. What never does: running.

Few formats, because every start of every node reads them all; an event beyond them
would end its run loudly.
"""

from __future__ import annotations

import functools
import sqlite3
import tempfile
from collections.abc import Iterable
from pathlib import Path

from events.cases import DecisionRecorded
from events.codec import Codec
from events.embedded import EmbeddedLog
from events.guardianship import (
    ChildRegistered,
    ConflictFound,
    GuardianDisqualified,
    GuardianshipEstablished,
    TimelineChanged,
)
from events.registry import RulesAdopted, SchemaAdopted, SubmissionRefused
from registry.announce import adopt
from registry.china import CHINA
from registry.commands import RecordDecision, RegisterChild
from tests.support.registry import ORIGIN, sources

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  faster, no more
FORMATS = (
    *(SchemaAdopted, RulesAdopted, SubmissionRefused),
    *(ChildRegistered, GuardianshipEstablished, GuardianDisqualified),
    *(DecisionRecorded, ConflictFound, TimelineChanged),
    *(RegisterChild, RecordDecision),
)
MOST_REMEMBERED = 4_096


class Remembering(Codec):
    """Decodes the same bytes once: all nodes read them, at every decision."""

    def __init__(self, classes: Iterable[type]) -> None:
        super().__init__(classes)
        self._decoded = functools.lru_cache(MOST_REMEMBERED)(super().decode)

    def decode(self, key: bytes, body: bytes) -> object:
        return self._decoded(key, body)


SIMULATED = Remembering(FORMATS)
"""The codec of every simulated node."""


@functools.cache
def template() -> tuple[bytes, tuple[bytes, ...]]:
    """Return a log that has adopted formats and rules, as its file, and its records."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        path = Path(folder) / "log.sqlite"
        log = EmbeddedLog(path, ORIGIN)
        adopt(log, SIMULATED, sources(), "template", CHINA)
        records = tuple(entry.record for entry in log.read(0, 10))
        log.close()
        _as_if_read_from_a_topic(path, len(records))
        return path.read_bytes(), records


def _as_if_read_from_a_topic(path: Path, records: int) -> None:
    """Let a file say that it was made from a topic's first offsets."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE entries SET topic_offset=position-1, leader_epoch=0")
        for name, value in (
            ("next_offset", str(records)),
            ("leader_epoch", "0"),
            ("topic_id", "simulated"),
        ):
            connection.execute("INSERT INTO meta VALUES (?,?)", (name, value))
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
