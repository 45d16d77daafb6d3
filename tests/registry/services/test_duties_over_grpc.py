"""Who owes what, over the edge and on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import grpc
import pytest

from childregistry.v1 import custody_service_pb2 as asked
from childregistry.v1 import duty_service_pb2 as pb
from events.conditions import Condition
from events.guardianship import Office
from ops.terminal import Exit
from registry.commands import RecordDeath
from registry.services.page_tokens import token
from tests.ops.test_cli import run
from tests.projections.test_matters import PLACE, tell, whole_story
from tests.registry.test_conditions import ENDED, RECORDED
from tests.registry.test_duties import OPENED, OTHER, UNOWNED
from tests.registry.test_duties import SCHOOLS as OWNER
from tests.support.registry import child_id, submission, submit
from tests.support.server import Client, Running, details, served
from tests.support.stories import (
    BUREAU,
    CHILD,
    FATHER,
    MOTHER,
    born,
    judgment,
    outcome,
)
from tests.support.telling import day


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
        (
            {"child": CHILD, "page_token": token(date(2022, 4, 1), 99_999, "duty/")},
            "page_token",
        ),
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


def classes(client: Client, **more: object) -> pb.ClassifyChildResponse:
    given = {"child": CHILD, "as_of": asked.AsOf(date="2022-12-31")} | more
    request = pb.ClassifyChildRequest(**given)  # type: ignore[arg-type]
    found: pb.ClassifyChildResponse = client.called("ClassifyChild", request)
    return found


def test_a_child_becomes_unattended_by_its_parents_facts_and_stays_so_as_known(
    running: Running, bureau: Client
) -> None:
    """The mother dies, the father is sentenced; six months later the class begins."""
    registry = running.registry
    died = RecordDeath(person=MOTHER.id, on=day("2022-01-10"))
    tell(registry, died, Office.POLICE)
    before = tell(registry, RECORDED, Office.POLICE).position
    early = classes(bureau, as_of=asked.AsOf(date="2022-07-30"))
    assert "unattended_2019" not in {one.scheme for one in early.classes}
    (found,) = [
        one for one in classes(bureau).classes if one.scheme == "unattended_2019"
    ]
    assert (found.name, found.certain) == ("de_facto_unattended", True)
    assert found.source == "民发〔2019〕62号, 民发〔2020〕125号"
    sentence, death = sorted(found.facts, reverse=True)
    assert sentence == f"condition/{RECORDED.condition}"
    assert death.startswith("child/")
    tell(registry, replace(ENDED, on=day("2022-12-01")), Office.POLICE)
    assert not classes(bureau).classes
    known = asked.AsOf(date="2022-12-31", position=before)
    assert classes(bureau, as_of=known).classes


def test_a_disqualification_is_a_fact_of_the_class_until_the_parent_is_restored(
    running: Running, bureau: Client
) -> None:
    registry = running.registry
    both = outcome(disqualified=(FATHER, MOTHER))
    submit(registry, submission(judgment("2022-02-01", both), "judgment"))
    found = {one.scheme: one for one in classes(bureau).classes}
    assert found["unattended_2019"].certain
    assert found["wang_qi"].name == "lost_permanently"
    back = judgment("2022-09-01", outcome(restored=(MOTHER,)), case=OTHER)
    submit(registry, submission(back, "restored"))
    assert "unattended_2019" not in {one.scheme for one in classes(bureau).classes}


def test_a_child_that_nobody_knows_has_no_class(bureau: Client) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        classes(bureau, child=child_id("nobody"))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


def test_conditions_are_no_open_duties_and_are_listed_with_all(
    running: Running, bureau: Client
) -> None:
    tell(running.registry, RECORDED, Office.POLICE)
    assert not listed(bureau, child=CHILD).matters
    (condition,) = listed(bureau, child=CHILD, ended_too=True).matters
    assert condition.stream == f"condition/{RECORDED.condition}"
    assert "imprisoned" in condition.facts[0].codes


def test_the_command_line_says_the_classes_with_source_and_facts(
    running: Running,
) -> None:
    poor = replace(RECORDED, what=Condition.POVERTY, who=None)
    tell(running.registry, poor, Office.COMMITTEE)
    server = f"--server=127.0.0.1:{running.port}"
    shown = run("classify", CHILD, "--as-of=2022-12-31", server)
    assert shown.returncode == Exit.DONE, shown.stderr
    assert "state_council_2016: poverty, by 国发〔2016〕36号" in shown.stdout.decode()
    told = json.loads(run("classify", CHILD, server, "--json").stdout)
    assert told["classes"][0]["facts"] == [f"condition/{RECORDED.condition}"]
    nobody = run("classify", CHILD, "--as-of=2021-01-01", server)
    assert "in no class" in nobody.stdout.decode()
