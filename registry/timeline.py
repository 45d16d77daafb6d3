"""From the facts that stand to the periods of a child's timeline.

What lives here: `timeline`, one pure function that folds the effect of each fact, and
`difference`, what an entry must say when facts came or went. What never does: who may
act, numbers already given, the clock. Rules end periods and leave gaps; a holder
always comes from an act, never from inference.

Facts fold in the order (earliest possible legal day, order stated by the act, version
in the stream), so a fact that arrives late, or goes, needs no rule of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import assert_never

from events.dates import PartialDate
from events.guardianship import (
    ChildFact,
    ChildRegistered,
    DisqualificationDismissed,
    EndReason,
    GuardianDesignated,
    GuardianDisqualified,
    GuardianRestored,
    GuardianshipEnded,
    GuardianshipEstablished,
    NamedInApplication,
    Office,
    TemporaryArrangementEnded,
    TemporaryArrangementStarted,
    Way,
    WhereaboutsFound,
    WhereaboutsLost,
)
from events.timeline import Duty, HandOver, Holder, HolderKind, Line, Period, Role
from registry.law.editions import Question, cite

RULES_NUMBER = 1
"""The number of these rules; adopted in the log before a node may write by them."""
MAJORITY_YEARS = 18
"""CC 17: 十八周岁以上的自然人为成年人; 以上 includes the number (CC 1259)."""
GAP_DUTY = "civil_affairs"
"""CC 32, MPL 92, 94: civil affairs is guardian where nobody qualified is."""

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
_OPEN_WITH_WARD = (Line.RELATION, Line.COVER, Line.PLACEMENT)


@dataclass(frozen=True, slots=True)
class StandingFact:
    """A fact that stands, with its version in the child's stream."""

    version: int
    fact: ChildFact


@dataclass(slots=True)
class _Fold:
    """The spans so far; a period without number is a span, open while `until` is."""

    spans: list[Period] = field(default_factory=list)
    by_court: set[int] = field(default_factory=set)
    """Versions of the designations that a court made (CC 38 ends them)."""
    born: PartialDate | None = None
    begun: tuple[PartialDate, int] | None = None
    died: tuple[PartialDate, int] | None = None

    def open(  # noqa: PLR0913, PLR0917  each is a column of the span
        self,
        at: StandingFact,
        line: Line,
        role: Role,
        holder: Holder,
        question: Question,
        hand_over: HandOver = HandOver.YES,
    ) -> None:
        """Open a span unless the holder has one on that line in that moment."""
        if any(s.holder == holder for s in self.standing(line)) and line in {
            Line.RELATION,
            Line.MAINTENANCE,
            Line.BAR,
        }:
            return
        span = Period(
            number=0,
            line=line,
            role=role,
            holder=holder,
            from_=at.fact.on,
            until=None,
            opened_by=at.version,
            closed_by=None,
            articles=cite(question, at.fact.on),
            hand_over=hand_over,
            duty=None,
        )
        self.spans.append(span)

    def standing(self, *lines: Line) -> list[Period]:
        """Return the spans of these lines that are open."""
        return [s for s in self.spans if s.until is None and s.line in lines]

    def close(self, closing: Iterable[Period], at: StandingFact) -> None:
        """Close spans on the fact's day."""
        closed = {id(span) for span in closing}
        self.spans = [
            replace(s, until=at.fact.on, closed_by=at.version) if id(s) in closed else s
            for s in self.spans
        ]

    def of(self, holder: Holder, *lines: Line) -> list[Period]:
        """Return the holder's open spans of these lines."""
        return [s for s in self.standing(*lines) if s.holder == holder]


def timeline(facts: Sequence[StandingFact]) -> tuple[Period, ...]:
    """Return the periods that the standing facts make; their numbers are 0."""
    fold = _Fold()
    for at in sorted(
        facts, key=lambda f: (f.fact.on.earliest, f.fact.order, f.version)
    ):
        _effect(fold, at)
    return _with_gaps(fold, _until_the_end(fold))


