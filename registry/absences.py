"""Six months of absence: the day on which somebody must see who has the child.

What lives here: that day, as a limit of the fact that says the absence began. What
never does: what follows from it, which is for a court (OP14 35(3)), for civil affairs
(MPL 92) or derived (`registry.classification`).
"""

from __future__ import annotations

from events.dates import PartialDate
from events.limits import Limit, LimitKind
from registry.law import figures
from registry.law.periods import Unit, limit


def absence(start: PartialDate) -> tuple[Limit, ...]:
    """Return the day on which an absence that began on a day is six months long.

    On that day the months are over (CC 1259: 以上 includes the number), whether it is
    a rest day or not: it is no last day to act, but the day from which it counts.
    """
    kind, months = LimitKind.ABSENCE, figures.ABSENCE_MONTHS
    return limit(kind, start, months, Unit.MONTHS, "civil_affairs", opens=True)
