"""Coordination: what everybody did and owes, for one child and for one place.

What lives here: one timeline of a child over all departments, and open work by
department and age. What never does: law, rows: other projections read them. Gaps and
overlaps are marked, never resolved by guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from events.dates import PartialDate
from events.duties import DutyAssigned, DutyOpened
from events.guardianship import Office
from events.limits import LAPSES
from events.matters import Matter, holder_of
from events.reports import ReportEscalated, ReportFiled
from events.timeline import Line, Period
from projections.custody import KnownFact
from projections.limits import Term
from projections.matters import KnownMatter

AGES: Final = (30, 90, 365)
"""Upper ends, in days, of the ages of open work; the last is open."""
NOBODY: Final = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownChild:
    """What is known of a child: its standing periods and its facts."""

    periods: Sequence[Period]
    facts: Sequence[KnownFact]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLine:
    """One line of a child's story: an act, a gap in the protection, or a limit.

    `position` is empty where nothing was recorded as such: a gap follows from others,
    a limit was set by another event. `marks` say what is wrong: `annulled`, `overdue`,
    `orphan`, `overlaps <stream>`, `gap`; and `lapsed`, where a right was not used.
    """

    on: PartialDate
    until: PartialDate | None
    stream: str
    version: int
    position: int | None
    what: str
    by: Office | None
    who: str
    marks: tuple[str, ...]


def story(
    child: str,
    known: KnownChild,
    matters: Iterable[KnownMatter],
    terms: Iterable[Term],
    as_of: date,
) -> list[StoryLine]:
    """Return all that was done for a child and is owed to it, by day."""
    lines = [
        *_acts(child, known.facts),
        *_gaps(child, known.periods),
        *(line for one in matters for line in _of_matter(one)),
        *_limits(terms, as_of),
    ]
    return sorted(
        lines, key=lambda line: (line.on.earliest, line.stream, line.version, line.what)
    )


def _acts(child: str, facts: Iterable[KnownFact]) -> Iterator[StoryLine]:
    for fact in facts:
        event: Any = fact.event
        if isinstance(getattr(event, "on", None), PartialDate):
            yield StoryLine(
                on=event.on,
                until=None,
                stream=f"child/{child}",
                version=fact.version,
                position=fact.position,
                what=fact.type,
                by=event.by,
                who="",
                marks=("annulled",) if fact.annulled else (),
            )


def _gaps(child: str, periods: Iterable[Period]) -> Iterator[StoryLine]:
    for period in periods:
        if period.line is Line.GAP:
            yield StoryLine(
                on=period.from_,
                until=period.until,
                stream=f"child/{child}",
                version=period.opened_by,
                position=None,
                what="gap",
                by=None,
                who=period.duty.who if period.duty else NOBODY,
                marks=("gap",),
            )


def _of_matter(one: KnownMatter) -> Iterator[StoryLine]:
    last = max((f.version for f in one.facts if not f.annulled), default=0)
    holder = holder_of(one.state)
    marks = (
        *(("overdue",) if one.overdue else ()),
        *(("orphan",) if one.orphan else ()),
        *(f"overlaps {other}" for other in one.overlaps),
    )
    for recorded in one.facts:
        yield StoryLine(
            on=recorded.fact.on,
            until=None,
            stream=one.stream,
            version=recorded.version,
            position=recorded.position,
            what=type(recorded.fact).__name__,
            by=recorded.fact.by,
            who=holder.id if holder and recorded.version == last else "",
            marks=("annulled",)
            if recorded.annulled
            else (marks if recorded.version == last else ()),
        )


def _limits(terms: Iterable[Term], as_of: date) -> Iterator[StoryLine]:
    for term in terms:
        yield StoryLine(
            on=term.due,
            until=None,
            stream=term.stream,
            version=term.version,
            position=None,
            what=f"due: {term.kind}",
            by=None,
            who=term.who,
            marks=(_past(term.kind),) if term.overdue(as_of) else (),
        )


def _past(kind: str) -> str:
    """Return what it means that a limit's day is over and it is open."""
    return "lapsed" if kind in LAPSES else "overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Open work of one department (or body, or nobody): by age, and what is overdue.

    `by_age` counts what was opened up to 30, 90, 365 and more days ago.
    """

    department: str
    by_age: tuple[int, ...]
    overdue: int

    @property
    def open(self) -> int:
        """All of it."""
        return sum(self.by_age)


def workload(matters: Iterable[KnownMatter], as_of: date) -> list[Workload]:
    """Return the open work of a place by department, the most overdue first."""
    ages: dict[str, list[int]] = {}
    overdue: dict[str, int] = {}
    for one in matters:
        opening = one.state.opening
        if opening is None or not one.open or opening.on.earliest > as_of:
            continue
        department = department_of(one.state)
        counts = ages.setdefault(department, [0] * (len(AGES) + 1))
        counts[_age((as_of - opening.on.latest).days)] += 1
        overdue[department] = overdue.get(department, 0) + one.overdue
    found = [
        Workload(department=name, by_age=tuple(counts), overdue=overdue[name])
        for name, counts in ages.items()
    ]
    return sorted(found, key=lambda load: (-load.overdue, load.department))


def _age(days: int) -> int:
    return next((n for n, end in enumerate(AGES) if days <= end), len(AGES))


def department_of(matter: Matter) -> str:
    """Return whose work a matter is: the department of a duty or report, else a body.

    A duty without an owner is its department's by law and nobody's in fact: `nobody`.
    """
    holder = holder_of(matter)
    department = ""
    for fact in matter.standing():
        match fact:
            case DutyOpened() | DutyAssigned():
                department = fact.department.value
            case ReportFiled() | ReportEscalated():
                department = fact.to.value
            case _:
                pass
    if isinstance(matter.opening, DutyOpened) and holder is None:
        return NOBODY
    return department or (holder.id if holder else NOBODY)
