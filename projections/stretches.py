"""Days on which two states of knowledge of one child answer otherwise. Pure.

What lives here: all that was ever known of a child (`Knowledge`), the days between its
boundaries (`Part`), and the stretches of them on which two answers differ. What never
does: files; a judgment which of the answers was right.

Two answers are the same where they mean the same: status, who in which role for
certain, who perhaps, and to whom the child may be handed. Numbers, articles and the
boundaries of a period are not compared: they say why, not who.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from typing import NamedTuple

from events.guardianship import ChildRegistered
from events.timeline import Answer, Line, Period, Role, Status, answer
from projections.custody import LATEST, KnownFact, KnownPeriod, uncertain


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """All that was recorded of a child up to a position, and when it was held true.

    `unreadable` are the entries that cannot be read, ascending: from the first of them
    on every answer is uncertain.
    """

    history: Sequence[KnownPeriod]
    facts: Sequence[KnownFact] = ()
    unreadable: tuple[int, ...] = ()

    def since(self) -> int | None:
        """Return the position from which on the child was known; None: never."""
        registered = (
            fact.position
            for fact in self.facts
            if isinstance(fact.event, ChildRegistered)
        )
        held = (known.known_from for known in self.history)
        return min((*registered, *held, *self.unreadable), default=None)

    def readable(self, known_at: int) -> bool:
        """Whether all that concerns the child up to a position can be read."""
        return not self.unreadable or known_at < self.unreadable[0]


class Part(NamedTuple):
    """Days between two boundaries, in no state of knowledge any between them.

    `touching` are the periods that may cover them, whenever they were held true.
    """

    from_: date | None
    until: date | None
    touching: Sequence[KnownPeriod]

    def answer(self, knowledge: Knowledge, known_at: int) -> Answer:
        """Return what was answered of these days in a state of knowledge."""
        held = (known.period for known in self.touching if is_held(known, known_at))
        return self.answer_of(held, readable=knowledge.readable(known_at))

    def answer_of(self, periods: Iterable[Period], *, readable: bool) -> Answer:
        """Return what periods say of these days."""
        found = answer(periods, self.from_ or date.min)
        return found if readable else uncertain(found)


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


class _Judged(NamedTuple):
    part: Part
    before: Answer
    after: Answer
    causes: tuple[KnownFact, ...]


_Said = tuple[Line, Role, str | None, bool]
Meaning = tuple[Status, frozenset[_Said], frozenset[str]]


def meaning(found: Answer) -> Meaning:
    """Return what an answer says, without the numbers it says it under."""
    said = {
        (period.line, period.role, period.holder.id if period.holder else None, sure)
        for periods, sure in ((found.certain, True), (found.possible, False))
        for period in periods
    }
    to = frozenset(holder.id for holder in found.hand_over_to)
    return found.status, frozenset(said), to


def is_held(known: KnownPeriod, position: int) -> bool:
    """Whether a period was held true at a position."""
    return known.known_from <= position and (
        known.known_until is None or known.known_until > position
    )


def between(then: Iterable[Period], now: Iterable[Period]) -> Iterator[Stretch]:
    """Yield the stretches on which two lists of periods answer otherwise."""
    history = [
        *(KnownPeriod(period=one, known_from=0, known_until=1) for one in then),
        *(KnownPeriod(period=one, known_from=1, known_until=None) for one in now),
    ]
    return stretches(Knowledge(history=history), 0, 1)


def stretches(knowledge: Knowledge, before: int, after: int) -> Iterator[Stretch]:
    """Yield the stretches on which the answers at two positions differ.

    Neighbours with one difference, made by the same acts, are one stretch.
    """
    facts = [fact for fact in knowledge.facts if before < fact.position <= after]
    history = [
        known
        for known in knowledge.history
        if before < (known.known_until or LATEST) and known.known_from <= after
    ]
    judged = (
        _Judged(
            part,
            part.answer(knowledge, before),
            part.answer(knowledge, after),
            tuple(_causes(part, facts)),
        )
        for part in parts(history)
    )
    for _, group in groupby(judged, _difference):
        first, *rest = group
        if meaning(first.before) == meaning(first.after):
            continue
        yield Stretch(
            from_=first.part.from_,
            until=(rest[-1] if rest else first).part.until,
            before=first.before,
            after=first.after,
            causes=first.causes,
        )


def parts(
    history: Sequence[KnownPeriod], first: date | None = None, until: date | None = None
) -> Iterator[Part]:
    """Yield days in order, cut at every boundary that was ever known: all, or some.

    A period is looked at where it begins and while it may cover days, so the work
    grows with the periods that stand side by side, not with all of a life.
    """
    edges = sorted(
        {
            day
            for known in history
            for day in _boundaries(known.period)
            if (first is None or first < day) and (until is None or day < until)
        }
    )
    arriving: dict[int, list[KnownPeriod]] = {}
    for known in history:
        at = bisect_right(edges, known.period.from_.earliest)
        arriving.setdefault(at, []).append(known)
    ends: list[date | None] = [first, *edges, until]
    touching: list[KnownPeriod] = []
    for at, (from_, end) in enumerate(pairwise(ends)):
        day = from_ or date.min
        candidates = (*touching, *arriving.get(at, ()))
        touching = [known for known in candidates if known.period.may_cover(day)]
        yield Part(from_, end, touching)


def _boundaries(period: Period) -> set[date]:
    found = {period.from_.earliest, period.from_.latest}
    if period.until is not None:
        found |= {period.until.earliest, period.until.latest}
    return found


def _difference(one: _Judged) -> tuple[Meaning, Meaning, tuple[int, ...]]:
    """Return what makes two neighbours one; equal answers have no cause to tell."""
    before, after = meaning(one.before), meaning(one.after)
    told = () if before == after else tuple(fact.version for fact in one.causes)
    return before, after, told


def _causes(part: Part, facts: Sequence[KnownFact]) -> Iterator[KnownFact]:
    """Yield the acts of the entries that moved a period over these days."""
    positions = {
        position
        for known in part.touching
        for position in (known.known_from, known.known_until)
    }
    return (fact for fact in facts if fact.position in positions)
