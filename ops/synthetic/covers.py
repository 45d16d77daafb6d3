"""The care of the state in synthetic lives: a child taken in, watched, returned.

What lives here: temporary guardianship by civil affairs, its placement, the stay in the
county's home, the supervision of the state as guardian. What never does: courts.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import date

from events.conditions import Condition
from events.duties import DutyKind
from events.guardianship import (
    ChildPlaced,
    Office,
    PlacementForm,
    TemporaryArrangementStarted,
)
from events.plans import EndedBecause, ReviewOutcome
from events.proceedings import TemporaryEnd
from events.residents import (
    Complainant,
    ComplaintOutcome,
    Grievance,
    IncidentKind,
    IntakeGround,
    LeaveReason,
    Measure,
)
from events.timeline import Holder, Role
from ops.synthetic import rates
from ops.synthetic.conditions import suffers
from ops.synthetic.duties import referred
from ops.synthetic.lives import Life, Plot, written
from ops.synthetic.reports import carried_on
from registry.care_commands import BeginSupervision, EndSupervision, RecordReview
from registry.commands import (
    EndPlacement,
    EndTemporaryArrangement,
    RecordPlacement,
    StartTemporaryArrangement,
)
from registry.home_commands import (
    AnswerComplaint,
    AssessChild,
    MakeCarePlan,
    MakeComplaint,
    RecordIncident,
    RecordLeaving,
    TakeInChild,
    TakeMeasure,
)

REVIEW_DAYS = 180
"""From one review of the state as guardian to the next [own assumption]."""
CIVIL, HOUSE = Office.CIVIL_AFFAIRS, Office.WELFARE_INSTITUTION


@dataclass(slots=True)
class Care:
    """The care of one child by the state; `over` where the child left it."""

    supervision: str
    stay: str | None = None
    over: bool = False


def escalated(life: Life, day: date) -> Generator[date, None, date]:
    """Report to the police and on to civil affairs; return the day it acts."""
    acted = yield from carried_on(life, day)
    suffers(life, acted, Condition.HARMED_OR_NEGLECTED, Office.COMMITTEE)
    if life.happens(rates.REFERRED):
        life.start(
            referred(
                life,
                acted,
                DutyKind.COOPERATE,
                CIVIL,
                Office.MEDICAL_INSTITUTION,
                Office.WOMENS_FEDERATION,
            )
        )
    return acted


def covered(life: Life, _parents: tuple[Holder, ...], day: date) -> Plot:
    """Take the child into temporary guardianship, place it, and bring it back."""
    day = yield from escalated(life, day)
    care = taken(life, day)
    if care is None:
        return
    assessed = life.later(day, 30, 300)
    back = life.later(assessed, 1, 20)
    yield back
    end_placement(life, back, CIVIL)
    ended = EndTemporaryArrangement(
        child=life.child,
        started=life.version(TemporaryArrangementStarted),
        end=TemporaryEnd.RETURNED,
        assessed_on=written(assessed),
        on=written(back),
        order=1,
    )
    life.tell(back, ended, CIVIL)
    leave(life, care, back, LeaveReason.RETURNED, EndedBecause.RETURNED)


def end_placement(life: Life, day: date, office: Office) -> None:
    """End the placement that began last."""
    ended = EndPlacement(
        child=life.child, started=life.version(ChildPlaced), on=written(day), order=0
    )
    life.tell(day, ended, office)


def taken(life: Life, day: date) -> Care | None:
    """Begin temporary guardianship and a placement; None where the log ends."""
    begin = StartTemporaryArrangement(
        child=life.child,
        holder=life.body(CIVIL),
        role=Role.STATE_TEMPORARY_GUARDIAN,
        limb=life.chance.choice((3, 4, 6)),
        on=written(day),
        order=0,
        until=None,
    )
    if not life.tell(day, begin, CIVIL):
        return None
    form, holder = life.chance.choice(
        (
            (PlacementForm.RESCUE_INSTITUTION, life.body(Office.RESCUE_INSTITUTION)),
            (PlacementForm.WELFARE_INSTITUTION, life.body(HOUSE)),
            (PlacementForm.FOSTER, life.person()),
            (PlacementForm.KIN, life.person()),
        )
    )
    placed = RecordPlacement(
        child=life.child, holder=holder, form=form, on=written(day), order=1
    )
    life.tell(day, placed, CIVIL)
    if form is PlacementForm.WELFARE_INSTITUTION:
        return cared_for(life, day, IntakeGround.TEMPORARY_NO_RESCUE_INSTITUTION)
    return cared_for(life, day, None)


def cared_for(life: Life, day: date, ground: IntakeGround | None) -> Care:
    """Have the state watched as guardian and, by a ground, a home take the child in."""
    care = Care(supervision=life.new_id())
    if ground is not None:
        care.stay = life.new_id()
        life.start(_housed(life, care, day, ground))
        if life.happens(rates.COMPLAINED):
            life.start(_complained(life, care, life.later(day, 20, 120)))
        if life.happens(rates.INCIDENT):
            life.start(_incident(life, care, life.later(day, 5, 150)))
    life.start(_supervised(life, care, day))
    return care


def leave(
    life: Life, care: Care, day: date, left: LeaveReason, because: EndedBecause
) -> None:
    """End the stay and the supervision of a child that the state cares for no more."""
    care.over = True
    if care.stay is not None:
        gone = RecordLeaving(stay=care.stay, reason=left, on=written(day))
        life.tell(day, gone, HOUSE, at_majority=True)
    ended = EndSupervision(
        supervision=care.supervision, because=because, on=written(day)
    )
    life.tell(day, ended, CIVIL, at_majority=True)


def _housed(life: Life, care: Care, day: date, ground: IntakeGround) -> Plot:
    """Take the child into the county's home, assess it, plan its care."""
    assert care.stay is not None  # noqa: S101  whoever starts this gave one
    taken_in = TakeInChild(
        stay=care.stay,
        child=life.child,
        jurisdiction=life.place,
        home=life.house,
        ground=ground,
        on=written(day),
    )
    life.tell(day, taken_in, HOUSE)
    assessed = life.later(day, 3, 28)
    yield assessed
    if care.over:
        return
    found = AssessChild(stay=care.stay, document=life.document(), on=written(assessed))
    life.tell(assessed, found, HOUSE)
    planned = life.later(assessed, 1, 10)
    yield planned
    if care.over:
        return
    plan = MakeCarePlan(
        stay=care.stay,
        document=life.document(),
        review_due=written(life.later(planned, 90, 180)),
        on=written(planned),
    )
    life.tell(planned, plan, HOUSE)


