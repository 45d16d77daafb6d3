"""The runner: follows, wakes, stops where it cannot go on, says why, and recovers."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import TypeVar

import pytest

from events.embedded import EmbeddedLog
from events.guardianship import Office, TimelineChanged
from events.log import LogClosedError, LogDamagedError, SchemaUnknownError
from events.registry import SchemaAdopted
from events.timeline import Cause, Status
from projections.apart import Apart
from projections.custody import PROJECTION, Custody
from projections.files import Files, FoldChangedError, NotBuiltError, OtherHistoryError
from projections.progress import StoppedError
from projections.rebuild import build, promote
from projections.runner import PROJECTIONS, Runner
from registry.child import Child
from registry.registration import decide_register_child
from tests.support.planted import empty_log, plant, put, record_of, under
from tests.support.registry import ORIGIN, TIMEOUT_S, child_id
from tests.support.stories import CHILD, FATHER, MOTHER, born

DAY = date(2015, 3, 1)
Kind = TypeVar("Kind", bound=Runner | Apart)
"""In a thread, or in a process of its own."""
FOREIGN = bytes.fromhex("00112233445566ff")
"""The fingerprint of a schema that only a later release has."""


def birth(log: EmbeddedLog, name: str, of: str | None = None) -> int:
    child = of or child_id(name)
    command = born(child, "2004-10-05", FATHER, MOTHER)
    events = decide_register_child(Child(), command, Office.POLICE)
    return plant(log, *((child, event) for event in events))


def fill(runner: Runner, log: EmbeddedLog) -> None:
    """Record children until the runner stops."""
    for number in range(200):
        runner.wait(birth(log, f"child {number}"), TIMEOUT_S)


@contextmanager
def running(folder: Path, log: EmbeddedLog) -> Iterator[tuple[Runner, Custody]]:
    with running_as(Runner, folder, log) as found:
        yield found


@contextmanager
def running_as(
    kind: type[Kind], folder: Path, log: EmbeddedLog
) -> Iterator[tuple[Kind, Custody]]:
    with closing(kind(folder, log)) as runner, closing(Custody(folder)) as custody:
        runner.start()
        yield runner, custody


either = pytest.mark.parametrize("kind", [Runner, Apart])


@either
def test_a_waiter_is_woken_when_its_position_is_applied(
    kind: type[Runner | Apart], tmp_path: Path
) -> None:
    async def asked(runner: Runner | Apart, log: EmbeddedLog) -> int:
        waiting = asyncio.wrap_future(runner.when_applied(log.head().position + 1))
        assert not waiting.done()
        await asyncio.to_thread(birth, log, "late", CHILD)
        return await asyncio.wait_for(waiting, TIMEOUT_S)

    with (
        empty_log(tmp_path) as log,
        running_as(kind, tmp_path, log) as (runner, custody),
    ):
        position = asyncio.run(asked(runner, log))
        assert position == log.head().position == custody.checkpoint()
        assert runner.applied() == position
        found = custody.custody(CHILD, DAY)
        assert found is not None
        assert found.answer.status is Status.GUARDIAN


@either
def test_a_wait_that_is_given_up_harms_nobody(
    kind: type[Runner | Apart], tmp_path: Path
) -> None:
    with empty_log(tmp_path) as log, running_as(kind, tmp_path, log) as (runner, _):
        at = log.head().position + 1
        with pytest.raises(TimeoutError):
            runner.wait(at, 0.0)
        kept = runner.when_applied(at)
        birth(log, "one")
        assert kept.result(TIMEOUT_S) == at
        assert runner.wait(at, 0.0) == at


def test_whoever_waits_is_told_when_the_runner_closes(tmp_path: Path) -> None:
    with empty_log(tmp_path) as log:
        with running(tmp_path, log) as (runner, _):
            waiting = runner.when_applied(log.head().position + 1)
        with pytest.raises(LogClosedError):
            waiting.result(TIMEOUT_S)
        with pytest.raises(LogClosedError):
            runner.wait(log.head().position + 1, TIMEOUT_S)


def test_an_unknown_schema_stops_it_there_and_what_came_before_is_answered(
    tmp_path: Path,
) -> None:
    with empty_log(tmp_path) as log, running(tmp_path, log) as (runner, custody):
        before = birth(log, "before", CHILD)
        announced = SchemaAdopted(fingerprint=FOREIGN, text='"a later one"')
        adopting = plant(log, (child_id("announcer"), announced))
        change = TimelineChanged(
            rules=1, cause=Cause.ACT, act=None, withdrawn=(1, 2, 3, 4), asserted=()
        )
        at = put(log, under(record_of(log, [(CHILD, change)]), 0, FOREIGN))
        assert runner.wait(adopting, TIMEOUT_S)
        with pytest.raises(StoppedError, match=f"entry {at}") as stopped:
            runner.wait(at, TIMEOUT_S)
        assert isinstance(stopped.value.__cause__, SchemaUnknownError)
        state = runner.state()
        assert (state.position, state.stopped is not None) == (adopting, True)
        found = custody.custody(CHILD, DAY)
        assert found is not None
        assert (found.answer.status, found.checkpoint) == (Status.GUARDIAN, adopting)
        assert before < adopting < at
    # A release that lacks it starts, and stops at the same entry, cold or warm.
    for lost in ((), tuple(tmp_path.glob("custody*"))):
        for path in lost:
            path.unlink()
        with (
            closing(EmbeddedLog(tmp_path / "log.sqlite", ORIGIN)) as log,
            running(tmp_path, log) as (runner, custody),
        ):
            with pytest.raises(StoppedError, match=f"entry {at}"):
                runner.wait(at, TIMEOUT_S)
            assert custody.checkpoint() == adopting


def test_a_full_disk_stops_it_and_it_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with empty_log(tmp_path) as log, running(tmp_path, log) as (runner, custody):
        first = birth(log, "first", CHILD)
        assert runner.wait(first, TIMEOUT_S)
        connection = runner._live["custody"]._connection
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages}")
        with pytest.raises(StoppedError) as stopped:
            fill(runner, log)
        assert isinstance(stopped.value.__cause__, sqlite3.OperationalError)
        assert "full" in str(stopped.value)
        found = custody.custody(CHILD, DAY)
        assert found is not None
        assert found.answer.status is Status.GUARDIAN
        connection.execute("PRAGMA max_page_count=1000000")
        deadline = time.monotonic() + TIMEOUT_S
        while runner.state().stopped is not None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert runner.wait(log.head().position, TIMEOUT_S)
        assert custody.checkpoint() == log.head().position


def test_damaged_bytes_in_the_copy_stop_it_at_that_entry(tmp_path: Path) -> None:
    with empty_log(tmp_path) as log:
        sound = birth(log, "sound", CHILD)
        at = birth(log, "damaged")
        with closing(sqlite3.connect(tmp_path / "log.sqlite")) as planted:
            planted.execute(
                "UPDATE entries SET record=substr(record, 1, 400) WHERE position=?",
                (at,),
            )
            planted.commit()
        with running(tmp_path, log) as (runner, custody):
            with pytest.raises(StoppedError, match=f"entry {at}") as stopped:
                runner.wait(at, TIMEOUT_S)
            assert isinstance(stopped.value.__cause__, LogDamagedError)
            assert custody.checkpoint() == sound


def test_rows_of_another_fold_are_not_served_until_rebuilt(tmp_path: Path) -> None:
    old = Files(tmp_path, "custody", PROJECTION.fold - 1)
    with empty_log(tmp_path) as log:
        birth(log, "told", CHILD)
        (built,) = build(tmp_path, [PROJECTION], log)
        built.path.rename(old.path(1))
        old.switch(old.path(1))
        with running(tmp_path, log) as (runner, custody):
            with pytest.raises(FoldChangedError, match="rebuild"):
                custody.custody(CHILD, DAY)
            assert runner.wait(log.head().position, TIMEOUT_S)  # barred goes on
            assert isinstance(runner.state().demanded["custody"], FoldChangedError)
            (built,) = build(tmp_path, [PROJECTION], log)
            promote(built, log)
            at = birth(log, "after the switch")
            assert runner.wait(at, TIMEOUT_S)
            assert custody.checkpoint() == at
            assert runner.state().demanded == {}


def test_where_every_projection_needs_a_rebuild_whoever_waits_is_told(
    tmp_path: Path,
) -> None:
    with empty_log(tmp_path) as log:
        for built in build(tmp_path, PROJECTIONS, log):
            old = Files(tmp_path, built.projection.name, built.projection.fold + 1)
            built.path.rename(old.path(1))
            old.switch(old.path(1))
        with running(tmp_path, log) as (runner, _):
            with pytest.raises(StoppedError) as stopped:
                runner.wait(log.head().position, TIMEOUT_S)
            assert isinstance(stopped.value.__cause__, FoldChangedError)
            for built in build(tmp_path, PROJECTIONS, log):
                promote(built, log)
            deadline = time.monotonic() + TIMEOUT_S
            while runner.stopped is not None:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            assert runner.wait(log.head().position, TIMEOUT_S)


def test_a_projection_that_is_ahead_of_another_is_not_given_entries_twice(
    tmp_path: Path,
) -> None:
    with empty_log(tmp_path) as log:
        for built in build(tmp_path, PROJECTIONS, log):
            built.files.switch(built.path)
        birth(log, "while barred stands still", CHILD)
        (ahead,) = build(tmp_path, [PROJECTION], log)
        promote(ahead, log)
        at = birth(log, "for both")
        with running(tmp_path, log) as (runner, custody):
            assert runner.wait(at, TIMEOUT_S) == at
            kept = custody.digest()
            (fresh,) = build(tmp_path, [PROJECTION], log)
            promote(fresh, log)
            assert custody.digest() == kept


def test_at_rest_it_takes_over_the_file_that_became_current_and_brings_it_up(
    tmp_path: Path,
) -> None:
    with empty_log(tmp_path) as log, running(tmp_path, log) as (runner, custody):
        birth(log, "before", CHILD)
        (behind,) = build(tmp_path, [PROJECTION], log)
        at = birth(log, "after it was built")
        assert runner.wait(at, TIMEOUT_S) == at
        behind.files.switch(behind.path)
        deadline = time.monotonic() + TIMEOUT_S
        while custody.checkpoint() < at:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert custody.custody(CHILD, DAY) is not None


def test_rows_of_another_log_are_not_followed(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        folder.mkdir()
    with empty_log(theirs) as log:
        birth(log, "theirs")
        birth(log, "theirs too")
        for built in build(ours, PROJECTIONS, log):
            built.files.switch(built.path)
    with empty_log(ours) as log, running(ours, log) as (runner, custody):
        birth(log, "ours", CHILD)
        birth(log, "ours too")
        deadline = time.monotonic() + TIMEOUT_S
        while set(runner.state().demanded) != {p.name for p in PROJECTIONS}:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        error = runner.state().demanded["custody"]
        assert isinstance(error, OtherHistoryError)
        for built in build(ours, PROJECTIONS, log):
            promote(built, log)
        at = birth(log, "ours again")
        deadline = time.monotonic() + TIMEOUT_S
        while custody.checkpoint() < at:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert custody.custody(CHILD, DAY) is not None


def test_a_question_before_anything_is_built_says_so(tmp_path: Path) -> None:
    with closing(Custody(tmp_path)) as custody, pytest.raises(NotBuiltError):
        custody.custody(CHILD, DAY)


FOLLOWER = """
import sys
from pathlib import Path
from events.embedded import EmbeddedLog
from projections import runner as module
from projections.runner import Runner
from tests.support.registry import ORIGIN
module.BATCH = 3
folder = Path(sys.argv[1])
log = EmbeddedLog(folder / "log.sqlite", ORIGIN)
runner = Runner(folder, log)
runner.start()
while True:
    print(runner.applied(), flush=True)
"""


def test_a_follower_killed_at_any_moment_comes_to_the_same_rows(tmp_path: Path) -> None:
    with empty_log(tmp_path) as log:
        for built in build(tmp_path, PROJECTIONS, log):
            built.files.switch(built.path)
        for number in range(120):
            birth(log, f"child {number}")
    custody = Custody(tmp_path)
    for _ in range(4):
        before = custody.checkpoint()
        follower = subprocess.Popen(
            [sys.executable, "-c", FOLLOWER, str(tmp_path)], stdout=subprocess.PIPE
        )
        assert follower.stdout is not None
        follower.stdout.readline()  # it has begun to apply, and is killed within
        follower.send_signal(signal.SIGKILL)
        follower.stdout.close()
        follower.wait()
        assert custody.checkpoint() >= before
    with (
        closing(EmbeddedLog(tmp_path / "log.sqlite", ORIGIN)) as log,
        running(tmp_path, log) as (runner, _),
    ):
        assert runner.wait(log.head().position, TIMEOUT_S)
        kept = custody.digest()
        (fresh,) = build(tmp_path, [PROJECTION], log)
        promote(fresh, log)
        assert custody.digest() == kept
    custody.close()
