"""What changed: two states of knowledge of one child, side by side.

What lives here: the stretches of days on which the answer differs, and the acts that
made the difference. What never does: a judgment which of the two was right.

"What did this correction change, and for whom" is `changed_by` of its position: every
child that the entry concerns, with the days and both answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from events.entry import open_entry
from events.log import Log
from events.timeline import Answer, Line, Period, Role, Status, answer
from projections.custody import Custody, KnownFact, KnownPeriod


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Days on which the answers differ: from one, inclusive, until one, exclusive.

    An empty `from_` or `until` is before all, or after all, that is known. `before` and
    `after` are the answers of its first day, `causes` the acts recorded in between that
    put a period there or took it away.
    """

    from_: date | None
    until: date | None
    before: Answer
    after: Answer
    causes: tuple[KnownFact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How the answers for a child differ between two positions of the log.

    `unreadable` are the entries in between that cannot be read: what they would change
    is not known.
    """

    child: str
    before: int
    after: int
    stretches: tuple[Stretch, ...]
    unreadable: tuple[int, ...]


def compare(custody: Custody, child: str, before: int, after: int) -> Comparison:
    """Return on which days the answer at one position differs from that at another.

    Raises ValueError where `before` is above `after`.
    """
    if before > after:
        message = f"before ({before}) is above after ({after})"
        raise ValueError(message)
    history = custody.history(child, after)
    facts = [f for f in custody.explain(child, after) if f.position > before]
    moved = [p for p in history if before < (p.known_until or p.known_from)]
    then, now = _known(history, before), _known(history, after)
    found = custody.custody(child, date.max, after)
    return Comparison(
        child=child,
        before=before,
        after=after,
        stretches=tuple(stretches(then, now, moved, facts)),
        unreadable=tuple(n for n in found.unreadable if n > before) if found else (),
    )


def changed_by(log: Log, custody: Custody, position: int) -> list[Comparison]:
    """Return what an entry changed, for each child whose answers it changed.

    The entry must be applied; `projections.runner` has waited for it.
    """
    (stored,) = log.read(position - 1, 1)
    concerned = {header.concerns for header in open_entry(stored).frame.events}
    compared = [
        compare(custody, child, position - 1, position)
        for child in sorted(child for child in concerned if child)
    ]
    return [one for one in compared if one.stretches or one.unreadable]


def _known(history: Iterable[KnownPeriod], position: int) -> list[Period]:
    return [
        known.period
        for known in history
        if known.known_from <= position
        and (known.known_until is None or known.known_until > position)
    ]


def stretches(
    then: Sequence[Period],
    now: Sequence[Period],
    moved: Sequence[KnownPeriod] = (),
    facts: Sequence[KnownFact] = (),
) -> Iterable[Stretch]:
    """Yield the stretches between boundaries, neighbours with one difference as one."""
    edges = sorted({day for p in (*then, *now) for day in _boundaries(p)})
    open_ended: list[date | None] = [None, *edges, None]
    last: Stretch | None = None
    for from_, until in pairwise(open_ended):
        day = from_ or date.min
        before, after = answer(then, day), answer(now, day)
        if _meaning(before) == _meaning(after):
            continue
        causes = tuple(_causes(moved, facts, day))
        stretch = Stretch(
            from_=from_, until=until, before=before, after=after, causes=causes
        )
        if last is not None and last.until == from_ and _same(last, stretch):
            last = Stretch(
                from_=last.from_,
                until=until,
                before=last.before,
                after=last.after,
                causes=last.causes,
            )
            continue
        if last is not None:
            yield last
        last = stretch
    if last is not None:
        yield last


def _boundaries(period: Period) -> set[date]:
    found = {period.from_.earliest, period.from_.latest}
    if period.until is not None:
        found |= {period.until.earliest, period.until.latest}
    return found


_Said = tuple[Line, Role, str | None, bool]


def _meaning(found: Answer) -> tuple[Status, frozenset[_Said], frozenset[str]]:
    """Return what an answer says, without the numbers it says it under."""
    said = {
        (period.line, period.role, period.holder.id if period.holder else None, sure)
        for periods, sure in ((found.certain, True), (found.possible, False))
        for period in periods
    }
    to = frozenset(holder.id for holder in found.hand_over_to)
    return found.status, frozenset(said), to


def _same(one: Stretch, other: Stretch) -> bool:
    return (
        _meaning(one.before) == _meaning(other.before)
        and _meaning(one.after) == _meaning(other.after)
        and one.causes == other.causes
    )


def _causes(
    moved: Sequence[KnownPeriod], facts: Sequence[KnownFact], day: date
) -> Iterable[KnownFact]:
    """Yield the acts of the entries that moved a period over a day."""
    positions = {
        position
        for known in moved
        if known.period.may_cover(day)
        for position in (known.known_from, known.known_until)
    }
    return (fact for fact in facts if fact.position in positions)
