"""From the facts that stand to the periods of a child's timeline.

What lives here: `timeline`, one pure function that folds the effect of each fact. What
never does: who may act, numbers already given, the clock. Rules end periods and leave
gaps; a holder always comes from an act, never from inference.

Facts fold in the order (earliest possible legal day, order stated by the act, version
in the stream), so a fact that arrives late, or goes, needs no rule of its own. Who is
disqualified becomes guardian again by a later act of a court alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import assert_never

from events.dates import PartialDate
from events.guardianship import (
    ApplicationAdvised,
    ChildEvent,
    ChildPlaced,
    ChildRegistered,
    ChildTransferred,
    ConflictFound,
    DisqualificationDismissed,
    EndReason,
    GuardianDesignated,
    GuardianDisqualified,
    GuardianRestored,
    GuardianshipEnded,
    GuardianshipEstablished,
    NamedInApplication,
    Office,
    PersonsFoundOne,
    PlacementEnded,
    PlacementForm,
    ProtectionLifted,
    ProtectionOrdered,
    TemporaryArrangementEnded,
    TemporaryArrangementStarted,
    Way,
    WhereaboutsFound,
    WhereaboutsLost,
    WishHeard,
)
from events.timeline import Duty, HandOver, HolderKind, Line, Period, Role
from registry.child import Child
from registry.child import record as by_rules
from registry.gaps import ended, with_gaps
from registry.kept_apart import kept_apart, order_of
from registry.law.citations import Question, cite
from registry.law.periods import age_reached
from registry.reading import RECORDED, Reading
from registry.rules import Rules
from registry.spans import Fold, StandingFact

RULES_NUMBER = 1
"""The number of these rules; adopted in the log before a node may write by them."""
RULES_SOURCES = (
    "timeline.py",
    "spans.py",
    "gaps.py",
    "reading.py",
    "kept_apart.py",
    "same_person.py",
    "child.py",
    "refusal.py",
    "rules.py",
    "law/citations.py",
    "law/editions.py",
    "law/figures.py",
    "law/periods.py",
    "law/holidays.py",
)
"""The files whose digest is adopted with the number: all that makes a timeline."""

_WAYS = {
    Way.BIRTH: (Role.PARENT, Question.PARENTS),
    Way.ADOPTION: (Role.PARENT, Question.ADOPTION),
    Way.ORDER: (Role.GUARDIAN, Question.ORDER),
    Way.CONSENT: (Role.GUARDIAN, Question.CONSENT),
    Way.WILL: (Role.GUARDIAN, Question.WILL),
    Way.AGREEMENT: (Role.GUARDIAN, Question.AGREEMENT),
    Way.NOBODY_QUALIFIED: (Role.STATE_GUARDIAN, Question.NOBODY_QUALIFIED),
    Way.LONG_TERM: (Role.STATE_GUARDIAN, Question.LONG_TERM),
}
_ARRANGEMENTS = {
    Role.TEMPORARY_GUARDIAN: (Line.COVER, Question.TEMPORARY_GUARDIAN),
    Role.STATE_TEMPORARY_GUARDIAN: (Line.COVER, Question.STATE_TEMPORARY),
    Role.JUDGMENT_MEASURES: (Line.COVER, Question.MEASURES),
    Role.TEMPORARY_CARE: (Line.PLACEMENT, Question.TEMPORARY_CARE),
}
_OPEN_WITH_WARD = (Line.RELATION, Line.COVER, Line.PLACEMENT, Line.MAINTENANCE)
_ENDED_BY = {
    Office.COURT: frozenset(_ARRANGEMENTS),
    Office.CIVIL_AFFAIRS: frozenset(
        {Role.TEMPORARY_GUARDIAN, Role.STATE_TEMPORARY_GUARDIAN}
    ),
}
"""The covers that a new guardian ends, by whose act it is: nobody ends another's.

