"""A boy of whom eight bodies know something: one timeline, with its gaps and overlaps.

His mother dies, his father is disqualified and nobody is designated: a gap, with whose
duty it is. The place's open work and its quarters tell the same story in numbers.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from childregistry.v1 import coordination_service_pb2 as coordination
from events.cases import ApplicantClass
from events.duties import Department, DutyKind
from events.guardianship import Office
from events.proceedings import Asked, TemporaryEnd
from events.reports import Reporter, ReportOutcome, Response, Suspicion
from events.timeline import Role
from registry.commands import RecordDeath
from registry.matter_commands import (
    AnswerReport,
    FileReport,
    FulfilDuty,
    OpenDuty,
    ReceiveReport,
    RecordResponse,
)
from tests.support.registry import body, child_id, person
from tests.support.stories import (
    BUREAU,
    CHILD,
    FATHER,
    MOTHER,
    application,
    born,
    designate,
    judgment,
    outcome,
    start,
    stop,
)
from tests.support.tale import PLACE, Tale, on, tale

CIVIL, COURT, POLICE = Office.CIVIL_AFFAIRS, Office.COURT, Office.POLICE
COMMITTEE, HOSPITAL, SCHOOL = (
    Office.COMMITTEE,
    Office.MEDICAL_INSTITUTION,
    Office.SCHOOL,
)
GRANDFATHER = person("the grandfather in Fengxian")
REPORT = child_id("the night in the emergency room")
LESSONS, LESSONS_TOO = child_id("who teaches him"), child_id("who else teaches him")
SCHOOLS, TOWN_SCHOOL = body("tongshan-education"), body("tongshan-primary-school")
SEEN = FileReport(
    report=REPORT,
    child=CHILD,
    jurisdiction=PLACE,
    reporter=Reporter.MEDICAL_INSTITUTION,
    suspicion=Suspicion.VIOLENCE,
    to=Department.PUBLIC_SECURITY,
    on=on("2021-02-01"),
    document=None,
)
SCHOOLING = OpenDuty(
    duty=LESSONS,
    kind=DutyKind.SCHOOLING,
    child=CHILD,
    jurisdiction=PLACE,
    department=Department.EDUCATION,
    owner=SCHOOLS,
    on=on("2021-03-01"),
    due=on("2021-04-15"),
)
TWICE = replace(SCHOOLING, duty=LESSONS_TOO, owner=TOWN_SCHOOL, due=on("2021-08-01"))


def quarters(story: Tale, first: str, count: int) -> list[coordination.Indicators]:
    request = coordination.ListIndicatorsRequest(jurisdiction=PLACE, quarters=count)
    setattr(request, "from", first)
    return list(story.by(CIVIL).called("ListIndicators", request).indicators)


def eight_bodies_each_do_something(story: Tale) -> None:
    story.tell(POLICE, born(CHILD, "2016-06-01", FATHER, MOTHER))
    story.tell(POLICE, RecordDeath(person=MOTHER.id, on=on("2020-05-01")))
    story.tell(HOSPITAL, SEEN)
    story.tell(POLICE, ReceiveReport(report=REPORT, on=on("2021-02-04")))
    for office, what, day in (
        (COMMITTEE, Response.DISSUADED, "2021-02-06"),
        (POLICE, Response.WARNED, "2021-02-07"),
        (Office.WOMENS_FEDERATION, Response.EDUCATED, "2021-02-20"),
        (Office.PROCURATORATE, Response.ADMONISHED, "2021-02-25"),
    ):
        done = RecordResponse(
            report=REPORT, response=what, whom=FATHER, on=on(day), document=None
        )
        story.tell(office, done)
    story.tell(CIVIL, SCHOOLING)
    story.tell(COURT, TWICE)
    marks = story.marks("2021-03-02")
    assert marks == {
        (f"report/{REPORT}", "overdue"),
        (f"duty/{LESSONS}", f"overlaps duty/{LESSONS_TOO}"),
        (f"duty/{LESSONS_TOO}", f"overlaps duty/{LESSONS}"),
    }


def open_work_has_its_department_and_age(story: Tale) -> None:
    request = coordination.ListWorkloadRequest(jurisdiction=PLACE)
    found = story.asked("ListWorkload", request, "2021-04-16", None).workloads
    ages = {
        one.department: (one.overdue, one.to_30_days, one.to_90_days, one.to_365_days)
        for one in found
    }
    assert ages == {"education": (1, 0, 2, 0), "public_security": (1, 0, 1, 0)}
    late = FulfilDuty(duty=LESSONS, on=on("2021-04-20"), document=None)
    story.tell(CIVIL, late, "fulfilled_late")
    answer = AnswerReport(
        report=REPORT, outcome=ReportOutcome.GUARDIAN_WARNED, on=on("2021-04-20")
    )
    story.tell(POLICE, answer)  # the duty to answer is in the law since June 2021
    assert not any("overlaps" in mark for _, mark in story.marks("2021-04-21"))
    done = FulfilDuty(duty=LESSONS_TOO, on=on("2021-05-01"), document=None)
    story.tell(SCHOOL, done, authority=TOWN_SCHOOL.id)
    assert story.workload("2021-05-01") == {}


def the_court_leaves_a_gap_and_it_is_marked(story: Tale) -> None:
    women, who = ApplicantClass.WOMENS_FEDERATION, body("tongshan-womens-federation")
    asks = application(Asked.DISQUALIFY, women, "2021-05-10", FATHER, who=who)
    story.tell(Office.WOMENS_FEDERATION, asks)
    gone = judgment("2021-06-05", outcome(disqualified=(FATHER,)))
    story.tell(COURT, gone, "nobody_holds")
    assert story.status("2021-06-05") == "gap"
    (gap,) = [one for one in story.lines("2021-06-10") if one.what == "gap"]
    assert (gap.on, list(gap.marks)) == ("2021-06-05", ["gap"])
    assert gap.who == "civil_affairs"
    cover = start(Role.STATE_TEMPORARY_GUARDIAN, "2021-06-15", body(BUREAU), limb=7)
    story.tell(CIVIL, cover)
    (gap,) = [one for one in story.lines("2021-06-20") if one.what == "gap"]
    assert (gap.on, gap.until) == ("2021-06-05", "2021-06-15")


def a_year_later_the_grandfather_is_found(story: Tale) -> None:
    late = [one for one in story.lines("2022-07-01") if "overdue" in one.marks]
    assert [one.what for one in late] == ["due: temporary_guardianship"]
    story.tell(COMMITTEE, designate("2022-10-08", GRANDFATHER))
    begun, end = story.begun("2022-10-08"), TemporaryEnd.GUARDIAN_DETERMINED
    story.tell(CIVIL, stop(begun, "2022-10-08", end))
    assert story.hands("2022-10-08") == {GRANDFATHER.id}


def the_quarters_say_it_in_numbers(story: Tale) -> None:
    found = {one.quarter: one for one in quarters(story, "2021-01-01", 8)}
    first, second, last = (found[name] for name in ("2021-Q1", "2021-Q2", "2022-Q3"))
    assert (first.reports, first.days_to_first_action, first.unanswered) == (1, 3, 0)
    assert (first.with_a_day, first.overdue) == (3, 1)
    assert (second.applications, second.days_to_decision) == (1, 26)
    assert (second.with_a_day, second.overdue) == (0, 0)
    assert (last.children, last.without_guardian) == (1, 0)
    assert last.temporary_beyond_a_year == 1
    assert found["2022-Q4"].temporary_beyond_a_year == 0
    assert not found["2022-Q1"].HasField("days_to_decision")


def every_act_stands_in_the_timeline_once(story: Tale) -> None:
    lines = story.lines("2022-12-31")
    acts = [(one.stream, one.version) for one in lines if one.position]
    assert len(acts) == len(set(acts))
    offices = {one.by for one in lines if one.position}
    assert len(offices) == 8
    events = {
        (event.stream, event.version)
        for *_, receipt in story.told
        for event in receipt.events
        if event.type not in {"TimelineChanged", "DecisionRecorded", "ApplicationFiled"}
    }
    assert set(acts) == events
    late = {(one.what, one.who, one.on) for one in lines if "lapsed" in one.marks}
    assert late == {  # rights that nobody used in time, and no one's duty
        ("due: restoration_closes", FATHER.id, "2022-06-06"),
        ("due: objection", "party", "2022-11-07"),
    }
    assert {mark for _, mark in story.marks("2022-12-31")} == {"gap", "lapsed"}


def test_one_timeline_has_what_every_department_did_and_left_open(
    tmp_path: Path,
) -> None:
    with tale(tmp_path) as story:
        eight_bodies_each_do_something(story)
        open_work_has_its_department_and_age(story)
        the_court_leaves_a_gap_and_it_is_marked(story)
        a_year_later_the_grandfather_is_found(story)
        the_quarters_say_it_in_numbers(story)
        every_act_stands_in_the_timeline_once(story)
        story.ends("2022-12-31")
