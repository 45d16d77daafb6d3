"""Guarantee plans and the state's supervision: promised, delivered or not, watched."""

from __future__ import annotations

from dataclasses import replace

import pytest

from events.accounts import items_due
from events.document import Document
from events.duties import Department
from events.guardianship import Office
from events.matters import MatterStatus, due_of, holder_of, status_of
from events.plans import (
    Cadence,
    EndedBecause,
    Guarantee,
    GuaranteeItem,
    MissedReason,
    ReviewOutcome,
)
from events.timeline import Role
from registry.care_commands import (
    AddGuarantee,
    BeginSupervision,
    EndGuarantee,
    EndPlan,
    EndSupervision,
    MakePlan,
    NameSupervisor,
    RecordDelivery,
    RecordMissedDelivery,
    RecordReview,
)
from registry.commands import Command
from registry.matter import MAX_FEN
from registry.plans import MAX_ITEMS
from registry.refusal import InvalidError, NotKnownError
from tests.support.record import Record
from tests.support.registry import body, child_id, person
from tests.support.stories import BUREAU, CHILD, start
from tests.support.telling import day

PLAN, WATCH = child_id("the plan of 2022"), child_id("who watches the bureau")
CIVIL, SCHOOL, COMMITTEE = Office.CIVIL_AFFAIRS, Office.SCHOOL, Office.COMMITTEE
PAPER = Document(sha256=bytes(32), media_type="application/pdf", size=900)
MONEY = GuaranteeItem(
    item=1,
    guarantee=Guarantee.LIVING,
    department=Department.CIVIL_AFFAIRS,
    owner=body(BUREAU),
    cadence=Cadence.MONTHLY,
    amount=150_000,
    from_=day("2022-02-01"),
    until=None,
)
LESSONS = replace(
    MONEY,
    item=2,
    guarantee=Guarantee.EDUCATION,
    department=Department.EDUCATION,
    owner=body("tongshan-education"),
    cadence=Cadence.YEARLY,
    amount=None,
)
MADE = MakePlan(
    plan=PLAN,
    child=CHILD,
    jurisdiction="cn-320312",
    holder=body(BUREAU),
    items=(MONEY,),
    review_due=day("2023-02-01"),
    on=day("2022-01-20"),
)
ADDED = AddGuarantee(plan=PLAN, item=LESSONS, on=day("2022-08-20"))
PAID = RecordDelivery(
    plan=PLAN,
    item=1,
    from_=day("2022-02-01"),
    until=day("2022-03-01"),
    amount=150_000,
    document=None,
    on=day("2022-02-10"),
)
MISSED = RecordMissedDelivery(
    plan=PLAN,
    item=1,
    from_=day("2022-03-01"),
    until=day("2022-04-01"),
    reason=MissedReason.NO_FUNDS,
    on=day("2022-04-05"),
)
OVER = EndPlan(plan=PLAN, because=EndedBecause.RETURNED, on=day("2023-06-01"))
BEGUN = BeginSupervision(
    supervision=WATCH,
    child=CHILD,
    jurisdiction="cn-320312",
    guardian=body(BUREAU),
    supervisor=person("the deputy director"),
    review_due=day("2022-07-01"),
    on=day("2022-01-20"),
)
REVIEWED = RecordReview(
    supervision=WATCH,
    outcome=ReviewOutcome.TO_IMPROVE,
    next_due=day("2022-10-01"),
    document=PAPER,
    on=day("2022-07-03"),
)


@pytest.fixture
def record() -> Record:
    told = Record()
    told.tell(MADE, CIVIL)
    return told


def test_a_plan_says_who_owes_what_and_when_it_is_looked_at(record: Record) -> None:
    plan = record.matter("plan", PLAN)
    assert items_due(plan) == {1: MONEY}
    assert (holder_of(plan), due_of(plan)) == (body(BUREAU), day("2023-02-01"))
    record.tell(ADDED, CIVIL)
    assert items_due(record.matter("plan", PLAN)) == {1: MONEY, 2: LESSONS}


def test_an_ended_item_is_due_no_more_and_may_still_be_delivered_late(
    record: Record,
) -> None:
    record.tell(EndGuarantee(plan=PLAN, item=1, on=day("2022-04-01")), CIVIL)
    assert items_due(record.matter("plan", PLAN)) == {}
    record.tell(PAID, SCHOOL)
    record.tell(MISSED, COMMITTEE)


