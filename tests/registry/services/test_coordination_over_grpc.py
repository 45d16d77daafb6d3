"""One child's story over all departments, and a place's figures, over the edge."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from childregistry.v1 import coordination_service_pb2 as pb
from childregistry.v1 import custody_service_pb2 as asked
from childregistry.v1 import duty_service_pb2 as duty
from childregistry.v1 import types_pb2
from events.guardianship import AnnulReason, Office
from ops.terminal import Exit
from registry.commands import CorrectSubmission
from tests.ops.test_cli import run
from tests.projections.test_matters import tell, whole_story
from tests.registry.test_conditions import RECORDED
from tests.registry.test_duties import OPENED, UNOWNED
from tests.registry.test_plans import MADE
from tests.support.registry import body, child_id
from tests.support.server import Client, Running, details, served
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
from tests.support.telling import day

CIVIL, COURT, POLICE = Office.CIVIL_AFFAIRS, Office.COURT, Office.POLICE
ON = asked.AsOf(date="2022-12-31")
SECOND = child_id("a second duty")
WRONG = "x"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with served(tmp_path) as server:
        registry = server.registry
        tell(registry, born(CHILD, "2010-10-01", FATHER, MOTHER), POLICE)
        tell(registry, tongshan_application(), CIVIL)
        decided = judgment("2015-02-04", outcome(disqualified=(FATHER, MOTHER)))
        tell(registry, decided, COURT)
        whole_story(registry)
        tell(registry, MADE, CIVIL)
        yield server


@pytest.fixture
def bureau(running: Running) -> Iterator[Client]:
    with running.client(BUREAU, "civil_affairs") as client:
        yield client


def story(client: Client, **more: object) -> list[pb.StoryLine]:
    request = pb.ListStoryRequest(child=CHILD, as_of=ON, **more)  # type: ignore[arg-type]
    lines: list[pb.StoryLine] = []
    while True:
        got = client.called("ListStory", request)
        lines += got.lines
        if not got.next_page_token:
            return lines
        request.page_token = got.next_page_token


def test_a_childs_story_has_every_recorded_fact_and_every_gap_once_by_day(
    running: Running, bureau: Client
) -> None:
    lines = story(bureau)
    told = {(one.stream, one.version) for one in lines if one.position}
    log = running.registry.log
    own = log.stream(f"child/{CHILD}")
    plan = log.stream(f"plan/{MADE.plan}")
    assert len([one for one in lines if one.stream == f"plan/{MADE.plan}"]) == len(plan)
    kinds = {one.what for one in lines}
    assert {"ChildRegistered", "GuardianDisqualified", "ReportFiled"} <= kinds
    assert {"DutyBreached", "ReferralDeclined", "PlanMade", "gap"} <= kinds
    assert "TimelineChanged" not in kinds
    assert {version for stream, version in told if stream == f"child/{CHILD}"} <= {
        one.version for one in own
    }
    days = [one.on for one in lines if one.position and len(one.on) == 10]
    assert days == sorted(days)
    (gap,) = [one for one in lines if one.what == "gap"]
    assert (gap.on, list(gap.marks)) == ("2015-02-04", ["gap"])
    assert gap.who


def test_pages_together_are_one_story_whatever_is_recorded_meanwhile(
    running: Running, bureau: Client
) -> None:
    whole = story(bureau)
    first = bureau.called(
        "ListStory", pb.ListStoryRequest(child=CHILD, as_of=ON, page_size=5)
    )
    tell(running.registry, replace(UNOWNED, duty=SECOND), CIVIL)
    request = pb.ListStoryRequest(
        child=CHILD, as_of=ON, page_size=500, page_token=first.next_page_token
    )
    rest = bureau.called("ListStory", request)
    assert [*first.lines, *rest.lines] == whole


def test_what_is_wrong_is_marked(running: Running, bureau: Client) -> None:
    told = tell(running.registry, replace(UNOWNED, duty=SECOND), CIVIL)
    about = [one for one in story(bureau) if one.stream == f"duty/{SECOND}"]
    assert [one.what for one in about if one.position] == ["DutyOpened"]
    assert {"orphan", "overdue"} <= {m for one in about for m in one.marks}
    taken_back = CorrectSubmission(
        position=told.position, reason=AnnulReason.NEVER_HAPPENED, replacement=None
    )
    tell(running.registry, taken_back, CIVIL)
    assert not [one for one in story(bureau) if one.stream == f"duty/{SECOND}"]
    rival = replace(OPENED, duty=child_id("a rival"), owner=body("another-school"))
    tell(running.registry, replace(OPENED, duty=SECOND), CIVIL)
    tell(running.registry, rival, CIVIL)
    marks = [m for one in story(bureau) for m in one.marks if "overlaps" in m]
    assert f"overlaps duty/{rival.duty}" in marks


def test_a_places_work_and_figures(bureau: Client) -> None:
    request = pb.ListWorkloadRequest(jurisdiction="cn-320312", as_of=ON)
    found = bureau.called("ListWorkload", request).workloads
    assert sum(one.open for one in found) > 0
    assert all(
        one.open == one.to_30_days + one.to_90_days + one.to_365_days + one.older
        for one in found
    )
    wanted = pb.ListIndicatorsRequest(jurisdiction="cn-320312", quarters=2)
    setattr(wanted, "from", "2015-02-01")
    first, second = bureau.called("ListIndicators", wanted).indicators
    assert (first.quarter, second.quarter) == ("2015-Q1", "2015-Q2")
    assert (first.applications, first.days_to_decision) == (1, 28)
    assert (first.children, first.without_guardian) == (1, 1)
    assert not second.HasField("days_to_decision")


def test_children_are_counted_by_class_as_they_are_classified_one_by_one(
    running: Running, bureau: Client
) -> None:
    tell(running.registry, replace(RECORDED, on=day("2022-05-01")), CIVIL)
    alone = duty.ClassifyChildRequest(child=CHILD, as_of=ON)
    classes = bureau.called("ClassifyChild", alone).classes
    assert classes
    wanted = pb.CountClassesRequest(jurisdiction="cn-320312", as_of=ON)
    got = bureau.called("CountClasses", wanted)
    assert got.children == 1
    assert {(one.scheme, one.name, one.certain) for one in got.classes} == {
        (one.scheme, one.name, int(one.certain)) for one in classes
    }
    wanted.as_of.date = "2030-01-01"
    assert not bureau.called("CountClasses", wanted).classes


def test_a_table_is_given_as_csv(running: Running) -> None:
    server = ("--server", f"127.0.0.1:{running.port}", "--csv")
    found = run("indicators", "cn-320312", "--from", "2015-01-01", *server)
    rows = list(csv.DictReader(found.stdout.decode().splitlines()))
    assert [row["quarter"] for row in rows] == [f"2015-Q{n}" for n in range(1, 5)]
    assert (rows[0]["days_to_decision"], rows[1]["days_to_decision"]) == ("28.0", "")
    counted = run("statistics", "cn-320312", "--as-of", "2022-12-31", *server)
    assert counted.stdout.decode().splitlines()[0] == "scheme,name,certain,possible"


def test_bad_questions_are_told_field_and_rule(bureau: Client) -> None:
    early = pb.ListIndicatorsRequest(jurisdiction="cn-1", quarters=1)
    many = pb.ListIndicatorsRequest(jurisdiction="cn-1", quarters=41)
    setattr(many, "from", "2022-01-01")
    for method, request, field in (
        ("ListStory", pb.ListStoryRequest(child="x"), "child"),
        ("ListStory", pb.ListStoryRequest(child=CHILD, page_token=WRONG), "page_token"),
        ("ListWorkload", pb.ListWorkloadRequest(jurisdiction=""), "jurisdiction"),
        ("ListIndicators", early, "from"),
        ("ListIndicators", many, "quarters"),
    ):
        with pytest.raises(grpc.RpcError) as wrong:
            bureau.called(method, request)
        (fault,) = details(wrong.value)["BadRequest"].field_violations
        assert fault.field == field
    with pytest.raises(grpc.RpcError) as unknown:
        bureau.called("ListStory", pb.ListStoryRequest(child=child_id("nobody")))
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND


def test_the_command_line_tells_the_same(running: Running, bureau: Client) -> None:
    server = ("--server", f"127.0.0.1:{running.port}")
    told = run("story", CHILD, "--as-of", "2022-12-31", *server)
    assert told.returncode == Exit.DONE
    assert "gap (" in told.stdout.decode()
    lines = run("story", CHILD, "--as-of", "2022-12-31", *server, "--json").stdout
    said = [json.loads(line) for line in lines.splitlines()]
    assert len(said) == len(story(bureau))
    assert types_pb2.Office.Name(types_pb2.OFFICE_COURT) in {
        one.get("by") for one in said
    }
    work = run("workload", "cn-320312", "--as-of", "2022-12-31", *server)
    assert "department" in work.stdout.decode()
    figures = run("indicators", "cn-320312", "--from", "2015-01-01", *server)
    assert "2015-Q4" in figures.stdout.decode()
