"""The offline auditor: a node's folder, honest and tampered with, judged as it lies."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import NamedTemporaryFile

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.audit import Audit, is_bounded
from events.codec import fingerprint, schema_text
from events.embedded import EmbeddedLog
from events.entry import (
    Body,
    MemoryState,
    decode_frame,
    decode_record,
    encode_frame,
    encode_record,
)
from events.guardianship import Office
from events.heads import HeadFile, begin, first_of, sign_next
from events.notes import text_of
from events.publish import TileBuilder, entries
from events.registry import RulesAdopted, SchemaAdopted
from events.tiles import TiledTree
from events.tree import Tree, TreeHead, head_of, leaf_hash, leaf_text
from events.verify import (
    NothingToReadError,
    compare_head,
    main,
    verify_folder,
    verify_records,
)
from registry.wire import CODEC
from tests.support.audited import (
    ENDLESS,
    agree,
    faults,
    first_said,
    lines_of,
    stream,
)
from tests.support.judge import Auditor
from tests.support.records import chain, own_entry
from tests.support.registry import ORIGIN, child_id, opened, person, submission, submit
from tests.support.stories import born
from tests.support.tree import KNOWN, LOG_KEY, OTHER_KEY, note_of

VKEY = LOG_KEY.verifier.vkey
CHILDREN = ("Xiaoling", "her brother", "a child of the next village")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node's folder after some registrations, with tiles and a head in its store."""
    folder = tmp_path_factory.mktemp("node")
    with opened(folder) as registry:
        for child in CHILDREN:
            command = born(child_id(child), "2015-10", person("mother"))
            asked = submission(command, child, "xuzhou-police", Office.POLICE)
            submit(registry, asked)
        log = registry.log
        with closing(TileBuilder(folder / "tiles", ORIGIN)) as builder:
            builder.extend(entries(log, 0, log.head().position))
            builder.save()
            tree = TiledTree(builder.read, builder.head.size)
            stores = [HeadFile(folder / "head"), HeadFile(folder.with_name("domain"))]
            begin(stores, ORIGIN)
            builder.publish(sign_next(stores, tree, LOG_KEY), KNOWN)
    return folder


@pytest.fixture
def folder(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "node"))


def places(folder: Path) -> list[str]:
    return [fault.place for fault in verify_folder(folder, KNOWN).audit.faults]


def test_an_honest_folder_is_reported_as_it_is(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [str(folder), "--vkey", VKEY, "--origin", ORIGIN, "--indexes"]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert f"log        {ORIGIN}" in said
    assert "indexes    each says what its table says" in said
    assert "tiles      head of 5 entries; every file is the log's" in said
    assert f"signed     tiles/checkpoint: by {ORIGIN}" in said
    assert "head store head 2 of 5 entries" in said
    assert (
        "RESULT     nothing was changed and nothing is missing in entries 1 to 5"
        in said
    )
    assert "NOT SEEN" not in said


def test_what_could_not_be_looked_at_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(folder)]) == 0
    assert "NOT SEEN   signatures of tiles/checkpoint: no --vkey" in (
        said := capsys.readouterr().out
    )
    assert "NOT SEEN   indexes of log.sqlite: --indexes compares them" in said
    shutil.rmtree(folder / "tiles")
    assert main([str(folder), "--vkey", VKEY]) == 0
    said = capsys.readouterr().out
    assert "NOT SEEN   no published head: entries cut off the end" in said


