"""A child whose classes change with what is recorded of her: unattended, poor, ill.

Her father goes to prison, her mother dies. Each class is asked by the day, with its
rule and its facts; none is ever recorded.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from childregistry.v1 import duty_service_pb2 as duty
from events.cases import ApplicantClass
from events.conditions import Condition
from events.duties import Department
from events.guardianship import Office
from events.proceedings import Asked, Wish
from events.reports import Reporter, ReportOutcome, Suspicion
from events.timeline import Role
from registry.case_commands import HearWish
from registry.commands import RecordDeath
from registry.condition_commands import EndCondition, RecordCondition
from registry.matter_commands import AnswerReport, FileReport, ReceiveReport
from tests.support.registry import body, child_id, person
from tests.support.stories import (
    BUREAU,
    CASE,
    CHILD,
    FATHER,
    MOTHER,
    application,
    born,
    judgment,
    outcome,
    start,
)
from tests.support.tale import PAPER, PLACE, Tale, on, tale

CIVIL, COURT, POLICE = Office.CIVIL_AFFAIRS, Office.COURT, Office.POLICE
COMMITTEE, HOSPITAL = Office.COMMITTEE, Office.MEDICAL_INSTITUTION
AUNT = person("her aunt in the next village")
REPORT = child_id("the village director saw her alone")
PRISON, POVERTY, ILLNESS = (child_id(n) for n in ("prison", "poverty", "illness"))
IMPRISONED = RecordCondition(
    condition=PRISON,
    what=Condition.IMPRISONED,
    child=CHILD,
    jurisdiction=PLACE,
    who=FATHER,
    grade=None,
    mental=False,
    on=on("2021-11-20"),
    evidence=PAPER,
)
POOR = replace(
    IMPRISONED,
    condition=POVERTY,
    what=Condition.POVERTY,
    who=None,
    on=on("2021-12-01"),
)
ILL = replace(
    POOR, condition=ILLNESS, what=Condition.OWN_SERIOUS_ILLNESS, on=on("2022-02")
)
UNATTENDED = "unattended_2019: de_facto_unattended"
POOR_BY_2016 = "state_council_2016: poverty"
SEEN = FileReport(
    report=REPORT,
    child=CHILD,
    jurisdiction=PLACE,
    reporter=Reporter.COMMITTEE,
    suspicion=Suspicion.UNATTENDED,
    to=Department.CIVIL_AFFAIRS,
    on=on("2021-11-25"),
    document=None,
)
DONE = duty.MATTER_STATUS_DONE


def heard(day: str) -> HearWish:
    return HearWish(
        child=CHILD, case=CASE, wish=Wish.WITH, toward=AUNT, on=on(day), order=0
    )


def she_lives_with_her_parents(story: Tale) -> None:
    story.tell(POLICE, born(CHILD, "2015-10-01", FATHER, MOTHER))
    assert story.classes("2021-11-25") == {}


def the_village_sees_her_alone(story: Tale) -> None:
    """The village sees her alone; the bureau takes it up and looks at the family."""
    story.tell(COMMITTEE, SEEN)
    story.tell(CIVIL, ReceiveReport(report=REPORT, on=on("2021-11-26")))
    owed = story.matter(f"report/{REPORT}", "2021-12-12")
    assert (owed.holder.id, owed.due, owed.overdue) == (BUREAU, "2021-12-11", True)
    story.tell(POLICE, IMPRISONED)
    story.tell(COMMITTEE, POOR)
    helped = AnswerReport(
        report=REPORT, outcome=ReportOutcome.HELPED, on=on("2021-12-08")
    )
    story.tell(CIVIL, helped)
    poor = story.classes("2022-01-09")
    assert set(poor) == {POOR_BY_2016, "shang_xiaoyuan: social_poor"}
    assert poor[POOR_BY_2016].source == "国发〔2016〕36号"
    assert list(poor[POOR_BY_2016].facts) == [f"condition/{POVERTY}"]


def her_mother_dies(story: Tale) -> None:
    """The mother dies. Prison counts from six months on: to the day."""
    before = story.tell(
        POLICE, RecordDeath(person=MOTHER.id, on=on("2022-01-10"))
    ).position
    assert UNATTENDED not in story.classes("2022-05-19")
    alone = story.classes("2022-05-20")[UNATTENDED]
    assert alone.certain
    assert alone.source == "民发〔2019〕62号, 民发〔2020〕125号"
    assert f"condition/{PRISON}" in alone.facts
    (death,) = set(alone.facts) - {f"condition/{PRISON}"}
    assert death.startswith("child/")
    assert UNATTENDED not in story.classes("2022-05-20", known=before - 1)


def the_hospital_says_that_she_is_ill(story: Tale) -> None:
    """The hospital's month is all that is known: possible, then certain."""
    story.tell(HOSPITAL, ILL)
    multiple = "shang_xiaoyuan: multiple"
    assert not story.classes("2022-02-15")[multiple].certain
    assert story.classes("2022-02-28")[multiple].certain
    many = {scheme.partition(":")[0] for scheme in story.classes("2022-05-20")}
    assert many == {
        "shang_xiaoyuan",
        "state_council_2016",
        "unattended_2019",
        "wu_guoping",
    }
    assert story.status("2022-05-20") == "guardian"
    assert story.hands("2022-05-20") == {FATHER.id}


