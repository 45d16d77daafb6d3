"""The end of childhood, and the days on which nobody holds.

What lives here: cutting spans at majority, death or full capacity, finding gaps with
whose duty they are, and the difference between two timelines. What never does: what an
act means. There is no silent gap: from the beginning to the end every day is held, or
is a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date

from events.dates import PartialDate
from events.timeline import Duty, HandOver, Line, Period, Role
from registry.spans import Fold

_TO_MAJORITY = frozenset({Line.MAINTENANCE, Line.PROTECTION})

End = tuple[PartialDate, int | None]
OfAge = Callable[[PartialDate], PartialDate]
"""From a birth date to the first day on which nobody is guardian any more."""
Owed = Callable[[PartialDate], tuple[Duty, tuple[str, ...]]]
"""From the first day of a gap to whose duty it is, and the articles."""


def ended(fold: Fold, of_age_on: OfAge) -> list[Period]:
    """Cut every span at the end of childhood, and drop those of no length.

    Full capacity by own labour ends guardianship, not support (CC 37, 39), and not a
    protection order, which ends with its last day.
    """
    end = _end(fold, of_age_on, capable=True)
    of_age = _end(fold, of_age_on, capable=False)
    cut: list[Period] = []
    for span in fold.spans:
        period = span.period
        until, closed_by = period.until, period.closed_by
        last = of_age if period.line in _TO_MAJORITY else end
        if period.line is Line.PROTECTION:  # its last day stands in its own act
            over = (fold.orders[span.act].over, span.act)
            last = min(filter(None, (last, over)), key=lambda e: _key(e[0]))
        if last and (until is None or _key(last[0]) < _key(until)):
            until, closed_by = last
        if until is None or _key(period.from_) < _key(until):
            cut.append(replace(period, until=until, closed_by=closed_by))
    return cut


def with_gaps(
    fold: Fold, spans: list[Period], of_age_on: OfAge, owed: Owed
) -> tuple[Period, ...]:
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
            gaps.append(_gap(owed, since, by, span.from_, span.opened_by))
        if span.until is None or _key(since) < _key(span.until):
            since, by = span.until, span.closed_by or by
    end = _end(fold, of_age_on, capable=True)
    if since is not None and (end is None or _key(since) < _key(end[0])):
        gaps.append(_gap(owed, since, by, *(end or (None, None))))
    return (*spans, *gaps)


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


def _key(when: PartialDate) -> tuple[date, date]:
    return when.earliest, when.latest


def _end(fold: Fold, of_age_on: OfAge, *, capable: bool) -> End | None:
    ends: list[End] = []
    if fold.born is not None:
        ends.append((of_age_on(fold.born), None))
    if fold.died is not None:
        ends.append(fold.died)
    if capable and fold.capable is not None:
        ends.append(fold.capable)
    return min(ends, key=lambda end: _key(end[0]), default=None)


def _gap(
    owed: Owed,
    since: PartialDate,
    by: int,
    until: PartialDate | None,
    closed_by: int | None,
) -> Period:
    """Return the period in which nobody holds, with whose duty it is."""
    duty, articles = owed(since)
    return Period(
        number=0,
        line=Line.GAP,
        role=Role.NOBODY,
        holder=None,
        from_=since,
        until=until,
        opened_by=by,
        closed_by=closed_by,
        articles=articles,
        hand_over=HandOver.NO,
        duty=duty,
    )
