"""Who owes what, over the edge and on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from childregistry.v1 import custody_service_pb2 as asked
from childregistry.v1 import duty_service_pb2 as pb
from events.guardianship import Office
from ops.terminal import Exit
from tests.ops.test_cli import run
from tests.projections.test_matters import PLACE, tell, whole_story
from tests.registry.test_duties import OPENED, OTHER, UNOWNED
from tests.registry.test_duties import SCHOOLS as OWNER
from tests.support.registry import child_id
from tests.support.server import Client, Running, details, served
from tests.support.stories import BUREAU, CHILD, FATHER, MOTHER, born


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with served(tmp_path) as server:
        tell(server.registry, born(CHILD, "2015-10-01", FATHER, MOTHER), Office.POLICE)
        yield server


@pytest.fixture
def bureau(running: Running) -> Iterator[Client]:
    with running.client(BUREAU, "civil_affairs") as client:
        yield client


def listed(client: Client, **more: object) -> pb.ListMattersResponse:
    given = {"as_of": asked.AsOf(date="2022-12-31")} | more
    request = pb.ListMattersRequest(**given)  # type: ignore[arg-type]
    found: pb.ListMattersResponse = client.called("ListMatters", request)
    return found


def test_a_childs_matters_say_status_holder_day_and_facts(
    running: Running, bureau: Client
) -> None:
    whole_story(running.registry)
    found = listed(bureau, child=CHILD, ended_too=True)
    kinds = [one.stream.partition("/")[0] for one in found.matters]
    assert kinds == ["duty", "referral", "report"]
    duty, referral, report = found.matters
    assert (duty.status, duty.holder.id) == (pb.MATTER_STATUS_BREACHED, OWNER.id)
    assert (duty.due, duty.overdue, duty.owed) == ("2022-06-01", True, "schooling")
    assert [fact.type for fact in duty.facts] == ["DutyOpened", "DutyBreached"]
    assert referral.status == pb.MATTER_STATUS_DECLINED
    assert "other_jurisdiction" in referral.facts[-1].codes
    assert report.holder.id == BUREAU
    assert "admonished" in report.facts[-1].codes
    assert report.facts[-1].holders[0].id == FATHER.id
    assert found.warnings == 1


def test_what_is_ended_is_left_out_unless_it_is_asked_for(
    running: Running, bureau: Client
) -> None:
    whole_story(running.registry)
    every = listed(bureau, jurisdiction=PLACE, ended_too=True).matters
    still = listed(bureau, jurisdiction=PLACE).matters
    gone = {one.stream for one in every} - {one.stream for one in still}
    assert [name.partition("/")[0] for name in gone] == ["meeting"]


def test_pages_give_each_matter_once_at_the_first_pages_state(
    running: Running, bureau: Client
) -> None:
    for number in range(5):
        duty = replace(OPENED, duty=child_id(f"duty {number}"))
        tell(running.registry, duty, Office.CIVIL_AFFAIRS)
    first = listed(bureau, child=CHILD, page_size=2)
    tell(running.registry, replace(UNOWNED, duty=OTHER), Office.CIVIL_AFFAIRS)
    seen, token = [one.stream for one in first.matters], first.next_page_token
    while token:
        page = listed(bureau, child=CHILD, page_size=2, page_token=token)
        assert page.read_state.known_at == first.read_state.known_at
        seen += [one.stream for one in page.matters]
        token = page.next_page_token
    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({}, "about"),
        ({"child": "wang"}, "child"),
        ({"jurisdiction": "Tongshan Qu"}, "jurisdiction"),
        ({"child": CHILD, "page_size": -1}, "page_size"),
        ({"child": CHILD, "page_token": "!"}, "page_token"),
        ({"child": CHILD, "page_token": "OTk5OTk5Lg=="}, "page_token"),
    ],
)
def test_a_wrong_question_is_named(
    bureau: Client, more: dict[str, object], field: str
) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        listed(bureau, **more)
    (violation,) = details(refused.value)["BadRequest"].field_violations
    assert violation.field == field


def test_a_child_of_whom_nothing_is_recorded_has_no_matters(bureau: Client) -> None:
    assert list(listed(bureau, child=child_id("nobody")).matters) == []


def test_the_command_line_shows_them_with_marks(running: Running) -> None:
    tell(running.registry, UNOWNED, Office.CIVIL_AFFAIRS)
    server = f"--server=127.0.0.1:{running.port}"
    shown = run("duties", "--child", CHILD, "--as-of=2022-12-31", server)
    assert shown.returncode == Exit.DONE, shown.stderr
    for word in ("schooling", "NOBODY", "overdue, orphan", "DutyOpened"):
        assert word in shown.stdout.decode()
    told = run("duties", "--jurisdiction", PLACE, server, "--json")
    assert json.loads(told.stdout)["matters"][0]["orphan"] is True
    assert run("duties", server).returncode == Exit.USAGE
