"""A log's file defines what it is said to define, however it came to be."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

from events.embedded import EmbeddedLog
from events.new_file import NewFile
from events.tables import LIBRARY, defined_here, definitions
from tests.support.registry import ORIGIN


def defined(path: Path) -> set[tuple[str, str, str, str]]:
    with closing(sqlite3.connect(path)) as database:
        return definitions(database)


def test_the_librarys_own_table_is_as_it_makes_it() -> None:
    memory = SQLiteDatastore(db_name=":memory:")
    (made,) = SQLiteApplicationRecorder(memory).construct_create_table_statements()
    assert made.split() == LIBRARY.split()


def test_a_log_that_is_opened_defines_them(tmp_path: Path) -> None:
    with closing(EmbeddedLog(tmp_path / "log.sqlite", ORIGIN)):
        pass
    assert defined(tmp_path / "log.sqlite") == defined_here()


def test_a_file_written_in_bulk_defines_them(tmp_path: Path) -> None:
    with closing(NewFile(tmp_path / "log.sqlite")) as file:
        file.finish([], {"registry": ORIGIN})
    assert defined(tmp_path / "log.sqlite") == defined_here()


def test_statistics_of_sqlite_are_no_definition(tmp_path: Path) -> None:
    with closing(EmbeddedLog(tmp_path / "log.sqlite", ORIGIN)):
        pass
    with closing(sqlite3.connect(tmp_path / "log.sqlite")) as database, database:
        database.execute("ANALYZE")
        database.execute("CREATE TABLE sqlite3_stat (x)")
    (one,) = defined(tmp_path / "log.sqlite") - defined_here()
    assert one[:2] == ("table", "sqlite3_stat")
