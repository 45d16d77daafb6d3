"""The second auditor, in Go, says of every log what the first one says.

What a node's own file makes of further ways to tamper stands in
`tests/events/test_verify.py`, the twelve promised ones in
`tests/ops/test_tampering.py`: both ask both. Here: tiles of two levels, exported
records, announcements, keys, and bytes that nobody thought of.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.codec import fingerprint, schema_text
from events.embedded import EmbeddedLog
from events.entry import (
    EventHeader,
    MemoryState,
    decode_frame,
    decode_record,
    encode_frame,
    encode_record,
)
from events.guardianship import Office
from events.heads import HeadFile, begin, sign_next
from events.key_line import KeyAct, statement
from events.log import Accepted
from events.notes import Signer
from events.publish import TileBuilder, entries
from events.registry import KeyAdopted, KeyRetired, SchemaAdopted
from events.tables import defined_here, definitions
from events.tiles import TiledTree
from events.tree import TreeHead
from ops.synthetic.province import grow
from ops.synthetic.telling import Numbers
from registry.wire import CODEC
from tests.support.audited import ENDLESS, first_said, lines_of, stream
from tests.support.judge import AUDITOR, Auditor
from tests.support.records import chain, own_entry
from tests.support.registry import ORIGIN, TIMEOUT_S, child_id, opened, person, submit
from tests.support.registry import submission as asked
from tests.support.signing import signing_in
from tests.support.stories import born
from tests.support.tampered import Change, bit, bundle, edited
from tests.support.tree import KNOWN, LOG_KEY, OTHER_KEY, TWINS, WITNESS_KEY, note_of

VKEY = LOG_KEY.verifier.vkey
SIZE = 600
"""Entries: two full tiles of leaves and one that is not, and one above them."""
GOLDEN = Path(__file__).parents[1] / "golden"


def agree(auditor: Auditor, path: Path, *keys: Signer) -> list[str]:
    """Return what both auditors say of a log, which must be the same."""
    options = [option for key in keys for option in ("-vkey", key.verifier.vkey)]
    second = lines_of(auditor(path, *options))
    assert second == lines_of(first_said(path, [key.verifier for key in keys]))
    return second


def faults(said: list[str]) -> list[str]:
    return [line.split(maxsplit=1)[1] for line in said if line.startswith("FAULT")]


def test_the_source_is_formatted_and_vetted(auditor: Auditor) -> None:
    del auditor  # left out where there is no Go
    for command in (["gofmt", "-l", "."], ["go", "vet", "-mod=readonly", "./..."]):
        done = subprocess.run(
            command, cwd=AUDITOR, capture_output=True, text=True, check=True
        )
        assert done.stdout == ""


def test_it_knows_the_tables_of_a_logs_file() -> None:
    """It must not read `events.tables`, so it has a text of its own."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript((AUDITOR / "tables.sql").read_text())
        assert definitions(database) == defined_here()


def test_a_running_node_is_read_beside_it(auditor: Auditor, tmp_path: Path) -> None:
    folder = tmp_path / "a folder, with # and ?"
    folder.mkdir()
    signing, data = signing_in(folder, LOG_KEY), folder / "data"
    with opened(data, signing=signing) as registry:
        command = born(child_id("Xiaoling"), "2016", person("father"))
        last = submit(registry, asked(command, "born", "police", Office.POLICE))
        assert registry.publisher is not None
        assert registry.publisher.wait(last.position, TIMEOUT_S)
        before = sorted(data.rglob("*"))
        said = agree(auditor, data, LOG_KEY, WITNESS_KEY)
        assert sorted(data.rglob("*")) == before
    assert faults(said) == []
    assert f"signed     tiles/checkpoint: by {ORIGIN}" in said


def test_a_province_with_every_kind_of_event_is_read(
    auditor: Auditor, tmp_path: Path
) -> None:
    numbers = Numbers(children=150, years=10, seed=7, registry=ORIGIN)
    grow(tmp_path / "log.sqlite", numbers, lambda _done, _total: None)
    said = agree(auditor, tmp_path)
    assert faults(said) == []
    assert not any("unreadable" in line for line in said)


