"""The runner in a process of its own: told, heard, killed, frozen, replaced."""

from __future__ import annotations

import errno
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from events.embedded import EmbeddedLog
from events.log import LogClosedError
from events.registry import SchemaAdopted
from projections import apart as under_test
from projections.apart import Apart, RunnerLostError
from projections.custody import PROJECTION
from projections.files import FolderLock
from projections.progress import StoppedError
from projections.rebuild import build, promote
from tests.projections.test_runner import FOREIGN, birth, running_as
from tests.support.planted import empty_log, plant, put, record_of, under
from tests.support.registry import ORIGIN, TIMEOUT_S, child_id
from tests.support.stories import CHILD
from tests.support.waiting import wait

DAY = date(2015, 3, 1)


running = partial(running_as, Apart)


def process() -> int:
    """Return the process that applies."""
    (found,) = (
        child.pid
        for child in multiprocessing.active_children()
        if child.name == "childregistry-runner"
    )
    assert found is not None
    return found


def lives(pid: int) -> bool:
    """Say whether a process runs; one that waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_entries_that_nobody_waits_for_are_applied_too(tmp_path: Path) -> None:
    with empty_log(tmp_path) as log, running(tmp_path, log) as (apart, _):
        at = [birth(log, f"child {number}") for number in range(20)][-1]
        wait(lambda: apart.applied() == at)


def test_whoever_waits_is_told_when_it_closes(tmp_path: Path) -> None:
    with empty_log(tmp_path) as log:
        with running(tmp_path, log) as (apart, _):
            at = log.head().position + 1
            waiting, runner = apart.when_applied(at), process()
        with pytest.raises(LogClosedError):
            waiting.result(TIMEOUT_S)
        assert not lives(runner)


def test_it_stops_at_what_it_cannot_read_and_says_why(tmp_path: Path) -> None:
    with empty_log(tmp_path) as log, running(tmp_path, log) as (apart, custody):
        birth(log, "before", CHILD)
        announced = SchemaAdopted(fingerprint=FOREIGN, text='"a later one"')
        adopting = plant(log, (child_id("announcer"), announced))
        waiting = apart.when_applied(adopting + 1)
        record = record_of(log, [(child_id("announcer"), announced)])
        at = put(log, under(record, 0, FOREIGN))
        for answer in (waiting, apart.when_applied(at)):
            with pytest.raises(StoppedError, match=f"entry {at}") as stopped:
                answer.result(TIMEOUT_S)
            assert stopped.value.position == adopting
        assert apart.applied() == custody.checkpoint() == adopting
        assert custody.custody(CHILD, DAY) is not None


def test_a_full_disk_stops_it_and_it_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with empty_log(tmp_path) as log, running(tmp_path, log) as (apart, custody):
        runner = process()
        assert apart.wait(birth(log, "before"), TIMEOUT_S)
        resource.prlimit(runner, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        at = birth(log, "after", CHILD)
        with pytest.raises(StoppedError):
            apart.wait(at, TIMEOUT_S)
        room = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(runner, resource.RLIMIT_FSIZE, room)
        wait(lambda: apart.applied() == at)
        assert custody.custody(CHILD, DAY) is not None
        assert apart.wait(birth(log, "later"), TIMEOUT_S)


def test_one_that_is_killed_is_replaced_and_nobody_hears_of_less(
    tmp_path: Path,
) -> None:
    with empty_log(tmp_path) as log, running(tmp_path, log) as (apart, custody):
        for round_ in range(3):
            for number in range(30):
                at = birth(log, f"child {round_} {number}")
            killed, before = process(), apart.applied()
            os.kill(killed, signal.SIGKILL)
            waiting = apart.when_applied(at + 1)
            last = birth(log, f"after {round_}")
            while not waiting.done():
                assert apart.applied() >= before
            assert waiting.result(TIMEOUT_S) >= last
            assert process() != killed
        kept = custody.digest()
        (fresh,) = build(tmp_path, [PROJECTION], log)
        promote(fresh, log)
        assert custody.digest() == kept


def test_where_none_can_take_its_place_it_says_so_and_tries_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawned, refused = under_test._spawned, threading.Event()

    def none(folder: Path, registry: str) -> under_test._Process:
        if not refused.is_set():
            refused.set()
            raise OSError(errno.EAGAIN, "no more processes")
        return spawned(folder, registry)

    with empty_log(tmp_path) as log, running(tmp_path, log) as (apart, _):
        monkeypatch.setattr(under_test, "_spawned", none)
        waiting = apart.when_applied(log.head().position + 1)
        os.kill(process(), signal.SIGKILL)
        with pytest.raises(StoppedError, match="no more processes"):
            waiting.result(TIMEOUT_S)
        at = birth(log, "one")
        wait(lambda: apart.applied() == at)
        assert apart.wait(birth(log, "two"), TIMEOUT_S)


def test_one_that_is_frozen_holds_up_nobody_and_is_killed_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "STOP_S", 0.2)
    with empty_log(tmp_path) as log:
        with running(tmp_path, log) as (apart, _):
            os.kill(process(), signal.SIGSTOP)
            for number in range(300):
                at = birth(log, f"child {number}")
                waiting = apart.when_applied(at)
            assert not waiting.done()
        with pytest.raises(LogClosedError):
            waiting.result(TIMEOUT_S)
        with running(tmp_path, log) as (apart, custody):
            assert apart.wait(at, TIMEOUT_S) == at == custody.checkpoint()


def test_what_it_is_told_is_left_out_while_it_takes_nothing(tmp_path: Path) -> None:
    with empty_log(tmp_path) as log, running(tmp_path, log) as (apart, _):
        runner, told = process(), apart._runner
        os.kill(runner, signal.SIGSTOP)
        at = log.head().position
        sent = next(n for n in range(100_000) if not told.tell(at))
        assert sent > 100
        later = birth(log, "later")
        os.kill(runner, signal.SIGCONT)
        assert apart.wait(later, TIMEOUT_S) == later


def test_while_another_applies_it_waits_for_its_turn(tmp_path: Path) -> None:
    with empty_log(tmp_path) as log:
        with running(tmp_path, log) as (apart, _):
            apart.wait(log.head().position, TIMEOUT_S)
        with (
            FolderLock(tmp_path, "runner.lock").held(),
            running(tmp_path, log) as (apart, _),
        ):
            at = birth(log, "one")
            with pytest.raises(TimeoutError):
                apart.wait(at, 0.3)
        with running(tmp_path, log) as (apart, _):
            assert apart.wait(at, TIMEOUT_S) == at


def test_one_that_dies_before_it_begins_is_an_error(tmp_path: Path) -> None:
    with empty_log(tmp_path) as log, closing(Apart(tmp_path, log)) as apart:
        os.kill(process(), signal.SIGKILL)
        with pytest.raises(RunnerLostError, match="-9"):
            apart.start()


def test_one_that_cannot_begin_says_why(tmp_path: Path) -> None:
    with (
        empty_log(tmp_path) as log,
        FolderLock(tmp_path, "rebuild.lock").held(),
        closing(Apart(tmp_path, log)) as apart,
        pytest.raises(RunnerLostError, match="another rebuild"),
    ):
        apart.start()


SERVER = """
import multiprocessing, sys, time
from pathlib import Path
from events.embedded import EmbeddedLog
from projections.apart import Apart
from tests.support.registry import ORIGIN

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    apart = Apart(folder, EmbeddedLog(folder / "log.sqlite", ORIGIN))
    apart.start()
    print(multiprocessing.active_children()[0].pid, flush=True)
    time.sleep(600)
"""


def test_it_ends_with_its_server_however_that_ends(tmp_path: Path) -> None:
    with empty_log(tmp_path) as log:
        at = birth(log, "one")
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    runner = int(server.stdout.readline())
    server.send_signal(signal.SIGKILL)
    server.stdout.close()
    server.wait()
    with (
        closing(EmbeddedLog(tmp_path / "log.sqlite", ORIGIN)) as log,
        running(tmp_path, log) as (apart, _),
    ):
        assert apart.wait(at, TIMEOUT_S)
        wait(lambda: not lives(runner))
