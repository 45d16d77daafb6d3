"""Rebuild beside the live file: compared, switched to, harmless wherever it ends."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import pytest

from events.embedded import EmbeddedLog
from events.guardianship import Office
from projections.custody import PROJECTION, Custody
from projections.files import Files, FolderLock, retire
from projections.rebuild import (
    BehindError,
    NotComparableError,
    RebuildBusyError,
    RebuildCancelledError,
    Told,
    build,
    compare,
    promote,
)
from projections.runner import PROJECTIONS, Runner
from registry.child import Child
from registry.registration import decide_register_child
from tests.support.planted import empty_log, plant
from tests.support.registry import ORIGIN, TIMEOUT_S, child_id
from tests.support.stories import CHILD, FATHER, MOTHER, born

DAY = date(2015, 3, 1)


def birth(log: EmbeddedLog, child: str) -> int:
    command = born(child, "2004-10-05", FATHER, MOTHER)
    events = decide_register_child(Child(), command, Office.POLICE)
    return plant(log, *((child, event) for event in events))


@contextmanager
def serving(folder: Path) -> Iterator[tuple[EmbeddedLog, Runner, Custody]]:
    with (
        empty_log(folder) as log,
        closing(Runner(folder, log)) as runner,
        closing(Custody(folder)) as custody,
    ):
        birth(log, CHILD)
        for number in range(20):
            birth(log, child_id(f"child {number}"))
        runner.start()
        assert runner.wait(log.head().position, TIMEOUT_S)
        yield log, runner, custody


def test_rebuilt_rows_are_the_maintained_ones(tmp_path: Path) -> None:
    with serving(tmp_path) as (log, runner, custody):
        at = birth(log, child_id("born while serving"))
        assert runner.wait(at, TIMEOUT_S)
        for built in build(tmp_path, PROJECTIONS, log):
            found = compare(built, log)
            assert found.equal
            assert found.different == ()
            assert found.checkpoint.position == at
            before = custody.digest()
            promote(built, log)
            assert custody.digest() == before


def test_a_live_row_that_is_wrong_is_named_and_gone_after_the_switch(
    tmp_path: Path,
) -> None:
    with serving(tmp_path) as (log, runner, custody):
        right = custody.digest()
        live = Files(tmp_path, PROJECTION.name, PROJECTION.fold).current()
        with closing(sqlite3.connect(live)) as tampering:
            tampering.execute(
                "DELETE FROM history WHERE child=(SELECT id FROM child WHERE name=?)",
                (CHILD,),
            )
            tampering.commit()
        assert custody.custody(CHILD, DAY) is None
        (built,) = build(tmp_path, [PROJECTION], log)
        found = compare(built, log)
        assert not found.equal
        assert found.different == (CHILD,)
        promote(built, log)
        assert custody.digest() == right
        assert custody.custody(CHILD, DAY) is not None
        assert runner.state().stopped is None


def test_readers_see_no_error_and_never_go_back_during_switches(
    tmp_path: Path,
) -> None:
    with serving(tmp_path) as (log, runner, custody):
        done = threading.Event()
        faults: list[str] = []

        def read() -> None:
            last = 0
            while not done.is_set():
                try:
                    found = custody.custody(CHILD, DAY)
                except Exception as error:  # noqa: BLE001  any is a fault here
                    faults.append(repr(error))
                    return
                if found is None or found.checkpoint < last:
                    faults.append(f"{found} after {last}")
                    return
                last = found.checkpoint

        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        for number in range(6):
            birth(log, child_id(f"between switches {number}"))
            (built,) = build(tmp_path, [PROJECTION], log)
            birth(log, child_id(f"after the build {number}"))
            assert compare(built, log).equal
            at = birth(log, child_id(f"after the comparison {number}"))
            assert runner.wait(at, TIMEOUT_S)
            promote(built, log)
            assert custody.checkpoint() >= at
        done.set()
        for reader in readers:
            reader.join()
        assert faults == []


def test_a_cancelled_rebuild_leaves_nothing(tmp_path: Path) -> None:
    told: list[Told] = []

    def cancel(now: Told) -> bool:
        told.append(now)
        return False

    with serving(tmp_path) as (log, _, _custody):
        before = sorted(path.name for path in tmp_path.glob("*.sqlite*"))
        with pytest.raises(RebuildCancelledError):
            build(tmp_path, PROJECTIONS, log, cancel)
        assert sorted(path.name for path in tmp_path.glob("*.sqlite*")) == before
        assert told[0].position == told[0].head == log.head().position


def test_a_second_rebuild_in_a_folder_is_refused(tmp_path: Path) -> None:
    with (
        serving(tmp_path) as (log, _, _custody),
        FolderLock(tmp_path, "rebuild.lock").held(),
        pytest.raises(RebuildBusyError),
    ):
        build(tmp_path, PROJECTIONS, log)


def test_without_a_live_file_there_is_nothing_to_compare(tmp_path: Path) -> None:
    with empty_log(tmp_path) as log:
        (built,) = build(tmp_path, [PROJECTION], log)
        with pytest.raises(NotComparableError):
            compare(built, log)


def test_a_generation_that_cannot_reach_the_live_one_is_not_switched_to(
    tmp_path: Path,
) -> None:
    """The log that the new file was made from lacks what the live one has applied."""
    with serving(tmp_path) as (log, _, custody):
        live = custody.digest()
        (built,) = build(tmp_path, [PROJECTION], log)
        with closing(sqlite3.connect(built.path)) as earlier:
            earlier.execute("UPDATE checkpoint SET position=position-1")
            earlier.commit()
        with closing(sqlite3.connect(tmp_path / "log.sqlite")) as planted:
            planted.execute(
                "UPDATE entries SET record=zeroblob(9) WHERE position=?",
                (log.head().position,),
            )
            planted.commit()
        with pytest.raises(BehindError):
            promote(built, log)
        assert custody.digest() == live


def test_an_old_file_stays_until_its_last_reader_has_left(tmp_path: Path) -> None:
    with serving(tmp_path) as (log, _, custody):
        files = Files(tmp_path, PROJECTION.name, PROJECTION.fold)
        first = files.current()
        other = Custody(tmp_path)  # opened now, asked again only at the end
        assert other.custody(CHILD, DAY) is not None
        for _ in range(3):
            (built,) = build(tmp_path, [PROJECTION], log)
            promote(built, log)
        assert first.exists()
        assert files.current() != first
        assert other.custody(CHILD, DAY) == custody.custody(CHILD, DAY)
        assert first in retire(files)
        assert not first.exists()
        other.close()


REBUILDER = """
import sys
from pathlib import Path
from events.embedded import EmbeddedLog
from projections import rebuild
from projections.rebuild import build, compare, promote
from projections.runner import PROJECTIONS
from tests.support.registry import ORIGIN
rebuild.BATCH = 5
folder = Path(sys.argv[1])
log = EmbeddedLog(folder / "log.sqlite", ORIGIN)
print("ready", flush=True)
while True:
    for built in build(folder, PROJECTIONS, log):
        assert compare(built, log).equal
        promote(built, log)