# Tiles of two levels, beside a log that has them all, and one that was cut.


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("node")
    with (
        closing(EmbeddedLog(folder / "log.sqlite", ORIGIN)) as log,
        closing(TileBuilder(folder / "tiles", ORIGIN)) as builder,
    ):
        log.append(chain(SIZE), 1e12)
        builder.extend(entries(log, 0, SIZE))
        builder.save()
        domain = tmp_path_factory.mktemp("domain")
        stores = [HeadFile(folder / "head"), HeadFile(domain / "head")]
        begin(stores, ORIGIN)
        tree = TiledTree(builder.read, SIZE)
        builder.publish(sign_next(stores, tree, LOG_KEY), KNOWN)
    return folder


def swap(texts: list[bytes]) -> None:
    texts[5], texts[6] = texts[6], texts[5]


def both_full(tiles: Path) -> None:
    """Leave of the last tile and bundle what came when they were full."""
    for kind in ("0", "entries"):
        partial = tiles / f"tile/{kind}/002.p/88"
        content = partial.read_bytes()
        if kind == "0":
            content += bytes((256 - 88) * 32)
        else:
            content += b"\x00\x01x" * (256 - 88)
        (tiles / f"tile/{kind}/002").write_bytes(content)
        partial.unlink()


TILES: dict[str, tuple[Change, list[str]]] = {
    "honest": (lambda _tiles: None, []),
    "only-the-full-ones-left": (both_full, []),
    "leaf": (edited("tile/0/001", bit(7)), ["tile/0/001#7"]),
    "last-leaf": (
        edited("tile/0/002.p/88", bit(87)),
        ["tile/0/002.p/88#87", "checkpoint"],
    ),
    "above": (edited("tile/1/000.p/2", bit(1)), ["tile/1/000.p/2#1", "checkpoint"]),
    "short": (edited("tile/0/000", lambda c: c[:-32]), ["tile/0/000"]),
    "missing": (lambda tiles: (tiles / "tile/0/001").unlink(), ["tile/0/001"]),
    "last-missing": (
        lambda tiles: (tiles / "tile/0/002.p/88").unlink(),
        ["tile/0/002.p/88"],
    ),
    "no-bundle": (
        lambda tiles: (tiles / "tile/entries/001").unlink(),
        ["tile/entries/001"],
    ),
    "swapped": (
        edited("tile/entries/001", bundle(swap)),
        [f"tile/entries/001#{slot}" for slot in (5, 6, 5, 6)],
    ),
    "swapped-at-the-end": (
        edited("tile/entries/002.p/88", bundle(swap)),
        [f"tile/entries/002.p/88#{slot}" for slot in (5, 6, 5, 6)],
    ),
    "one-left-out": (
        edited("tile/entries/000", bundle(lambda texts: texts.pop(9))),
        ["tile/entries/000"],
    ),
    "cut-bundle": (
        edited("tile/entries/000", lambda c: c[:-1]),
        ["tile/entries/000"],
    ),
    "no-note": (edited("checkpoint", lambda _: b"garbage"), ["tiles/checkpoint"]),
    "unsigned": (
        edited("checkpoint", lambda c: c.replace(b"\n600\n", b"\n599\n")),
        ["tiles/checkpoint"],
    ),
}


@pytest.mark.parametrize("name", list(TILES))
def test_both_name_the_same_places_of_tiles(
    kept: Path, tmp_path: Path, name: str, auditor: Auditor
) -> None:
    folder = Path(shutil.copytree(kept, tmp_path / "node"))
    change, places = TILES[name]
    change(folder / "tiles")
    assert faults(agree(auditor, folder, LOG_KEY)) == places


