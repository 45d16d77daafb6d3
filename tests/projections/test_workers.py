"""A build by several processes: the rows of one, and harmless wherever it ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from events.embedded import EmbeddedLog
from events.guardianship import Office
from events.reading import FollowedLog
from projections.custody import PROJECTION as CUSTODY
from projections.custody import Custody
from projections.files import Files, open_reader
from projections.rebuild import (
    Built,
    RebuildBusyError,
    RebuildCancelledError,
    Told,
    build,
    building,
    compare,
    promote,
)
from projections.runner import PROJECTIONS, Runner
from projections.view import Projection, digest
from projections.workers import MAX_WORKERS, WorkerLostError, build_by, parts_of
from registry.child import Child
from registry.registration import decide_register_child
from tests.support.phases import phases
from tests.support.planted import damaged, plant, put, record_of
from tests.support.registry import (
    ORIGIN,
    TIMEOUT_S,
    child_id,
    opened,
    submission,
    submit,
)
from tests.support.stories import (
    BUREAU,
    CHILD,
    FATHER,
    MOTHER,
    born,
    judgment,
    outcome,
    tongshan_application,
)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EmbeddedLog]:
    """The published story, siblings born in one entry, and one that cannot be read."""
    with opened(tmp_path) as registry:
        both = outcome(disqualified=(FATHER, MOTHER))
        birth = born(CHILD, "2004-10", FATHER, MOTHER)
        bureau = Office.CIVIL_AFFAIRS
        submit(registry, submission(birth, "birth", "xuzhou-police", Office.POLICE))
        submit(registry, submission(tongshan_application(), "file", BUREAU, bureau))
        submit(registry, submission(judgment("2015-02-04", both), "judgment"))
    with closing(EmbeddedLog(tmp_path / "log.sqlite", ORIGIN)) as opened_log:
        siblings = [child_id(f"sibling {number}") for number in range(7)]
        told = [
            (name, event)
            for name in siblings
            for event in decide_register_child(
                Child(), born(name, "2010-03-01", FATHER, MOTHER), Office.POLICE
            )
        ]
        plant(opened_log, *told)
        for name in siblings[:2]:
            put(opened_log, damaged(record_of(opened_log, told[:2]), 0))
            plant(opened_log, *((name, event) for _, event in told[:1]))
        yield opened_log


def digests(built: list[Built]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in built:
        with closing(open_reader(one.path)) as file:
            found[one.projection.name] = digest(file, one.projection)
    return found


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.building*"))


def test_every_row_is_that_of_one_process_however_many_work(
    tmp_path: Path, log: EmbeddedLog
) -> None:
    alone = build(tmp_path, PROJECTIONS, log)
    told: list[Told] = []

    def tell(now: Told) -> bool:
        told.append(now)
        return True

    for workers in (1, 3, 5):
        built = build_by(workers, tmp_path, PROJECTIONS, log, tell)
        assert digests(built) == digests(alone)
        assert {one.checkpoint for one in built} == {one.checkpoint for one in alone}
        assert [one.events for one in built] == [one.events for one in alone]
    assert told[-1].position == told[-1].head == log.head().position
    assert left(tmp_path) == []


def test_the_work_is_parted_by_projections_where_that_is_fair() -> None:
    plan = parts_of(PROJECTIONS, 2, lambda name, shard: Path(f"{name}.{shard}"))
    parts = [part for parts in plan for part in parts]
    assert {part.projection.name for part in parts} == {p.name for p in PROJECTIONS}
    assert {(part.shard, part.of) for part in parts} == {(0, 1)}
    assert len(parts) == len(PROJECTIONS)


@pytest.mark.parametrize(
    ("projections", "workers"), [(PROJECTIONS, 5), ((CUSTODY,), 2), ((CUSTODY,), 1)]
)
def test_elsewhere_it_is_parted_by_children_where_rows_are_by_child(
    projections: Sequence[Projection], workers: int
) -> None:
    plan = parts_of(projections, workers, lambda name, shard: Path(f"{name}.{shard}"))
    for one in projections:
        parts = [part for parts in plan for part in parts if part.projection is one]
        assert [(part.shard, part.of) for part in parts] == (
            [(n, workers) for n in range(workers)] if one.by_child else [(0, 1)]
        )
    paths = [part.path for parts in plan for part in parts]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize("workers", [0, MAX_WORKERS + 1])
def test_no_such_number_of_workers(
    tmp_path: Path, log: EmbeddedLog, workers: int
) -> None:
    with pytest.raises(ValueError, match="workers: is 1 to"):
        build_by(workers, tmp_path, PROJECTIONS, log)


def test_a_cancelled_or_a_second_rebuild_leaves_nothing(
    tmp_path: Path, log: EmbeddedLog
) -> None:
    with pytest.raises(RebuildCancelledError):
        build_by(2, tmp_path, PROJECTIONS, log, lambda _: False)
    assert multiprocessing.active_children() == []
    with building(tmp_path), pytest.raises(RebuildBusyError):
        build_by(2, tmp_path, PROJECTIONS, log)
    assert left(tmp_path) == []


def test_a_worker_that_is_killed_ends_the_rebuild_and_leaves_nothing(
    tmp_path: Path, log: EmbeddedLog
) -> None:
    def kill(_: Told) -> bool:
        for child in multiprocessing.active_children():
            assert child.pid
            os.kill(child.pid, signal.SIGKILL)
        return True

    with pytest.raises(WorkerLostError):
        build_by(3, tmp_path, PROJECTIONS, log, kill)
    assert left(tmp_path) == []
    assert multiprocessing.active_children() == []


def test_what_no_worker_can_open_ends_all_files_before_it(
    tmp_path: Path, log: EmbeddedLog
) -> None:
    """A record's bytes rot in the copy: each file stands where the log was whole."""
    at = log.head().position
    with closing(sqlite3.connect(log.path)) as file:
        file.execute("UPDATE entries SET record=zeroblob(9) WHERE position=?", (at,))
        file.commit()
    built = build_by(2, tmp_path, PROJECTIONS, log)
    assert {one.checkpoint.position for one in built} == {at - 1}
    assert all(one.stopped is not None for one in built)
    assert digests(built) == digests(build(tmp_path, PROJECTIONS, log))