CC 31(3): a temporary guardian serves until the designation. That only civil affairs or
a court ends temporary guardianship by civil affairs, and only a court its own
measures, is our reading: a committee must not end a protection it did not give.
"""
_ENDED_BY_OTHERS = frozenset({Role.TEMPORARY_GUARDIAN})


def timeline(
    facts: Sequence[StandingFact], reading: Reading = RECORDED
) -> tuple[Period, ...]:
    """Return the periods that the standing facts make; their numbers are 0.

    What is recorded is made by the recorded reading; others are an auditor's question.
    """
    fold = Fold(reading.cited)
    for at in sorted(
        facts, key=lambda f: (f.fact.on.earliest, f.fact.order, f.version)
    ):
        _effect(fold, at, reading)
        fold.refresh(at)
    of_age = partial(age_reached, years=reading.majority_years)
    spans = kept_apart(ended(fold, of_age), fold.orders)
    return with_gaps(fold, spans, of_age, gap_is_owed)


def of_age_on(born: PartialDate) -> PartialDate:
    """Return the first day of majority (CC 17)."""
    return age_reached(born, RECORDED.majority_years)


def gap_is_owed(since: PartialDate) -> tuple[Duty, tuple[str, ...]]:
    """Return whose duty a gap is: due on the day it opens, the law gives no grace.

    CC 32, MPL 92, 94: civil affairs is guardian where nobody qualified is.
    """
    duty = Duty(who="civil_affairs", due=since)
    return duty, cite(Question.NOBODY_QUALIFIED, since)


def record(child: Child, acts: Sequence[ChildEvent]) -> list[ChildEvent]:
    """Return acts and the difference they make by these rules."""
    return by_rules(child, acts, RULES)


def _effect(fold: Fold, at: StandingFact, reading: Reading) -> None:
    match at.fact:
        case ChildRegistered():
            fold.born = at.fact.birth.date
            fold.begun = (at.fact.on, at.version)
        case GuardianshipEstablished():
            _establish(fold, at, at.fact, reading)
        case GuardianDesignated():
            _designate(fold, at, at.fact, reading)
        case TemporaryArrangementStarted():
            _start(fold, at, at.fact)
        case ChildPlaced():
            entrusted = at.fact.form is PlacementForm.ENTRUSTED
            question = Question.ENTRUSTED if entrusted else Question.PLACEMENT
            fold.open(at, Line.PLACEMENT, Role.CARER, at.fact.holder, question)
        case TemporaryArrangementEnded() | PlacementEnded():
            spans = fold.standing(Line.COVER, Line.PLACEMENT)
            fold.close([s for s in spans if s.act == at.fact.started], at)
        case WhereaboutsLost() | WhereaboutsFound():
            _whereabouts(fold, at.fact)
        case GuardianDisqualified():
            who = at.fact.who
            fold.close(fold.of(who, Line.RELATION, Line.COVER), at)
            question = Question.DISQUALIFICATION
            fold.open(at, Line.BAR, Role.DISQUALIFIED, who, question, HandOver.NO)
        case GuardianRestored():
            _restore(fold, at, at.fact, reading)
        case GuardianshipEnded():
            _end(fold, at, at.fact)
        case ProtectionOrdered():
            _lift(fold, at)
            fold.orders[at.version] = order_of(at.fact)
            for who in at.fact.against:
                line, role = Line.PROTECTION, Role.KEPT_AWAY
                fold.open(at, line, role, who, Question.PROTECTION, HandOver.NO)
        case ProtectionLifted():
            _lift(fold, at)
        case NamedInApplication() | DisqualificationDismissed():
            pass  # moves nothing
        case WishHeard() | ApplicationAdvised() | ConflictFound() | ChildTransferred():
            pass  # moves nothing
        case PersonsFoundOne():
            pass  # the facts come here read by it already
        case _ as never:
            assert_never(never)


def _lift(fold: Fold, at: StandingFact) -> None:
    """Close the orders of the fact's case: another stands now, or none (DV 30)."""
    standing = fold.standing(Line.PROTECTION)
    fold.close([s for s in standing if fold.orders[s.act].case == at.fact.case], at)


def _establish(
    fold: Fold, at: StandingFact, fact: GuardianshipEstablished, reading: Reading
) -> None:
    role, question = _WAYS[fact.way]
    if fact.way is Way.ADOPTION:  # CC 1111: ties with the birth parents end
        fold.close(fold.standing(*_OPEN_WITH_WARD), at)
        fold.parents.clear()
        fold.adopters = set(fact.holders)
    opened = False
    for holder in fact.holders:
        if role is Role.PARENT:
            fold.parents.add(holder)
        if not fold.barred(holder):
            fold.open(at, Line.RELATION, role, holder, question)
            opened = True
        if role is Role.PARENT and holder.kind is HolderKind.PERSON:
            fold.open(at, Line.MAINTENANCE, Role.PAYER, holder, question, HandOver.NO)
    if opened and fact.way is Way.LONG_TERM:  # MPL 94 takes the place of MPL 92
        _end_covers(fold, at, fact.by, reading)


