"""A child's situation put together from what the projections know of it.

What lives here: reading recorded facts into the shape that the rules take. What never
does: the rules (`registry.classification`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from events.conditions import ConditionEnded, ConditionRecorded
from events.dates import PartialDate
from events.guardianship import (
    ChildRegistered,
    EndReason,
    GuardianDisqualified,
    GuardianRestored,
    GuardianshipEnded,
    GuardianshipEstablished,
    Way,
)
from events.matters import Matter
from events.timeline import Answer, Holder, Line, Role
from projections.custody import KnownFact
from projections.matters import KnownMatter, MattersAnswer
from registry.same_person import read_as
from registry.services.known_person import aliases_of
from registry.situation import Known, Parent, Situation


def situation_of(
    custody: Answer, facts: Sequence[KnownFact], matters: MattersAnswer
) -> Situation:
    """Return what is known of a child on the day that custody was asked for.

    Persons found to be one are one parent, whichever id a fact says.
    """
    by = aliases_of(facts)
    standing = [
        replace(fact, event=read_as(fact.event, by))
        for fact in facts
        if not fact.annulled
    ]
    conditions = [
        (read_as(opening.who, by), _condition(one.stream, opening, one.state))
        for one in matters.matters
        if (opening := _recorded(one)) is not None
    ]
    lines = {(period.line, period.role) for period in custody.certain}
    return Situation(
        born=_born(standing),
        parents=tuple(
            Parent(
                who=who,
                conditions=tuple(known for of, known in conditions if of == who),
                died=_died(standing, who),
                disqualified=_disqualified(standing, who),
            )
            for who in _parents(standing)
        ),
        own=tuple(known for of, known in conditions if of is None),
        parent_guards=(Line.RELATION, Role.PARENT) in lines,
        covered=any(line is Line.COVER for line, _ in lines),
    )


def _recorded(matter: KnownMatter) -> ConditionRecorded | None:
    opening = matter.state.opening
    return opening if isinstance(opening, ConditionRecorded) else None


def _condition(stream: str, opening: ConditionRecorded, state: Matter) -> Known:
    ends = [fact.on for fact in state.standing() if isinstance(fact, ConditionEnded)]
    return Known(
        fact=stream,
        what=opening.what,
        since=opening.on,
        until=ends[-1] if ends else None,
        grade=opening.grade,
        mental=opening.mental,
    )


def _born(facts: Iterable[KnownFact]) -> PartialDate | None:
    born: PartialDate | None = None
    for fact in facts:
        if isinstance(fact.event, ChildRegistered):
            born = fact.event.birth.date
    return born


def _parents(facts: Iterable[KnownFact]) -> list[Holder]:
    """Return the parents on record: those of an adoption take the others' place."""
    parents: list[Holder] = []
    for fact in facts:
        event: Any = fact.event
        if not isinstance(event, GuardianshipEstablished):
            continue
        if event.way is Way.ADOPTION:
            parents = []
        if event.way in {Way.BIRTH, Way.ADOPTION}:
            parents += [holder for holder in event.holders if holder not in parents]
    return parents


def _died(facts: Iterable[KnownFact], who: Holder) -> Known | None:
    for fact in facts:
        event: Any = fact.event
        died = isinstance(event, GuardianshipEnded)
        if died and event.reason is EndReason.GUARDIAN_DIED and event.who == who:
            return Known(fact=f"child/{fact.version}", what=None, since=event.on)
    return None


def _disqualified(facts: Iterable[KnownFact], who: Holder) -> tuple[Known, ...]:
    """Return the spans in which somebody was disqualified for the child."""
    found: list[Known] = []
    for fact in facts:
        event: Any = fact.event
        if isinstance(event, GuardianDisqualified) and event.who == who:
            known = Known(fact=f"child/{fact.version}", what=None, since=event.on)
            found.append(known)
        if isinstance(event, GuardianRestored) and event.who == who and found:
            last = found[-1]
            found[-1] = Known(
                fact=last.fact, what=None, since=last.since, until=event.on
            )
    return tuple(found)
