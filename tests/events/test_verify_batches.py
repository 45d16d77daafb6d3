"""Rows are compared many together: a fault keeps its place wherever it stands."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from events.audit_store import TOGETHER
from events.embedded import EmbeddedLog
from events.entry import MemoryState
from events.verify import verify_folder
from tests.support.records import ELDER, siblings
from tests.support.registry import ORIGIN

SIZE = 2 * TOGETHER + 20
"""Two batches, and one that is not full."""
EVENTS = 2 * SIZE
"""A child's and a sibling's of each entry."""
POSITIONS = {
    "the-very-first": 1,
    "the-last-of-a-batch": TOGETHER,
    "the-first-of-a-batch": TOGETHER + 1,
    "in-the-middle": TOGETHER + TOGETHER // 2,
    "the-last-of-the-last-full-batch": 2 * TOGETHER,
    "the-first-of-the-rest": 2 * TOGETHER + 1,
    "the-very-last": SIZE,
}
INDEXED = {
    "hash": "zeroblob(32)",
    "recorded_at": "recorded_at + 1",
    "authority": "authority || 'x'",
    "request_id": "CAST(request_id AS BLOB)",
}
OF_AN_EVENT = "events", "WHERE stream=? AND version=?"
OF_THE_LIBRARY = "stored_events", "WHERE originator_id=? AND originator_version=?"
KEPT = {
    "fingerprint": (OF_AN_EVENT, "x'0000000000000001'"),
    "type": (OF_AN_EVENT, "type || 'x'"),
    "own_body": (OF_AN_EVENT, "x''"),
    "topic": (OF_THE_LIBRARY, "CAST(topic AS BLOB)"),
    "state": (OF_THE_LIBRARY, "state || x'00'"),
}

positions = pytest.mark.parametrize("position", POSITIONS.values(), ids=POSITIONS)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("long")
    state, records = MemoryState(ORIGIN), list[bytes]()
    for _ in range(SIZE):
        records.append(siblings(state))
        state.apply(records[-1])
    with closing(EmbeddedLog(folder / "log.sqlite", ORIGIN)) as log:
        log.append(records, 1e12)
    return folder


@pytest.fixture
def folder(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "node"))


def change(folder: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(folder / "log.sqlite")) as database, database:
        assert database.execute(statement, values).rowcount == 1


def change_kept(
    folder: Path, column: str, how: tuple[tuple[str, str], str], position: int
) -> None:
    """Change a column of the row that an entry left of the elder child's event."""
    (table, where), value = how
    sql = f"UPDATE {table} SET {column}={value} {where}"  # noqa: S608  names of this module
    change(folder, sql, f"child/{ELDER}", position)


def flip(folder: Path, position: int) -> None:
    """Flip a bit in the last body of an entry."""
    with closing(sqlite3.connect(folder / "log.sqlite")) as database, database:
        query = "SELECT record FROM entries WHERE position=?"
        record = bytearray(database.execute(query, (position,)).fetchone()[0])
        record[-3] ^= 1
        update = "UPDATE entries SET record=? WHERE position=?"
        database.execute(update, (bytes(record), position))


def faults(folder: Path) -> list[str]:
    return [str(fault) for fault in verify_folder(folder).audit.faults]


def otherwise(position: int) -> str:
    return f"entry {position}: is indexed otherwise than it says"


def test_an_untouched_log_of_several_batches_has_no_fault(folder: Path) -> None:
    assert faults(folder) == []


@positions
@pytest.mark.parametrize("column", INDEXED)
def test_a_changed_column_of_the_index_is_named(
    folder: Path, column: str, position: int
) -> None:
    sql = f"UPDATE entries SET {column}={INDEXED[column]} WHERE position=?"  # noqa: S608  names of this module
    change(folder, sql, position)
    assert faults(folder) == [otherwise(position)]


@positions
def test_a_changed_record_ends_the_chain_where_it_stands(
    folder: Path, position: int
) -> None:
    """What was found before it is said before it."""
    flip(folder, position)
    sql = "UPDATE entries SET recorded_at=recorded_at + 1 WHERE position=?"
    before = max(1, position - 1)
    change(folder, sql, before)
    first, *rest = reversed(faults_of_entries(folder))
    assert first == f"entry {position}: is void: body_mismatch"
    assert rest == ([otherwise(before)] if before < position else [])


def faults_of_entries(folder: Path) -> list[str]:
    return [fault for fault in faults(folder) if fault.startswith("entry ")]


@positions
@pytest.mark.parametrize("column", KEPT)
def test_a_changed_row_of_events_or_of_the_library_is_named(
    folder: Path, column: str, position: int
) -> None:
    change_kept(folder, column, KEPT[column], position)
    place = f"entry {position}, child/{ELDER} version {position}"
    assert faults(folder) == [f"{place}: is kept otherwise than it was recorded"]


OTHER_TYPE = {
    "stream": (OF_AN_EVENT, "CAST(stream AS BLOB)"),
    "version": (OF_AN_EVENT, "version || 'th'"),
    "position": (OF_AN_EVENT, "position || 'th'"),
    "fingerprint": (OF_AN_EVENT, "CAST(fingerprint AS TEXT)"),
    "type": (OF_AN_EVENT, "CAST(type AS BLOB)"),
    "originator_id": (OF_THE_LIBRARY, "CAST(originator_id AS BLOB)"),
    "originator_version": (OF_THE_LIBRARY, "originator_version || 'th'"),
    "topic": (OF_THE_LIBRARY, "CAST(topic AS BLOB)"),
    "state": (OF_THE_LIBRARY, "CAST(state AS TEXT)"),
}


@positions
@pytest.mark.parametrize("column", OTHER_TYPE)
def test_a_value_of_another_type_is_not_the_same(
    folder: Path, column: str, position: int
) -> None:
    change_kept(folder, column, OTHER_TYPE[column], position)
    assert faults(folder)


OVER = {
    "events": "SELECT 'child/x', version, position, fingerprint, type, own_body",
    "stored_events": "SELECT 'child/x', originator_version, topic, state",
}


@pytest.mark.parametrize("table", OVER)
def test_a_row_that_no_record_says_is_counted(folder: Path, table: str) -> None:
    change(folder, f"INSERT INTO {table} {OVER[table]} FROM {table} LIMIT 1")
    counted = f"has {EVENTS + 1} rows, recorded were {EVENTS}"
    assert faults(folder) == [f"{table}: {counted}"]


def test_a_row_that_is_missing_is_named_and_counted(folder: Path) -> None:
    where = "WHERE stream=? AND version=?"
    change(folder, f"DELETE FROM events {where}", f"child/{ELDER}", SIZE)  # noqa: S608  likewise
    place = f"entry {SIZE}, child/{ELDER} version {SIZE}"
    assert faults(folder) == [
        f"{place}: is kept otherwise than it was recorded",
        f"events: has {EVENTS - 1} rows, recorded were {EVENTS}",
    ]
