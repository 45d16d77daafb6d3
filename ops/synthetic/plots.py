"""The plots of synthetic lives: what happens to a child, day after day.

What lives here: one function for each kind of life. Days and turns are drawn by
chance; whether an act may be recorded is the deciders' question, never one of a plot.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from enum import StrEnum

from events.birth import Birth, BirthSource, Precision
from events.cases import Applicant, ApplicantClass
from events.guardianship import (
    ChildPlaced,
    Office,
    PlacementForm,
    TemporaryArrangementStarted,
    Way,
)
from events.proceedings import Asked, Ground, Kin, TemporaryEnd, Wish
from events.timeline import Holder, Role
from ops.synthetic import rates
from ops.synthetic.lives import Life, written
from ops.synthetic.reports import admonished, escalated, helped
from registry.case_commands import HearWish
from registry.commands import (
    AcceptApplication,
    ApplicationChild,
    ChildOutcome,
    DisqualifiedPerson,
    EndPlacement,
    EndTemporaryArrangement,
    EstablishGuardianship,
    FileApplication,
    RecordDeath,
    RecordDecision,
    RecordPlacement,
    RecordWhereabouts,
    RegisterChild,
    StartTemporaryArrangement,
)

YEAR = 365.25
"""Days: rates are a year's."""
ASKED_FROM = 6
"""Years of age from which a court asks every child: two before it must."""


class Kind(StrEnum):
    """The kinds of lives, by the gravest thing that happens."""

    QUIET = "quiet"
    REPORTED = "reported"
    ADMONISHED = "admonished"
    COVERED = "covered"
    SUED = "sued"


def live(life: Life, kind: Kind) -> None:
    """Tell a life of a kind, from its registration to the log's end or majority."""
    parents = _registered(life)
    begin = max(life.born, life.first) + timedelta(days=61)
    end = min(life.last, life.grown)
    if begin >= end:
        return
    if kind is Kind.QUIET:
        _left_behind(life, parents, begin, end)
        return
    turn = begin + timedelta(days=life.chance.randrange((end - begin).days))
    standing = _left_behind(life, parents, begin, turn)
    _GRAVE[kind](life, standing, turn)


def _registered(life: Life) -> tuple[Holder, ...]:
    """Register the child, at birth or when the register begins."""
    one = life.happens(rates.ONE_PARENT_KNOWN)
    parents = (life.person(),) if one else (life.person(), life.person())
    on = written(life.born)
    source = BirthSource.HOUSEHOLD_REGISTER
    command = RegisterChild(
        child=life.child,
        birth=Birth(date=on, precision=Precision.STATED, source=source),
        on=on,
        jurisdiction=f"cn-3299{life.county:02}",
        parents=parents,
    )
    life.tell(life.later(max(life.born, life.first), 0, 60), command, Office.POLICE)
    return parents


def _left_behind(
    life: Life, parents: tuple[Holder, ...], begin: date, end: date
) -> tuple[Holder, ...]:
    """Entrust the child to grandparents while its parents work away, again and again.

    Now and then a parent dies or is lost from sight. Returns those who live.
    """
    grandparent = life.person()
    standing, lost = list(parents), set[Holder]()
    day = begin
    while True:
        day += timedelta(days=1 + int(life.chance.expovariate(rates.ENTRUSTED / YEAR)))
        _fates(life, standing, lost, min(day, end))
        back = life.later(day, 150, 500)
        if day >= end or back >= end or not standing:
            return tuple(standing)
        placed = RecordPlacement(
            child=life.child,
            holder=grandparent,
            form=PlacementForm.ENTRUSTED,
            on=written(day),
            order=0,
        )
        life.tell(day, placed, Office.COMMITTEE)
        _end_placement(life, back, Office.COMMITTEE)
        day = back


def _fates(life: Life, standing: list[Holder], lost: set[Holder], day: date) -> None:
    """Decide by chance who died or was lost since the last act, and record it."""
    since = (day - life.acts[-1].day).days / YEAR if life.acts else 0.0
    for who in list(standing):
        if life.happens(rates.PARENT_DIES * since):
            life.tell(day, RecordDeath(person=who.id, on=written(day)), Office.POLICE)
            standing.remove(who)
        elif who in lost and life.happens(rates.FOUND_AGAIN):
            _whereabouts(life, who, day, lost=False)
            lost.discard(who)
        elif who not in lost and life.happens(rates.PARENT_LOST * since):
            _whereabouts(life, who, day, lost=True)
            lost.add(who)
    if not standing:
        next_ = EstablishGuardianship(
            child=life.child,
            holders=(life.person(),),
            way=Way.ORDER,
            kin=Kin.GRANDPARENT,
            limb=None,
            testator=None,
            on=written(day),
            order=1,
        )
        life.tell(day, next_, Office.COMMITTEE)


