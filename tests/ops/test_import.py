"""A jurisdiction's files: each row its own outcome, nothing twice, nobody's name."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from childregistry.v1 import submission_service_pb2 as pb
from childregistry.v1.error_reason_pb2 import ErrorReason
from childregistry.v1.submission_service_pb2_grpc import SubmissionServiceStub
from ops.import_map import ImportMap, MapError, load_map, request_id_of, rows_of
from ops.submission_file import FileFaultError, submission_of
from ops.terminal import Exit
from registry.identity import AUTHORITY, OFFICE
from tests.ops.test_cli import run
from tests.support.server import Running, served

MAP = """
command = "register_child"
authority = "tongshan-police"
office = "police"
provenance = "BACK_LOADED"
pseudonyms = "key"

[fields]
child = "{file|pseudonym}"
"birth.date" = "{born}"
"birth.precision" = "PRECISION_STATED"
"birth.source" = "BIRTH_SOURCE_HOUSEHOLD_REGISTER"
on = "{born}"
jurisdiction = "cn-{place}"
"parents[0].kind" = "{father_kind}"
"parents[0].id" = "{father|pseudonym}"
"parents[1].kind" = "{mother_kind}"
"parents[1].id" = "{mother|pseudonym}"
"""
HEAD = "file,born,place,father,father_kind,mother,mother_kind"
PERSON = "HOLDER_KIND_PERSON"
FILES = [
    f"F-1,2012-03-04,320312,320312198001011234,{PERSON},320312198202022345,{PERSON}",
    f"F-2,2014-05-06,320312,320312198001011234,{PERSON},,",
    "F-3,2016,320312,,,,",
]


@pytest.fixture
def mapped(tmp_path: Path) -> Path:
    key = tmp_path / "key"
    key.write_bytes(bytes(range(32)))
    key.chmod(0o600)
    path = tmp_path / "map.toml"
    path.write_text(MAP, encoding="utf-8")
    return path


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with served(tmp_path / "node") as server:
        yield server


def table(*rows: str) -> bytes:
    return "\n".join((HEAD, *rows)).encode()


def sent(running: Running, mapped: Path, *rows: str) -> tuple[int, str, str]:
    file = mapped.parent / "files.csv"
    file.write_bytes(table(*rows))
    server = f"127.0.0.1:{running.port}"
    done = run("import", str(file), "--map", str(mapped), "--server", server)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_rows_are_recorded_once_however_often_the_file_is_sent(
    running: Running, mapped: Path
) -> None:
    assert sent(running, mapped, *FILES)[:2] == (
        Exit.DONE,
        "3 recorded, 0 repeated, 0 refused, 0 faulty\n",
    )
    head = running.registry.log.head()
    code, told, _ = sent(running, mapped, *FILES)
    assert (code, told) == (0, "0 recorded, 3 repeated, 0 refused, 0 faulty\n")
    assert running.registry.log.head() == head


def test_no_number_of_a_person_reaches_the_record(
    running: Running, mapped: Path
) -> None:
    sent(running, mapped, *FILES)
    for stored in running.registry.log.read(0, 100):
        assert b"3203121980" not in stored.record
        assert b"F-1" not in stored.record


def test_one_bad_row_is_named_and_loses_no_other(
    running: Running, mapped: Path
) -> None:
    bad = [
        FILES[0],
        FILES[1].replace("2014-05-06", "6 May 2014"),
        "F-4,2015-01-01,320312",
        FILES[2].replace("320312", "Town Hall"),
        FILES[2],
    ]
    code, told, said = sent(running, mapped, *bad)
    assert code == Exit.INVALID
    assert told == "2 recorded, 0 repeated, 0 refused, 3 faulty\n"
    assert "3 register_child.birth.date: is a date" in said
    assert "4 4: row: has the 7 cells of the head" in said or "4: row" in said
    assert "5 jurisdiction" in said


def test_a_file_without_its_columns_or_a_map_without_sense_sends_nothing(
    running: Running, mapped: Path
) -> None:
    before = running.registry.log.head()
    file = mapped.parent / "short.csv"
    file.write_text("file,born\nF-1,2012\n", encoding="utf-8")
    server = ("--server", f"127.0.0.1:{running.port}")
    short = run("import", str(file), "--map", str(mapped), *server)
    assert short.returncode == Exit.INVALID
    assert b"is a column that the map names" in short.stderr
    mapped.write_text(MAP.replace("register_child", "register_dog"), encoding="utf-8")
    wrong = run("import", str(file), "--map", str(mapped), *server)
    assert wrong.returncode == Exit.USAGE
    assert running.registry.log.head() == before


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('command = "register_child"', 'command = "x"', "command"),
        ('office = "police"', 'bureau = "police"', "bureau: is no setting"),
        ('on = "{born}"', '"on..x" = "{born}"', "is a path"),
        ('on = "{born}"', "on = 5", "fields.on: is text"),
        ('pseudonyms = "key"', 'pseudonyms = "nokey"', "pseudonyms"),
    ],
)
def test_a_map_is_checked_before_anything_is_sent(
    mapped: Path, old: str, new: str, rule: str
) -> None:
    mapped.write_text(MAP.replace(old, new), encoding="utf-8")
    with pytest.raises(MapError, match=rule):
        load_map(mapped)


def test_a_key_that_others_may_read_is_refused(mapped: Path) -> None:
    (mapped.parent / "key").chmod(0o644)
    with pytest.raises(MapError, match="rights 0600"):
        load_map(mapped)


CELLS = st.text(st.characters(blacklist_characters="\r\n\x00\"'", codec="utf-8"))


@given(st.lists(CELLS, min_size=7, max_size=7))
def test_whatever_stands_in_cells_is_a_submission_or_a_fault(cells: list[str]) -> None:
    fields = {"child": "{file|pseudonym}", "jurisdiction": "{place}", "on": "{born}"}
    mapped = ImportMap(
        command="register_child", envelope={}, fields=fields, key=bytes(32)
    )
    row = ",".join('"' + cell + '"' for cell in cells)
    for line, told in rows_of(table(row), mapped):
        if isinstance(told, FileFaultError):
            assert told.line
            continue
        assert UUID(str(told["request_id"]))
        again = {k: v for k, v in told.items() if k != "request_id"}
        assert told["request_id"] == request_id_of(again)
        with suppress(FileFaultError):
            assert submission_of(line, told).line == line


def requests(mapped: Path, *rows: str) -> list[pb.ImportSubmissionsRequest]:
    found: list[pb.ImportSubmissionsRequest] = []
    for line, told in rows_of(table(*rows), load_map(mapped)):
        one = submission_of(line, told)
        message = pb.ImportSubmissionsRequest(row=line)
        message.guardianship_change.CopyFrom(one.request)
        found.append(message)
    return found


def stub(port: int) -> tuple[grpc.Channel, Any]:
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    return channel, SubmissionServiceStub(channel)


WHO = ((AUTHORITY, "tongshan-police"), (OFFICE, "police"))


def test_a_caller_who_waits_for_each_outcome_gets_it(
    running: Running, mapped: Path
) -> None:
    channel, service = stub(running.port)
    answered = threading.Semaphore(0)

    def rows() -> Iterator[pb.ImportSubmissionsRequest]:
        for request in requests(mapped, *FILES):
            yield request
            assert answered.acquire(timeout=20)

    with channel:
        got = []
        for outcome in service.ImportSubmissions(rows(), metadata=WHO, timeout=60):
            got.append(outcome.row)
            answered.release()
    assert got == [2, 3, 4]


def test_faults_are_outcomes_in_the_order_of_the_rows(
    running: Running, mapped: Path
) -> None:
    good = requests(mapped, *FILES)
    reused = pb.ImportSubmissionsRequest()
    reused.CopyFrom(good[1])
    reused.row = 99
    envelope = good[0].guardianship_change.envelope
    reused.guardianship_change.envelope.request_id = envelope.request_id
    empty = pb.ImportSubmissionsRequest(row=7)
    channel, service = stub(running.port)
    with channel:
        rows = iter([good[0], empty, reused, *good[1:]])
        got = list(service.ImportSubmissions(rows, metadata=WHO, timeout=60))
    assert [one.row for one in got] == [2, 7, 99, 3, 4]
    assert [one.WhichOneof("outcome") for one in got] == [
        *("receipt", "fault", "fault"),
        *("receipt", "receipt"),
    ]
    assert (got[1].fault.field, got[1].fault.again) == ("submission", False)
    assert got[2].fault.reason == ErrorReason.ERROR_REASON_REQUEST_ID_REUSED


def test_a_stream_cut_in_the_middle_and_sent_again_records_every_row_once(
    running: Running, mapped: Path
) -> None:
    rows = [FILES[0].replace("F-1", f"F-{n}") for n in range(300)]
    channel, service = stub(running.port)
    with channel:
        call = service.ImportSubmissions(
            iter(requests(mapped, *rows)), metadata=WHO, timeout=60
        )
        first = [next(call).receipt.position for _ in range(40)]
        call.cancel()
    code, told, _ = sent(running, mapped, *rows)
    assert code == Exit.DONE
    counts = [int(part.split()[0]) for part in told.split(", ")]
    assert sum(counts) == 300
    assert counts[1] >= 40
    children = running.registry.log.head().position - (first[0] - 1)
    assert children == 300


def test_json_lines_go_the_same_way(running: Running, mapped: Path) -> None:
    lines = [told for _, told in rows_of(table(*FILES), load_map(mapped))]
    file = mapped.parent / "files.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in lines), encoding="utf-8")
    server = ("--server", f"127.0.0.1:{running.port}")
    done = run("import", str(file), *server, "--json")
    assert done.returncode == Exit.DONE
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["row"] for one in outcomes] == ["1", "2", "3"]
    assert all("receipt" in one for one in outcomes)
