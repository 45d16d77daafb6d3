"""The process that writes a new file: what becomes of it when either side goes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from events.bulk import Bulk
from events.embedded import EmbeddedLog
from events.ingest import Candidate
from events.new_file import Judged
from ops.synthetic.province import Province
from ops.synthetic.telling import Numbers
from ops.synthetic.writer import FileWriter, file_writer
from registry.announce import adopt
from registry.china import CHINA
from registry.wire import CODEC
from tests.projections.test_cold import rows
from tests.support.disk import full_disk
from tests.support.registry import ORIGIN, sources

NUMBERS = Numbers(children=12, years=2, seed=3, registry=ORIGIN)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A province's log that a store accepted record by record."""
    path = tmp_path_factory.mktemp("store") / "log.sqlite"
    log = EmbeddedLog(path, ORIGIN)
    adopt(log, CODEC, sources(), "n", CHINA)
    for record in Province(NUMBERS).records(log.head()):
        log.ingest([Candidate(record=record)])
    log.close()
    return path


def put(file: FileWriter, store: Path, times: int = 1) -> Bulk:
    bulk = Bulk(ORIGIN)
    with sqlite3.connect(store) as log:
        found = log.execute("SELECT record FROM entries ORDER BY position").fetchall()
    log.close()
    judged = bulk.take(Candidate(record=record) for (record,) in found)
    assert len(judged.entries) == len(found)
    for _ in range(times):
        file.add(judged)
    return bulk


def written(path: Path, store: Path, times: int = 1) -> None:
    with file_writer(path) as file:
        bulk = put(file, store, times)
        file.finish(bulk.schemas, {"registry": ORIGIN})


def test_every_row_is_a_stores(tmp_path: Path, store: Path) -> None:
    written(tmp_path / "log.sqlite", store)
    assert rows(tmp_path / "log.sqlite") == rows(store)


def stopped(path: Path, store: Path) -> None:
    with file_writer(path) as file:
        put(file, store)
        raise KeyboardInterrupt


def test_what_is_not_finished_leaves_nothing(tmp_path: Path, store: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        stopped(tmp_path / "log.sqlite", store)
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_the_file_is_raised_where_rows_are_given(
    tmp_path: Path, store: Path
) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        written(tmp_path / "log.sqlite", store, times=2)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_in_the_end(tmp_path: Path, store: Path) -> None:
    with full_disk(100_000), pytest.raises((sqlite3.Error, OSError)):
        written(tmp_path / "log.sqlite", store)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_is_an_error_not_a_wait(tmp_path: Path) -> None:
    with file_writer(tmp_path / "log.sqlite") as file:
        file.add(Judged([], []))
        file.kill()
        with pytest.raises(OSError, match="gone"):
            file.finish([], {})
    assert list(tmp_path.iterdir()) == []
