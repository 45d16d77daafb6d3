"""A hospital's report that nobody holds on to: declined, passed on, answered for.

A referral has one holder at every step. A duty that two have and one that nobody has
are shown until a joint meeting settles them; what is breached has its consequence.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from childregistry.v1 import duty_service_pb2 as duty
from events.duties import Consequence, DeclineReason, Department, DutyKind
from events.guardianship import Office
from events.reports import Reporter, ReportOutcome, Suspicion
from registry.matter_commands import (
    AcceptReferral,
    AnswerReport,
    AssignDuty,
    CompleteReferral,
    DecideConsequence,
    DeclineReferral,
    FileReport,
    FulfilDuty,
    HoldMeeting,
    MakeReferral,
    OpenDuty,
    PassOnReferral,
    ReceiveReport,
    RecordBreach,
    Resolution,
)
from tests.support.record import POLICE_STATION, VILLAGE
from tests.support.registry import body, child_id
from tests.support.stories import BUREAU, CHILD, FATHER, MOTHER, born
from tests.support.tale import PAPER, PLACE, Tale, on, tale

CIVIL, POLICE, COMMITTEE = Office.CIVIL_AFFAIRS, Office.POLICE, Office.COMMITTEE
HOSPITAL, PROCURATOR = Office.MEDICAL_INSTITUTION, Office.PROCURATORATE
SCHOOLS, HEALTH = body("tongshan-education"), body("tongshan-health")
TOWN_SCHOOL = body("tongshan-primary-school")
REPORT, REFERRAL = child_id("a boy with a fever, alone"), child_id("who is to look")
LESSONS, LESSONS_TOO = child_id("his schooling"), child_id("his schooling once more")
CURE, VISIT = child_id("his treatment"), child_id("the visits at home")
MEETING = child_id("the meeting at the township")
REFERRED = f"referral/{REFERRAL}"
SEEN = FileReport(
    report=REPORT,
    child=CHILD,
    jurisdiction=PLACE,
    reporter=Reporter.MEDICAL_INSTITUTION,
    suspicion=Suspicion.NEGLECT,
    to=Department.CIVIL_AFFAIRS,
    on=on("2022-02-01"),
    document=None,
)
SCHOOLING = OpenDuty(
    duty=LESSONS,
    kind=DutyKind.SCHOOLING,
    child=CHILD,
    jurisdiction=PLACE,
    department=Department.EDUCATION,
    owner=SCHOOLS,
    on=on("2022-02-10"),
    due=on("2022-04-01"),
)
TREATMENT = replace(
    SCHOOLING,
    duty=CURE,
    kind=DutyKind.HEALTH_CARE,
    department=Department.HEALTH,
    owner=None,
    due=on("2022-03-10"),
)
SILENT = child_id("what the village did not say")
SILENCE = replace(
    SCHOOLING,
    duty=SILENT,
    kind=DutyKind.REPORT,
    department=Department.COMMITTEE,
    owner=body(VILLAGE),
    on=on("2022-02-10"),
    due=on("2022-02-11"),
)


def the_hospital_reports(story: Tale) -> None:
    story.tell(POLICE, born(CHILD, "2013-05-05", FATHER, MOTHER))
    story.tell(HOSPITAL, SEEN)
    story.tell(CIVIL, ReceiveReport(report=REPORT, on=on("2022-02-02")))


def a_referral_comes_back_and_goes_on(story: Tale) -> None:
    """A referral that comes back has a holder at every step."""
    referred = MakeReferral(
        referral=REFERRAL,
        kind=DutyKind.VISIT_AFTER_WARNING,
        child=CHILD,
        jurisdiction=PLACE,
        to=body(POLICE_STATION),
        on=on("2022-02-03"),
        due=on("2022-02-20"),
    )
    story.tell(CIVIL, referred)
    assert story.holder(REFERRED, "2022-02-03") == POLICE_STATION
    declined = DeclineReferral(
        referral=REFERRAL, reason=DeclineReason.NO_GROUND, on=on("2022-02-05")
    )
    assert story.refused(COMMITTEE, declined)[0] == "not_the_holder"
    story.tell(POLICE, declined)
    assert story.holder(REFERRED, "2022-02-05") == BUREAU
    passed = PassOnReferral(
        referral=REFERRAL,
        to=body(VILLAGE),
        on=on("2022-02-06"),
        due=on("2022-03-01"),
    )
    story.tell(CIVIL, passed)
    waiting = story.matter(REFERRED, "2022-03-02")
    assert (waiting.holder.id, waiting.overdue) == (VILLAGE, True)
    late = AcceptReferral(referral=REFERRAL, on=on("2022-03-03"))
    story.tell(COMMITTEE, late, "acted_late")
    looked = CompleteReferral(referral=REFERRAL, on=on("2022-03-05"), document=PAPER)
    story.tell(COMMITTEE, looked, "acted_late")
    assert story.matter(REFERRED, "2022-03-05").status == duty.MATTER_STATUS_DONE


def the_village_kept_silent(story: Tale) -> None:
    """The village knew and did not report: the law has a consequence for that."""
    story.tell(PROCURATOR, SILENCE)
    silent = RecordBreach(duty=SILENT, on=on("2022-02-12"))
    story.tell(PROCURATOR, silent, "not_fulfilled_when_due")
    discipline = DecideConsequence(
        duty=SILENT, consequence=Consequence.DISCIPLINE, on=on("2022-03-01")
    )
    story.tell(PROCURATOR, discipline)
    told = story.matter(f"duty/{SILENT}", "2022-03-01")
    assert told.status == duty.MATTER_STATUS_BREACHED
    assert [list(one.articles) for one in told.facts[-1].findings] == [["MPL 117"]]


def duties_of_two_and_of_nobody_are_shown(story: Tale) -> None:
    """One duty that two have, one that nobody has: shown, not guessed."""
    story.tell(CIVIL, SCHOOLING)
    twice = replace(SCHOOLING, duty=LESSONS_TOO, owner=TOWN_SCHOOL)
    story.tell(CIVIL, twice)
    story.tell(COMMITTEE, TREATMENT)
    marks = story.marks("2022-03-11")
    assert (f"duty/{LESSONS}", f"overlaps duty/{LESSONS_TOO}") in marks
    assert (f"duty/{LESSONS_TOO}", f"overlaps duty/{LESSONS}") in marks
    assert (f"duty/{CURE}", "orphan") in marks
    assert story.workload("2022-03-11") == {
        "nobody": (1, 1),
        "education": (2, 0),
        "civil_affairs": (1, 1),
        "committee": (1, 1),
    }
    breach = RecordBreach(duty=CURE, on=on("2022-03-11"))
    assert story.wrong(CIVIL, breach) == "duty"


def a_meeting_settles_them(story: Tale) -> None:
    """The meeting gives each to one; what was one school's too is done by it."""
    resolved = Resolution(
        duty=VISIT,
        kind=DutyKind.VISIT_AFTER_WARNING,
        child=CHILD,
        department=Department.COMMITTEE,
        owner=body(VILLAGE),
        due=on("2022-04-15"),
    )
    met = HoldMeeting(
        meeting=MEETING,
        jurisdiction=PLACE,
        participants=(body(BUREAU), SCHOOLS, HEALTH, body(VILLAGE)),
        minutes=PAPER,
        on=on("2022-03-14"),
        resolutions=(resolved,),
    )
    held = story.tell(CIVIL, met)
    assert [event.type for event in held.events] == ["MeetingHeld", "DutyOpened"]
    given = AssignDuty(
        duty=CURE, department=Department.HEALTH, owner=HEALTH, on=on("2022-03-14")
    )
    story.tell(CIVIL, given)
    enrolled = FulfilDuty(duty=LESSONS_TOO, on=on("2022-03-20"), document=PAPER)
    story.tell(Office.SCHOOL, enrolled, authority=TOWN_SCHOOL.id)
    assert {mark for _, mark in story.marks("2022-03-21")} == {"overdue"}