def _designate(
    fold: Fold, at: StandingFact, fact: GuardianDesignated, reading: Reading
) -> None:
    """Open the designated relations; a temporary guardian serves until then.

    A parent who is guardian anyway keeps the relation by law: no second one. Another
    guardian whom a court designates anew is the court's from then on (CC 38).
    """
    court = fact.by is Office.COURT
    opened = False
    for holder in fact.holders:
        if fold.barred(holder) and not court:
            continue
        opened = True
        standing = fold.of(holder, Line.RELATION)
        if any(s.period.role is Role.PARENT for s in standing):
            continue
        if court:
            fold.close(standing, at)
        state = holder.kind is HolderKind.BODY and court
        role = Role.STATE_GUARDIAN if state else Role.GUARDIAN
        fold.open(at, Line.RELATION, role, holder, Question.DESIGNATION)
        if court:
            fold.by_court.add(holder)
    if opened:
        _end_covers(fold, at, fact.by, reading)


def _end_covers(fold: Fold, at: StandingFact, by: Office, reading: Reading) -> None:
    roles = _ENDED_BY.get(by, _ENDED_BY_OTHERS)
    covers = fold.standing(Line.COVER)
    anyone = reading.anyone_ends_covers
    fold.close([s for s in covers if anyone or s.period.role in roles], at)


def _start(fold: Fold, at: StandingFact, fact: TemporaryArrangementStarted) -> None:
    """Open a temporary role; who is disqualified gets no cover but from a court.

    Care in fact is recorded of anybody: that the child is there must be seen.
    """
    line, question = _ARRANGEMENTS[fact.role]
    barred = fold.barred(fact.holder)
    if line is Line.PLACEMENT or not barred or fact.by is Office.COURT:
        fold.open(at, line, fact.role, fact.holder, question)


def _whereabouts(fold: Fold, fact: WhereaboutsLost | WhereaboutsFound) -> None:
    """Say whether the child may be handed to a guardian; the relation goes on.

    One who comes back while the state is guardian is handed nothing before somebody
    has assessed it: unknown, until the state's guardianship ends [our reading].
    """
    if isinstance(fact, WhereaboutsLost):
        fold.lost.add(fact.who)
        return
    if fact.who in fold.lost:
        fold.lost.discard(fact.who)
        fold.came_back.add(fact.who)


def _restore(
    fold: Fold, at: StandingFact, fact: GuardianRestored, reading: Reading
) -> None:
    """CC 38: the guardianship of the court's designated guardian ends at once.

    So do the state's, whose ground was that nobody qualified was left, and measures
    of a court that served until then [our reading of MPL 94, CC 32, 36].
    """
    fold.close(fold.of(fact.who, Line.BAR), at)
    relations = fold.standing(Line.RELATION)
    fold.close(
        [
            s
            for s in relations
            if (s.period.role is Role.STATE_GUARDIAN and not reading.state_goes_on)
            or (s.period.role is not Role.PARENT and s.period.holder in fold.by_court)
        ],
        at,
    )
    covers = fold.standing(Line.COVER)
    fold.close([s for s in covers if s.period.role is Role.JUDGMENT_MEASURES], at)
    role = Role.PARENT if fact.who in fold.parents else Role.GUARDIAN
    fold.open(at, Line.RELATION, role, fact.who, Question.RESTORATION)


def _end(fold: Fold, at: StandingFact, fact: GuardianshipEnded) -> None:
    if fact.reason is EndReason.WARD_DIED:
        fold.close([s for s in fold.spans if s.period.until is None], at)
        fold.died = (fact.on, at.version)
        return
    if fact.reason is EndReason.FULL_CAPACITY and fact.who is None:
        fold.close(fold.standing(Line.RELATION, Line.COVER), at)
        fold.capable = (fact.on, at.version)  # CC 18(2), 39(1)(1)
        return
    lines: tuple[Line, ...] = (Line.RELATION, Line.COVER)
    if fact.reason is EndReason.GUARDIAN_DIED:
        lines = (*lines, Line.MAINTENANCE, Line.BAR, Line.PLACEMENT)
    if fact.reason is EndReason.ADOPTION_DISSOLVED:  # CC 1117: their ties end
        if fact.who not in fold.adopters:
            return
        lines = (*lines, Line.MAINTENANCE)
        fold.parents -= {fact.who}
    whom = fold.standing(*lines) if fact.who is None else fold.of(fact.who, *lines)
    fold.close(whom, at)


RULES = Rules(number=RULES_NUMBER, timeline=timeline)
"""What a log adopts before a node writes by it."""
