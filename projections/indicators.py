"""Indicators of a place, quarter by quarter: how soon it acts, and who stands alone.

What lives here: figures over the facts of a place's children and matters. What never
does: law, rows, thresholds of publication: these are for those who answer for the
place, not for the public. Of partial dates the reading is taken that makes nothing look
better: an act at its latest day, what it answers at its earliest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any, Final

from events.guardianship import (
    DisqualificationDismissed,
    GuardianDesignated,
    GuardianDisqualified,
    GuardianRestored,
    NamedInApplication,
)
from events.matters import MatterStatus, as_done_by, due_of, status_of
from events.reports import ReportFiled, ReportReceived, ResponseRecorded
from events.timeline import Line, Period, Role, Status, answer
from projections.coordination import KnownChild
from projections.custody import KnownFact
from projections.matters import KnownMatter

QUARTER_MONTHS: Final = 3
YEAR: Final = timedelta(days=365)
_OUTCOMES: Final = (
    GuardianDisqualified,
    DisqualificationDismissed,
    GuardianRestored,
    GuardianDesignated,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarter:
    """Three months, by first day and the first day after."""

    first: date
    after: date

    @property
    def last(self) -> date:
        """The last day: what stands is judged on it."""
        return self.after - timedelta(days=1)

    @property
    def name(self) -> str:
        """As people write it: 2022-Q1."""
        return f"{self.first.year}-Q{(self.first.month - 1) // QUARTER_MONTHS + 1}"


def quarters(first: date, count: int) -> Iterator[Quarter]:
    """Yield quarters from the one that a day is in."""
    number = first.year * 4 + (first.month - 1) // QUARTER_MONTHS
    for index in range(number, number + count):
        yield Quarter(first=_first_of(index), after=_first_of(index + 1))


def _first_of(index: int) -> date:
    return date(index // 4, index % 4 * QUARTER_MONTHS + 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicators:
    """A place in a quarter. Days are medians, empty where nothing is there to count.

    `reports` were filed in the quarter; of them `unanswered` saw no action of anybody
    yet. `applications` named a child in the quarter; of them `undecided` have no
    outcome yet. The rest is judged on the quarter's last day.
    """

    quarter: Quarter
    reports: int
    unanswered: int
    days_to_first_action: float | None
    applications: int
    undecided: int
    days_to_decision: float | None
    with_a_day: int
    overdue: int
    children: int
    without_guardian: int
    uncertain: int
    temporary_beyond_a_year: int


def indicators(
    quarter: Quarter, children: Sequence[KnownChild], matters: Sequence[KnownMatter]
) -> Indicators:
    """Return the figures of one quarter."""
    actions = [_first_action(one) for one in matters if _filed_in(one, quarter)]
    decisions = [
        days for child in children for days in _decisions(child.facts, quarter)
    ]
    standing = [_standing(one, quarter.last) for one in matters]
    statuses = [answer(child.periods, quarter.last).status for child in children]
    return Indicators(
        quarter=quarter,
        reports=len(actions),
        unanswered=actions.count(None),
        days_to_first_action=_median(actions),
        applications=len(decisions),
        undecided=decisions.count(None),
        days_to_decision=_median(decisions),
        with_a_day=sum(due is not None for due in standing),
        overdue=sum(due is not None and due < quarter.last for due in standing),
        children=sum(status is not Status.NONE for status in statuses),
        without_guardian=statuses.count(Status.GAP),
        uncertain=statuses.count(Status.UNCERTAIN),
        temporary_beyond_a_year=sum(
            _long_temporary(child.periods, quarter.last) for child in children
        ),
    )


def _median(days: Iterable[int | None]) -> float | None:
    counted = [day for day in days if day is not None]
    return median(counted) if counted else None


def _filed_in(one: KnownMatter, quarter: Quarter) -> bool:
    opening = one.state.opening
    filed = isinstance(opening, ReportFiled)
    return (
        filed
        and opening is not None
        and (quarter.first <= opening.on.earliest < quarter.after)
    )


def _first_action(one: KnownMatter) -> int | None:
    """Return the days from a report to the first act of anybody upon it."""
    opening: Any = one.state.opening
    acts = [
        fact.on.latest
        for fact in one.state.standing()
        if isinstance(fact, ReportReceived | ResponseRecorded)
    ]
    return max(0, (min(acts) - opening.on.earliest).days) if acts else None


def _decisions(facts: Sequence[KnownFact], quarter: Quarter) -> Iterator[int | None]:
    """Yield the days from each application of the quarter to its first outcome."""
    standing: list[Any] = [fact.event for fact in facts if not fact.annulled]
    for named in standing:
        if not isinstance(named, NamedInApplication):
            continue
        if not quarter.first <= named.on.earliest < quarter.after:
            continue
        outcomes = [
            event.on.latest
            for event in standing
            if isinstance(event, _OUTCOMES) and event.case == named.case
        ]
        first = min(outcomes, default=None)
        yield None if first is None else max(0, (first - named.on.earliest).days)


def _standing(one: KnownMatter, day: date) -> date | None:
    """Return the day by which an open matter was due, as it stood on a day."""
    state = as_done_by(one.state, day)
    opening = state.opening
    if opening is None or status_of(state) is MatterStatus.DONE:
        return None
    due = due_of(state)
    return due.latest if due else None


def _long_temporary(periods: Iterable[Period], day: date) -> bool:
    """Whether temporary guardianship by civil affairs stands for more than a year."""
    return any(
        period.line is Line.COVER
        and period.role is Role.STATE_TEMPORARY_GUARDIAN
        and period.surely_covers(day)
        and day - period.from_.latest > YEAR
        for period in periods
    )
