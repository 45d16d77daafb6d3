"""Exported records, judged by both auditors: what acceptance says, and leaves to them.

Chains with gaps, changed and hostile bytes, announcements, bodies, keys.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.codec import fingerprint, schema_text
from events.entry import (
    MemoryState,
    decode_record,
    encode_record,
)
from events.key_line import KeyAct, statement
from events.log import Accepted
from events.notes import Signer
from events.registry import KeyAdopted, KeyRetired, SchemaAdopted
from events.tree import TreeHead
from registry.wire import CODEC
from tests.support.audited import (
    ENDLESS,
    STARTED,
    agree,
    agree_on,
    faults,
    stream,
)
from tests.support.judge import Auditor
from tests.support.records import chain, own_entry, with_event
from tests.support.registry import ORIGIN
from tests.support.tree import LOG_KEY, OTHER_KEY, TWINS, note_of

VKEY = LOG_KEY.verifier.vkey
GOLDEN = Path(__file__).parents[1] / "golden"


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


@STARTED
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
    agree_on(auditor, stream([records[0], changed, records[2]]))


@STARTED
@given(st.binary(max_size=200))
def test_hostile_files_are_faults_to_both(auditor: Auditor, content: bytes) -> None:
    assert faults(agree_on(auditor, b"\x00" + content))


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
            records.append(
                with_event(own_entry(state, *announced()), name, key, content)
            )
            state = replayed(records)
            count += 1
    said = agree(auditor, written(tmp_path, records))
    assert faults(said) == []
    assert count > 100
    for end in (b"\x00", b"\x80"):
        last = decode_record(records[-1]).bodies[0]
        assert last is not None
        worse = with_event(records[-1], name, key, last.content + end)
        said = agree(auditor, written(tmp_path, [*records[:-1], worse]))
        assert faults(said) == [f"entry {count + 1}, event 1"]


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


@pytest.mark.parametrize("text", ["", "[]", "{}", '"long"}', '"long"]', '"long" 1'])
def test_a_text_with_more_or_less_than_json_is_no_schema(
    tmp_path: Path, text: str, auditor: Auditor
) -> None:
    said = SchemaAdopted(fingerprint=fingerprint('"long"'), text=text)
    path = written(tmp_path, [own_entry(MemoryState(ORIGIN), said)])
    assert len(faults(agree(auditor, path))) == 1


@STARTED
@given(st.text(max_size=40), st.binary(min_size=8, max_size=8))
def test_hostile_announcements_are_faults_to_both(
    auditor: Auditor, text: str, key: bytes
) -> None:
    state = MemoryState(ORIGIN)
    record = own_entry(state, SchemaAdopted(fingerprint=key, text=text))
    assert len(faults(agree_on(auditor, stream([record])))) == 1


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
