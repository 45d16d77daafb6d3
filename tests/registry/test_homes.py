"""Welfare homes and those who live there: looked at, mended, heard, accounted for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from events.accounts import donations_left
from events.guardianship import Office, PlacementForm
from events.homes import CloseReason, Defect, FoundDefect, HomeKind, Purpose
from events.matters import (
    MatterStatus,
    child_of,
    due_of,
    holder_of,
    open_defects,
    status_of,
)
from events.residents import (
    GRAVE,
    Complainant,
    ComplaintOutcome,
    Grievance,
    IncidentKind,
    IntakeGround,
    LeaveReason,
    Measure,
)
from events.timeline import Role
from registry.commands import Command
from registry.home_commands import (
    AnswerComplaint,
    AssessChild,
    CarryOnComplaint,
    CloseHome,
    FixCapacity,
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
from registry.homes import MAX_CAPACITY
from registry.refusal import InvalidError, NotKnownError
from tests.registry.test_plans import PAPER
from tests.support.record import Record
from tests.support.registry import (
    body,
    child_id,
    opened,
    person,
    submission,
    submit,
)
from tests.support.stories import BUREAU, CHILD, start
from tests.support.telling import day

HOME, STAY = child_id("the house in Xuzhou"), child_id("her days there")
INCIDENT, COMPLAINT = child_id("the stairs"), child_id("no letters")
CIVIL, WELFARE = Office.CIVIL_AFFAIRS, Office.WELFARE_INSTITUTION
HOUSE = body("xuzhou-welfare-home")
REGISTERED = RegisterHome(
    home=HOME,
    kind=HomeKind.WELFARE_INSTITUTION,
    jurisdiction="cn-320300",
    holder=HOUSE,
    supervisor=body(BUREAU),
    capacity=40,
    on=day("2019-01-01"),
)
FOUND = RecordInspection(
    home=HOME,
    defects=(
        FoundDefect(defect=1, kind=Defect.STAFFING, due=day("2022-06-01")),
        FoundDefect(defect=2, kind=Defect.FILES, due=day("2022-04-01")),
    ),
    document=PAPER,
    on=day("2022-03-01"),
)
GIVEN = RecordDonation(
    home=HOME, donation=1, amount=50_000, purpose=Purpose.MEDICAL, on=day("2022-02-01")
)
USED = RecordDonationUse(
    home=HOME,
    donation=1,
    amount=20_000,
    purpose=Purpose.MEDICAL,
    document=PAPER,
    on=day("2022-05-01"),
)
TAKEN = TakeInChild(
    stay=STAY,
    child=CHILD,
    jurisdiction="cn-320312",
    home=HOME,
    ground=IntakeGround.TEMPORARY_SPECIAL_CARE,
    on=day("2022-01-20"),
)
ASSESSED = AssessChild(stay=STAY, document=PAPER, on=day("2022-02-01"))
CARED = MakeCarePlan(
    stay=STAY, document=PAPER, review_due=day("2023-02-01"), on=day("2022-02-10")
)
FOSTERED = PlaceResident(
    stay=STAY, form=PlacementForm.FOSTER, carer=person("aunt"), on=day("2022-09-01")
)
LEFT = RecordLeaving(stay=STAY, reason=LeaveReason.RETURNED, on=day("2022-12-01"))
HURT = RecordIncident(
    incident=INCIDENT,
    child=CHILD,
    jurisdiction="cn-320300",
    home=HOME,
    kind=IncidentKind.INJURY,
    document=None,
    on=day("2022-03-03"),
)
TREATED = TakeMeasure(
    incident=INCIDENT, measure=Measure.TREATED, document=None, on=day("2022-03-03")
)
MADE = MakeComplaint(
    complaint=COMPLAINT,
    child=CHILD,
    jurisdiction="cn-320300",
    home=HOME,
    complainant=Complainant.CHILD,
    grievance=Grievance.CONTACT,
    against=HOUSE,
    on=day("2022-03-10"),
)
ANSWERED = AnswerComplaint(
    complaint=COMPLAINT,
    outcome=ComplaintOutcome.FOUNDED,
    document=PAPER,
    on=day("2022-03-20"),
)


@pytest.fixture
def record() -> Record:
    told = Record()
    told.tell(REGISTERED, CIVIL)
    return told


@pytest.fixture
def lived_in(record: Record) -> Record:
    record.tell(TAKEN, WELFARE, HOUSE.id)
    return record


def test_a_house_is_due_for_its_most_urgent_defect_until_that_is_mended(
    record: Record,
) -> None:
    assert due_of(record.matter("home", HOME)) is None
    record.tell(FOUND, CIVIL)
    assert due_of(record.matter("home", HOME)) == day("2022-04-01")
    mended = RecordRemedy(home=HOME, defect=2, document=None, on=day("2022-05-02"))
    record.tell(mended, CIVIL)
    home = record.matter("home", HOME)
    assert [one.defect for one in open_defects(home)] == [1]
    assert due_of(home) == day("2022-06-01")
    with pytest.raises(InvalidError, match=r"^defect: is a defect of the house that"):
        record.tell(mended, CIVIL)


def test_a_donation_is_used_up_to_what_was_given(record: Record) -> None:
    record.tell(GIVEN, WELFARE)
    record.tell(USED, WELFARE)
    assert donations_left(record.matter("home", HOME)) == {1: 30_000}
    with pytest.raises(InvalidError, match=r"^amount: is at most the 30000 fen"):
        record.tell(replace(USED, amount=30_001), WELFARE)


def test_a_closed_house_takes_nobody_in_and_mends_still(record: Record) -> None:
    record.tell(FOUND, CIVIL)
    record.tell(
        CloseHome(home=HOME, reason=CloseReason.ORDERED, on=day("2022-07-01")), CIVIL
    )
    for command in (TAKEN, GIVEN, replace(FOUND, on=day("2022-08-01"))):
        with pytest.raises(InvalidError, match=r"^home: is closed"):
            record.tell(command, CIVIL)
    mended = RecordRemedy(home=HOME, defect=1, document=PAPER, on=day("2022-08-01"))
    record.tell(mended, CIVIL)


def test_an_intake_rests_on_a_guardianship_or_is_warned_of(record: Record) -> None:
    told = record.tell(TAKEN, WELFARE, HOUSE.id)
    assert told.warnings == {"ground_of_intake_not_on_record"}
    stay = record.matter("stay", STAY)
    assert (child_of(stay), holder_of(stay)) == (CHILD, HOUSE)
    assert due_of(stay) == day("2022-02-19")


@pytest.mark.parametrize("ground", IntakeGround)
def test_each_ground_asks_for_its_own_guardianship(
    record: Record, ground: IntakeGround
) -> None:
    role, bureau = Role.STATE_TEMPORARY_GUARDIAN, body(BUREAU)
    record.tell(start(role, "2022-01-15", bureau, limb=4), CIVIL)
    told = record.tell(replace(TAKEN, ground=ground), CIVIL)
    wrong = ground is IntakeGround.LONG_TERM_GUARDIANSHIP
    assert told.warnings == ({"ground_of_intake_not_on_record"} if wrong else set())


def test_a_resident_is_assessed_cared_for_placed_and_leaves(lived_in: Record) -> None:
    assert lived_in.tell(CARED, WELFARE).warnings == {"not_assessed_before"}
    lived_in.tell(ASSESSED, WELFARE)
    assert lived_in.tell(CARED, WELFARE).warnings == set()
    assert due_of(lived_in.matter("stay", STAY)) == day("2023-02-01")
    lived_in.tell(FOSTERED, WELFARE)
    lived_in.tell(LEFT, WELFARE)
    assert status_of(lived_in.matter("stay", STAY)) is MatterStatus.DONE
    for command in (ASSESSED, CARED, FOSTERED, LEFT):
        late = replace(command, on=day("2022-12-02"))
        with pytest.raises(InvalidError, match=r"^stay: is over"):
            lived_in.tell(late, WELFARE)


def test_an_incident_stays_open_until_it_is_closed(record: Record) -> None:
    record.tell(HURT, Office.MEDICAL_INSTITUTION)
    record.tell(TREATED, WELFARE)
    assert status_of(record.matter("incident", INCIDENT)) is MatterStatus.OPEN
    closed = replace(TREATED, measure=Measure.CLOSED, on=day("2022-04-01"))
    record.tell(closed, CIVIL)
    assert status_of(record.matter("incident", INCIDENT)) is MatterStatus.DONE
    with pytest.raises(InvalidError, match=r"^incident: is closed"):
        record.tell(TREATED, WELFARE)


@pytest.mark.parametrize("kind", IncidentKind)
def test_a_grave_incident_is_urgent(tmp_path: Path, kind: IncidentKind) -> None:
    with opened(tmp_path) as registry:
        for command in (REGISTERED, replace(HURT, child=None, kind=kind)):
            asked = submission(command, repr(command), BUREAU, CIVIL)
            receipt = submit(registry, asked)
        assert [event.urgent for event in receipt.events] == [kind in GRAVE]


def test_a_complaint_is_answered_by_the_body_that_has_it(record: Record) -> None:
    record.tell(MADE, Office.WOMENS_FEDERATION)
    complaint = record.matter("complaint", COMPLAINT)
    assert (holder_of(complaint), due_of(complaint)) == (HOUSE, day("2022-03-25"))
    refused = record.refused(ANSWERED, CIVIL)
    assert (refused.reason, refused.articles) == (
        "not_the_complaints_body",
        ("MPL 97",),
    )
    record.tell(ANSWERED, WELFARE, HOUSE.id)
    assert status_of(record.matter("complaint", COMPLAINT)) is MatterStatus.DONE
    with pytest.raises(InvalidError, match=r"^complaint: is answered already"):
        record.tell(ANSWERED, WELFARE, HOUSE.id)
    higher = CarryOnComplaint(
        complaint=COMPLAINT, to=body(BUREAU), on=day("2022-03-21")
    )
    record.tell(higher, Office.WOMENS_FEDERATION)
    again = record.matter("complaint", COMPLAINT)
    assert status_of(again) is MatterStatus.OPEN
    assert (holder_of(again), due_of(again)) == (body(BUREAU), day("2022-04-05"))
    with pytest.raises(InvalidError, match=r"^to: has the complaint already"):
        record.tell(higher, Office.WOMENS_FEDERATION)


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        (REGISTERED, "home: is open already"),
        (replace(REGISTERED, home=STAY, capacity=0), "capacity: is 1 to"),
        (replace(REGISTERED, home=STAY, supervisor=HOUSE), "supervisor: is another"),
        (
            FixCapacity(home=HOME, capacity=MAX_CAPACITY + 1, on=day("2022-01-01")),
            "capacity: is 1 to",
        ),
        (replace(FOUND, defects=FOUND.defects[:1] * 2), r"defects\[1\].defect: is"),
        (replace(FOUND, on=day("2022-05-01")), r"defects\[1\].due: is not before"),
        (replace(GIVEN, donation=0), "donation: is a new number"),
        (USED, "donation: is a donation to the house"),
        (replace(TAKEN, on=day("2018")), "on: is not before it was opened"),
        (replace(MADE, against=person("nurse")), "against: is a body"),
    ],
)
def test_what_contradicts_itself_is_sent_back(
    record: Record, command: Command, fault: str
) -> None:
    with pytest.raises(InvalidError, match=f"^{fault}"):
        record.tell(command, CIVIL)


@pytest.mark.parametrize(
    "command",
    [replace(TAKEN, home=STAY), replace(HURT, home=STAY), replace(MADE, home=STAY)],
)
def test_an_unknown_house_is_said_to_be_unknown(
    record: Record, command: Command
) -> None:
    with pytest.raises(NotKnownError):
        record.tell(command, CIVIL)


def test_a_placement_by_a_house_is_with_a_family(lived_in: Record) -> None:
    with pytest.raises(InvalidError, match=r"^form: is kin or foster"):
        lived_in.tell(replace(FOSTERED, form=PlacementForm.RESCUE_INSTITUTION), CIVIL)
