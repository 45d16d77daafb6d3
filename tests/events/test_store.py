"""The file: full disks, other registries, readers beside writers, bounded voids."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast

import pytest

from events.embedded import EmbeddedLog
from events.entry import decode_frame, decode_record
from events.ingest import MAX_VOID_BYTES, Candidate
from events.log import (
    Accepted,
    LogClosedError,
    LogDamagedError,
    LogUnavailableError,
    VoidReason,
)
from events.recorder import LogApplicationRecorder
from events.replica import ReplicatedLog
from events.store import Store
from events.topic import Batch, Topic, TopicRecord
from tests.support.records import chain
from tests.support.registry import ORIGIN

FULL = "database or disk is full"


@contextmanager
def full_disk(path: Path) -> Iterator[None]:
    """Let every insertion of an entry fail as it does where no page is left."""
    with closing(sqlite3.connect(path)) as other:
        other.execute(
            "CREATE TRIGGER full AFTER INSERT ON entries "
            f"BEGIN SELECT RAISE(ROLLBACK, '{FULL}'); END"
        )
        other.commit()
    yield
    with closing(sqlite3.connect(path)) as other:
        other.execute("DROP TRIGGER full")
        other.commit()


def soon() -> float:
    return time.monotonic() + 10


def test_a_full_disk_takes_nothing_says_so_and_goes_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    path, records = tmp_path / "log.sqlite", chain(4)
    log = EmbeddedLog(path, ORIGIN)
    log.append(records[:2], soon())
    with full_disk(path):
        with pytest.raises(LogUnavailableError, match=FULL):
            log.append(records[2:], soon())
        assert log.head().position == 2
        assert log.find("tongshan-court", "siblings/3") is None
        assert len(log.read(0, 10)) == 2
    verdicts = log.append(records[2:], soon())
    assert [type(verdict) for verdict in verdicts] == [Accepted, Accepted]
    log.close()
    again = EmbeddedLog(path, ORIGIN)
    assert [entry.record for entry in again.read(0, 10)] == records
    again.close()


class OneBatch:
    """A topic whose next records are given; nothing of it fails."""

    def __init__(self, records: list[bytes]) -> None:
        self.records = [
            TopicRecord(offset=n, leader_epoch=0, appended_ms=0, content=record)
            for n, record in enumerate(records)
        ]

    def fetch(self, offset: int, wait_s: float) -> Batch:  # noqa: ARG002  the port's
        found = tuple(self.records[offset:])
        return Batch(records=found, next_offset=offset + len(found))

    def read_at(self, offset: int, timeout_s: float) -> TopicRecord:  # noqa: ARG002  the port's
        return self.records[offset]

    def identity(self, timeout_s: float) -> str:  # noqa: ARG002  the port's
        return "one"

    def close(self) -> None:
        """Nothing is held."""


def test_a_copy_on_a_full_disk_reads_the_same_records_again(tmp_path: Path) -> None:
    path, records = tmp_path / "log.sqlite", chain(3)
    log = ReplicatedLog(path, ORIGIN, cast("Topic", OneBatch(records)))
    with full_disk(path):
        for _ in range(3):
            with pytest.raises(LogUnavailableError, match=FULL):
                log.follow_once(0)
        assert (log.next_offset, log.head().position) == (0, 0)
    log.follow_once(0)
    assert (log.next_offset, log.head().position) == (3, 3)
    log.close()


def test_the_file_of_another_registry_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    EmbeddedLog(path, ORIGIN).close()
    with pytest.raises(LogDamagedError, match="another registry"):
        EmbeddedLog(path, "registry.example/elsewhere")


@pytest.mark.parametrize("name", ["a # b", "what?mode=memory", "50%25", ":memory:"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    """What means something in SQLite's URI is a name here; nothing is made beside."""
    folder = tmp_path / name
    folder.mkdir()
    with closing(EmbeddedLog(folder / "log.sqlite", ORIGIN)) as log:
        log.append(chain(2), 1e12)
    with closing(EmbeddedLog(folder / "log.sqlite", ORIGIN)) as log:
        assert log.head().position == 2
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_readers_see_whole_prefixes_while_it_is_written(tmp_path: Path) -> None:
    log, records = EmbeddedLog(tmp_path / "log.sqlite", ORIGIN), chain(150)
    wrong: list[str] = []
    done = threading.Event()

    def look() -> None:
        before = 0
        while not done.is_set():
            found = log.read(0, 1_000)
            if [e.record for e in found] != records[: len(found)]:
                wrong.append("not a prefix")
            if len(found) < before:
                wrong.append("went back")
            before = len(found)
            stream = log.stream(_stream(records[0]))
            if [body.version for body in stream] != list(range(1, len(stream) + 1)):
                wrong.append("a hole in a stream")

    readers = [threading.Thread(target=look) for _ in range(3)]
    for reader in readers:
        reader.start()
    for start in range(0, len(records), 3):
        log.append(records[start : start + 3], soon())
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert log.head().position == 150
    log.close()


def _stream(record: bytes) -> str:
    return decode_frame(decode_record(record).frame).events[0].stream


def test_a_void_is_kept_with_its_reason_and_not_beyond_its_bound(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path / "log.sqlite", ORIGIN)
    store.ingest([Candidate(record=bytes(600_000), offset=7)])
    (void,) = store.voids(0, 10)
    assert (void.reason, void.offset, void.size) == (VoidReason.TOO_LARGE, 7, 600_000)
    assert len(void.record) == MAX_VOID_BYTES
    assert store.voids(void.number, 10) == []
    store.close()


def test_what_is_remembered_is_there_again_and_changes_with_the_records(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log.sqlite"
    store = Store(path, ORIGIN)
    store.ingest([Candidate(record=chain(1)[0])], {"next_offset": "1"})
    store.remember("topic_id", "one")
    store.close()
    again = Store(path, ORIGIN)
    assert (again.meta("next_offset"), again.meta("topic_id")) == ("1", "one")
    assert again.meta("nothing") is None
    assert again.head().position == 1
    again.close()


def test_closing_waits_for_whoever_is_reading_and_refuses_the_rest(
    tmp_path: Path,
) -> None:
    """A connection closed under a reader would take the process with it."""
    for turn in range(20):
        log = EmbeddedLog(tmp_path / f"{turn}.sqlite", ORIGIN)
        log.append(chain(20), soon())
        recorder, ended = LogApplicationRecorder(log), list[str]()

        def read(
            log: EmbeddedLog = log,
            recorder: LogApplicationRecorder = recorder,
            ended: list[str] = ended,
        ) -> None:
            try:
                while True:
                    log.read(0, 20)
                    recorder.select_notifications(1, 20)
            except LogClosedError:
                ended.append("refused")

        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.01)
        log.close()
        log.close()
        for thread in threads:
            thread.join()
        assert ended == ["refused"] * 3