def _whereabouts(life: Life, who: Holder, day: date, *, lost: bool) -> None:
    command = RecordWhereabouts(
        child=life.child, who=who, lost=lost, on=written(day), order=0
    )
    life.tell(day, command, Office.POLICE)


def _end_placement(life: Life, day: date, office: Office) -> None:
    ended = EndPlacement(
        child=life.child, started=life.version(ChildPlaced), on=written(day), order=0
    )
    life.tell(day, ended, office)


def _covered(life: Life, _parents: tuple[Holder, ...], day: date) -> None:
    """Take the child into temporary guardianship, place it, and bring it back."""
    day = escalated(life, day)
    if not _taken(life, day):
        return
    assessed = life.later(day, 30, 300)
    back = life.later(assessed, 1, 20)
    _end_placement(life, back, Office.CIVIL_AFFAIRS)
    ended = EndTemporaryArrangement(
        child=life.child,
        started=life.version(TemporaryArrangementStarted),
        end=TemporaryEnd.RETURNED,
        assessed_on=written(assessed),
        on=written(back),
        order=1,
    )
    life.tell(back, ended, Office.CIVIL_AFFAIRS)


def _taken(life: Life, day: date) -> bool:
    """Begin temporary guardianship and a placement; False where the log ends."""
    begin = StartTemporaryArrangement(
        child=life.child,
        holder=life.body(Office.CIVIL_AFFAIRS),
        role=Role.STATE_TEMPORARY_GUARDIAN,
        limb=life.chance.choice((3, 4, 6)),
        on=written(day),
        order=0,
        until=None,
    )
    if not life.tell(day, begin, Office.CIVIL_AFFAIRS):
        return False
    form, holder = life.chance.choice(
        (
            (PlacementForm.RESCUE_INSTITUTION, life.body(Office.RESCUE_INSTITUTION)),
            (PlacementForm.WELFARE_INSTITUTION, life.body(Office.WELFARE_INSTITUTION)),
            (PlacementForm.FOSTER, life.person()),
            (PlacementForm.KIN, life.person()),
        )
    )
    placed = RecordPlacement(
        child=life.child, holder=holder, form=form, on=written(day), order=1
    )
    return life.tell(day, placed, Office.CIVIL_AFFAIRS)


_APPLICANTS = (
    (Office.CIVIL_AFFAIRS, ApplicantClass.CIVIL_AFFAIRS, 6),
    (Office.COMMITTEE, ApplicantClass.COMMITTEE, 2),
    (Office.WOMENS_FEDERATION, ApplicantClass.WOMENS_FEDERATION, 1),
    (Office.COURT, ApplicantClass.GRANDPARENT, 1),
)
"""Who files, in what standing, how many of ten; a court files what persons bring."""


def _sued(life: Life, parents: tuple[Holder, ...], day: date) -> None:
    """Bring the parents before a court; nine in ten are disqualified."""
    if not parents:
        return
    day = escalated(life, day)
    if life.happens(0.5) and not _taken(life, day):
        return
    filed = life.later(day, 5, 60)
    shares = [share for _, _, share in _APPLICANTS]
    ((office, standing, _),) = life.chance.choices(_APPLICANTS, shares)
    person = standing is ApplicantClass.GRANDPARENT
    applicant = life.person() if person else life.body(office)
    case = life.new_id()
    application = _application(life, case, Asked.DISQUALIFY, filed, parents)
    known = Applicant(holder=applicant, standing=standing)
    if not life.tell(filed, application(known), office):
        return
    guardian = applicant if person else life.body(Office.CIVIL_AFFAIRS)
    decided = _docketed(life, case, filed, Wish.NOT_WITH, parents[0])
    if not life.happens(rates.GRANTED):
        _decision(life, case, decided, dismissed=parents)
        return
    _decision(life, case, decided, disqualified=parents, designated=(guardian,))
    if life.happens(rates.RESTORED):
        _restored(life, parents[0], decided)


def _restored(life: Life, parent: Holder, judged: date) -> None:
    """Restore a parent who asks for it between three months and a year later."""
    filed, case = life.later(judged, 100, 340), life.new_id()
    application = _application(life, case, Asked.RESTORE, filed, (parent,))
    known = Applicant(holder=parent, standing=ApplicantClass.PARENT)
    if life.tell(filed, application(known), Office.COURT):
        decided = _docketed(life, case, filed, Wish.WITH, parent)
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


def _docketed(life: Life, case: str, filed: date, wish: Wish, toward: Holder) -> date:
    """Docket an application, ask the child, and return the day of its judgment.

    The judgment is within the time; a child below school age is not asked.
    """
    accepted = life.later(filed, 0, 7)
    command = AcceptApplication(case=case, on=written(accepted))
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


_GRAVE = {
    Kind.REPORTED: helped,
    Kind.ADMONISHED: admonished,
    Kind.COVERED: _covered,
    Kind.SUED: _sued,
}