def _effect(fold: _Fold, at: StandingFact) -> None:
    match at.fact:
        case ChildRegistered():
            fold.born = at.fact.birth.date
            fold.begun = (at.fact.on, at.version)
        case GuardianshipEstablished():
            _establish(fold, at, at.fact)
        case GuardianDesignated():
            _designate(fold, at, at.fact)
        case TemporaryArrangementStarted():
            line, question = _ARRANGEMENTS[at.fact.role]
            fold.open(at, line, at.fact.role, at.fact.holder, question)
        case TemporaryArrangementEnded():
            started = at.fact.started
            spans = fold.standing(Line.COVER, Line.PLACEMENT)
            fold.close([s for s in spans if s.opened_by == started], at)
        case WhereaboutsLost() | WhereaboutsFound():
            _whereabouts(fold, at, at.fact)
        case GuardianDisqualified():
            who = at.fact.who
            fold.close(fold.of(who, Line.RELATION, Line.COVER), at)
            question = Question.DISQUALIFICATION
            fold.open(at, Line.BAR, Role.DISQUALIFIED, who, question, HandOver.NO)
        case GuardianRestored():
            _restore(fold, at, at.fact)
        case GuardianshipEnded():
            _end(fold, at, at.fact)
        case NamedInApplication() | DisqualificationDismissed():
            pass  # moves nothing
        case _ as never:
            assert_never(never)


def _establish(fold: _Fold, at: StandingFact, fact: GuardianshipEstablished) -> None:
    role, question = _WAYS[fact.way]
    if fact.way is Way.ADOPTION:  # CC 1111: ties with the birth parents end
        fold.close(fold.standing(*_OPEN_WITH_WARD, Line.MAINTENANCE), at)
    if fact.way is Way.LONG_TERM:  # MPL 94: long-term takes the place of temporary
        fold.close(fold.standing(Line.COVER), at)
    for holder in fact.holders:
        if not fold.of(holder, Line.BAR):
            fold.open(at, Line.RELATION, role, holder, question)
        if role is Role.PARENT and holder.kind is HolderKind.PERSON:
            fold.open(at, Line.MAINTENANCE, Role.PAYER, holder, question, HandOver.NO)


def _designate(fold: _Fold, at: StandingFact, fact: GuardianDesignated) -> None:
    """Open the designated relations; a temporary guardian serves until then.

    A parent who is guardian anyway keeps the relation by law: no second one.
    """
    fold.close(fold.standing(Line.COVER), at)
    if fact.by is Office.COURT:
        fold.by_court.add(at.version)
    for holder in fact.holders:
        barred = bool(fold.of(holder, Line.BAR))
        if not barred or fact.by is Office.COURT:
            state = holder.kind is HolderKind.BODY and fact.by is Office.COURT
            role = Role.STATE_GUARDIAN if state else Role.GUARDIAN
            fold.open(at, Line.RELATION, role, holder, Question.DESIGNATION)


def _whereabouts(
    fold: _Fold, at: StandingFact, fact: WhereaboutsLost | WhereaboutsFound
) -> None:
    """Say whether the child may be handed to a guardian; the relation goes on."""
    found = isinstance(fact, WhereaboutsFound)
    for span in fold.of(fact.who, Line.RELATION):
        fold.close([span], at)
        again = replace(
            span,
            from_=fact.on,
            opened_by=at.version,
            hand_over=HandOver.YES if found else HandOver.NO,
        )
        fold.spans.append(again)
        if span.opened_by in fold.by_court:
            fold.by_court.add(at.version)


def _restore(fold: _Fold, at: StandingFact, fact: GuardianRestored) -> None:
    """CC 38: the guardianship of the court's designated guardian ends at once."""
    fold.close(fold.of(fact.who, Line.BAR), at)
    designated = [
        s for s in fold.standing(Line.RELATION) if s.opened_by in fold.by_court
    ]
    fold.close(designated, at)
    fold.open(at, Line.RELATION, Role.PARENT, fact.who, Question.RESTORATION)


