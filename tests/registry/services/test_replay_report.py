"""A replay of the whole log beside the live answers, kept as signed evidence."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from base64 import b64encode
from pathlib import Path
from typing import Any

import grpc
import pytest

from childregistry.v1 import audit_service_pb2 as pb
from events.guardianship import TimelineChanged
from events.notes import open_note
from events.timeline import Cause
from ops.terminal import Exit
from projections.runner import PROJECTIONS
from registry.china import CHINA
from registry.replay_report import ReplayReports, ReportState
from tests.ops.test_cli import run
from tests.support.planted import damaged, put, record_of
from tests.support.registry import ORIGIN, TIMEOUT_S
from tests.support.server import Client, served
from tests.support.signing import signing_in
from tests.support.stories import CHILD, FATHER, MOTHER, born
from tests.support.tree import KNOWN

STATE = pb.ReplayReport


def finished(client: Client) -> pb.ReplayReport:
    """Make a report, wait for it, return it."""
    begun = client.called("CreateReplayReport", pb.CreateReplayReportRequest()).report
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        request = pb.GetReplayReportRequest(number=begun.number)
        found: pb.ReplayReport = client.called("GetReplayReport", request).report
        if found.state != STATE.STATE_RUNNING:
            return found
        assert time.monotonic() < deadline
        time.sleep(0.01)


def told(report: pb.ReplayReport) -> Any:  # noqa: ANN401  JSON
    assert report.state == STATE.STATE_DONE, report.failure
    return json.loads(report.content)


def test_a_report_says_code_folds_head_and_digests_and_is_kept_signed(
    tmp_path: Path,
) -> None:
    signing = signing_in(tmp_path)
    for expected in ([1], [1, 2]):
        with (
            served(tmp_path / "data", signing=signing) as server,
            server.client("xuzhou-police", "police") as client,
        ):
            client.submit(born(CHILD, "2004-10", FATHER, MOTHER), "birth")
            server.registry.runner.wait(3, TIMEOUT_S)
            made = finished(client)
            request = pb.ListReplayReportsRequest()
            got = client.called("ListReplayReports", request)
            assert list(got.numbers) == expected
    said = told(made)
    assert said["equal"] is True
    assert said["rules"] == {"number": 1, "sha256": CHINA.digest.hex()}
    assert {p["name"]: p["fold"] for p in said["projections"]} == {
        p.name: p.fold for p in PROJECTIONS
    }
    assert {p["position"] for p in said["projections"]} == {3}
    assert all(p["live"] == p["replayed"] for p in said["projections"])
    kept = tmp_path / "data/reports"
    assert (kept / "2.json").read_bytes() == made.content
    assert (kept / "2.note").read_bytes() == made.note
    text = open_note(made.note, KNOWN).text.decode().split("\n")
    digest = b64encode(hashlib.sha256(made.content).digest()).decode()
    assert text == ["childregistry/replay-report/v1", ORIGIN, "2", digest, ""]
    assert not list((tmp_path / "data").glob("*.building"))


def test_a_live_row_that_was_changed_is_named_by_its_child(tmp_path: Path) -> None:
    with (
        served(tmp_path) as server,
        server.client("xuzhou-police", "police") as client,
    ):
        client.submit(born(CHILD, "2004-10", FATHER, MOTHER), "birth")
        server.registry.runner.wait(3, TIMEOUT_S)
        (name,) = [p for p in tmp_path.glob("custody*") if p.suffix == ".sqlite"]
        with sqlite3.connect(name) as live:
            live.execute("UPDATE history SET position=position-1")
        live.close()
        said = told(finished(client))
        command = run("audit", "report", "1", "--server", f"127.0.0.1:{server.port}")
    assert said["equal"] is False
    (custody,) = [p for p in said["projections"] if p["name"] == "custody"]
    assert custody["different"] == [CHILD]
    assert custody["live"] != custody["replayed"]
    assert command.returncode == Exit.WRONG
    assert json.loads(command.stdout) == said


def test_asked_twice_meanwhile_it_is_one_report_and_given_up_it_leaves_nothing(
    tmp_path: Path,
) -> None:
    with served(tmp_path) as server:
        registry = server.registry
        reports = ReplayReports(tmp_path, registry.log, PROJECTIONS, None, CHINA)
        first = reports.create()
        again = reports.create()
        assert again.number >= first.number == 1
        reports.close()
        last = reports.get(again.number)
        assert last is not None
        assert last.state in {ReportState.DONE, ReportState.FAILED}
        stopped = ReplayReports(
            tmp_path / "other", registry.log, PROJECTIONS, None, CHINA
        )
        (tmp_path / "other").mkdir()
        stopped._closing.set()
        stopped.create()
        stopped.close()
        given_up = stopped.get(1)
        assert given_up is not None
        assert given_up.state is ReportState.FAILED
        assert "RebuildCancelled" in given_up.failure
        assert stopped.numbers() == []


def test_a_report_that_there_is_not_is_named(tmp_path: Path) -> None:
    with (
        served(tmp_path) as server,
        server.client("xuzhou-police", "police") as client,
    ):
        for number in (0, -1, 7):
            request = pb.GetReplayReportRequest(number=number)
            with pytest.raises(grpc.RpcError) as failed:
                client.called("GetReplayReport", request)
            assert failed.value.code() is grpc.StatusCode.NOT_FOUND


def test_what_cannot_be_read_is_listed_with_its_reason_and_whom_it_concerns(
    tmp_path: Path,
) -> None:
    with (
        served(tmp_path) as server,
        server.client("xuzhou-police", "police") as client,
    ):
        client.submit(born(CHILD, "2004-10", FATHER, MOTHER), "birth")
        log: Any = server.registry.log
        event = TimelineChanged(
            rules=1, cause=Cause.ACT, act=None, withdrawn=(1,), asserted=()
        )
        position = put(log, damaged(record_of(log, [(CHILD, event)]), 0))
        assert server.registry.runner.wait(position, TIMEOUT_S)
        request = pb.ListQuarantinedRequest(page_size=1)
        got = client.called("ListQuarantined", request)
        listed = run("audit", "quarantined", "--server", f"127.0.0.1:{server.port}")
    (entry,) = got.entries
    assert (entry.position, entry.child) == (position, CHILD)
    assert entry.reason.startswith("event 1: TimelineChanged")
    assert got.next_page_token == ""
    assert json.loads(listed.stdout)["child"] == CHILD
