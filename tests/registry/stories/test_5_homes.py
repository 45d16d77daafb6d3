"""Two sisters in a house for one: hurt, heard, inspected, placed, and the house closed.

What the house answers for is asked in four directions; what the public learns is no
number below ten, and a stranger computes it from the log alone.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from childregistry.v1 import care_service_pb2 as care
from childregistry.v1 import duty_service_pb2 as duty
from events.duties import Department
from events.guardianship import Office, PlacementForm
from events.homes import CloseReason, Defect, FoundDefect, HomeKind, Purpose
from events.proceedings import TemporaryEnd
from events.reports import Reporter, ReportOutcome, Suspicion
from events.residents import (
    Complainant,
    ComplaintOutcome,
    Grievance,
    IncidentKind,
    IntakeGround,
    LeaveReason,
    Measure,
)
from events.timeline import Role
from projections.openness import Cell, report_of
from registry.home_commands import (
    AnswerComplaint,
    AssessChild,
    CarryOnComplaint,
    CloseHome,
    MakeCarePlan,
    MakeComplaint,
    PlaceResident,
    RecordDonation,
    RecordDonationUse,
    RecordIncident,
    RecordInspection,
    RecordLeaving,
    RecordRemedy,
    RegisterHome,
    TakeInChild,
    TakeMeasure,
)
from registry.matter_commands import AnswerReport, FileReport, ReceiveReport
from tests.support.clock import Clock
from tests.support.registry import body, child_id, person
from tests.support.stories import BUREAU, CHILD, FATHER, MOTHER, born, lost, start, stop
from tests.support.tale import PAPER, PLACE, Tale, on, tale

CIVIL, POLICE, WELFARE = (
    Office.CIVIL_AFFAIRS,
    Office.POLICE,
    Office.WELFARE_INSTITUTION,
)
WOMEN, HOSPITAL = Office.WOMENS_FEDERATION, Office.MEDICAL_INSTITUTION
HOUSE, AUNT = body("xuzhou-welfare-home"), person("an aunt in Pei county")
SISTER, HOME = child_id("the younger sister"), child_id("the house by the canal")
STAYS = {CHILD: child_id("her days there"), SISTER: child_id("her sister's days")}
REPORT, FALL = child_id("two girls at the station"), child_id("the stairs")
LETTERS = child_id("no letters from home")
TAKEN = TakeInChild(
    stay=STAYS[CHILD],
    child=CHILD,
    jurisdiction=PLACE,
    home=HOME,
    ground=IntakeGround.TEMPORARY_PARENTS_SOUGHT,
    on=on("2022-01-20"),
)
OPENED = RegisterHome(
    home=HOME,
    kind=HomeKind.WELFARE_INSTITUTION,
    jurisdiction=PLACE,
    holder=HOUSE,
    supervisor=body(BUREAU),
    capacity=1,
    on=on("2019-01-01"),
)
COMPLAINED = MakeComplaint(
    complaint=LETTERS,
    child=CHILD,
    jurisdiction=PLACE,
    home=HOME,
    complainant=Complainant.CHILD,
    grievance=Grievance.CONTACT,
    against=HOUSE,
    on=on("2022-03-10"),
)


def house(story: Tale, day: str) -> Any:  # noqa: ANN401  a message
    return story.asked("GetHome", care.GetHomeRequest(home=HOME), day, None)


def two_girls_are_found_and_taken_in(story: Tale) -> None:
    """One report, two stays, one bed: the house is overcrowded, and says so."""
    story.tell(CIVIL, OPENED)
    for child, birth in ((CHILD, "2013-10-01"), (SISTER, "2016-10-01")):
        story.tell(POLICE, born(child, birth, FATHER, MOTHER))
    seen = FileReport(
        report=REPORT,
        child=CHILD,
        jurisdiction=PLACE,
        reporter=Reporter.OTHER_PERSON,
        suspicion=Suspicion.ABANDONMENT,
        to=Department.PUBLIC_SECURITY,
        on=on("2022-01-18"),
        document=None,
    )
    story.tell(POLICE, seen)
    story.tell(POLICE, ReceiveReport(report=REPORT, on=on("2022-01-18")))
    for child in (CHILD, SISTER):
        for parent in (FATHER, MOTHER):
            gone = replace(lost(parent, "2022-01-18"), child=child)
            story.tell(POLICE, gone)
        role, bureau = Role.STATE_TEMPORARY_GUARDIAN, body(BUREAU)
        cover = start(role, "2022-01-19", bureau, limb=1, child=child)
        story.tell(CIVIL, cover)
        intake = replace(TAKEN, stay=STAYS[child], child=child)
        story.tell(WELFARE, intake, authority=HOUSE.id)
    answer = AnswerReport(
        report=REPORT, outcome=ReportOutcome.CHILD_PROTECTED, on=on("2022-01-25")
    )
    story.tell(POLICE, answer)
    found = house(story, "2022-01-25")
    assert (found.within.residents, found.to_society.capacity) == (2, 1)
    assert found.to_supervisor.overcrowded


def they_are_assessed_and_one_too_late(story: Tale) -> None:
    hers = AssessChild(stay=STAYS[CHILD], document=PAPER, on=on("2022-02-01"))
    story.tell(WELFARE, hers, authority=HOUSE.id)
    late = house(story, "2022-03-01").within.reviews_overdue
    assert list(late) == [f"stay/{STAYS[SISTER]}"]
    theirs = AssessChild(stay=STAYS[SISTER], document=PAPER, on=on("2022-03-02"))
    story.tell(WELFARE, theirs, authority=HOUSE.id)
    for child in (CHILD, SISTER):
        plan = MakeCarePlan(
            stay=STAYS[child],
            document=PAPER,
            review_due=on("2022-12-01"),
            on=on("2022-03-03"),
        )
        story.tell(WELFARE, plan, authority=HOUSE.id)
    assert not house(story, "2022-03-03").within.reviews_overdue


def one_falls_and_complains(story: Tale) -> None:
    """The hospital says that she fell; she says herself that no letters come."""
    fall = RecordIncident(
        incident=FALL,
        child=CHILD,
        jurisdiction=PLACE,
        home=HOME,
        kind=IncidentKind.INJURY,
        document=PAPER,
        on=on("2022-03-05"),
    )
    story.tell(HOSPITAL, fall)
    story.tell(WOMEN, COMPLAINED)
    owed = story.matter(f"complaint/{LETTERS}", "2022-03-26")
    assert (owed.holder.id, owed.due) == (HOUSE.id, "2022-03-25")
    assert owed.overdue
    found = house(story, "2022-03-26")
    assert list(found.within.incidents_open) == [f"incident/{FALL}"]
    assert list(found.to_children.complaints_overdue) == [f"complaint/{LETTERS}"]
    higher = CarryOnComplaint(complaint=LETTERS, to=body(BUREAU), on=on("2022-03-26"))
    story.tell(WOMEN, higher)
    founded = AnswerComplaint(
        complaint=LETTERS,
        outcome=ComplaintOutcome.FOUNDED,
        document=PAPER,
        on=on("2022-04-01"),
    )
    story.tell(CIVIL, founded)
    for measure, day in ((Measure.TREATED, "03-05"), (Measure.CLOSED, "04-02")):
        taken = TakeMeasure(
            incident=FALL, measure=measure, document=None, on=on(f"2022-{day}")
        )
        story.tell(WELFARE, taken, authority=HOUSE.id)
    found = house(story, "2022-04-02")
    assert not found.within.incidents_open
    assert (found.to_children.complaints, found.to_children.answered_in_time) == (1, 1)


def the_house_is_looked_at_and_given_to(story: Tale) -> None:
    """Two defects with days; a donation, and what was done with it."""
    defects = (
        FoundDefect(defect=1, kind=Defect.STAFFING, due=on("2022-06-01")),
        FoundDefect(defect=2, kind=Defect.FIRE_AND_BUILDING, due=on("2022-05-01")),
    )
    looked = RecordInspection(
        home=HOME, defects=defects, document=PAPER, on=on("2022-04-10")
    )
    story.tell(Office.PROCURATORATE, looked)
    given = RecordDonation(
        home=HOME, donation=1, amount=80_000, purpose=Purpose.CARE, on=on("2022-04-11")
    )
    story.tell(WELFARE, given, authority=HOUSE.id)
    used = RecordDonationUse(
        home=HOME,
        donation=1,
        amount=80_001,
        purpose=Purpose.CARE,
        document=PAPER,
        on=on("2022-05-10"),
    )
    assert story.wrong(WELFARE, used) == "amount"
    story.tell(WELFARE, replace(used, amount=50_000), authority=HOUSE.id)
    found = house(story, "2022-05-20")
    assert [one.overdue for one in found.to_supervisor.defects] == [False, True]
    assert (found.to_society.given_fen, found.to_society.used_fen) == (80_000, 50_000)
    for defect in (1, 2):
        mended = RecordRemedy(
            home=HOME, defect=defect, document=PAPER, on=on("2022-05-25")
        )
        story.tell(CIVIL, mended)
    assert house(story, "2022-05-25").to_society.defects_open == 0


def they_leave_and_the_house_closes(story: Tale) -> None:
    for child in (CHILD, SISTER):
        fostered = PlaceResident(
            stay=STAYS[child],
            form=PlacementForm.KIN,
            carer=AUNT,
            on=on("2022-06-01"),
        )
        story.tell(WELFARE, fostered, authority=HOUSE.id)
        left = RecordLeaving(
            stay=STAYS[child], reason=LeaveReason.RETURNED, on=on("2022-11-01")
        )
        story.tell(WELFARE, left, authority=HOUSE.id)
        goes_home(story, child)
    closed = CloseHome(home=HOME, reason=CloseReason.NO_RESIDENTS, on=on("2022-12-01"))
    story.tell(CIVIL, closed)
    again = replace(TAKEN, stay=child_id("once more"), on=on("2022-12-02"))
    assert story.wrong(WELFARE, again) == "home"
    found = house(story, "2022-12-31")
    assert (found.closed, found.within.residents) == (True, 0)
    for child in (CHILD, SISTER):
        about = story.matters("2022-12-31", child).matters
        assert {one.status for one in about} == {duty.MATTER_STATUS_DONE}


def goes_home(story: Tale, child: str) -> None:
    """The mother is found, the bureau assesses her and gives the child back."""
    story.tell(POLICE, replace(lost(MOTHER, "2022-10-01", found=True), child=child))
    begun = story.begun("2022-11-01", child)
    end = TemporaryEnd.RETURNED
    back = stop(begun, "2022-11-01", end, assessed="2022-10-20", child=child)
    story.tell(CIVIL, back)
    assert story.hands("2022-10-31", child) == {BUREAU}
    assert story.hands("2022-11-01", child) == {MOTHER.id}


def the_public_learns_of_no_single_child(
    story: Tale, clock: Clock, folder: Path
) -> None:
    """Twenty-three births are told as twenty; two stays and one fall not at all."""
    for number in range(21):
        child = child_id(f"one of the place's children {number}")
        story.tell(POLICE, born(child, "2021-03-01", FATHER, MOTHER))
    clock.set("2023-01-02")
    story.tell(POLICE, born(child_id("of the next year"), "2022-12-31", MOTHER))
    told = story.by(CIVIL).called(
        "GetPublicReport", care.GetPublicReportRequest(year=2022)
    )
    cells = [Cell(one.jurisdiction, one.type, one.at_least) for one in told.cells]
    assert cells == list(report_of(folder / "log.sqlite", 2022).cells)
    assert Cell(PLACE, "ChildRegistered", 20) in cells
    assert {cell.type for cell in cells} <= {
        "ChildRegistered",
        "GuardianshipEstablished",
        "TimelineChanged",
    }
    assert all(cell.at_least % 10 == 0 for cell in cells)


def test_a_house_answers_in_four_directions_until_it_closes(tmp_path: Path) -> None:
    clock = Clock("2022-12-30")
    with tale(tmp_path, clock.sources) as story:
        two_girls_are_found_and_taken_in(story)
        they_are_assessed_and_one_too_late(story)
        one_falls_and_complains(story)
        the_house_is_looked_at_and_given_to(story)
        they_leave_and_the_house_closes(story)
        the_public_learns_of_no_single_child(story, clock, tmp_path)
        story.ends("2022-12-31", CHILD, SISTER)
