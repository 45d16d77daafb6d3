"""The duties and referrals of synthetic lives: opened, and how each of them ends.

What lives here: one plot for a duty, one for a referral. What never does: money and
guarantees (`ops.synthetic.plans`). Not every duty is fulfilled: some are breached, some
stay open to the log's end, each with its owner.
"""

from __future__ import annotations

from datetime import date

from events.duties import Consequence, DeclineReason, Department, DutyKind
from events.guardianship import Office
from ops.synthetic import rates
from ops.synthetic.lives import Life, Plot, written
from registry.matter_commands import (
    AcceptReferral,
    AssignDuty,
    CompleteReferral,
    DecideConsequence,
    DeclineReferral,
    FulfilDuty,
    MakeReferral,
    OpenDuty,
    PassOnReferral,
    RecordBreach,
)

DUE_DAYS = 60
"""Until a duty or a referral is due [own assumption]."""
CIVIL = Office.CIVIL_AFFAIRS


def owed(
    life: Life, day: date, kind: DutyKind, department: Department, owner: Office | None
) -> Plot:
    """Open a duty; give it to its owner late where it was nobody's; end it, or not.

    A department that has no office (`owner` is None) acts through civil affairs.
    """
    duty, due = life.new_id(), life.later(day, DUE_DAYS, DUE_DAYS)
    body = life.body(owner) if owner else life.department(department)
    given = life.later(day, 5, 25)
    nobodys = given < min(life.last, life.grown) and life.happens(rates.DUTY_OF_NOBODY)
    opened = OpenDuty(
        duty=duty,
        kind=kind,
        child=life.child,
        jurisdiction=life.place,
        department=department,
        owner=None if nobodys else body,
        on=written(day),
        due=written(due),
    )
    if not life.tell(day, opened, CIVIL):
        return
    if nobodys:
        yield given
        assigned = AssignDuty(
            duty=duty, department=department, owner=body, on=written(given)
        )
        life.tell(given, assigned, CIVIL)
        day = given
    by = owner or CIVIL
    if life.happens(rates.DUTY_IN_TIME):
        yield from _fulfilled(life, duty, life.later(day, 1, DUE_DAYS - 30), by)
    elif life.happens(rates.DUTY_BREACHED):
        yield from _breached(life, duty, life.later(due, 1, 30), by)


def _fulfilled(life: Life, duty: str, day: date, by: Office) -> Plot:
    yield day
    done = FulfilDuty(duty=duty, on=written(day), document=life.document())
    life.tell(day, done, by)


def _breached(life: Life, duty: str, day: date, by: Office) -> Plot:
    """Find a duty breached, decide what that brings; it may be fulfilled then."""
    yield day
    breach = RecordBreach(duty=duty, on=written(day))
    finder = life.chance.choice((CIVIL, Office.PROCURATORATE))
    life.tell(day, breach, finder)
    day = life.later(day, 3, 40)
    yield day
    brings = DecideConsequence(
        duty=duty,
        consequence=life.chance.choice(
            (Consequence.URGED, Consequence.ORDERED_TO_CORRECT)
        ),
        on=written(day),
    )
    life.tell(day, brings, CIVIL)
    if life.happens(rates.FULFILLED_AFTER_BREACH):
        yield from _fulfilled(life, duty, life.later(day, 5, 60), by)


def referred(  # noqa: PLR0913, PLR0917  who refers what to whom, and who else there is
    life: Life, day: date, kind: DutyKind, maker: Office, first: Office, other: Office
) -> Plot:
    """Refer something to a body: taken up and done, declined, passed on, or left."""
    referral = life.new_id()
    made = MakeReferral(
        referral=referral,
        kind=kind,
        child=life.child,
        jurisdiction=life.place,
        to=life.body(first),
        on=written(day),
        due=written(life.later(day, DUE_DAYS, DUE_DAYS)),
    )
    if not life.tell(day, made, maker):
        return
    turn = life.chance.random()
    if turn < rates.REFERRAL_LEFT:
        return
    day = life.later(day, 1, 20)
    yield day
    holder = first
    if turn < rates.REFERRAL_LEFT + rates.REFERRAL_DECLINED:
        declined = DeclineReferral(
            referral=referral,
            reason=life.chance.choice(
                (DeclineReason.NOT_COMPETENT, DeclineReason.INCOMPLETE)
            ),
            on=written(day),
        )
        life.tell(day, declined, first)
        day = life.later(day, 1, 10)
        yield day
        _passed_on(life, referral, day, maker, other)
        holder = other
    elif turn < rates.REFERRAL_LEFT + rates.REFERRAL_DECLINED + rates.REFERRAL_PASSED:
        _passed_on(life, referral, day, first, other)
        holder = other
    yield from _taken_up(life, referral, life.later(day, 0, 10), holder)


def _passed_on(life: Life, referral: str, day: date, by: Office, to: Office) -> None:
    passed = PassOnReferral(
        referral=referral,
        to=life.body(to),
        on=written(day),
        due=written(life.later(day, DUE_DAYS, DUE_DAYS)),
    )
    life.tell(day, passed, by)


def _taken_up(life: Life, referral: str, day: date, by: Office) -> Plot:
    """Accept a referral, and do what it asks."""
    yield day
    life.tell(day, AcceptReferral(referral=referral, on=written(day)), by)
    day = life.later(day, 2, 45)
    yield day
    done = CompleteReferral(
        referral=referral, on=written(day), document=life.document()
    )
    life.tell(day, done, by)