def the_bureau_covers_her_and_applies(story: Tale) -> None:
    """The bureau covers her, and applies: what the court finds stands at that entry."""
    cover = start(Role.STATE_TEMPORARY_GUARDIAN, "2022-06-01", body(BUREAU), limb=4)
    story.tell(CIVIL, cover)
    assert "wang_qi: lost_temporarily" in story.classes("2022-06-01")
    civil = ApplicantClass.CIVIL_AFFAIRS
    asks = application(Asked.DISQUALIFY, civil, "2022-07-01", FATHER)
    filed = story.tell(CIVIL, asks).position
    seen = story.matters("2022-07-01", known=filed)
    kinds = [one.stream.partition("/")[0] for one in seen.matters]
    assert kinds == ["condition", "condition", "condition", "report"]
    assert UNATTENDED in story.classes("2022-07-01", known=filed)
    story.tell(COURT, heard("2022-07-20"))
    judged = outcome(disqualified=(FATHER,), designated=(AUNT,))
    story.tell(COURT, judgment("2022-07-25", judged))


def she_lives_with_her_aunt(story: Tale) -> None:
    """Prison ends, and she stays unattended by the judgment; poverty is over."""
    told = story.classes("2022-08-01")
    assert "wang_qi: lost_permanently" in told
    assert "wang_qi: lost_temporarily" not in told
    story.tell(POLICE, EndCondition(condition=PRISON, on=on("2023-05-01")))
    free = story.classes("2023-05-01")[UNATTENDED]
    assert f"condition/{PRISON}" not in free.facts
    assert len(free.facts) == 2
    story.tell(COMMITTEE, EndCondition(condition=POVERTY, on=on("2023-06-01")))
    assert POOR_BY_2016 not in story.classes("2023-06-01")
    assert POOR_BY_2016 in story.classes("2023-05-31")

    assert story.hands("2023-06-30") == {AUNT.id}
    assert story.matter(f"report/{REPORT}", "2023-06-30").status == DONE


def test_classes_follow_the_facts_from_the_first_report_to_the_new_guardian(
    tmp_path: Path,
) -> None:
    with tale(tmp_path) as story:
        she_lives_with_her_parents(story)
        the_village_sees_her_alone(story)
        her_mother_dies(story)
        the_hospital_says_that_she_is_ill(story)
        the_bureau_covers_her_and_applies(story)
        she_lives_with_her_aunt(story)
        story.ends("2023-06-30")