def what_was_missed_is_answered_for(story: Tale) -> None:
    """Treated late; schooling is not arranged by its day, and that has an answer."""
    treated = FulfilDuty(duty=CURE, on=on("2022-03-25"), document=PAPER)
    story.tell(CIVIL, treated, "fulfilled_late")
    missed = RecordBreach(duty=LESSONS, on=on("2022-04-02"))
    story.tell(PROCURATOR, missed, "not_fulfilled_when_due")
    opinion = DecideConsequence(
        duty=LESSONS,
        consequence=Consequence.PROCURATORS_OPINION,
        on=on("2022-04-06"),
    )
    story.tell(PROCURATOR, opinion, "no_consequence_in_the_law")
    visits = FulfilDuty(duty=VISIT, on=on("2022-04-10"), document=None)
    assert story.refused(POLICE, visits)[0] == "not_the_owner"
    story.tell(COMMITTEE, visits)
    breached = story.matter(f"duty/{LESSONS}", "2022-04-06")
    assert breached.status == duty.MATTER_STATUS_BREACHED
    assert breached.facts[-1].codes == ["procurators_opinion"]


def the_hospital_is_told(story: Tale) -> None:
    """The hospital is told, late; what is left is the breach, with its owner."""
    answer = AnswerReport(
        report=REPORT, outcome=ReportOutcome.HELPED, on=on("2022-04-12")
    )
    story.tell(CIVIL, answer, "told_late")
    assert story.workload("2022-04-12") == {
        "education": (1, 1),
        "committee": (1, 1),
    }
    assert story.holder(f"duty/{LESSONS}", "2022-04-12") == SCHOOLS.id
    assert story.hands("2022-04-12") == {FATHER.id, MOTHER.id}


def test_every_duty_is_somebodys_from_the_hospitals_report_to_its_answer(
    tmp_path: Path,
) -> None:
    with tale(tmp_path) as story:
        the_hospital_reports(story)
        a_referral_comes_back_and_goes_on(story)
        the_village_kept_silent(story)
        duties_of_two_and_of_nobody_are_shown(story)
        a_meeting_settles_them(story)
        what_was_missed_is_answered_for(story)
        the_hospital_is_told(story)
        story.ends("2022-12-31")