@pytest.mark.parametrize("name", list(TILES))
def test_both_name_the_same_places_of_tiles_whose_log_is_shorter(
    kept: Path, tmp_path: Path, name: str, auditor: Auditor
) -> None:
    """Then tiles are judged by each other, up to the signed head."""
    folder = Path(shutil.copytree(kept, tmp_path / "node"))
    (folder / "log.sqlite").unlink()
    with closing(EmbeddedLog(folder / "log.sqlite", ORIGIN)) as log:
        log.append(chain(1), 1e12)
    TILES[name][0](folder / "tiles")
    said = faults(agree(auditor, folder, LOG_KEY))
    assert said[-1] == "head"
    assert ("checkpoint" in said) == (name not in {"no-note", "unsigned"})


def test_a_head_may_claim_any_size(
    kept: Path, tmp_path: Path, auditor: Auditor
) -> None:
    """Neither looks for its tiles beyond the faults that it tells."""
    folder = Path(shutil.copytree(kept, tmp_path / "node"))
    claimed = note_of(TreeHead(size=1 << 62, root=bytes(32)))
    (folder / "tiles/checkpoint").write_bytes(claimed)
    said = agree(auditor, folder, LOG_KEY)
    assert "FAULT      and perhaps more" in said
    assert faults(said)[0] == "checkpoint"


# Exported records.


def written(folder: Path, records: list[bytes]) -> Path:
    (folder / "records").write_bytes(stream(records))
    return folder / "records"


@pytest.mark.parametrize("name", ["acceptance", "conformance"])
def test_every_vector_gets_its_verdict(
    tmp_path: Path, name: str, auditor: Auditor
) -> None:
    """Those that are void, each after the entries before it."""
    vectors: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_bytes())
    origin, kept_records = vectors["registry"], list[bytes]()
    state = MemoryState(origin)
    for vector in vectors["records"]:
        record = bytes.fromhex(vector["record"])
        path = written(tmp_path, [*kept_records, record])
        said = auditor(path, "-origin", origin)
        if isinstance(state.apply(record), Accepted):
            kept_records.append(record)
            assert "is void" not in said
            assert f"chain      {vector['hash']}" in said
        else:
            assert f"is void: {vector['verdict']}\n" in said, vector["note"]
    assert len(kept_records) > 1


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (stream(chain(6)), None),
        (stream(chain(3)[:1] + chain(3)[2:]), "entry 2"),
        (stream([*chain(2), chain(2)[1]]), "entry 3"),
        (stream(chain(2)[::-1]), "entry 1"),
        (stream([b"", *chain(2)]), "entry 1"),
        (stream([bytes(524_288)]), "entry 1"),
        (stream(chain(2)) + b"\x00", "is cut short"),
        (stream(chain(2)) + b"\x00\x00\x00\x09abc", "is cut short"),
        (stream([bytes(524_289)]), "is cut short"),
    ],
)
def test_records_left_out_repeated_reordered_or_cut_are_named(
    tmp_path: Path, content: bytes, place: str | None, auditor: Auditor
) -> None:
    (tmp_path / "records").write_bytes(content)
    said = agree(auditor, tmp_path / "records")
    assert ("FAULTS" in said[-1]) == (place is not None)
    if place:
        assert place in auditor(tmp_path / "records")


def test_a_kept_head_must_be_continued(tmp_path: Path, auditor: Auditor) -> None:
    path = written(tmp_path, chain(6))
    report = auditor(path)
    root = next(line for line in report.splitlines() if line.startswith("tree"))
    head = tmp_path / "head"
    text = f"{ORIGIN}\n6\n{root.split()[1]}\n".encode()
    head.write_bytes(text + b"\n" + LOG_KEY.sign(text))
    kept = f"head kept  {head}: 6 entries, continued by the log"
    assert kept in auditor(path, "-head", str(head), "-vkey", VKEY)
    head.write_bytes(text + b"\n" + OTHER_KEY.sign(text))
    assert "FAULT" in auditor(path, "-head", str(head), "-vkey", VKEY)
    head.write_bytes(note_of(TreeHead(size=6, root=bytes(32))))
    said = auditor(path, "-head", str(head), "-vkey", VKEY)
    assert f"{head}: its root is not the log's at 6 entries" in said
    head.write_bytes(note_of(TreeHead(size=7, root=bytes(32))))
    said = auditor(path, "-head", str(head), "-vkey", VKEY)
    assert f"{head}: covers 7 entries, and the log has 6" in said
    said = auditor(path, "-origin", "registry.example/x")
    assert "entry 1: is void: other_registry" in said


