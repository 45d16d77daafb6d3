"""A cold start: the copy and the projections of a topic, in one pass, whole or not."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from events.cold import cold_copy
from events.embedded import EmbeddedLog
from events.entry import MemoryState
from events.guardianship import Office
from events.log import LogDamagedError, StoredEntry, VoidKind
from events.replica import ReplicatedLog
from projections.cold import cold_start
from projections.files import Files, open_reader
from projections.rebuild import RebuildCancelledError
from projections.runner import PROJECTIONS, Runner
from projections.view import digest
from registry.child import Child
from registry.registration import decide_register_child
from tests.support.phases import phases
from tests.support.planted import damaged, put, record_of
from tests.support.records import siblings
from tests.support.registry import ORIGIN, TIMEOUT_S, opened, submission, submit
from tests.support.stories import CHILD, FATHER, MOTHER, born, judgment, outcome
from tests.support.topics import GivenTopic, given, kept


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """A topic's records: a story, and all sorts of voids between its entries."""
    folder = tmp_path_factory.mktemp("told")
    with opened(folder) as registry:
        birth = born(CHILD, "2004-10", FATHER, MOTHER)
        submit(registry, submission(birth, "birth", "xuzhou-police", Office.POLICE))
        both = outcome(disqualified=(FATHER, MOTHER))
        submit(registry, submission(judgment("2015-02-04", both), "judgment"))
    with closing(EmbeddedLog(folder / "log.sqlite", ORIGIN)) as log:
        put(log, damaged(record_of(log, [(CHILD, fact())]), 0))
        told = [entry.record for entry in log.read(0, 1_000)]
    elsewhere = MemoryState(ORIGIN)
    strange = [siblings(elsewhere)]
    elsewhere.apply(strange[0])
    strange.append(siblings(elsewhere))  # chained on what is nobody's here
    lost = MemoryState(ORIGIN)
    for record in told[:3]:
        lost.apply(record)
    stale = [siblings(lost, request="lost the race")]
    lost.apply(stale[0])
    stale.append(siblings(lost, request="and what was chained on it"))
    early = told[4]  # its parent comes later, so here it is a stranger's
    between = [b"garbage", *strange, early, *told[:2]]
    return [*told[:3], *between, told[3], *stale, told[1], *told[4:], b"", told[4]]


def fact() -> object:
    birth = born(CHILD, "2004-10-05", FATHER, MOTHER)
    return decide_register_child(Child(), birth, Office.POLICE)[0]


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of a log's file, by table, with its schema."""
    with closing(sqlite3.connect(path)) as file:
        named = "SELECT name FROM sqlite_schema WHERE type='table' ORDER BY 1"
        tables = [name for (name,) in file.execute(named)]
        schema = "SELECT name, sql FROM sqlite_schema ORDER BY name"
        found = {"schema": sorted(file.execute(schema).fetchall(), key=repr)}
        for table in tables:
            every = file.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
            found[table] = sorted(every, key=repr)
        return found


def followed(folder: Path, records: list[bytes]) -> Path:
    """Copy a topic record by record, as a node that follows it does."""
    path = folder / "followed.sqlite"
    with closing(ReplicatedLog(path, ORIGIN, GivenTopic(records, page=1))) as log:
        while log.next_offset < len(records):
            log.follow_once(0.0)
    return path


def copied(path: Path, topic: GivenTopic) -> None:
    with cold_copy(path, ORIGIN, topic) as copy:
        copy.drain()
        copy.finish()


def test_every_row_is_that_of_a_copy_that_followed(
    tmp_path: Path, records: list[bytes]
) -> None:
    copied(tmp_path / "cold.sqlite", GivenTopic(records))
    found = rows(tmp_path / "cold.sqlite")
    assert found == rows(followed(tmp_path, records))
    kinds = {row[3] for row in found["voids"]}
    assert kinds == {kind.value for kind in VoidKind}
    assert len(found["entries"]) == 5


