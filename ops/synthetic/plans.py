"""The guarantee plans of synthetic children: made, delivered span by span, ended.

What lives here: what a plan promises and how it is kept. What never does: funds, which
are a county's (`ops.synthetic.counties`).
"""

from __future__ import annotations

from datetime import date

from events.duties import Department, DutyKind
from events.guardianship import Office
from events.plans import Cadence, EndedBecause, Guarantee, GuaranteeItem, MissedReason
from ops.synthetic import rates
from ops.synthetic.duties import owed
from ops.synthetic.lives import Life, Plot, written
from registry.care_commands import (
    EndPlan,
    MakePlan,
    RecordDelivery,
    RecordMissedDelivery,
)

CIVIL = Office.CIVIL_AFFAIRS
DEPARTMENTS = {
    Guarantee.LIVING: Department.CIVIL_AFFAIRS,
    Guarantee.MEDICAL: Department.MEDICAL_INSURANCE,
    Guarantee.EDUCATION: Department.EDUCATION,
    Guarantee.DISABILITY_SERVICES: Department.HEALTH,
}
"""Whose task each guarantee is."""
LIVING_FEN = 120_000
"""A month's living allowance: 1 200 yuan [own assumption]."""
_WHY_MISSED = (MissedReason.NO_FUNDS, MissedReason.NO_PROVIDER)
MONTHS_AT_ONCE = 6
"""The allowance is recorded by the half-year."""


def guaranteed(life: Life, day: date, more: Guarantee) -> Plot:
    """Promise a living, school and one guarantee more; deliver until majority."""
    yield day
    if day >= life.last or day >= life.grown:
        return
    plan = life.new_id()
    items = (Guarantee.LIVING, Guarantee.EDUCATION, more)
    made = MakePlan(
        plan=plan,
        child=life.child,
        jurisdiction=life.place,
        holder=life.body(CIVIL),
        items=tuple(
            _item(life, number, guarantee, day)
            for number, guarantee in enumerate(items, 1)
        ),
        review_due=written(life.later(day, 365, 365)),
        on=written(day),
    )
    life.tell(day, made, CIVIL)
    if life.happens(rates.SCHOOLING_OWED):
        life.start(owed(life, day, DutyKind.SCHOOLING, Department.EDUCATION, None))
    life.start(_ended(life, plan))
    life.start(_allowance(life, plan, day))
    life.start(_yearly(life, plan, 2, day))
    life.start(_once(life, plan, 3, life.later(day, 5, 25)))


def _item(life: Life, number: int, guarantee: Guarantee, day: date) -> GuaranteeItem:
    department = DEPARTMENTS[guarantee]
    living = guarantee is Guarantee.LIVING
    cadence = {Guarantee.LIVING: Cadence.MONTHLY, Guarantee.EDUCATION: Cadence.YEARLY}
    return GuaranteeItem(
        item=number,
        guarantee=guarantee,
        department=department,
        owner=life.department(department),
        cadence=cadence.get(guarantee, Cadence.ONCE),
        amount=LIVING_FEN if living else None,
        from_=written(day),
        until=written(life.grown),
    )


def _allowance(life: Life, plan: str, day: date) -> Plot:
    """Pay the allowance by the half-year; now and then there is no money."""
    while day < life.grown:
        months = [_months_later(day, n) for n in range(MONTHS_AT_ONCE)]
        due = sum(month < life.grown for month in months)
        until = min(_months_later(day, MONTHS_AT_ONCE), life.grown)
        yield until
        _delivered(life, plan, 1, (day, until), until, LIVING_FEN * due)
        day = until


def _yearly(life: Life, plan: str, item: int, day: date) -> Plot:
    """Deliver what is due by the year."""
    while day < life.grown:
        until = min(_months_later(day, 12), life.grown)
        yield until
        _delivered(life, plan, item, (day, until), until)
        day = until


def _once(life: Life, plan: str, item: int, day: date) -> Plot:
    yield day
    _delivered(life, plan, item, (day, life.later(day, 30, 30)), day)


def _delivered(  # noqa: PLR0913, PLR0917  what was delivered, for when, on which day
    life: Life,
    plan: str,
    item: int,
    span: tuple[date, date],
    on: date,
    fen: int | None = None,
) -> None:
    from_, until = map(written, span)
    if life.happens(rates.DELIVERY_MISSED):
        missed = RecordMissedDelivery(
            plan=plan,
            item=item,
            from_=from_,
            until=until,
            reason=life.chance.choice(
                (MissedReason.NO_FUNDS, MissedReason.NO_PROVIDER)
            ),
            on=written(on),
        )
        life.tell(on, missed, CIVIL, at_majority=True)
        return
    done = RecordDelivery(
        plan=plan,
        item=item,
        from_=from_,
        until=until,
        amount=fen,
        document=None,
        on=written(on),
    )
    life.tell(on, done, CIVIL, at_majority=True)


def _ended(life: Life, plan: str) -> Plot:
    """End the plan on the day of majority."""
    yield life.grown
    ended = EndPlan(plan=plan, because=EndedBecause.OF_AGE, on=written(life.grown))
    life.tell(life.grown, ended, CIVIL, at_majority=True)


def _months_later(day: date, months: int) -> date:
    """Return the same day of a later month, or the 28th of it."""
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, min(day.day, 28))