def test_where_there_is_nothing_to_read_it_ends_with_2(
    tmp_path: Path, auditor: Auditor
) -> None:
    (tmp_path / "empty").write_bytes(b"")
    for path in (tmp_path, tmp_path / "empty", tmp_path / "missing"):
        with pytest.raises(AssertionError):
            auditor(path)


EXAMPLES = settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@EXAMPLES
@given(
    at=st.integers(0, 10_000),
    byte=st.integers(1, 255),
    sealed=st.booleans(),
    cut=st.integers(0, 3),
)
def test_both_judge_changed_records_alike(
    auditor: Auditor, at: int, byte: int, cut: int, sealed: bool
) -> None:
    """Any byte of the second of three records; `sealed`, in its frame, hashed again."""
    records = chain(3)
    record = bytearray(records[1])
    record[at % len(record)] ^= byte
    changed = bytes(record[: len(record) - cut])
    if sealed:
        whole = decode_record(records[1])
        frame = bytearray(whole.frame)
        frame[at % len(frame)] ^= byte
        changed = encode_record(replace(whole, frame=bytes(frame)))
    with NamedTemporaryFile() as file:
        file.write(stream([records[0], changed, records[2]]))
        file.flush()
        agree(auditor, Path(file.name))


@EXAMPLES
@given(st.binary(max_size=200))
def test_hostile_files_are_faults_to_both(auditor: Auditor, content: bytes) -> None:
    with NamedTemporaryFile() as file:
        file.write(b"\x00" + content)
        file.flush()
        assert faults(agree(auditor, Path(file.name)))


# What acceptance leaves to auditors: announcements, bodies, keys.


def announced(*texts: str) -> list[SchemaAdopted]:
    return [SchemaAdopted(fingerprint=fingerprint(text), text=text) for text in texts]


def test_every_schema_of_this_release_is_read(tmp_path: Path, auditor: Auditor) -> None:
    """And every body of the golden ones is canonical to both, but for its last byte."""
    state = MemoryState(ORIGIN)
    records = [own_entry(state, *announced(*CODEC.texts.values()))]
    golden: dict[str, dict[str, str]] = json.loads(
        (GOLDEN / "bodies.json").read_bytes()
    )
    count = 0
    for name, body in golden.items():
        key, content = bytes.fromhex(body["fingerprint"]), bytes.fromhex(body["body"])
        if key in state.schemas and name != "SchemaAdopted":
            records.append(forged(own_entry(state, *announced()), name, key, content))
            state = replayed(records)
            count += 1
    said = agree(auditor, written(tmp_path, records))
    assert faults(said) == []
    assert count > 100
    for end in (b"\x00", b"\x80"):
        last = decode_record(records[-1]).bodies[0]
        assert last is not None
        worse = forged(records[-1], name, key, last.content + end)
        said = agree(auditor, written(tmp_path, [*records[:-1], worse]))
        assert faults(said) == [f"entry {count + 1}, event 1"]


def forged(record: bytes, name: str, key: bytes, content: bytes) -> bytes:
    """Return an entry of the registry with one event of this content."""
    whole = decode_record(record)
    frame = decode_frame(whole.frame)
    assert whole.request is not None
    body = replace(whole.request, content=content)
    header = EventHeader(
        stream="child/x",
        version=frame.recorded_at,
        type=name,
        fingerprint=key,
        concerns=None,
        jurisdiction=None,
        urgent=False,
        digest=body.digest,
    )
    frame = replace(frame, events=(header,))
    return encode_record(replace(whole, frame=encode_frame(frame), bodies=(body,)))


def replayed(records: list[bytes]) -> MemoryState:
    state = MemoryState(ORIGIN)
    for record in records:
        assert isinstance(state.apply(record), Accepted)
    return state