def _end(fold: _Fold, at: StandingFact, fact: GuardianshipEnded) -> None:
    if fact.reason is EndReason.WARD_DIED:
        fold.close([s for s in fold.spans if s.until is None], at)
        fold.died = (fact.on, at.version)
        return
    lines: tuple[Line, ...] = (Line.RELATION, Line.COVER)
    if fact.reason is EndReason.GUARDIAN_DIED:
        lines = (*lines, Line.MAINTENANCE, Line.BAR, Line.PLACEMENT)
    if fact.who is None:
        fold.close(fold.standing(*lines), at)
        if fact.reason is EndReason.FULL_CAPACITY:  # CC 18(2), 39(1)(1)
            fold.died = (fact.on, at.version)
        return
    fold.close(fold.of(fact.who, *lines), at)


def _key(when: PartialDate) -> tuple[date, date]:
    return when.earliest, when.latest


def _end_of_childhood(fold: _Fold) -> tuple[PartialDate, int | None] | None:
    ends: list[tuple[PartialDate, int | None]] = []
    if fold.born is not None:
        ends.append((fold.born.years_later(MAJORITY_YEARS), None))
    if fold.died is not None:
        ends.append(fold.died)
    return min(ends, key=lambda end: _key(end[0]), default=None)


def _until_the_end(fold: _Fold) -> list[Period]:
    """Cut every span at majority or death, and drop those of no length."""
    end = _end_of_childhood(fold)
    cut: list[Period] = []
    for span in fold.spans:
        until, closed_by = span.until, span.closed_by
        if end and (until is None or _key(end[0]) < _key(until)):
            until, closed_by = end
        if until is None or _key(span.from_) < _key(until):
            cut.append(replace(span, until=until, closed_by=closed_by))
    return cut


def _with_gaps(fold: _Fold, spans: list[Period]) -> tuple[Period, ...]:
    """Add what no guardian and no cover holds, from the beginning to the end."""
    if fold.begun is None:
        return tuple(spans)
    held = sorted(
        (s for s in spans if s.line in {Line.RELATION, Line.COVER}),
        key=lambda s: _key(s.from_),
    )
    gaps: list[Period] = []
    since: PartialDate | None = fold.begun[0]
    by = fold.begun[1]
    for span in held:
        if since is None:
            break
        if _key(since) < _key(span.from_):
            gaps.append(_gap(since, by, span.from_, span.opened_by))
        if span.until is None or _key(since) < _key(span.until):
            since, by = span.until, span.closed_by or by
    end = _end_of_childhood(fold)
    if since is not None and (end is None or _key(since) < _key(end[0])):
        gaps.append(_gap(since, by, *(end or (None, None))))
    return (*spans, *gaps)


def _gap(
    since: PartialDate, by: int, until: PartialDate | None, closed_by: int | None
) -> Period:
    """Return the period in which nobody holds, with whose duty it is.

    The law gives the duty no days of grace: it is due on the day the gap opens.
    """
    return Period(
        number=0,
        line=Line.GAP,
        role=Role.NOBODY,
        holder=None,
        from_=since,
        until=until,
        opened_by=by,
        closed_by=closed_by,
        articles=cite(Question.NOBODY_QUALIFIED, since),
        hand_over=HandOver.NO,
        duty=Duty(who=GAP_DUTY, due=since),
    )


def difference(
    live: Mapping[int, Period], wanted: Iterable[Period], next_number: int
) -> tuple[tuple[int, ...], tuple[Period, ...]]:
    """Return the numbers to withdraw and the periods to assert, numbered onwards."""
    standing: dict[Period, list[int]] = {}
    for number, period in live.items():
        standing.setdefault(replace(period, number=0), []).append(number)
    asserted: list[Period] = []
    for period in wanted:
        same = standing.get(period)
        if same:
            same.pop()
        else:
            number = next_number + len(asserted)
            asserted.append(replace(period, number=number))
    withdrawn = sorted(number for left in standing.values() for number in left)
    return tuple(withdrawn), tuple(asserted)