"""


def test_a_rebuild_killed_in_any_phase_changes_no_answer(tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311  moments to kill at
    with serving(tmp_path) as (log, runner, custody):
        digest = custody.digest()
        for round_ in range(5):
            rebuilder = subprocess.Popen(
                [sys.executable, "-c", REBUILDER, str(tmp_path)],
                stdout=subprocess.PIPE,
            )
            assert rebuilder.stdout is not None
            rebuilder.stdout.readline()
            time.sleep(chance.random() * 0.15)
            rebuilder.send_signal(signal.SIGKILL)
            rebuilder.stdout.close()
            rebuilder.wait()
            assert custody.digest() == digest, round_
            assert runner.state().stopped is None
        at = birth(log, child_id("after all kills"))
        assert runner.wait(at, TIMEOUT_S)
        for built in build(tmp_path, PROJECTIONS, log):
            assert compare(built, log).equal
            promote(built, log)
        assert list(tmp_path.glob("*.building*")) == []


def test_a_folder_opened_after_a_killed_rebuild_serves_what_it_did(
    tmp_path: Path,
) -> None:
    with serving(tmp_path) as (log, _, custody):
        digest = custody.digest()
        (tmp_path / "custody.3.9.sqlite.building").write_bytes(b"half a file")
        (built,) = build(tmp_path, [PROJECTION], log)  # completed, never switched to
        assert built.path.exists()
        assert not (tmp_path / "custody.3.9.sqlite.building").exists()
    with (
        closing(EmbeddedLog(tmp_path / "log.sqlite", ORIGIN)) as log,
        closing(Runner(tmp_path, log)) as runner,
        closing(Custody(tmp_path)) as custody,
    ):
        runner.start()
        assert runner.wait(log.head().position, TIMEOUT_S)
        assert custody.digest() == digest
