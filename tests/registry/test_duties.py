"""Duties and joint meetings: owed by whom, until when, and what a breach brings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from events.document import Document
from events.duties import Consequence, Department, DutyKind, DutyOpened, MeetingHeld
from events.guardianship import Office
from events.matters import MatterStatus, holder_of, status_of
from registry.duty_matrix import DUTIES
from registry.law.citations import is_verified
from registry.law.editions import BY_SHORT
from registry.matter_commands import (
    AssignDuty,
    DecideConsequence,
    FulfilDuty,
    HoldMeeting,
    OpenDuty,
    RecordBreach,
    Resolution,
)
from registry.refusal import InvalidError, NotKnownError
from tests.support.record import Record
from tests.support.registry import body, child_id, person
from tests.support.stories import BUREAU, CHILD
from tests.support.telling import day

DUTY, OTHER = child_id("schooling in Tongshan"), child_id("health in Tongshan")
MEETING = child_id("the meeting of May 2022")
SCHOOLS, HOSPITAL = body("tongshan-education"), body("tongshan-health")
CIVIL, COMMITTEE, POLICE = Office.CIVIL_AFFAIRS, Office.COMMITTEE, Office.POLICE
SCHOOL, PROCURATORATE = Office.SCHOOL, Office.PROCURATORATE
MINUTES = Document(sha256=bytes(32), media_type="application/pdf", size=4_000)
UNOWNED = replace(
    OpenDuty(
        duty=DUTY,
        kind=DutyKind.SCHOOLING,
        child=CHILD,
        jurisdiction="cn-320312",
        department=Department.EDUCATION,
        owner=SCHOOLS,
        on=day("2022-05-01"),
        due=day("2022-06-01"),
    ),
    owner=None,
)
OPENED = replace(UNOWNED, owner=SCHOOLS)
ASSIGNED = AssignDuty(
    duty=DUTY, department=Department.EDUCATION, owner=SCHOOLS, on=day("2022-05-10")
)
FULFILLED = FulfilDuty(duty=DUTY, on=day("2022-05-20"), document=None)
BREACHED = RecordBreach(duty=DUTY, on=day("2022-06-02"))
DECIDED = DecideConsequence(
    duty=DUTY, consequence=Consequence.URGED, on=day("2022-06-10")
)
HELD = HoldMeeting(
    meeting=MEETING,
    jurisdiction="cn-320312",
    participants=(body(BUREAU), SCHOOLS, HOSPITAL),
    minutes=MINUTES,
    on=day("2022-05-03"),
    resolutions=(
        Resolution(
            duty=DUTY,
            kind=DutyKind.SCHOOLING,
            child=CHILD,
            department=Department.EDUCATION,
            owner=SCHOOLS,
            due=day("2022-06-01"),
        ),
        Resolution(
            duty=OTHER,
            kind=DutyKind.HEALTH_CARE,
            child=None,
            department=Department.HEALTH,
            owner=HOSPITAL,
            due=day("2022-07-01"),
        ),
    ),
)


@pytest.fixture
def record() -> Record:
    told = Record()
    told.tell(OPENED, CIVIL)
    return told


@pytest.mark.parametrize("kind", DutyKind)
def test_every_kind_of_duty_has_departments_and_articles(kind: DutyKind) -> None:
    owed = DUTIES[kind]
    assert owed.departments
    for article in (*owed.articles, *owed.consequence):
        assert article.split()[0] in BY_SHORT
        assert is_verified(article)


def test_every_department_owes_something() -> None:
    assert {d for owed in DUTIES.values() for d in owed.departments} == set(Department)


@pytest.mark.parametrize("kind", DutyKind)
@pytest.mark.parametrize("department", Department)
def test_a_duty_of_another_department_is_warned_of(
    kind: DutyKind, department: Department
) -> None:
    told = Record().tell(replace(OPENED, kind=kind, department=department), CIVIL)
    own = department in DUTIES[kind].departments
    assert told.warnings == (set() if own else {"duty_of_another_department"})
    assert told.articles == set(DUTIES[kind].articles)


def test_a_duty_has_its_owner_until_it_is_fulfilled(record: Record) -> None:
    duty = record.matter("duty", DUTY)
    assert (holder_of(duty), status_of(duty)) == (SCHOOLS, MatterStatus.OPEN)
    told = record.tell(FULFILLED, SCHOOL, SCHOOLS.id)
    assert told.reasons == {"fulfilled_in_time"}
    assert status_of(record.matter("duty", DUTY)) is MatterStatus.DONE


def test_a_duty_without_an_owner_is_recorded_so_and_found_one_later() -> None:
    record = Record()
    record.tell(UNOWNED, COMMITTEE)
    assert holder_of(record.matter("duty", DUTY)) is None
    with pytest.raises(InvalidError, match="nobody's"):
        record.tell(BREACHED, CIVIL)
    record.tell(ASSIGNED, CIVIL)
    assert holder_of(record.matter("duty", DUTY)) == SCHOOLS


def test_a_person_owes_no_duty_of_a_department() -> None:
    with pytest.raises(InvalidError, match="owner: is a body"):
        Record().tell(replace(OPENED, owner=person("a clerk")), CIVIL)


def test_a_duty_is_opened_once_and_not_due_before(record: Record) -> None:
    with pytest.raises(InvalidError, match="open already"):
        record.tell(OPENED, CIVIL)
    early = replace(OPENED, duty=OTHER, due=day("2022-04-30"))
    with pytest.raises(InvalidError, match="due"):
        record.tell(early, CIVIL)


@pytest.mark.parametrize(
    "command",
    [ASSIGNED, FULFILLED, BREACHED, DECIDED],
    ids=lambda command: type(command).__name__,
)
def test_nothing_happens_to_a_duty_that_was_not_opened(command: object) -> None:
    with pytest.raises(NotKnownError, match=DUTY):
        Record().tell(command, CIVIL)  # type: ignore[arg-type]


def test_only_its_owner_or_civil_affairs_fulfils_it(record: Record) -> None:
    refused = record.refused(FULFILLED, SCHOOL)
    assert (refused.reason, refused.instead) == ("not_the_owner", "record_by_the_owner")
    record.tell(FULFILLED, CIVIL)
    with pytest.raises(InvalidError, match="fulfilled already"):
        record.tell(FULFILLED, CIVIL)


def test_who_has_it_already_is_not_given_it_again(record: Record) -> None:
    with pytest.raises(InvalidError, match="has the duty already"):
        record.tell(ASSIGNED, CIVIL)
    record.tell(replace(ASSIGNED, owner=HOSPITAL), CIVIL)
    assert holder_of(record.matter("duty", DUTY)) == HOSPITAL


@pytest.mark.parametrize("on", ["2022-05-31", "2022-06-01"])
def test_a_duty_is_not_breached_before_its_day_is_over(record: Record, on: str) -> None:
    with pytest.raises(InvalidError, match="after 2022-06-01"):
        record.tell(replace(BREACHED, on=day(on)), CIVIL)


def test_a_duty_without_a_day_is_never_breached() -> None:
    record = Record()
    record.tell(replace(OPENED, due=None), CIVIL)
    with pytest.raises(InvalidError, match="no day"):
        record.tell(BREACHED, CIVIL)


def test_a_breach_is_recorded_once_and_answered_for(record: Record) -> None:
    with pytest.raises(InvalidError, match="no breach"):
        record.tell(DECIDED, CIVIL)
    told = record.tell(BREACHED, PROCURATORATE)
    assert told.warnings == {"not_fulfilled_when_due"}
    with pytest.raises(InvalidError, match="breached already"):
        record.tell(BREACHED, CIVIL)
    assert record.tell(DECIDED, CIVIL).warnings == {"no_consequence_in_the_law"}
    late = replace(FULFILLED, on=day("2022-06-20"))
    assert record.tell(late, CIVIL).warnings == {"fulfilled_late"}
    assert status_of(record.matter("duty", DUTY)) is MatterStatus.DONE


def test_a_consequence_does_not_come_before_the_breach(record: Record) -> None:
    record.tell(BREACHED, CIVIL)
    with pytest.raises(InvalidError, match="before the breach"):
        record.tell(replace(DECIDED, on=day("2022-06-01")), CIVIL)


def test_silence_of_who_must_report_has_its_consequence_in_the_law() -> None:
    record = Record()
    kind, department = DutyKind.REPORT, Department.SCHOOL
    record.tell(replace(OPENED, kind=kind, department=department), CIVIL)
    record.tell(BREACHED, CIVIL)
    disciplined = replace(DECIDED, consequence=Consequence.DISCIPLINE)
    told = record.tell(disciplined, CIVIL)
    assert (told.warnings, told.articles) == (set(), {"MPL 117"})


def test_a_committee_records_no_breach(record: Record) -> None:
    refused = record.refused(BREACHED, COMMITTEE)
    assert refused.instead == "civil_affairs+procuratorate"


def test_a_meetings_resolutions_are_duties_with_owner_and_day_in_one_entry() -> None:
    record = Record()
    held, *duties = record.tell(HELD, CIVIL).events
    assert isinstance(held, MeetingHeld)
    assert held.duties == (DUTY, OTHER)
    owners = {}
    for duty in duties:
        assert isinstance(duty, DutyOpened)
        assert duty.meeting == MEETING
        owners[duty.kind] = (duty.owner, duty.due)
    assert owners[DutyKind.HEALTH_CARE] == (HOSPITAL, "2022-07-01")
    assert holder_of(record.matter("duty", DUTY)) == SCHOOLS


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (replace(HELD, participants=()), "participants"),
        (replace(HELD, resolutions=HELD.resolutions[:1] * 2), "each duty once"),
    ],
)
def test_a_meeting_without_people_or_with_a_duty_twice_is_refused(
    wrong: HoldMeeting, rule: str
) -> None:
    with pytest.raises(InvalidError, match=rule):
        Record().tell(wrong, CIVIL)


def test_a_meeting_does_not_open_a_duty_that_stands(record: Record) -> None:
    with pytest.raises(InvalidError, match="open already"):
        record.tell(HELD, CIVIL)


def test_a_meeting_speaks_of_children_that_are_known() -> None:
    stranger = replace(HELD.resolutions[0], child=child_id("nobody"))
    with pytest.raises(NotKnownError):
        Record().tell(replace(HELD, resolutions=(stranger,)), CIVIL)


def test_a_meeting_is_held_once_under_its_id() -> None:
    record = Record()
    record.tell(replace(HELD, resolutions=()), CIVIL)
    with pytest.raises(InvalidError, match="open already"):
        record.tell(replace(HELD, resolutions=()), POLICE)