def test_the_entries_come_once_in_order_and_in_any_batches(
    tmp_path: Path, records: list[bytes]
) -> None:
    with closing(EmbeddedLog(followed(tmp_path, records), ORIGIN)) as log:
        told = log.read(0, 1_000)
    with cold_copy(tmp_path / "log.sqlite", ORIGIN, GivenTopic(records)) as copy:
        found: list[StoredEntry] = []
        for limit in (1, 3, 500, 500):
            found += copy.read(len(found), limit)
        assert found == told
        assert copy.last.hash == told[-1].hash
        with pytest.raises(ValueError, match="comes next"):
            copy.read(0, 1)
    assert not (tmp_path / "log.sqlite").exists()


def test_a_topic_that_is_silent_for_a_while_is_asked_again(
    tmp_path: Path, records: list[bytes]
) -> None:
    topic = GivenTopic(records)
    topic.silent = 3
    copied(tmp_path / "cold.sqlite", topic)
    assert (tmp_path / "cold.sqlite").exists()


def test_a_topic_cut_or_made_again_meanwhile_leaves_no_copy(
    tmp_path: Path, records: list[bytes]
) -> None:
    topic = GivenTopic(records)
    with cold_copy(tmp_path / "log.sqlite", ORIGIN, topic) as copy:
        copy.read(0, 1)
        topic.cut_before = 99
        with pytest.raises(LogDamagedError, match="no longer has offset"):
            copy.drain()
        topic.cut_before = 0
        copy.drain()
        topic.name = "made again"
        with pytest.raises(LogDamagedError, match="made again"):
            copy.finish()
    assert list(tmp_path.iterdir()) == []


def digests(folder: Path) -> dict[str, str]:
    found = {}
    for one in PROJECTIONS:
        path = Files(folder, one.name, one.fold).current()
        with closing(open_reader(path)) as file:
            found[one.name] = digest(file, one)
    return found


def wanted(folder: Path, records: list[bytes]) -> dict[str, str]:
    """Return the digests of the projections of a node that followed the topic."""
    folder.mkdir()
    with (
        closing(EmbeddedLog(followed(folder, records), ORIGIN)) as log,
        closing(Runner(folder, log)) as runner,
    ):
        runner.start()
        assert runner.wait(log.head().position, TIMEOUT_S)
    return digests(folder)


def start(base: str) -> None:
    """Start cold in the folder that is not whole: what is killed in the test below."""
    folder = next(one for one in Path(base).glob("node-*") if not begun(one))
    (folder / "begun").touch()
    cold_start(folder, ORIGIN, given(f"{base}/records"))


def begun(folder: Path) -> bool:
    return (folder / "begun").exists()


PHASES = (
    ("_created", 1),
    ("_take", 1),
    ("_take", 2),
    ("completed", 1),
    ("give_name", len(PROJECTIONS)),
    ("finish", 1),
    ("durable", len(PROJECTIONS) + 1),
    ("sync_folder", len(PROJECTIONS) + 1),
    ("switch", 1),
)


def test_killed_with_9_in_every_phase_the_next_start_is_as_if_it_had_not_been(
    tmp_path: Path, records: list[bytes]
) -> None:
    kept(tmp_path / "records", records)
    right = wanted(tmp_path / "followed", records)
    log = rows(tmp_path / "followed" / "followed.sqlite")
    with phases("tests.projections.test_cold", "start", str(tmp_path)) as starting:
        for number, (function, call) in enumerate(PHASES):
            folder = tmp_path / f"node-{number}"
            folder.mkdir()
            assert starting.killed(function, call), function
            if not (folder / "log.sqlite").exists():
                (folder / "begun").unlink()
                assert not starting.killed("nothing")
            with (
                closing(EmbeddedLog(folder / "log.sqlite", ORIGIN)) as copy,
                closing(Runner(folder, copy)) as runner,
            ):
                runner.start()
                assert runner.wait(copy.head().position, TIMEOUT_S)
            assert rows(folder / "log.sqlite") == log, function
            assert digests(folder) == right, function


def test_a_cancelled_cold_start_leaves_nothing_that_anyone_opens(
    tmp_path: Path, records: list[bytes]
) -> None:
    topic = GivenTopic(records)
    with pytest.raises(RebuildCancelledError):
        cold_start(tmp_path, ORIGIN, topic, lambda _: False)
    assert [path.name for path in tmp_path.iterdir()] == ["rebuild.lock"]
    cold_start(tmp_path, ORIGIN, topic)
    assert digests(tmp_path) == wanted(tmp_path / "followed", records)
