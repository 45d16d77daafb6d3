"""A write-ahead log is emptied beside its writer, who never waits for it."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from events import drain
from events.drain import EVERY, Drain, begun

PAGE = 4_096
VIEWS = ("log.sqlite", "custody.sqlite", "matters.sqlite", "limits.sqlite")


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "file", isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode=WAL")
        file.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, said BLOB)")
        yield file


def write(file: sqlite3.Connection, count: int) -> None:
    for _ in range(count):
        file.execute("INSERT INTO t (said) VALUES (zeroblob(2000))")


def rows_without_the_log(path: Path) -> int:
    """Count the rows of the file as it stands, without its write-ahead log."""
    alone = path.with_name("alone")
    shutil.copy(path, alone)
    try:
        with closing(sqlite3.connect(alone)) as file:
            return int(file.execute("SELECT count(*) FROM t").fetchone()[0])
    except sqlite3.OperationalError:
        return 0  # not even the table is there


def test_what_was_written_is_moved_into_the_file(
    tmp_path: Path, writer: sqlite3.Connection
) -> None:
    with closing(Drain(tmp_path / "file", PAGE)) as drain:
        writer.execute(drain.limit)
        write(writer, EVERY)
        assert rows_without_the_log(tmp_path / "file") == 0
        drain.wrote(EVERY - begun(tmp_path / "file") - 1)
        drain.wrote(1)
    assert rows_without_the_log(tmp_path / "file") == EVERY


def test_little_waits_until_there_is_more(
    tmp_path: Path, writer: sqlite3.Connection
) -> None:
    with closing(Drain(tmp_path / "file", PAGE)) as drain:
        writer.execute(drain.limit)
        little = EVERY - begun(tmp_path / "file") - 1
        write(writer, little)
        drain.wrote(little)
    assert rows_without_the_log(tmp_path / "file") == 0


def test_files_that_take_the_same_entries_are_emptied_at_different_ones(
    tmp_path: Path,
) -> None:
    paths = [tmp_path / f"node-{node}" / file for node in "ab" for file in VIEWS]
    begins = [begun(path) for path in paths]
    assert all(0 <= one < EVERY for one in begins)
    assert begins == [begun(path) for path in paths]
    assert len(set(begins)) > len(paths) / 2


def test_a_log_that_is_emptied_beside_its_writer_stops_growing(
    tmp_path: Path, writer: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain, "LIMIT_BYTES", 100 * PAGE)
    log = tmp_path / "file-wal"
    with closing(Drain(tmp_path / "file", PAGE)) as one:
        writer.execute(one.limit)
        for _ in range(40):
            write(writer, EVERY)
            one.wrote(EVERY)
    # Four thousand rows of half a page, each written with the page that led to it.
    assert log.stat().st_size < 1_000 * PAGE


def test_a_reader_of_an_older_state_is_neither_disturbed_nor_waited_for(
    tmp_path: Path, writer: sqlite3.Connection
) -> None:
    write(writer, 1)
    with closing(sqlite3.connect(tmp_path / "file", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM t").fetchone() == (1,)
        with closing(Drain(tmp_path / "file", PAGE)) as one:
            write(writer, EVERY)
            one.wrote(EVERY)
        assert reader.execute("SELECT count(*) FROM t").fetchone() == (1,)


def test_a_drain_that_fails_loses_nothing_and_holds_nobody_up(
    tmp_path: Path, writer: sqlite3.Connection
) -> None:
    with closing(Drain(tmp_path, PAGE)) as one:  # a folder is no file
        for _ in range(2):
            write(writer, EVERY)
            one.wrote(EVERY)
            time.sleep(0)
    assert writer.execute("SELECT count(*) FROM t").fetchone() == (2 * EVERY,)