def test_a_department_that_owes_no_guarantee_is_warned_of(record: Record) -> None:
    odd = replace(LESSONS, department=Department.JUSTICE)
    told = record.tell(replace(ADDED, item=odd), CIVIL)
    assert told.warnings == {"duty_of_another_department"}
    assert told.articles == {"MPL 91"}


def test_a_plan_ends_once(record: Record) -> None:
    record.tell(OVER, CIVIL)
    assert status_of(record.matter("plan", PLAN)) is MatterStatus.DONE
    with pytest.raises(InvalidError, match="plan: is ended"):
        record.tell(OVER, CIVIL)


TOO_MANY = tuple(replace(MONEY, item=n) for n in range(1, MAX_ITEMS + 2))


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        (MADE, "plan: is open already"),
        (replace(MADE, plan=WATCH, items=()), "items: has 1 to"),
        (replace(MADE, plan=WATCH, items=TOO_MANY), "items: has 1 to"),
        (replace(MADE, plan=WATCH, items=(MONEY, MONEY)), r"items\[1\].item: is a new"),
        (
            replace(MADE, plan=WATCH, items=(replace(MONEY, item=0),)),
            r"items\[0\].item: is a new",
        ),
        (
            replace(MADE, plan=WATCH, items=(replace(MONEY, amount=0),)),
            r"items\[0\].amount: is 1 to",
        ),
        (
            replace(MADE, plan=WATCH, items=(replace(MONEY, owner=person("aunt")),)),
            r"items\[0\].owner: is a body",
        ),
        (
            replace(MADE, plan=WATCH, items=(replace(MONEY, until=day("2022-01-31")),)),
            r"items\[0\].until: is not before",
        ),
        (replace(MADE, plan=WATCH, review_due=day("2022-01-19")), "review_due: is not"),
        (replace(MADE, plan=WATCH, holder=person("aunt")), "holder: is a body"),
        (replace(ADDED, item=MONEY), "item.item: is a new"),
        (EndGuarantee(plan=PLAN, item=7, on=day("2022-04-01")), "item: is an item"),
        (replace(PAID, item=2), "item: is an item of the plan"),
        (replace(PAID, amount=MAX_FEN + 1), "amount: is 1 to"),
        (replace(PAID, until=day("2022-01-31")), "until: is not before"),
        (replace(PAID, on=day("2022-01-19")), "on: is not before it was opened"),
    ],
)
def test_what_contradicts_itself_is_sent_back(
    record: Record, command: Command, fault: str
) -> None:
    with pytest.raises(InvalidError, match=f"^{fault}"):
        record.tell(command, CIVIL)


def test_an_unknown_plan_or_child_is_said_to_be_unknown(record: Record) -> None:
    with pytest.raises(NotKnownError):
        record.tell(replace(PAID, plan=WATCH), CIVIL)
    with pytest.raises(NotKnownError):
        record.tell(replace(MADE, plan=WATCH, child=WATCH), CIVIL)


def test_that_the_state_is_no_guardian_is_warned_of(record: Record) -> None:
    assert record.tell(BEGUN, CIVIL).warnings == {"state_is_not_guardian"}


def test_who_watches_is_a_person_and_reviews_come_with_their_day(
    record: Record,
) -> None:
    role, bureau = Role.STATE_TEMPORARY_GUARDIAN, body(BUREAU)
    record.tell(start(role, "2022-01-15", bureau, limb=4), CIVIL)
    assert record.tell(BEGUN, CIVIL).reasons == {"state_is_guardian"}
    assert due_of(record.matter("supervision", WATCH)) == day("2022-07-01")
    record.tell(REVIEWED, Office.PROCURATORATE)
    assert due_of(record.matter("supervision", WATCH)) == day("2022-10-01")
    other = NameSupervisor(
        supervision=WATCH, supervisor=person("the new one"), on=day("2022-08-01")
    )
    record.tell(other, CIVIL)
    with pytest.raises(InvalidError, match=r"^supervisor: is a person"):
        record.tell(replace(other, supervisor=body("bureau")), CIVIL)
    with pytest.raises(InvalidError, match=r"^next_due: is after"):
        record.tell(replace(REVIEWED, next_due=REVIEWED.on), CIVIL)
    over = EndSupervision(
        supervision=WATCH, because=EndedBecause.ADOPTED, on=day("2023-01-01")
    )
    record.tell(over, CIVIL)
    with pytest.raises(InvalidError, match=r"^supervision: is ended"):
        record.tell(REVIEWED, CIVIL)
