"""Protection orders on a timeline: how long each stands, and whom it keeps apart.

What lives here: cutting an order at its last day, and what holders held while it stands
into stretches in which they may not, or not surely, be handed the child. What never
does: moving a guardianship: the holder of each stretch is the same (DV 29).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from events.dates import PartialDate
from events.guardianship import ProtectionOrdered
from events.timeline import HandOver, Line, Period

CUT = frozenset({Line.RELATION, Line.COVER, Line.PLACEMENT})
_WORSE = (HandOver.YES, HandOver.UNKNOWN, HandOver.NO)
"""The later one counts, where several orders stand."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a protection order says of itself: its case, first day without it, force."""

    case: str | None
    over: PartialDate
    hand_over: HandOver


def order_of(fact: ProtectionOrdered) -> Order:
    """Return how an order stands; its last day is a day, as the decider saw to."""
    over = fact.until.latest + timedelta(1)
    return Order(
        case=fact.case,
        over=PartialDate(over.isoformat()),
        hand_over=fact.hand_over,
    )


def kept_apart(periods: Sequence[Period], orders: dict[int, Order]) -> list[Period]:
    """Return the periods, cut where an order stands against their holder."""
    standing = [p for p in periods if p.line is Line.PROTECTION]
    cut = list(periods)
    for order in standing:
        force = orders[order.opened_by].hand_over
        cut = [piece for p in cut for piece in _pieces(p, order, force)]
    return cut


def _pieces(period: Period, order: Period, force: HandOver) -> Iterable[Period]:
    """Yield a period, in up to three stretches where the order cuts it."""
    mine = period.line in CUT and period.holder == order.holder
    first, last = _later(period.from_, order.from_), _sooner(period.until, order.until)
    if not mine or (last is not None and _key(last) <= _key(first)):
        yield period
        return
    if _key(period.from_) < _key(first):
        yield replace(period, until=first, closed_by=order.opened_by)
    inside = replace(period, hand_over=max(period.hand_over, force, key=_WORSE.index))
    if first is order.from_:
        inside = replace(inside, from_=first, opened_by=order.opened_by)
    if last is None or last is period.until:
        yield inside
        return
    yield replace(inside, until=last, closed_by=order.closed_by)
    yield replace(period, from_=last)


def _key(when: PartialDate) -> tuple[date, date]:
    return when.earliest, when.latest


def _later(one: PartialDate, other: PartialDate) -> PartialDate:
    return other if _key(one) < _key(other) else one


def _sooner(one: PartialDate | None, other: PartialDate | None) -> PartialDate | None:
    if one is None or other is None:
        return other if one is None else one
    return other if _key(other) < _key(one) else one
