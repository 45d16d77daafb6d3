"""Conflicts: what an act contradicts of the record, said beside it and never refused.

What lives here: the facts that say so, for each child that an act concerns. What never
does: a refusal, an effect. Where an authority acts within its competence its act is
recorded; the worst answer would be to hide that two records do not agree.

A conflict names the case whose act is contradicted and the day of that act, never
another child: who reads one child's events learns nothing of another's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, get_args

from events.cases import ApplicationFiled, DecisionRecorded
from events.dates import PartialDate
from events.guardianship import (
    ChildFact,
    ChildPlaced,
    ConflictFound,
    DisqualificationDismissed,
    Finding,
    GuardianDesignated,
    GuardianDisqualified,
    GuardianRestored,
    GuardianshipEstablished,
    Office,
    TemporaryArrangementStarted,
)
from events.log import SchemaUnknownError
from events.proceedings import Conflict
from events.timeline import Holder, HolderKind, Line, Period
from registry import standing
from registry.child import Child, evolve
from registry.commands import Command, FileApplication, RecordDecision
from registry.expected import Expected
from registry.law.citations import Question, cite
from registry.law.editions import OP14
from registry.law.reasons import finding
from registry.pack import Effects

_FACTS: tuple[type, ...] = get_args(ChildFact)
_OF_A_COURT = (
    GuardianDisqualified,
    DisqualificationDismissed,
    GuardianRestored,
    GuardianDesignated,
)


def with_conflicts(expected: Expected, effects: Effects, command: Command) -> Effects:
    """Return what a command adds, and beside it what that contradicts of the record."""
    court = None
    if isinstance(command, FileApplication | RecordDecision):
        court = command.court
    found: Effects = []
    for stream, events in effects:
        kind, _, name = stream.partition("/")
        facts = [event for event in events if isinstance(event, _FACTS)]
        if kind == "child" and facts:
            said = _found(expected, effects, name, facts, court)
            found.append((stream, [*events, *dict.fromkeys(said)]))
        else:
            found.append((stream, events))
    return found


def _found(
    expected: Expected, effects: Effects, name: str, facts: list[Any], court: str | None
) -> Iterator[ConflictFound]:
    child = expected.child(name)
    if court is not None:
        yield from _two_courts(expected, child, facts[0], court)
    for fact in facts:
        if isinstance(fact, _OF_A_COURT) and fact.by is Office.COURT:
            yield from _older(child, fact)
        if isinstance(fact, GuardianDisqualified | DisqualificationDismissed):
            yield from _already(child, fact)
        for holder in _given(fact):
            yield from _elsewhere(expected, effects, name, fact, holder)


def _two_courts(
    expected: Expected,
    child: Child,
    fact: Any,  # noqa: ANN401  any fact
    court: str,
) -> Iterator[ConflictFound]:
    """Say which other courts have decided, or are still to decide, on the child."""
    cases = dict.fromkeys(at.fact.case for at in child.standing() if at.fact.case)
    cited = ("OP14 31",) if OP14.in_force(fact.on) else ()
    for name in cases:
        if name == fact.case:
            continue
        case = expected.case(name)
        decided = [e for e in case.standing() if isinstance(e, DecisionRecorded)]
        told: ApplicationFiled | DecisionRecorded | None = None
        if decided:
            told = decided[-1]
        elif not case.concluded:
            told = case.application
        if told is None or told.court == court:
            continue
        on = told.decided_on if isinstance(told, DecisionRecorded) else told.filed_on
        said = finding("is_the_only_court", cited, "another_court_is_seized")
        yield _conflict(
            fact, Conflict.TWO_COURTS, said, source=name, on=on, court=told.court
        )


def _older(child: Child, fact: Any) -> Iterator[ConflictFound]:  # noqa: ANN401  a court's
    """Say that a decision with a later day is on record already."""
    later = [
        at.fact
        for at in child.standing()
        if isinstance(at.fact, _OF_A_COURT)
        and at.fact.by is Office.COURT
        and fact.on.latest < at.fact.on.earliest
    ]
    if later:
        newest = max(later, key=lambda one: one.on.earliest)
        said = finding("is_newest", (), "older_than_one_on_record")
        kind, who = Conflict.OLDER_THAN_RECORDED, getattr(fact, "who", None)
        yield _conflict(fact, kind, said, who, source=newest.case, on=newest.on)


def _already(
    child: Child, fact: GuardianDisqualified | DisqualificationDismissed
) -> Iterator[ConflictFound]:
    """Say that who is decided upon was disqualified for this child before."""
    for bar in standing.of_line(child, Line.BAR, fact.on):
        if bar.holder == fact.who:
            cited = cite(Question.DISQUALIFICATION, fact.on)
            said = finding("is_guardian_to_disqualify", cited, "disqualified_already")
            source, on = _judgment(child, bar)
            kind = Conflict.ALREADY_DISQUALIFIED
            yield _conflict(fact, kind, said, fact.who, source=source, on=on)


def _given(fact: object) -> Iterable[Holder]:
    """Return whom a fact gives the child, in law or in fact."""
    match fact:
        case GuardianDesignated() | GuardianshipEstablished():
            return fact.holders
        case TemporaryArrangementStarted() | ChildPlaced():
            return (fact.holder,)
        case GuardianRestored():
            return (fact.who,)
        case _:
            return ()


def _elsewhere(
    expected: Expected,
    effects: Effects,
    name: str,
    fact: Any,  # noqa: ANN401  any fact that gives the child to somebody
    holder: Holder,
) -> Iterator[ConflictFound]:
    """Say by which judgments the holder is disqualified for other children.

    Those of the same entry count too: one judgment may speak of several children.
    """
    if holder.kind is not HolderKind.PERSON:
        return
    beside = {stream.removeprefix("child/"): events for stream, events in effects}
    mine = [other for other in beside if _names(beside[other], holder)]
    for other in dict.fromkeys([*expected.wards(holder.id), *mine]):
        if other == name:
            continue
        kind = Conflict.DISQUALIFIED_ELSEWHERE
        try:
            state = expected.child(other)
        except SchemaUnknownError:  # a newer release's: it may say so, and is no bar
            said = finding("is_qualified", (), "another_ward_cannot_be_read")
            yield _conflict(fact, kind, said, holder, source=None, on=None)
            continue
        for event in beside.get(other, ()):
            state = evolve(state, event)
        for bar in standing.of_line(state, Line.BAR, fact.on):
            if bar.holder == state.kept(holder):
                reason = "disqualified_for_another_child"
                said = finding("is_qualified", bar.articles, reason)
                source, on = _judgment(state, bar)
                yield _conflict(fact, kind, said, holder, source=source, on=on)


def _names(events: Iterable[object], holder: Holder) -> bool:
    return any(
        isinstance(event, GuardianDisqualified) and event.who == holder
        for event in events
    )


def _judgment(child: Child, bar: Period) -> tuple[str | None, PartialDate]:
    fact = child.facts[bar.opened_by]
    return fact.case, fact.on


def _conflict(  # noqa: PLR0913  each says what is contradicted
    fact: Any,  # noqa: ANN401  the fact beside which it stands
    kind: Conflict,
    said: Finding,
    who: Holder | None = None,
    *,
    source: str | None,
    on: PartialDate | None,
    court: str | None = None,
) -> ConflictFound:
    return ConflictFound(
        on=fact.on,
        order=fact.order,
        case=fact.case,
        by=fact.by,
        findings=(said,),
        limits=(),
        kind=kind,
        who=who,
        source=source,
        source_on=on,
        court=court,
    )
