"""Operators rebuild a serving node over gRPC; nobody else does."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
import pytest

from childregistry.v1 import admin_service_pb2 as pb
from childregistry.v1.admin_service_pb2_grpc import AdminServiceStub
from events.guardianship import Office
from projections.custody import PROJECTION
from projections.files import Files
from registry.identity import OPERATOR
from registry.rebuilding import NAMES
from registry.rebuilds import Asked, Rebuilds, State
from tests.support.disk import full_disk
from tests.support.registry import TIMEOUT_S, submission, submit
from tests.support.server import Running, details, served
from tests.support.stories import CHILD, COURT, FATHER, MOTHER, born
from tests.support.waiting import wait

LI = ((OPERATOR, "li-of-xuzhou-1"),)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with served(tmp_path) as node:
        birth = born(CHILD, "2004-10", FATHER, MOTHER)
        asked = submission(birth, "birth", "xuzhou-police", Office.POLICE)
        at = submit(node.registry, asked).position
        assert node.registry.runner.wait(at, TIMEOUT_S)
        yield node


def called(
    node: Running,
    method: str,
    request: Any,  # noqa: ANN401  any message
    who: tuple[tuple[str, str], ...] = LI,
) -> pb.Rebuild:
    with grpc.insecure_channel(f"127.0.0.1:{node.port}") as channel:
        call = getattr(AdminServiceStub(channel), method)
        found: pb.Rebuild = call(request, metadata=who, timeout=20).rebuild
        return found


def ended(node: Running, number: int) -> pb.Rebuild:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = called(node, "GetRebuild", pb.GetRebuildRequest(number=number))
        if found.state != pb.Rebuild.STATE_RUNNING:
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def test_an_operator_begins_follows_and_promotes_a_rebuild(running: Running) -> None:
    files = Files(running.registry.data_dir, PROJECTION.name, PROJECTION.fold)
    before, answer = files.current(), running.registry.custody.digest()
    begun = called(running, "StartRebuild", pb.StartRebuildRequest(workers=2))
    assert (begun.number, begun.operator) == (1, "li-of-xuzhou-1")
    again = called(running, "StartRebuild", pb.StartRebuildRequest())
    assert again.number == 1  # the one that is under way
    done = ended(running, 1)
    assert done.state == pb.Rebuild.STATE_DONE, done.failure
    assert [one.projection for one in done.projections] == list(NAMES)
    assert all(one.equal and not one.promoted for one in done.projections)
    assert done.position == done.head == running.registry.log.head().position
    assert done.seconds_left == 0
    assert done.events > 0
    assert files.current() == before
    called(running, "PromoteRebuild", pb.PromoteRebuildRequest(number=1))
    assert all(one.promoted for one in ended(running, 1).projections)
    assert files.current() != before
    assert running.registry.custody.digest() == answer


def test_what_differs_is_named_and_promoted_only_when_told(running: Running) -> None:
    files = Files(running.registry.data_dir, PROJECTION.name, PROJECTION.fold)
    wrong = files.current()
    with closing(sqlite3.connect(wrong)) as file:
        file.execute("DELETE FROM history")
        file.commit()
    asked = pb.StartRebuildRequest(projections=["custody"], promote_if_equal=True)
    (one,) = ended(running, called(running, "StartRebuild", asked).number).projections
    assert (one.equal, one.promoted, list(one.different)) == (False, False, [CHILD])
    for even, answers in ((False, False), (True, True)):
        request = pb.PromoteRebuildRequest(number=1, even_if_different=even)
        called(running, "PromoteRebuild", request)
        (one,) = ended(running, 1).projections
        assert one.promoted == answers
        assert (files.current() != wrong) == answers


def test_a_cancelled_rebuild_leaves_nothing_and_another_may_begin(
    running: Running,
) -> None:
    folder = running.registry.data_dir
    before = set(folder.glob("*.sqlite"))
    called(running, "StartRebuild", pb.StartRebuildRequest(workers=2))
    early = pb.PromoteRebuildRequest(number=1)
    with pytest.raises(grpc.RpcError) as error:
        called(running, "PromoteRebuild", early)
    assert error.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert details(error.value)["ErrorInfo"].reason == "REBUILD_NOT_DONE"
    ending = called(running, "CancelRebuild", pb.CancelRebuildRequest(number=1))
    assert ending.state == pb.Rebuild.STATE_CANCELLED
    assert called(running, "GetRebuild", pb.GetRebuildRequest(number=1)) == ending
    assert set(folder.glob("*.sqlite")) == before
    assert list(folder.glob("*.building*")) == []
    asked = pb.StartRebuildRequest(projections=["places"], promote_if_equal=True)
    assert called(running, "StartRebuild", asked).number == 2
    (one,) = ended(running, 2).projections
    assert one.promoted


def test_a_rebuild_whose_process_is_killed_has_failed(tmp_path: Path) -> None:
    with served(tmp_path) as node:
        rebuilds = Rebuilds(node.registry.config)
        rebuilds.start(Asked())
        assert rebuilds._process is not None
        rebuilds._process.kill()
        deadline = time.monotonic() + TIMEOUT_S
        while (found := rebuilds.get(1)).state is State.RUNNING:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert (found.state, found.failure) == (
            State.FAILED,
            "its process ended with -9",
        )
        rebuilds.close()


def test_a_rebuild_for_which_the_disk_is_full_says_so(tmp_path: Path) -> None:
    with served(tmp_path) as node:
        rebuilds = Rebuilds(node.registry.config)
        with full_disk(8_192):
            rebuilds.start(Asked())
        wait(lambda: rebuilds.get(1).state is not State.RUNNING)
        found = rebuilds.get(1)
        assert found.state is State.FAILED
        assert "disk" in found.failure
        rebuilds.close()


@pytest.mark.parametrize(
    ("method", "request_", "field"),
    [
        ("StartRebuild", pb.StartRebuildRequest(projections=["x"]), "projections[0]"),
        ("StartRebuild", pb.StartRebuildRequest(workers=-1), "workers"),
        ("StartRebuild", pb.StartRebuildRequest(workers=11), "workers"),
        (
            "StartRebuild",
            pb.StartRebuildRequest(source=pb.StartRebuildRequest.SOURCE_KAFKA),
            "source",
        ),
        ("GetRebuild", pb.GetRebuildRequest(number=9), ""),
        ("CancelRebuild", pb.CancelRebuildRequest(number=9), ""),
        ("PromoteRebuild", pb.PromoteRebuildRequest(number=9), ""),
    ],
)
def test_what_cannot_be_asked_is_said_and_nobody_else_may_ask(
    running: Running,
    method: str,
    request_: Any,  # noqa: ANN401  any message
    field: str,
) -> None:
    with pytest.raises(grpc.RpcError) as error:
        called(running, method, request_)
    found = details(error.value)
    if field:
        assert [one.field for one in found["BadRequest"].field_violations] == [field]
    else:
        assert error.value.code() is grpc.StatusCode.NOT_FOUND
    court = (("childregistry-authority", COURT), ("childregistry-office", "court"))
    for who in ((), court, ((OPERATOR, "Not A Name"),)):
        with pytest.raises(grpc.RpcError) as error:
            called(running, method, request_, who)
        assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED
        assert details(error.value)["ErrorInfo"].reason == "NOT_AN_OPERATOR"
