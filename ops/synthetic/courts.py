"""The court cases of synthetic lives: filed, docketed, heard, decided, undone.

What lives here: one plot for what is asked of a court and what it decides. What never
does: reports and care before the application (`ops.synthetic.covers`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import date

from events.cases import Applicant, ApplicantClass
from events.guardianship import Office
from events.proceedings import Asked, Ground, Wish
from events.timeline import Holder
from ops.synthetic import rates
from ops.synthetic.covers import escalated, taken
from ops.synthetic.lives import Life, Plot, written
from registry.case_commands import HearWish
from registry.commands import (
    AcceptApplication,
    ApplicationChild,
    ChildOutcome,
    DisqualifiedPerson,
    FileApplication,
    RecordDecision,
)

YEAR = 365.25
"""Days: rates are a year's."""
ASKED_FROM = 6
"""Years of age from which a court asks every child: two before it must."""

_APPLICANTS = (
    (Office.CIVIL_AFFAIRS, ApplicantClass.CIVIL_AFFAIRS, 6),
    (Office.COMMITTEE, ApplicantClass.COMMITTEE, 2),
    (Office.WOMENS_FEDERATION, ApplicantClass.WOMENS_FEDERATION, 1),
    (Office.COURT, ApplicantClass.GRANDPARENT, 1),
)
"""Who files, in what standing, how many of ten; a court files what persons bring."""


def sued(life: Life, parents: tuple[Holder, ...], day: date) -> Plot:
    """Bring the parents before a court; nine in ten are disqualified."""
    if not parents:
        return
    day = yield from escalated(life, day)
    if life.happens(rates.COVERED_OF_SUED) and taken(life, day) is None:
        return
    filed = life.later(day, 5, 60)
    shares = [share for _, _, share in _APPLICANTS]
    ((office, standing, _),) = life.chance.choices(_APPLICANTS, shares)
    person = standing is ApplicantClass.GRANDPARENT
    applicant = life.person() if person else life.body(office)
    case = life.new_id()
    application = _application(life, case, Asked.DISQUALIFY, filed, parents)
    known = Applicant(holder=applicant, standing=standing)
    yield filed
    if not life.tell(filed, application(known), office):
        return
    guardian = applicant if person else life.body(Office.CIVIL_AFFAIRS)
    decided = yield from _docketed(life, case, filed, Wish.NOT_WITH, parents[0])
    yield decided
    if not life.happens(rates.GRANTED):
        _decision(life, case, decided, dismissed=parents)
        return
    _decision(life, case, decided, disqualified=parents, designated=(guardian,))
    if life.happens(rates.RESTORED):
        yield from _restored(life, parents[0], decided)


def _restored(life: Life, parent: Holder, judged: date) -> Plot:
    """Restore a parent who asks for it between three months and a year later."""
    filed, case = life.later(judged, 100, 340), life.new_id()
    application = _application(life, case, Asked.RESTORE, filed, (parent,))
    known = Applicant(holder=parent, standing=ApplicantClass.PARENT)
    yield filed
    if life.tell(filed, application(known), Office.COURT):
        decided = yield from _docketed(life, case, filed, Wish.WITH, parent)
        yield decided
        _decision(life, case, decided, restored=(parent,))


def _application(
    life: Life, case: str, asked: Asked, filed: date, respondents: tuple[Holder, ...]
) -> Callable[[Applicant], FileApplication]:
    ground = Ground.HARM if asked is Asked.DISQUALIFY else None
    child = ApplicationChild(child=life.child, respondents=respondents, ground=ground)
    return lambda applicant: FileApplication(
        case=case,
        court=life.authority(Office.COURT),
        number=None,
        asked=asked,
        applicant=applicant,
        filed_on=written(filed),
        children=(child,),
    )


def _docketed(
    life: Life, case: str, filed: date, wish: Wish, toward: Holder
) -> Generator[date, None, date]:
    """Docket an application, ask the child, and return the day of its judgment.

    The judgment is within the time; a child below school age is not asked.
    """
    accepted = life.later(filed, 0, 7)
    command = AcceptApplication(case=case, on=written(accepted))
    yield accepted
    life.tell(accepted, command, Office.COURT)
    asked = life.later(accepted, 1, 9)
    if (asked - life.born).days > ASKED_FROM * YEAR:
        said = HearWish(
            child=life.child,
            case=case,
            wish=wish,
            toward=toward,
            on=written(asked),
            order=0,
        )
        yield asked
        life.tell(asked, said, Office.COURT)
    return life.later(accepted, 10, 29)


def _decision(  # noqa: PLR0913  each a part of the judgment
    life: Life,
    case: str,
    day: date,
    *,
    disqualified: tuple[Holder, ...] = (),
    dismissed: tuple[Holder, ...] = (),
    restored: tuple[Holder, ...] = (),
    designated: tuple[Holder, ...] = (),
) -> None:
    outcome = ChildOutcome(
        child=life.child,
        disqualified=tuple(
            DisqualifiedPerson(
                who=who,
                ground=Ground.HARM,
                opinions_limb=1,
                intentional_crime_against_ward=False,
                restoration_bar=None,
            )
            for who in disqualified
        ),
        dismissed=dismissed,
        restored=restored,
        ended=(),
        designated=designated,
        measures=None,
    )
    command = RecordDecision(
        case=case,
        court=life.authority(Office.COURT),
        number=None,
        decided_on=written(day),
        effective_on=written(day),
        order=0,
        document=None,
        children=(outcome,),
    )
    life.tell(day, command, Office.COURT)
