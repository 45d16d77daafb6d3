"""A child's situation: the recorded facts that put it in a class.

What lives here: the facts by kind, and which of them stand on a day in one reading of
partial dates. What never does: classes (`registry.classification`), clocks, I/O.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from events.conditions import Condition
from events.dates import PartialDate
from events.timeline import Holder
from registry.law.periods import Unit, corresponding_day

COUNTED_MONTHS = 6
"""Prison, isolation, restriction and lost contact count from so many months."""
FIRST_PARTS = 2
"""Grades of disability that are severe by themselves."""
C = Condition
COUNTED = frozenset(
    {C.IMPRISONED, C.COMPULSORY_ISOLATION, C.OTHER_RESTRICTION, C.LOST_CONTACT}
)
EXTENDED = date(2021, 1, 1)
"""民发〔2020〕125号 adds disqualified and deported parents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One recorded fact: what it is, from when, until before when, and its place."""

    fact: str
    what: Condition | None
    since: PartialDate
    until: PartialDate | None = None
    grade: int | None = None
    mental: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """A parent on record: conditions, death and disqualification for this child."""

    who: Holder
    conditions: tuple[Known, ...] = ()
    died: Known | None = None
    disqualified: tuple[Known, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a classification rests on, as known."""

    born: PartialDate | None
    parents: tuple[Parent, ...]
    own: tuple[Known, ...]
    parent_guards: bool
    covered: bool


Pick = Callable[[PartialDate], date]


def stands(fact: Known, on: date, pick: Pick) -> bool:
    """Whether a fact is so on a day; counted ones from six months on."""
    since = pick(fact.since)
    if fact.what in COUNTED:
        since = corresponding_day(since, COUNTED_MONTHS, Unit.MONTHS)
    return since <= on and (fact.until is None or on < pick(fact.until))


def severe(fact: Known) -> bool:
    """Grades 1 and 2, or 3 and 4 of a mental or intellectual disability."""
    return fact.grade is not None and (fact.grade <= FIRST_PARTS or fact.mental)


def own(situation: Situation, on: date, pick: Pick, *kinds: Condition) -> list[str]:
    """Return the facts of these kinds that stand of the child itself."""
    return [f.fact for f in situation.own if f.what in kinds and stands(f, on, pick)]


def gone(parent: Parent, on: date, pick: Pick) -> list[str]:
    """Return the facts by which a parent is dead or declared missing."""
    found = [parent.died] if parent.died and stands(parent.died, on, pick) else []
    found += [f for f in parent.conditions if f.what is C.DECLARED_MISSING]
    return [f.fact for f in found if stands(f, on, pick)]


def prevented(parent: Parent, on: date, pick: Pick, *, listed: date) -> list[str]:
    """Return the facts of the list by which a parent cannot care, in its edition."""
    plain = {C.SERIOUS_ILLNESS, *COUNTED}
    if listed >= EXTENDED:
        plain.add(C.DEPORTED)
    found = [
        f
        for f in parent.conditions
        if f.what in plain or (f.what is C.DISABILITY and severe(f))
    ]
    if listed >= EXTENDED:
        found += parent.disqualified
    return [f.fact for f in found if stands(f, on, pick)]
