"""Snapshots: taken while serving, proved on arrival, refused where they lie."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from events.embedded import EmbeddedLog
from projections.custody import PROJECTION, Custody
from projections.files import Files
from projections.limits import LimitsProjection
from projections.runner import PROJECTIONS, Runner
from projections.snapshot import SnapshotError, restore, take, told, verify
from projections.view import digest
from tests.projections.test_rebuild import birth, serving
from tests.support.registry import ORIGIN, TIMEOUT_S, child_id
from tests.support.stories import CHILD

DAY = date(2015, 3, 1)


@pytest.fixture
def taken(tmp_path: Path) -> Path:
    """A folder `one` that served, its snapshots beside it, and `new` with the log."""
    (tmp_path / "one").mkdir()
    (tmp_path / "new").mkdir()
    with serving(tmp_path / "one") as (log, runner, _custody):
        for projection in PROJECTIONS:
            take(tmp_path / "one", projection, ORIGIN, tmp_path / projection.name)
        at = birth(log, child_id("born after the snapshot"))
        assert runner.wait(at, TIMEOUT_S)
    shutil.copy(tmp_path / "one" / "log.sqlite", tmp_path / "new" / "log.sqlite")
    return tmp_path


def opened(folder: Path) -> EmbeddedLog:
    return EmbeddedLog(folder / "log.sqlite", ORIGIN)


@pytest.mark.parametrize("full", [True, False])
def test_a_new_node_serves_from_snapshots_and_goes_on(
    taken: Path, *, full: bool
) -> None:
    new = taken / "new"
    with closing(opened(new)) as log:
        for projection in PROJECTIONS:
            restore(new, taken / projection.name, projection, log, full=full)
        with closing(Custody(new)) as custody, closing(Custody(taken / "one")) as there:
            assert custody.custody(CHILD, DAY) == there.custody(CHILD, DAY)
            assert custody.digest() == there.digest()
        with closing(Runner(new, log)) as runner:
            runner.start()
            at = birth(log, child_id("born on the new node"))
            assert runner.wait(at, TIMEOUT_S)


def changed(path: Path, sql: str) -> Path:
    with closing(sqlite3.connect(path)) as file:
        assert file.execute(sql).rowcount > 0
        file.commit()
    return path


def signed_anew(path: Path, digest: str) -> Path:
    """Let a snapshot claim the digest of the rows that it has now."""
    with closing(sqlite3.connect(path)) as file:
        file.execute("UPDATE snapshot SET digest=?", (digest,))
        file.commit()
    return path


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("UPDATE snapshot SET fold=fold+1", "by fold"),
        (
            "UPDATE snapshot SET registry='registry.example/other'",
            "of registry.example",
        ),
        ("UPDATE snapshot SET projection='barred'", "is barred"),
        ("DELETE FROM snapshot", "nothing of itself"),
        ("UPDATE checkpoint SET hash=zeroblob(32)", "does not have"),
        ("UPDATE checkpoint SET position=position+99", "does not have"),
        ("UPDATE checkpoint SET position=position-1", "does not have"),
        ("DELETE FROM history WHERE position=9", "not those of its digest"),
    ],
)
def test_a_snapshot_that_says_what_is_not_so_is_refused(
    sql: str, why: str, taken: Path
) -> None:
    path = changed(taken / "custody", sql)
    with closing(opened(taken / "new")) as log:
        for full in (True, False):
            with pytest.raises(SnapshotError, match=why):
                restore(taken / "new", path, PROJECTION, log, full=full)
    assert Files(taken / "new", PROJECTION.name, PROJECTION.fold).named() is None
    assert list((taken / "new").glob("*building*")) == []


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM history WHERE position=9",
        "UPDATE history SET events=x'' WHERE position=9",
        "UPDATE history SET position=10 WHERE position=9",
    ],
)
def test_a_liar_who_also_writes_the_digest_is_found_by_the_log(
    sql: str, taken: Path
) -> None:
    path = changed(taken / "custody", sql)
    with closing(sqlite3.connect(path)) as file:
        lie = digest(file, PROJECTION)
    signed_anew(path, lie)
    with closing(opened(taken / "new")) as log:
        for full in (True, False):
            with pytest.raises(SnapshotError, match="other rows"):
                verify(path, PROJECTION, log, full=full)


@pytest.mark.parametrize("content", [b"", b"no file of SQLite", os.urandom(4096)])
def test_bytes_that_are_no_snapshot_are_refused(content: bytes, taken: Path) -> None:
    path = taken / "hostile"
    path.write_bytes(content)
    with closing(opened(taken / "new")) as log, pytest.raises(SnapshotError):
        restore(taken / "new", path, PROJECTION, log, full=False)


def test_what_stands_is_not_written_over(taken: Path) -> None:
    before = told(taken / "custody")
    with pytest.raises(SnapshotError, match="exists"):
        take(taken / "one", PROJECTION, ORIGIN, taken / "custody")
    assert told(taken / "custody") == before


def test_a_log_that_is_behind_the_snapshot_cannot_take_it(taken: Path) -> None:
    (taken / "short").mkdir()
    with (
        closing(opened(taken / "short")) as log,
        pytest.raises(SnapshotError, match="does not have"),
    ):
        restore(taken / "short", taken / "limits", LimitsProjection(), log, full=True)


RESTORER = """
import sys
from pathlib import Path
from events.embedded import EmbeddedLog
from projections.custody import PROJECTION
from projections.snapshot import restore
from tests.support.registry import ORIGIN
folder, path = Path(sys.argv[1]), Path(sys.argv[2])
log = EmbeddedLog(folder / "log.sqlite", ORIGIN)
print("ready", flush=True)
while True:
    restore(folder, path, PROJECTION, log, full=False)
"""


def test_a_restore_killed_at_any_moment_leaves_what_answered(taken: Path) -> None:
    new = taken / "new"
    with closing(opened(new)) as log:
        restore(new, taken / "custody", PROJECTION, log, full=False)
        for tenth in range(4):
            with subprocess.Popen(
                [sys.executable, "-c", RESTORER, str(new), str(taken / "custody")],
                stdout=subprocess.PIPE,
            ) as restorer:
                assert restorer.stdout is not None
                restorer.stdout.readline()
                with pytest.raises(subprocess.TimeoutExpired):
                    restorer.wait(tenth * 0.03)
                restorer.kill()
            with closing(Custody(new)) as custody:
                assert custody.custody(CHILD, DAY) is not None
        restore(new, taken / "custody", PROJECTION, log, full=True)
    assert list(new.glob("*building*")) == []