BOUNDED: list[object] = [
    {"type": "record", "name": "a.r", "fields": [{"name": "n", "type": "long"}]},
    {"type": "enum", "name": "e", "namespace": "x", "symbols": ["A", "B"]},
]


FOREIGN: list[object] = [
    {"type": "record", "name": "r", "fields": [{"name": "n", "type": kind}]}
    for kind in (
        "float",
        "double",
        {"type": "map", "values": "long"},
        {"type": "float"},
    )
]


@pytest.mark.parametrize("schema", [*BOUNDED, *ENDLESS, *FOREIGN])
def test_a_schema_is_refused_by_both_or_by_neither(
    tmp_path: Path, schema: object, auditor: Auditor
) -> None:
    text = orjson.dumps(schema).decode()
    record = own_entry(MemoryState(ORIGIN), *announced(text))
    said = agree(auditor, written(tmp_path, [record]))
    assert len(faults(said)) == (schema not in BOUNDED)


@EXAMPLES
@given(st.text(max_size=40), st.binary(min_size=8, max_size=8))
def test_hostile_announcements_are_faults_to_both(
    auditor: Auditor, text: str, key: bytes
) -> None:
    state = MemoryState(ORIGIN)
    record = own_entry(state, SchemaAdopted(fingerprint=key, text=text))
    with NamedTemporaryFile() as file:
        file.write(stream([record]))
        file.flush()
        assert len(faults(agree(auditor, Path(file.name)))) == 1


def told(act: KeyAct, key: Signer, *by: Signer) -> KeyAdopted | KeyRetired:
    said = statement(act, key.verifier, by)
    if act is KeyAct.ADOPTED:
        return KeyAdopted(statement=said)
    return KeyRetired(statement=said)


NEXT = Signer(name=ORIGIN, kind=LOG_KEY.kind, seed=b"the next seed, of 32 bytes.....!")
ADOPTED, ROTATED, LOST = KeyAct.ADOPTED, KeyAct.ROTATED, KeyAct.LOST
FIRST = told(ADOPTED, LOG_KEY, LOG_KEY)
SECOND = told(ADOPTED, NEXT, LOG_KEY, NEXT)


@pytest.mark.parametrize(
    ("statements", "wrong"),
    [
        ([FIRST, SECOND, told(ROTATED, LOG_KEY, NEXT)], None),
        ([FIRST, SECOND, told(LOST, NEXT, LOG_KEY)], None),
        ([told(ADOPTED, LOG_KEY, OTHER_KEY)], 2),
        ([FIRST, FIRST], 3),
        ([FIRST, told(ADOPTED, NEXT, NEXT)], 3),
        ([FIRST, told(ROTATED, LOG_KEY, LOG_KEY)], 3),
        ([FIRST, SECOND, told(ROTATED, NEXT, OTHER_KEY)], 4),
        ([FIRST, told(ROTATED, NEXT, LOG_KEY)], 3),
        ([told(ADOPTED, one, *TWINS[: n + 1]) for n, one in enumerate(TWINS)], 3),
        ([FIRST, KeyAdopted(statement=statement(LOST, NEXT.verifier, [LOG_KEY]))], 3),
        ([KeyAdopted(statement="")], 2),
        ([KeyAdopted(statement=FIRST.statement.replace(ORIGIN, "x.example/y"))], 2),
        ([KeyAdopted(statement=FIRST.statement.replace("+", "-"))], 2),
    ],
)
def test_both_follow_the_keys_of_a_log(
    tmp_path: Path,
    statements: list[KeyAdopted | KeyRetired],
    wrong: int | None,
    auditor: Auditor,
) -> None:
    state = MemoryState(ORIGIN)
    schemas = announced(schema_text("KeyAdopted"), schema_text("KeyRetired"))
    records = [
        own_entry(state, *schemas),
        *(own_entry(state, said) for said in statements),
    ]
    said = agree(auditor, written(tmp_path, records))
    assert len(faults(said)) == (wrong is not None)
    if wrong:
        assert faults(said)[0].startswith(f"entry {wrong}, key")
    if wrong is None:
        assert len([line for line in said if line.startswith("key ")]) == 2