def _supervised(life: Life, care: Care, day: date) -> Plot:
    """Name who watches, and review; at majority the state's care is over."""
    begun = BeginSupervision(
        supervision=care.supervision,
        child=life.child,
        jurisdiction=life.place,
        guardian=life.body(CIVIL),
        supervisor=life.person(),
        review_due=written(life.later(day, REVIEW_DAYS, REVIEW_DAYS)),
        on=written(day),
    )
    life.tell(day, begun, CIVIL)
    while True:
        day = life.later(day, REVIEW_DAYS - 20, REVIEW_DAYS)
        yield min(day, life.grown)
        if care.over:
            return
        if day >= life.grown:
            of_age = LeaveReason.OF_AGE, EndedBecause.OF_AGE
            leave(life, care, life.grown, *of_age)
            return
        review = RecordReview(
            supervision=care.supervision,
            outcome=ReviewOutcome.TO_IMPROVE
            if life.happens(rates.TO_IMPROVE)
            else ReviewOutcome.ADEQUATE,
            next_due=written(life.later(day, REVIEW_DAYS, REVIEW_DAYS)),
            document=life.document(),
            on=written(day),
        )
        by = life.chance.choice((CIVIL, Office.PROCURATORATE))
        life.tell(day, review, by)


def _complained(life: Life, care: Care, day: date) -> Plot:
    """Complain of the home on the child's behalf; most are answered in time."""
    yield day
    if care.over:
        return
    complaint = life.new_id()
    made = MakeComplaint(
        complaint=complaint,
        child=life.child,
        jurisdiction=life.place,
        home=life.house,
        complainant=life.chance.choice(tuple(Complainant)),
        grievance=life.chance.choice(tuple(Grievance)),
        against=life.body(HOUSE),
        on=written(day),
    )
    life.tell(day, made, Office.COMMITTEE)
    told = life.later(day, 4, 17)
    yield told
    answer = AnswerComplaint(
        complaint=complaint,
        outcome=life.chance.choice(tuple(ComplaintOutcome)),
        document=life.document(),
        on=written(told),
    )
    life.tell(told, answer, HOUSE)


def _incident(life: Life, care: Care, day: date) -> Plot:
    """Record an injury or illness in the home, treated and closed."""
    yield day
    if care.over:
        return
    incident = life.new_id()
    happened = RecordIncident(
        incident=incident,
        child=life.child,
        jurisdiction=life.place,
        home=life.house,
        kind=life.chance.choice((IncidentKind.INJURY, IncidentKind.ILLNESS)),
        document=None,
        on=written(day),
    )
    life.tell(day, happened, HOUSE)
    for measure in (Measure.TREATED, Measure.CLOSED):
        day = life.later(day, 0, 12)
        yield day
        done = TakeMeasure(
            incident=incident, measure=measure, document=None, on=written(day)
        )
        life.tell(day, done, HOUSE)
