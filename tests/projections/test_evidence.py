"""Exported evidence verifies by itself, shows what was asked, and hides the rest."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from events.entry import decode_record, encode_record
from events.evidence import MANIFEST, RECORDS, TAGS, BagError, Scope, export
from events.guardianship import Office
from events.notes import NoteError
from events.tree import EvidenceError
from projections.evidence import main, verify
from projections.replay import records_of
from tests.ops.test_cli import run
from tests.support.evidence import contents, resealed, rewritten
from tests.support.registry import (
    ORIGIN,
    TIMEOUT_S,
    child_id,
    opened,
    person,
    submission,
    submit,
)
from tests.support.signing import signing_in
from tests.support.stories import (
    BUREAU,
    CASE,
    CHILD,
    FATHER,
    MOTHER,
    born,
    judgment,
    outcome,
    tongshan_application,
)
from tests.support.tree import KNOWN, LOG_KEY, OTHER_KEY

VKEY = LOG_KEY.verifier.vkey
NEIGHBOUR = child_id("a neighbour")
CHILDS = Scope(children=frozenset({CHILD}))


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("node")
    with opened(folder / "data", signing=signing_in(folder)) as registry:
        birth = born(CHILD, "2004-10", FATHER, MOTHER)
        submit(registry, submission(birth, "birth", "xuzhou-police", Office.POLICE))
        other = born(NEIGHBOUR, "2011-03", person("of the neighbour"))
        submit(registry, submission(other, "other", "xuzhou-police", Office.POLICE))
        filed = tongshan_application()
        submit(registry, submission(filed, "file", BUREAU, Office.CIVIL_AFFAIRS))
        decided = judgment("2015-02-04", outcome(disqualified=(FATHER, MOTHER)))
        last = submit(registry, submission(decided, "judgment"))
        assert registry.publisher is not None
        assert registry.publisher.wait(last.position, TIMEOUT_S)
    return folder / "data"


@pytest.fixture
def bag(node: Path, tmp_path: Path) -> Path:
    export(node, tmp_path / "bag", CHILDS, LOG_KEY.verifier)
    return tmp_path / "bag"


def test_evidence_verifies_and_answers_as_the_registry_did(
    bag: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [str(bag), "--key", VKEY, "--child", CHILD, "--as-of", "2015-03-01"]
    assert main(asked) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["entries"] == [1, 6]
    assert told["custody"]["status"] == "gap"
    assert told["custody"]["unreadable"] == []
    assert told["withheld"] > 0


def test_the_same_input_gives_the_same_bytes(node: Path, bag: Path) -> None:
    again = bag.with_name("again")
    export(node, again, CHILDS, LOG_KEY.verifier)
    assert contents(again) == contents(bag)
    with pytest.raises(BagError, match="exists"):
        export(node, again, CHILDS, LOG_KEY.verifier)


def test_only_bodies_of_the_named_children_are_inside(node: Path, bag: Path) -> None:
    neighbour = person("of the neighbour").id.encode()
    assert neighbour in (node / "log.sqlite").read_bytes()
    for name, content in contents(bag).items():
        assert neighbour not in content, name
    assert FATHER.id.encode() in (bag / RECORDS).read_bytes()
    nobody = bag.with_name("nobody")
    export(node, nobody, Scope(), LOG_KEY.verifier)
    assert FATHER.id.encode() not in (nobody / RECORDS).read_bytes()
    assert verify(nobody, KNOWN).checkpoint == verify(bag, KNOWN).checkpoint


def test_of_a_withheld_child_the_answer_is_uncertain(
    bag: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [str(bag), "--key", VKEY, "--child", NEIGHBOUR, "--as-of", "2015-03-01"]
    assert main(asked) == 0
    told = json.loads(capsys.readouterr().out)["custody"]
    assert told["status"] in {"uncertain", "unknown"}


def without_an_entry(records: list[bytes]) -> list[bytes]:
    return records[:3] + records[4:]


def without_the_last(records: list[bytes]) -> list[bytes]:
    return records[:-1]


def swapped(records: list[bytes]) -> list[bytes]:
    return [*records[:2], records[3], records[2], *records[4:]]


def repeated(records: list[bytes]) -> list[bytes]:
    return [*records, records[-1]]


def bit_in_a_frame(records: list[bytes]) -> list[bytes]:
    record = decode_record(records[2])
    frame = bytearray(record.frame)
    frame[-40] ^= 1
    object.__setattr__(record, "frame", bytes(frame))
    return [*records[:2], encode_record(record), *records[3:]]


def body_exchanged(records: list[bytes]) -> list[bytes]:
    record = decode_record(records[2])
    (shown, *_) = [body for body in record.bodies if body is not None]
    changed = bytearray(shown.content)
    changed[-1] ^= 1
    object.__setattr__(shown, "content", bytes(changed))
    return [*records[:2], encode_record(record), *records[3:]]


@pytest.mark.parametrize(
    ("tampered", "place"),
    [
        (without_an_entry, "entry 4"),
        (without_the_last, "data/checkpoint"),
        (swapped, "entry 3"),
        (repeated, "entry 7"),
        (bit_in_a_frame, "entry 4"),
        (body_exchanged, "entry 3"),
    ],
)
def test_what_was_tampered_with_is_named_although_the_manifests_fit(
    bag: Path, tampered: Callable[[list[bytes]], list[bytes]], place: str
) -> None:
    rewritten(bag, tampered(list(records_of(bag / RECORDS))))
    with pytest.raises(EvidenceError) as failed:
        verify(bag, KNOWN)
    assert failed.value.place == place
    assert main([str(bag), "--key", VKEY]) == 1


def test_a_file_missing_added_changed_or_linked_is_named(
    bag: Path, tmp_path: Path
) -> None:
    for name in ("data/key", "data/README.txt", "bag-info.txt", MANIFEST, TAGS):
        honest = (bag / name).read_bytes()
        (bag / name).unlink()
        with pytest.raises(BagError):
            verify(bag, KNOWN)
        (bag / name).write_bytes(honest + b"x")
        with pytest.raises(BagError):
            verify(bag, KNOWN)
        (bag / name).write_bytes(honest)
    (bag / "data/more").write_bytes(b"")
    with pytest.raises(BagError, match="data/more: is not listed"):
        verify(bag, KNOWN)
    (bag / "data/more").unlink()
    (bag / "data/key").rename(tmp_path / "key")
    (bag / "data/key").symlink_to(tmp_path / "key")
    with pytest.raises(BagError, match="must be a file"):
        verify(bag, KNOWN)


def test_a_manifest_that_leads_outside_is_refused(bag: Path) -> None:
    listed = (bag / MANIFEST).read_text()
    for path in ("../node", "/etc/hostname"):
        (bag / MANIFEST).write_text(f"{listed}{'0' * 64}  {path}\n")
        with pytest.raises(BagError, match="must list each file"):
            verify(bag, KNOWN)


def test_another_key_is_not_believed_also_where_it_lies_inside(bag: Path) -> None:
    with pytest.raises(NoteError):
        verify(bag, [OTHER_KEY.verifier])
    assert main([str(bag), "--key", OTHER_KEY.verifier.vkey]) == 1
    assert main([str(bag.with_name("none")), "--key", VKEY]) == 1


def test_without_a_signed_head_there_is_nothing_to_export(
    node: Path, tmp_path: Path
) -> None:
    copied = Path(shutil.copytree(node, tmp_path / "node"))
    with pytest.raises(NoteError):
        export(copied, tmp_path / "bag", Scope(), OTHER_KEY.verifier)
    (copied / "tiles/checkpoint").unlink()
    with pytest.raises(BagError, match="no published head"):
        export(copied, tmp_path / "bag", Scope(), LOG_KEY.verifier)
    assert not (tmp_path / "bag").exists()


def test_opening_needs_neither_the_registry_nor_the_law_nor_grpc_nor_kafka(
    bag: Path,
) -> None:
    code = (
        "import sys; from projections.evidence import main; "
        f"assert main([{str(bag)!r}, '--key', {VKEY!r}]) == 0; "
        "assert not {m.partition('.')[0] for m in sys.modules} "
        "& {'registry', 'ops', 'grpc', 'kafka'}"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


# A case, a range, and what stands beside the records for people.


def exported(node: Path, folder: Path, scope: Scope) -> Path:
    export(node, folder, scope, LOG_KEY.verifier)
    return folder


def test_a_case_is_exported_with_its_bodies_and_no_childs(
    node: Path, tmp_path: Path
) -> None:
    bag = exported(node, tmp_path / "case", Scope(cases=frozenset({CASE})))
    found = verify(bag, KNOWN)
    shown = {path.name for path in (bag / "data/json").iterdir()}
    assert shown == {"5.json", "6.json"}
    for name in shown:
        told = json.loads((bag / "data/json" / name).read_text())
        for event in told["events"]:
            of_the_case = event["stream"] == f"case/{CASE}"
            assert (event["body"] is not None) is of_the_case
    assert found.bodies > 0


def test_what_is_shown_reads_as_json_by_the_schemas_inside(bag: Path) -> None:
    told = json.loads((bag / "data/json/3.json").read_text())
    assert told["events"][0]["type"] == "ChildRegistered"
    assert told["events"][0]["body"]["birth"]["date"] == "2004-10"
    assert (bag / f"data/schemas/{told['events'][0]['schema']}.avsc").exists()
    assert not (bag / "data/json/4.json").exists()  # the neighbour's
    assert "was changed and nothing left out" in (bag / "data/README.txt").read_text()


@pytest.mark.parametrize("scope", [Scope(entries=(3, 5)), CHILDS], ids=["range", "all"])
@pytest.mark.parametrize("kind", ["json", "proofs", "schemas"])
@pytest.mark.parametrize("lie", ["changed", "missing", "added"])
def test_what_stands_beside_the_records_is_made_again_and_compared(
    node: Path, tmp_path: Path, scope: Scope, kind: str, lie: str
) -> None:
    whose = Scope(children=frozenset({CHILD}), entries=scope.entries)
    bag = exported(node, tmp_path / "bag", whose)
    honest = max((bag / "data" / kind).iterdir())
    place = honest
    if lie == "changed":
        content = bytearray(honest.read_bytes())
        content[len(content) // 2] ^= 1
        honest.write_bytes(content)
    elif lie == "missing":
        honest.unlink()
    else:
        place = honest.with_name(f"0{honest.name}")
        place.write_bytes(honest.read_bytes())
    resealed(bag)
    with pytest.raises(EvidenceError) as failed:
        verify(bag, KNOWN)
    if scope.entries is None or kind == "json" or lie == "added":
        assert failed.value.place == str(place.relative_to(bag))


def test_a_range_is_proved_entry_by_entry_and_answers_nobody(
    node: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scope = Scope(children=frozenset({CHILD}), entries=(3, 5))
    bag = exported(node, tmp_path / "range", scope)
    found = verify(bag, KNOWN)
    assert found.entries == (3, 5)
    assert not found.whole
    assert len(list(records_of(bag / RECORDS))) == 3
    assert contents(exported(node, tmp_path / "again", scope)) == contents(bag)
    asked = [str(bag), "--key", VKEY, "--child", CHILD, "--as-of", "2015-03-01"]
    assert main(asked) == 1
    assert "is a range" in capsys.readouterr().err
    assert main(asked[:3]) == 0


@pytest.mark.parametrize(
    ("tampered", "place"),
    [
        (lambda r: r[:-1], "data/records"),
        (lambda r: [r[0], r[2]], "entry 4"),
        (lambda r: [r[1], r[0], r[2]], "entry 4"),
        (lambda r: [*r, r[-1]], "entry 6"),
        (lambda r: [r[0] + b"x", *r[1:]], "entry 3"),
    ],
)
def test_a_tampered_range_is_named(
    node: Path,
    tmp_path: Path,
    tampered: Callable[[list[bytes]], list[bytes]],
    place: str,
) -> None:
    bag = exported(node, tmp_path / "range", Scope(entries=(3, 5)))
    rewritten(bag, tampered(list(records_of(bag / RECORDS))))
    with pytest.raises(EvidenceError) as failed:
        verify(bag, KNOWN)
    assert place in failed.value.place or "entry" in failed.value.place


@pytest.mark.parametrize("entries", [(0, 2), (5, 4), (1, 900)])
def test_a_range_beyond_the_log_is_refused(
    node: Path, tmp_path: Path, entries: tuple[int, int]
) -> None:
    with pytest.raises(BagError, match="must be within entries 1 to 6"):
        exported(node, tmp_path / "range", Scope(entries=entries))


def test_a_body_that_was_asked_for_and_cut_out_is_named(
    node: Path, tmp_path: Path
) -> None:
    bag = exported(node, tmp_path / "nobody", Scope())
    (bag / "data/scope").write_bytes(CHILDS.text)
    resealed(bag)
    with pytest.raises(BagError, match="a body that was asked for is gone"):
        verify(bag, KNOWN)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"children":1}', b"\xff"])
def test_a_scope_that_is_none_is_refused(bag: Path, content: bytes) -> None:
    (bag / "data/scope").write_bytes(content)
    resealed(bag)
    with pytest.raises(BagError, match="is not of this format"):
        verify(bag, KNOWN)


def test_the_command_exports_a_case_and_a_range(node: Path, tmp_path: Path) -> None:
    config = node.parent / "node.toml"
    config.write_text(
        f'registry = "{ORIGIN}"\nnode = "n"\ndata_dir = "data"\n'
        '[signing]\nkey = "log.key"\nheads = "heads"\n'
    )
    said = run(
        *("export", str(tmp_path / "bag"), "--case", CASE, "--range", "5-6"),
        *("--config", str(config)),
    )
    assert said.returncode == 0, said.stderr
    opened_ = run("open", str(tmp_path / "bag"), "--key", VKEY)
    assert json.loads(opened_.stdout)["entries"] == [5, 6]
    wrong = run(
        *("export", str(tmp_path / "no"), "--range", "5"), "--config", str(config)
    )
    assert wrong.returncode == 2
