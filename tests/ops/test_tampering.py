"""The twelve ways to tamper that an auditor is promised to see, each where it was done.

One table: what is done, and every place that is named. What a node's file, its tiles
and an export make of further ways stands in `tests/events/test_verify.py`,
`tests/events/test_tamper.py` and `tests/projections/test_evidence.py`.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from events.entry import decode_frame, decode_record, encode_frame, encode_record
from events.evidence import Scope, export
from events.guardianship import Office
from events.notes import open_note, parse_checkpoint
from events.proof import prove_consistency, verify_consistency
from events.tiles import faults
from events.tree import EvidenceError, head_of
from events.verify import verify_folder
from events.witness import Witness, request
from projections.custody import PROJECTION
from projections.evidence import verify
from projections.files import Files
from projections.replay import records_of
from registry.rebuilding import aside
from tests.support.audited import agree
from tests.support.evidence import rewritten
from tests.support.judge import Auditor
from tests.support.registry import ORIGIN, TIMEOUT_S, opened, submission, submit
from tests.support.signing import signing_in
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
from tests.support.tree import (
    KNOWN,
    LOG_KEY,
    OTHER_KEY,
    WITNESS_KEY,
    note_of,
    published,
    reader,
    tree_of,
)

LEVELS = 65_600
"""Entries of a log whose tiles stand on three levels."""
WHOLE = 5
"""Entries of the node."""
BROKEN = ["checkpoint", "head"]
"""After a break in the chain nothing can be judged: the signed heads cover more."""
Tampered = Callable[[Path], list[str]]
"""Tampers with a copy of the node and returns the places that are named."""


def node_in(folder: Path, father: str = "2004-10") -> None:
    """Run a node that signs, through a birth, an application and a judgment."""
    signing = signing_in(folder, LOG_KEY if father == "2004-10" else OTHER_KEY)
    with opened(folder / "data", signing=signing) as registry:
        birth = born(CHILD, father, FATHER, MOTHER)
        submit(registry, submission(birth, "birth", "xuzhou-police", Office.POLICE))
        filed = tongshan_application()
        submit(registry, submission(filed, "file", BUREAU, Office.CIVIL_AFFAIRS))
        decided = judgment("2015-02-04", outcome(disqualified=(FATHER, MOTHER)))
        last = submit(registry, submission(decided, "judgment"))
        assert registry.publisher is not None
        assert registry.publisher.wait(last.position, TIMEOUT_S)
        assert last.position == WHOLE


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("honest")
    node_in(folder)
    published(folder / "levels", LEVELS)
    return folder


@pytest.fixture
def node(honest: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(honest, tmp_path / "node"))


def audited(node: Path) -> list[str]:
    """Return what `childregistry verify` names: of records, tiles, heads, rows."""
    data = node / "data"
    found = [fault.place for fault in verify_folder(data, KNOWN).audit.faults]
    if not found:
        for outcome in aside(data, ORIGIN, lambda _told: True):
            assert outcome.comparison is not None
            name = outcome.built.projection.name
            found += [f"{name}: {c}" for c in outcome.comparison.different]
    return found


def sql(*statements: str) -> Tampered:
    def change(node: Path) -> list[str]:
        path = node / "data/log.sqlite"
        with closing(sqlite3.connect(path)) as database, database:
            for statement in statements:
                assert database.execute(statement).rowcount != 0
        return audited(node)

    return change


def with_entry_4(change: Callable[[bytes], bytes]) -> Tampered:
    def changed(node: Path) -> list[str]:
        path = node / "data/log.sqlite"
        with closing(sqlite3.connect(path)) as database, database:
            query = "SELECT record FROM entries WHERE position=4"
            record = change(database.execute(query).fetchone()[0])
            update = "UPDATE entries SET record=? WHERE position=4"
            database.execute(update, (record,))
        return audited(node)

    return changed


def a_bit(record: bytes) -> bytes:
    return record[:-10] + bytes([record[-10] ^ 1]) + record[-9:]


def later(record: bytes) -> bytes:
    """Move the time, with canonical bytes."""
    whole = decode_record(record)
    frame = decode_frame(whole.frame)
    moved = replace(frame, recorded_at=frame.recorded_at + 1)
    return encode_record(replace(whole, frame=encode_frame(moved)))


def in_tile(path: str, slot: int) -> Tampered:
    def change(node: Path) -> list[str]:
        file = node / "levels" / path
        tile = bytearray(file.read_bytes())
        tile[slot * 32] ^= 1
        file.write_bytes(tile)
        log = tree_of(LEVELS)
        found = faults(reader(node / "levels"), head_of(log), log)
        return [fault.place for fault in found]

    return change


def rewrite(node: Path) -> list[str]:
    """Put a history that fits in itself in the place of the first one."""
    other = node.with_name("other")
    other.mkdir()
    node_in(other, "2004-11")
    shutil.rmtree(node / "data")
    shutil.copytree(other / "data", node / "data")
    return audited(node)


def edited_size(node: Path) -> list[str]:
    file = node / "data/tiles/checkpoint"
    note = file.read_bytes()
    assert b"\n5\n" in note
    file.write_bytes(note.replace(b"\n5\n", b"\n4\n", 1))
    return audited(node)


def older_head(node: Path) -> list[str]:
    """Show yesterday's head to somebody who kept today's."""
    del node
    kept, shown = head_of(tree_of(300)), note_of(head_of(tree_of(200)))
    head = parse_checkpoint(open_note(shown, KNOWN).text).head
    return refused(lambda: verify_consistency(kept, head, []))


def fork(node: Path) -> list[str]:
    """Ask a witness for a head that does not continue the one that it signed."""
    witness = Witness(node / "witness", WITNESS_KEY, [LOG_KEY.verifier], lambda: 1)
    witness.add(request(0, [], note_of(head_of(tree_of(200)))))
    forked = tree_of(300, fork_at=107)
    proof = prove_consistency(forked, 200, 300)
    asked = request(200, proof, note_of(head_of(forked)))
    return refused(lambda: witness.add(asked))


def row(node: Path) -> list[str]:
    """Edit a row that answers who has custody."""
    path = Files(node / "data", PROJECTION.name, PROJECTION.fold).current()
    assert path is not None
    with closing(sqlite3.connect(path)) as database, database:
        deleted = database.execute("DELETE FROM history WHERE position=5")
        assert deleted.rowcount == 1
    return audited(node)


def left_out(node: Path) -> list[str]:
    """Leave an entry out of an export, and seal it again."""
    scope = Scope(children=frozenset({CHILD}))
    export(node / "data", node / "bag", scope, LOG_KEY.verifier)
    records = list(records_of(node / "bag/data/records"))
    rewritten(node / "bag", [*records[:3], *records[4:]])
    return refused(lambda: verify(node / "bag", KNOWN))


def refused(work: Callable[[], object]) -> list[str]:
    with pytest.raises(EvidenceError) as failed:
        work()
    return [failed.value.place]


TWELVE: dict[str, tuple[Tampered, list[str]]] = {
    "1-a-bit-in-an-entry": (with_entry_4(a_bit), ["entry 4", *BROKEN]),
    "2-a-bit-in-a-tile-of-leaves": (in_tile("tile/0/003", 5), ["tile/0/003#5"]),
    "2-a-bit-in-a-tile-of-level-1": (in_tile("tile/1/000", 7), ["tile/1/000#7"]),
    "2-a-bit-in-a-tile-of-level-2": (
        in_tile("tile/2/000.p/1", 0),
        ["tile/2/000.p/1#0", "checkpoint"],
    ),
    "3-two-entries-swapped": (
        sql(
            "UPDATE entries SET position=99 WHERE position=3",
            "UPDATE entries SET position=3 WHERE position=4",
            "UPDATE entries SET position=4 WHERE position=99",
        ),
        ["entry 3", *BROKEN],
    ),
    "4-an-entry-missing": (
        sql("DELETE FROM entries WHERE position=4"),
        ["entry 4", *BROKEN],
    ),
    "5-an-entry-inserted": (
        sql(
            "UPDATE entries SET position=6 WHERE position=5",
            "INSERT INTO entries SELECT 5, x'00', recorded_at, authority, 'forged', "
            "record, NULL, NULL, NULL FROM entries WHERE position=4",
        ),
        ["entry 5", *BROKEN],
    ),
    "6-a-consistent-rewrite-under-another-key": (rewrite, ["tiles/checkpoint"]),
    "7-an-edited-size": (edited_size, ["tiles/checkpoint"]),
    "8-an-older-head-shown-again": (older_head, ["old size 300"]),
    "9-a-fork-after-a-witness-signed": (fork, ["tree of 200 to tree of 300"]),
    "10-a-time-moved": (with_entry_4(later), ["entry 4", "entry 5", *BROKEN]),
    "11-a-projection-row-edited": (row, [f"custody: {CHILD}"]),
    "12-an-export-with-an-entry-left-out": (left_out, ["entry 4"]),
}


def test_an_honest_node_has_nothing_to_name(honest: Path) -> None:
    assert audited(honest) == []


@pytest.mark.parametrize("name", list(TWELVE))
def test_each_way_to_tamper_is_refused_and_its_place_named(
    node: Path, name: str
) -> None:
    tampered, places = TWELVE[name]
    assert tampered(node) == places


@pytest.mark.parametrize("name", ["", *TWELVE])
def test_the_second_auditor_says_the_same(
    node: Path, name: str, auditor: Auditor
) -> None:
    if name:
        TWELVE[name][0](node)
    assert agree(auditor, node / "data", LOG_KEY)
