"""A year of guarantees: promised, paid or not, misused, watched over, and ended well.

The bureau is guardian for a while; what the child is owed is a plan with items and
days, the money a fund that adds up to the fen, and somebody by name watches the bureau.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from childregistry.v1 import care_service_pb2 as care
from childregistry.v1 import duty_service_pb2 as duty
from events.duties import Consequence, Department
from events.guardianship import Office
from events.plans import (
    Cadence,
    EndedBecause,
    FundClass,
    Guarantee,
    GuaranteeItem,
    MissedReason,
    ReviewOutcome,
)
from events.proceedings import TemporaryEnd
from events.reports import Reporter, ReportOutcome, Suspicion
from events.timeline import Role
from registry.care_commands import (
    AllocateFund,
    BeginSupervision,
    EndPlan,
    EndSupervision,
    MakePlan,
    NameSupervisor,
    PayFromFund,
    RecordDelivery,
    RecordMissedDelivery,
    RecordMisuse,
    RecordReview,
    ReturnUnspent,
)
from registry.matter_commands import AnswerReport, FileReport, ReceiveReport
from tests.support.registry import body, child_id, person
from tests.support.stories import BUREAU, CHILD, FATHER, MOTHER, born, start, stop
from tests.support.tale import PAPER, PLACE, Tale, on, tale

CIVIL, POLICE, COMMITTEE = Office.CIVIL_AFFAIRS, Office.POLICE, Office.COMMITTEE
PROCURATOR, TEACHERS = Office.PROCURATORATE, Office.SCHOOL
REPORT, PLAN = child_id("the neighbours heard him cry"), child_id("his plan of 2022")
FUND, WATCH = child_id("allowances of 2022"), child_id("who watches the bureau")
ALLOWANCE = GuaranteeItem(
    item=1,
    guarantee=Guarantee.LIVING,
    department=Department.CIVIL_AFFAIRS,
    owner=body(BUREAU),
    cadence=Cadence.MONTHLY,
    amount=120_000,
    from_=on("2022-03-01"),
    until=None,
)
LESSONS = replace(
    ALLOWANCE,
    item=2,
    guarantee=Guarantee.EDUCATION,
    department=Department.EDUCATION,
    owner=body("tongshan-education"),
    cadence=Cadence.ONCE,
    amount=None,
)


def paid(month: int) -> tuple[PayFromFund, RecordDelivery]:
    day = on(f"2022-{month:02}-05")
    money = PayFromFund(fund=FUND, amount=120_000, plan=PLAN, item=1, on=day)
    given = RecordDelivery(
        plan=PLAN,
        item=1,
        from_=on(f"2022-{month:02}-01"),
        until=on(f"2022-{month + 1:02}-01"),
        amount=120_000,
        document=None,
        on=day,
    )
    return money, given


def fund(story: Tale, day: str) -> care.FundAccount:
    request = care.ListFundsRequest(jurisdiction=PLACE)
    (found,) = story.asked("ListFunds", request, day, None).funds
    account: care.FundAccount = found
    return account


def he_is_reported_and_the_bureau_covers_him(story: Tale) -> None:
    story.tell(POLICE, born(CHILD, "2015-10-01", FATHER, MOTHER))
    seen = FileReport(
        report=REPORT,
        child=CHILD,
        jurisdiction=PLACE,
        reporter=Reporter.OTHER_PERSON,
        suspicion=Suspicion.UNATTENDED,
        to=Department.CIVIL_AFFAIRS,
        on=on("2022-02-10"),
        document=None,
    )
    story.tell(COMMITTEE, seen)
    story.tell(CIVIL, ReceiveReport(report=REPORT, on=on("2022-02-11")))
    cover = start(Role.STATE_TEMPORARY_GUARDIAN, "2022-02-12", body(BUREAU), limb=4)
    story.tell(CIVIL, cover)
    answer = AnswerReport(
        report=REPORT, outcome=ReportOutcome.CHILD_PROTECTED, on=on("2022-02-20")
    )
    story.tell(CIVIL, answer)
    assert story.hands("2022-02-12") == {BUREAU}


def a_plan_a_fund_and_a_watch_are_begun(story: Tale) -> None:
    plan = MakePlan(
        plan=PLAN,
        child=CHILD,
        jurisdiction=PLACE,
        holder=body(BUREAU),
        items=(ALLOWANCE, LESSONS),
        review_due=on("2022-09-01"),
        on=on("2022-02-20"),
    )
    story.tell(CIVIL, plan)
    money = AllocateFund(
        fund=FUND,
        jurisdiction=PLACE,
        holder=body(BUREAU),
        guarantee=Guarantee.LIVING,
        beneficiaries=FundClass.STATE_WARD,
        amount=1_000_000,
        from_=on("2022-01-01"),
        until=on("2022-12-31"),
        on=on("2022-01-05"),
    )
    story.tell(CIVIL, money)
    watch = BeginSupervision(
        supervision=WATCH,
        child=CHILD,
        jurisdiction=PLACE,
        guardian=body(BUREAU),
        supervisor=person("the deputy director"),
        review_due=on("2022-05-01"),
        on=on("2022-02-20"),
    )
    story.tell(CIVIL, watch)


def three_months_are_paid_one_is_missed_one_forgotten(story: Tale) -> None:
    for month in (3, 4, 7):
        money, given = paid(month)
        story.tell(CIVIL, money)
        story.tell(CIVIL, given)
    missed = RecordMissedDelivery(
        plan=PLAN,
        item=1,
        from_=on("2022-05-01"),
        until=on("2022-06-01"),
        reason=MissedReason.NO_FUNDS,
        on=on("2022-06-03"),
    )
    story.tell(PROCURATOR, missed)
    school = RecordDelivery(
        plan=PLAN,
        item=2,
        from_=on("2022-03-01"),
        until=None,
        amount=None,
        document=PAPER,
        on=on("2022-03-10"),
    )
    story.tell(TEACHERS, school)
    allowance, lessons = story.guarantees("2022-07-15")
    assert (allowance.due, allowance.delivered, allowance.missed) == (5, 3, 1)
    assert (list(allowance.overdue), allowance.paid_fen) == (["2022-06-01"], 360_000)
    assert allowance.item.owner.id == BUREAU
    assert (lessons.due, lessons.delivered, lessons.open) == (1, 1, True)
    assert list(story.guarantees("2022-06-15")[0].overdue) == []


def the_bureau_is_watched_late_and_better(story: Tale) -> None:
    watched = story.matter(f"supervision/{WATCH}", "2022-05-02")
    assert (watched.due, watched.overdue) == ("2022-05-01", True)
    review = RecordReview(
        supervision=WATCH,
        outcome=ReviewOutcome.TO_IMPROVE,
        next_due=on("2022-08-01"),
        document=PAPER,
        on=on("2022-05-20"),
    )
    story.tell(PROCURATOR, review)
    other = NameSupervisor(
        supervision=WATCH, supervisor=person("the new director"), on=on("2022-06-01")
    )
    story.tell(CIVIL, other)
    again = replace(
        review,
        outcome=ReviewOutcome.ADEQUATE,
        next_due=on("2022-11-01"),
        on=on("2022-07-30"),
    )
    story.tell(PROCURATOR, again)
    assert not story.matter(f"supervision/{WATCH}", "2022-07-30").overdue


def money_was_misused(story: Tale) -> None:
    misuse = RecordMisuse(
        fund=FUND,
        amount=120_001 + 240_000,
        consequence=Consequence.DISCIPLINE,
        document=PAPER,
        on=on("2022-08-01"),
    )
    assert story.wrong(PROCURATOR, misuse) == "amount"
    story.tell(PROCURATOR, replace(misuse, amount=120_000))
    account = fund(story, "2022-08-01")
    assert (account.allocated_fen, account.paid_fen) == (1_000_000, 360_000)
    assert (account.misused_fen, account.left_fen) == (120_000, 640_000)
    assert account.unspent_fen == 0
    assert fund(story, "2023-01-01").unspent_fen == 640_000


def he_goes_home_and_everything_ends(story: Tale) -> None:
    begun = story.begun("2022-08-10")
    back = stop(begun, "2022-08-10", TemporaryEnd.RETURNED, assessed="2022-08-05")
    story.tell(CIVIL, back)
    over = EndedBecause.RETURNED
    story.tell(CIVIL, EndPlan(plan=PLAN, because=over, on=on("2022-08-10")))
    watched = EndSupervision(supervision=WATCH, because=over, on=on("2022-08-10"))
    story.tell(CIVIL, watched)
    rest = ReturnUnspent(fund=FUND, amount=640_000, on=on("2023-01-05"))
    story.tell(CIVIL, rest)
    assert story.hands("2022-08-10") == {FATHER.id, MOTHER.id}
    account = fund(story, "2023-01-05")
    assert (account.returned_fen, account.left_fen, account.unspent_fen) == (
        640_000,
        0,
        0,
    )
    allowance, _ = story.guarantees("2023-06-30")
    assert (allowance.due, allowance.open) == (6, False)
    assert list(allowance.overdue) == ["2022-06-01", "2022-08-01"]
    assert {one.status for one in story.matters("2023-06-30").matters} == {
        duty.MATTER_STATUS_DONE
    }
    assert story.workload("2023-06-30") == {}


def test_what_was_promised_is_accounted_for_to_the_last_fen(tmp_path: Path) -> None:
    with tale(tmp_path) as story:
        he_is_reported_and_the_bureau_covers_him(story)
        a_plan_a_fund_and_a_watch_are_begun(story)
        three_months_are_paid_one_is_missed_one_forgotten(story)
        the_bureau_is_watched_late_and_better(story)
        money_was_misused(story)
        he_goes_home_and_everything_ends(story)
        story.ends("2023-06-30")