def rebuild_all(folder: str, workers: str) -> None:
    """Rebuild, compare and switch to all: what is killed in the test below."""
    with closing(FollowedLog(Path(folder) / "log.sqlite", ORIGIN)) as log:
        if workers == "1":
            made = build(Path(folder), PROJECTIONS, log)
        else:
            made = build_by(int(workers), Path(folder), PROJECTIONS, log)
        for built in made:
            assert compare(built, log).equal
            promote(built, log)


PHASES = {
    "1": (
        ("create", 4),
        ("open_all", 1),
        ("completed", 1),
        ("give_name", 1),
        ("durable", 3),
        ("completed", len(PROJECTIONS)),
        ("compare", 1),
        ("_at_one_checkpoint", 2),
        ("promote", 1),
        ("switch", 1),
        ("sync_folder", len(PROJECTIONS) + 1),
        ("retire", 1),
        ("remove", 1),
        ("switch", len(PROJECTIONS)),
    ),
    "2": (("fold_by", 1), ("_heard", 1), ("give_name", 3), ("_built", 1)),
    "5": (("merge", 2), ("give_name", 1)),
}


@pytest.mark.parametrize("workers", list(PHASES))
def test_killed_with_9_in_every_phase_no_answer_changes(
    tmp_path: Path, log: EmbeddedLog, workers: str
) -> None:
    me = "tests.projections.test_workers"
    with (
        closing(Runner(tmp_path, log)) as runner,
        closing(Custody(tmp_path)) as custody,
        phases(me, "rebuild_all", str(tmp_path), workers) as rebuilding,
    ):
        runner.start()
        assert runner.wait(log.head().position, TIMEOUT_S)
        answers = custody.digest()
        for function, call in PHASES[workers]:
            assert rebuilding.killed(function, call), function
            assert custody.digest() == answers, function
            assert runner.state().stopped is None
            assert runner.state().demanded == {}
        assert not rebuilding.killed("nothing")
        assert custody.digest() == answers
        assert left(tmp_path) == []
        for one in PROJECTIONS:
            files = Files(tmp_path, one.name, one.fold)
            assert files.current() == files.generations()[-1][1]