def test_nothing_of_the_server_or_the_law_is_imported_and_no_trace_is_left(
    folder: Path,
) -> None:
    before = sorted(str(path) for path in folder.rglob("*"))
    code = (
        "import sys; from events.verify import main; code = main(sys.argv[1:]);"
        "rooms = {name.partition('.')[0] for name in sys.modules};"
        "print(rooms & {'registry', 'projections', 'ops', 'childregistry', 'grpc',"
        " 'kafka', 'eventsourcing'}); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), "--vkey", VKEY],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "set()"
    assert sorted(str(path) for path in folder.rglob("*")) == before


def test_a_running_nodes_folder_is_read_beside_it(folder: Path) -> None:
    with opened(folder) as registry:
        command = born(child_id("a late one"), "2016", person("father"))
        submit(registry, submission(command, "late", "xuzhou-police", Office.POLICE))
        report = verify_folder(folder, KNOWN)
    assert report.audit.faults == []
    assert report.audit.tree.size == 6


# Tampering with the node's own file: what is done, and every place that is named.


def sql(*statements: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        with closing(sqlite3.connect(folder / "log.sqlite")) as database, database:
            for statement in statements:
                assert database.execute(statement).rowcount != 0

    return change


def flipped(at: int) -> Callable[[Path], None]:
    """Flip a bit of the record of entry 4."""

    def change(folder: Path) -> None:
        with closing(sqlite3.connect(folder / "log.sqlite")) as database, database:
            query = "SELECT record FROM entries WHERE position=4"
            record = bytearray(database.execute(query).fetchone()[0])
            record[at] ^= 1
            forged = (bytes(record),)
            database.execute("UPDATE entries SET record=? WHERE position=4", forged)

    return change


def reencoded(**changes: object) -> Callable[[Path], None]:
    """Change fields of the frame of entry 4, canonical and hashed again."""

    def change(folder: Path) -> None:
        with closing(sqlite3.connect(folder / "log.sqlite")) as database, database:
            query = "SELECT record FROM entries WHERE position=4"
            record = decode_record(database.execute(query).fetchone()[0])
            frame = decode_frame(record.frame)
            for name, value in changes.items():
                object.__setattr__(frame, name, value)
            object.__setattr__(record, "frame", encode_frame(frame))
            forged = (encode_record(record),)
            database.execute("UPDATE entries SET record=? WHERE position=4", forged)

    return change


def redefined(table: str, old: str, new: str) -> Callable[[Path], None]:
    """Edit the definition of a table, as SQLite lets one who insists."""
    edit = "UPDATE sqlite_master SET sql=replace(sql, ?, ?) WHERE name=?"

    def change(folder: Path) -> None:
        with closing(sqlite3.connect(folder / "log.sqlite")) as database, database:
            database.execute("PRAGMA writable_schema=ON")
            assert database.execute(edit, (old, new, table)).rowcount == 1

    return change


def cut(folder: Path) -> None:
    (folder / "log.sqlite").write_bytes((folder / "log.sqlite").read_bytes()[:9_000])


def no_database(folder: Path) -> None:
    (folder / "log.sqlite").write_bytes(b"no database" * 100)


TAMPERED: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "a-bit-in-a-frame": (flipped(100), ["entry 4"]),
    "a-bit-in-a-body": (flipped(-10), ["entry 4"]),
    "an-entry-deleted": (sql("DELETE FROM entries WHERE position=4"), ["entry 4"]),
    "the-first-entry-deleted": (
        sql("DELETE FROM entries WHERE position=1"),
        ["entry 1"],
    ),
    "two-entries-swapped": (
        sql(
            "UPDATE entries SET position=99 WHERE position=4",
            "UPDATE entries SET position=4 WHERE position=5",
            "UPDATE entries SET position=5 WHERE position=99",
        ),
        ["entry 4"],
    ),
    "an-entry-inserted": (
        sql(
            "UPDATE entries SET position=6 WHERE position=5",
            "INSERT INTO entries SELECT 5, x'00', recorded_at, authority, 'forged', "
            "record, NULL, NULL, NULL FROM entries WHERE position=4",
        ),
        ["entry 5"],
    ),
    "a-time-moved-in-the-index": (
        sql("UPDATE entries SET recorded_at=recorded_at+1 WHERE position=4"),
        ["entry 4"],
    ),
    "a-time-moved-in-the-entry": (
        reencoded(recorded_at=1_700_000_000_009_999),
        ["entry 4"],
    ),
    "the-authority-changed-in-the-entry": (
        reencoded(authority="another-court"),
        ["entry 4"],
    ),
    "a-hash-changed-in-the-index": (
        sql("UPDATE entries SET hash=zeroblob(32) WHERE position=4"),
        ["entry 4"],
    ),
    "a-row-that-decisions-rest-on-edited": (
        sql(
            "UPDATE stored_events SET state=state || x'00' WHERE rowid="
            "(SELECT max(rowid) FROM stored_events)"
        ),
        ["entry 5, child/"],
    ),
    "a-row-of-the-library-added": (
        sql(
            "INSERT INTO stored_events (originator_id, originator_version, topic, "
            "state) VALUES ('child/x', 1, 'ChildRegistered', x'00')"
        ),
        ["stored_events"],
    ),
    "a-row-of-the-library-deleted": (
        sql(
            "DELETE FROM stored_events WHERE rowid="
            "(SELECT max(rowid) FROM stored_events)"
        ),
        ["entry 5, child/", "stored_events"],
    ),
    "an-event-put-at-another-position": (
        sql("UPDATE events SET position=3 WHERE position=4 AND version=1"),
        ["entry 4, child/"],
    ),
    "a-schema-edited": (
        sql("UPDATE schemas SET text=text || ' '"),
        ["schemas"],
    ),
    "a-last-version-raised": (
        sql("UPDATE heads_of_streams SET version=9 WHERE stream='registry'"),
        ["heads_of_streams"],
    ),
    "a-ward-forgotten": (sql("DELETE FROM wards"), ["wards"]),
    "entries-cut-off-the-end": (
        sql("DELETE FROM entries WHERE position=5"),
        ["heads_of_streams", "events", "stored_events", "checkpoint", "head"],
    ),
    "a-record-that-is-text": (
        sql("UPDATE entries SET record='text' WHERE position=4"),
        ["entry 4"],
    ),
    "another-registrys-name": (
        sql("UPDATE meta SET value='registry.example/x'"),
        ["entry 1"],
    ),
    "the-registrys-name-as-bytes": (
        sql("UPDATE meta SET value=CAST(value AS BLOB)"),
        ["entry 1"],
    ),
    "a-column-that-takes-another-type": (
        redefined("heads_of_streams", "version INTEGER", "version REAL"),
        ["table heads_of_streams"],
    ),
    "an-index-that-lets-a-key-in-twice": (
        sql("DROP INDEX entries_by_key", "CREATE INDEX entries_by_key ON entries (1)"),
        ["index entries_by_key"],
    ),
    "an-index-missing": (sql("DROP INDEX entries_by_hash"), ["index entries_by_hash"]),
    "a-trigger-waiting": (
        sql("CREATE TRIGGER later AFTER INSERT ON wards BEGIN DELETE FROM wards; END"),
        ["trigger later"],
    ),
    "a-table-that-is-a-view": (
        sql("ALTER TABLE voids RENAME TO v", "CREATE VIEW voids AS SELECT * FROM v"),
        ["table v", "table voids", "view voids"],
    ),
    "a-table-missing": (sql("DROP TABLE wards"), ["log.sqlite"]),
    "a-file-cut-short": (cut, ["log.sqlite"]),
    "a-file-that-is-no-database": (no_database, ["log.sqlite"]),
}


@pytest.mark.parametrize("name", list(TAMPERED))
def test_a_changed_folder_is_found_where_it_was_changed(
    folder: Path, name: str
) -> None:
    change, expected = TAMPERED[name]
    change(folder)
    found = places(folder)
    for place in expected:
        assert any(where.startswith(place) for where in found), (place, found)
    assert main([str(folder)]) == 1


def hidden(folder: Path) -> None:
    """Have the index of submission keys say another one of entry 4 than the table."""
    path, index = folder / "log.sqlite", "name='entries_by_key'"
    rename = "UPDATE entries SET request_id=? WHERE position=4"
    with closing(sqlite3.connect(path)) as database, database:
        query = "SELECT request_id FROM entries WHERE position=4"
        honest = database.execute(query).fetchone()
        database.execute(rename, ("never asked",))
        database.execute("PRAGMA writable_schema=ON")
        query = f"SELECT * FROM sqlite_master WHERE {index}"  # noqa: S608  ours
        row = database.execute(query).fetchone()
        database.execute(f"DELETE FROM sqlite_master WHERE {index}")  # noqa: S608  ours
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(rename, honest)  # and no index follows
        database.execute("PRAGMA writable_schema=ON")
        database.execute("INSERT INTO sqlite_master VALUES (?,?,?,?,?)", row)


def test_an_index_that_hides_an_entry_is_found_where_indexes_are_compared(
    folder: Path,
) -> None:
    """The node would take that submission twice; the tables are as they must be."""
    hidden(folder)
    assert places(folder) == []
    report = verify_folder(folder, KNOWN, indexes=True)
    assert {fault.place for fault in report.audit.faults} == {"log.sqlite"}
    assert any("entries_by_key" in fault.rule for fault in report.audit.faults)


def test_the_second_auditor_finds_such_an_index_too(
    folder: Path, auditor: Auditor
) -> None:
    hidden(folder)
    assert faults(agree(auditor, folder, LOG_KEY)) == ["log.sqlite"]
    assert "entries_by_key" in auditor(folder)


@pytest.mark.parametrize("name", list(TAMPERED))
def test_the_second_auditor_says_the_same_of_a_changed_folder(
    folder: Path, name: str, auditor: Auditor
) -> None:
    TAMPERED[name][0](folder)
    if name == "a-column-that-takes-another-type":
        # The first names the table alone; to the second 8.0 is no 8, in every row.
        first = lines_of(first_said(folder, [LOG_KEY.verifier]))
        assert set(first) < set(lines_of(auditor(folder, "-vkey", VKEY)))
        return
    assert faults(agree(auditor, folder, LOG_KEY))


def test_the_fault_says_what_is_wrong(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sql("DELETE FROM entries WHERE position=3")(folder)
    assert main([str(folder)]) == 1
    said = capsys.readouterr().out
    assert "FAULT      entry 3: is missing; next comes 4" in said
    assert said.endswith("RESULT     FAULTS WERE FOUND\n")


def test_a_cut_log_without_its_head_is_right_and_says_what_it_cannot_see(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Why auditors keep heads: the end of a log is shown by nothing else."""
    with closing(EmbeddedLog(folder / "log.sqlite", ORIGIN)) as log:
        records = [entry.record for entry in log.read(0, 4)]
    shorter = folder.with_name("shorter")
    shorter.mkdir()
    with closing(EmbeddedLog(shorter / "log.sqlite", ORIGIN)) as log:
        log.append(records, 1e12)
    kept_head = folder.with_name("head-kept")
    kept_head.write_bytes((folder / "tiles/checkpoint").read_bytes())
    assert main([str(shorter)]) == 0
    assert "entries cut off the end would not be seen" in capsys.readouterr().out
    assert main([str(shorter), "--head", str(kept_head), "--vkey", VKEY]) == 1
    said = capsys.readouterr().out
    assert f"FAULT      {kept_head}: covers 5 entries, and the log has 4" in said


def test_tiles_and_heads_that_are_not_the_logs_are_named(folder: Path) -> None:
    """A head of another history, of another key, of another log; an edited tile."""
    checkpoint = folder / "tiles/checkpoint"
    honest = checkpoint.read_bytes()
    other = Tree()
    for n in range(5):
        other.append(leaf_hash(leaf_text(n + 1, bytes([n]) * 32)))
    checkpoint.write_bytes(note_of(head_of(other)))
    assert places(folder) == ["checkpoint", "checkpoint"]  # neither log's nor tiles'
    checkpoint.write_bytes(honest.replace(b"\n5\n", b"\n4\n"))
    assert places(folder) == ["tiles/checkpoint"]
    checkpoint.write_bytes(text_of(honest) + b"\n" + OTHER_KEY.sign(text_of(honest)))
    assert places(folder) == ["tiles/checkpoint"]
    checkpoint.write_bytes(note_of(head_of(other), origin="registry.example/x"))
    assert places(folder) == ["tiles/checkpoint"]
    checkpoint.write_bytes(honest)
    tile = folder / "tiles/tile/0/000.p/5"
    tile.write_bytes(tile.read_bytes()[:64] + bytes(96))
    assert places(folder) == [f"tile/0/000.p/5#{slot}" for slot in (2, 3, 4)] + [
        "checkpoint"
    ]


def test_a_head_store_that_is_not_the_logs_is_named(folder: Path) -> None:
    first = first_of(ORIGIN)
    forged = first.next(note_head(5))
    (folder / "head").write_bytes(forged.text)
    assert places(folder) == ["head"]
    (folder / "head").write_bytes(first.next(note_head(6)).text)
    assert places(folder) == ["head"]
    (folder / "head").write_bytes(first_of("registry.example/x").text)
    assert places(folder) == ["head"]
    (folder / "head").write_bytes(b"garbage")
    assert places(folder) == [str(folder / "head")]


def note_head(size: int) -> TreeHead:
    tree = Tree()
    for n in range(size):
        tree.append(leaf_hash(leaf_text(n + 1, bytes(32))))
    return head_of(tree)


# Exported records.


def test_exported_records_are_judged_like_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, head = tmp_path / "records", tmp_path / "head"
    file.write_bytes(stream(chain(6)))
    report = verify_records(file)
    head.write_bytes(note_of(head_of(report.audit.tree, 4)))
    asked = [str(file), "--vkey", VKEY, "--head", str(head), "--origin", ORIGIN]
    assert main(asked) == 0
    assert "entries 1 to 6" in capsys.readouterr().out
    assert main([str(file), "--origin", "registry.example/x"]) == 1


@pytest.mark.parametrize(
    ("records", "place"),
    [
        (chain(3)[:1] + chain(3)[2:], "entry 2"),
        ([*chain(3)[:2], chain(3)[1]], "entry 3"),
        (chain(2)[::-1], "entry 1"),
        ([b"", *chain(2)], "entry 1"),
    ],
)
def test_records_left_out_repeated_or_reordered_are_named(
    tmp_path: Path, records: list[bytes], place: str
) -> None:
    (tmp_path / "records").write_bytes(stream(records))
    report = verify_records(tmp_path / "records")
    assert [fault.place for fault in report.audit.faults] == [place]


@pytest.mark.parametrize("tail", [b"\x00", b"\x00\x00\x00\x09abc", b"\xff" * 400])
def test_a_file_cut_short_is_named(tmp_path: Path, tail: bytes) -> None:
    (tmp_path / "records").write_bytes(stream(chain(2)) + tail)
    report = verify_records(tmp_path / "records")
    assert [fault.rule for fault in report.audit.faults] == [
        "is cut short, or holds no records"
    ]


def test_where_there_is_nothing_to_read_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(NothingToReadError):
        verify_records(tmp_path / "empty")
    for path in (tmp_path, tmp_path / "empty", tmp_path / "missing"):
        assert main([str(path)]) == 2
    assert main([str(tmp_path), "--vkey", "no key"]) == 2


def test_a_kept_head_of_another_history_is_named(tmp_path: Path) -> None:
    (tmp_path / "records").write_bytes(stream(chain(6)))
    report = verify_records(tmp_path / "records")
    compare_head(report, "kept", note_of(note_head(4)), KNOWN)
    (fault,) = report.audit.faults
    assert str(fault) == "kept: its root is not the log's at 4 entries"


# What acceptance leaves to the auditor.


def announcing(key: bytes, text: str, state: MemoryState | None = None) -> bytes:
    """Return a first entry that announces a text under a fingerprint."""
    said = SchemaAdopted(fingerprint=key, text=text)
    return own_entry(state or MemoryState(ORIGIN), said)


RULES = schema_text("RulesAdopted")
RULES_KEY = fingerprint(RULES)


def faults_of(*records: bytes) -> list[str]:
    audit = Audit(ORIGIN)
    for record in records:
        assert audit.take(record) is not None
    return [str(fault) for fault in audit.faults]


def test_a_text_under_a_fingerprint_that_is_not_its_own_is_a_fault() -> None:
    assert faults_of(announcing(RULES_KEY, RULES)) == []
    wrong = bytes(7) + b"\x01"
    place = f"entry 1, schema {wrong.hex()}"
    assert faults_of(announcing(wrong, RULES)) == [f"{place}: has another fingerprint"]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '"no such type"', "1", "null"])
def test_a_text_that_is_no_schema_is_a_fault(text: str) -> None:
    (fault,) = faults_of(announcing(b"12345678", text))
    assert fault.startswith("entry 1, schema 3132333435363738: ")


def test_a_body_that_is_not_canonical_is_a_fault_of_its_entry() -> None:
    state = MemoryState(ORIGIN)
    first = announcing(RULES_KEY, RULES, state)
    second = own_entry(state, RulesAdopted(number=3, digest=bytes(32)))
    assert faults_of(first, second) == []
    record = decode_record(second)
    frame = decode_frame(record.frame)
    (body,) = record.bodies
    assert body is not None
    for content in (body.content + b"\x00", b"\x86\x00" + body.content[1:], b""):
        forged = Body(salt=body.salt, content=content)
        object.__setattr__(frame.events[0], "digest", forged.digest)
        object.__setattr__(record, "frame", encode_frame(frame))
        object.__setattr__(record, "bodies", (forged,))
        (fault,) = faults_of(first, encode_record(record))
        assert fault == (
            f"entry 2, event 1: is not canonical under schema {RULES_KEY.hex()}"
        )


@pytest.mark.parametrize("schema", ENDLESS)
def test_a_schema_that_could_stop_a_reader_is_refused(schema: object) -> None:
    assert not is_bounded(schema)
    text = orjson.dumps(schema).decode()
    (fault,) = faults_of(announcing(fingerprint(text), text))
    assert fault.endswith("says much in few bytes")


def test_every_schema_of_this_release_is_bounded() -> None:
    for text in CODEC.texts.values():
        assert is_bounded(orjson.loads(text))


@given(st.text(max_size=40), st.binary(min_size=8, max_size=8))
def test_hostile_announcements_are_faults_and_never_raise(
    text: str, key: bytes
) -> None:
    assert len(faults_of(announcing(key, text))) == 1


@given(st.binary(max_size=200))
def test_hostile_files_are_faults_and_never_raise(content: bytes) -> None:
    with NamedTemporaryFile() as file:
        file.write(b"\x00" + content)
        file.flush()
        assert verify_records(Path(file.name)).audit.faults
