"""A second, very small law pack: some of the Children Act 1989, recalled, for tests.

What differs from the first: parental responsibility has any number of holders at once;
a care order takes nothing from a parent but the say, and the local authority shares;
a court needs no application that is on record; an emergency order ends by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from events.cases import DecisionRecorded, Outcome
from events.dates import PartialDate
from events.guardianship import (
    ChildEvent,
    ChildRegistered,
    Fact,
    Finding,
    GuardianDesignated,
    GuardianshipEnded,
    GuardianshipEstablished,
    Office,
    TemporaryArrangementStarted,
    Way,
)
from events.proceedings import Ground
from events.timeline import Duty, HandOver, HolderKind, Line, Period, Role
from registry.case import Case
from registry.child import Child, known, record
from registry.commands import (
    Command,
    EndGuardianship,
    RecordCapacityLost,
    RecordDeath,
    RecordDecision,
    RegisterChild,
    StartTemporaryArrangement,
)
from registry.gaps import ended, with_gaps
from registry.pack import Effects, LawPack, Number, Words
from registry.refusal import InvalidError, RefusedError
from registry.rules import Rules
from registry.spans import Fold, Span, StandingFact

EMERGENCY_DAYS = 8
ARTICLES = {
    "birth": ("CA 1989 s 2(1)",),
    "care order": ("CA 1989 s 33(3)",),
    "emergency": ("CA 1989 s 44(4)",),
}
COURTS = frozenset({Office.COURT})
AUTHORITIES = COURTS | {Office.CIVIL_AFFAIRS}


def cite(question: str, _: PartialDate) -> tuple[str, ...]:
    return ARTICLES[question]


def of_age(born: PartialDate) -> PartialDate:
    return born.years_later(18)


def owed(since: PartialDate) -> tuple[Duty, tuple[str, ...]]:
    return Duty(who="local_authority", due=since), ("CA 1989 s 20(1)",)


def timeline(facts: Sequence[StandingFact]) -> tuple[Period, ...]:
    fold = Fold(cite)
    order = sorted(facts, key=lambda f: (f.fact.on.earliest, f.fact.order, f.version))
    for at in order:
        _effect(fold, at)
    return with_gaps(fold, ended(fold, of_age), of_age, owed)


def _effect(fold: Fold, at: StandingFact) -> None:
    match at.fact:
        case ChildRegistered():
            fold.born, fold.begun = at.fact.birth.date, (at.fact.on, at.version)
        case GuardianshipEstablished():
            for holder in at.fact.holders:
                fold.open(at, Line.RELATION, Role.PARENT, holder, "birth")
        case GuardianDesignated():
            for holder in at.fact.holders:
                body = holder.kind is HolderKind.BODY
                role = Role.STATE_GUARDIAN if body else Role.GUARDIAN
                fold.open(at, Line.RELATION, role, holder, "care order")
            _parents_have(fold, at, HandOver.NO)
        case GuardianshipEnded() if at.fact.who is not None:
            fold.close(fold.of(at.fact.who, Line.RELATION), at)
            _parents_have(fold, at, HandOver.YES)
        case TemporaryArrangementStarted():
            fold.open(at, Line.COVER, at.fact.role, at.fact.holder, "emergency")
            last = fold.spans.pop()
            over = replace(last.period, until=at.fact.until, closed_by=at.version)
            fold.spans.append(Span(over, last.act))
        case _:
            pass


def _parents_have(fold: Fold, at: StandingFact, to: HandOver) -> None:
    """Limit, or give back, the say of parents who all stay holders."""
    for span in fold.standing(Line.RELATION):
        if span.period.role is Role.PARENT and span.period.hand_over is not to:
            fold.close([span], at)
            again = replace(span.period, from_=at.fact.on, hand_over=to)
            fold.spans.append(Span(again, span.act))


RULES = Rules(number=1001, timeline=timeline)


def competence(command: Command, _: Child, by: Office) -> RefusedError | None:
    courts_alone = isinstance(command, RecordDecision | EndGuardianship)
    if by in (COURTS if courts_alone else AUTHORITIES):
        return None
    return RefusedError("not_competent", ("CA 1989 s 31(1)",), "court")


def _said(fact: type, command: Any, by: Office, **parts: object) -> ChildEvent:  # noqa: ANN401  any command
    common = {"case": None, "by": by, "findings": (), "limits": ()}
    order = getattr(command, "order", 0)
    made: Any = fact
    return made(**{"on": command.on, "order": order, **common, **parts})  # type: ignore[no-any-return]


def on_child(child: Child, command: Any, by: Office) -> Effects:  # noqa: ANN401  any command
    acts: list[ChildEvent] = []
    match command:
        case RegisterChild():
            birth, place = command.birth, command.jurisdiction
            acts.append(
                _said(ChildRegistered, command, by, birth=birth, jurisdiction=place)
            )
            parts = {"kin": None, "limb": None, "testator": None}
            born = {"holders": command.parents, "way": Way.BIRTH, **parts}
            acts.append(_said(GuardianshipEstablished, command, by, **born))
        case StartTemporaryArrangement():
            known(child, command.child)
            acts.append(_emergency(command, by))
        case EndGuardianship():
            known(child, command.child)
            ended_ = {"who": command.who, "reason": command.reason}
            acts.append(_said(GuardianshipEnded, command, by, **ended_))
        case _:
            rule = "is one that this law knows"
            raise InvalidError("command", rule)
    return [(f"child/{command.child}", record(child, acts, RULES))]


def _emergency(command: StartTemporaryArrangement, by: Office) -> ChildEvent:
    last = command.on.earliest + timedelta(EMERGENCY_DAYS)
    if command.until is None or command.until.latest > last:
        articles = ("CA 1989 s 45(1)",)
        raise RefusedError("longer_than_eight_days", articles, "eight_days")
    parts = {"holder": command.holder, "role": command.role, "limb": None}
    return _said(TemporaryArrangementStarted, command, by, until=command.until, **parts)


def on_case_and_children(
    _: Case,
    children: dict[str, Child],
    command: Any,  # noqa: ANN401  any command
    by: Office,
) -> Effects:
    procedure = DecisionRecorded(
        court=command.court,
        decided_on=command.decided_on,
        effective_on=command.effective_on,
        outcome=Outcome.GRANTED,
        number=command.number,
        document=command.document,
        findings=(),
    )
    effects: Effects = [(f"case/{command.case}", [procedure])]
    for part in command.children:
        child = known(children[part.child], part.child)
        fact = GuardianDesignated(
            on=command.effective_on,
            order=command.order,
            case=command.case,
            by=by,
            findings=(
                Finding(
                    question="is_care_order",
                    holds=True,
                    articles=("CA 1989 s 31(1)",),
                    reason="care_order",
                ),
            ),
            limits=(),
            holders=part.designated,
            notified_on=None,
        )
        effects.append((f"child/{part.child}", record(child, [fact], RULES)))
    return effects


def as_decided(_states: object, effects: Effects, _command: Command) -> Effects:
    """Find no conflict."""
    return effects


def nothing_on_ward(
    _: Child, __: RecordDeath | RecordCapacityLost, ___: Office
) -> list[Fact]:
    return []


def unknown(*_: object) -> Effects:
    rule = "is one that this law knows"
    raise InvalidError("command", rule)


ENGLAND = LawPack(
    country="gb",
    rules=RULES,
    digest=bytes(32),
    competence=competence,
    on_child=on_child,
    on_case=unknown,
    on_case_and_child=unknown,
    on_case_and_children=on_case_and_children,
    on_ward=nothing_on_ward,
    on_own_death=nothing_on_ward,
    on_matters=unknown,
    conflicts=as_decided,
    roles={Role.PARENT: Words(english="parental responsibility", own="")},
    grounds={Ground.HARM: ("CA 1989 s 31(2)",)},
    of_age=of_age,
    numbers=lambda _: (
        Number(name="majority", number=18, unit="years", source="CA 1989 s 105"),
    ),
)
