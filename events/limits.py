"""Limits: days by which somebody must have acted, as data inside events.

What lives here: the shape of a limit. What never does: the counting of days, which is
law and done before recording, and the clock: rules compare dates, and a limit that
passes ends no guardianship. A limit that moves is a new event with a new limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from events.dates import PartialDate


class LimitKind(StrEnum):
    """What is to have happened by the day, or may happen only from it on."""

    OBJECTION = "objection"
    """Last day to object to a designation; later it is a change (INT 10)."""
    TRIAL = "trial"
    """Last day to conclude the trial; the president may extend it (CPL 187)."""
    TEMPORARY_GUARDIANSHIP = "temporary_guardianship"
    """Temporary guardianship by civil affairs is not meant to last longer (OP14 15)."""
    EXPECTED_END = "expected_end"
    """The end that the act itself expected; it ends nothing by passing."""
    RESTORATION_OPENS = "restoration_opens"
    """First day on which restoration is asked for in time (OP14 38)."""
    RESTORATION_CLOSES = "restoration_closes"
    """Last day on which restoration is asked for in time (OP14 38)."""
    ADOPTION_OPENS = "adoption_opens"
    """First day on which the child may be given for adoption (OP14 44)."""
    LAST_RESORT = "last_resort"
    """Civil affairs must apply where the others did not in time (CC 36(3))."""
    ABSENCE = "absence"
    """Day on which a guardian is away for six months: see to the child (OP14 35(3))."""
    ORDER_RULING = "order_ruling"
    """Last day to rule on an application for a protection order (DV 28)."""
    ORDER_REVIEW = "order_review"
    """Last day to ask for the review of a protection order (DV 31)."""
    ORDER_ENDS = "order_ends"
    """Last day of a protection order, unless it is extended before (DV 30)."""


class OwedKind(StrEnum):
    """Days that matters have of themselves (`due`), listed beside the limits."""

    DUTY = "duty"
    """Day by which its owner must have fulfilled a duty."""
    REFERRAL = "referral"
    """Day by which who holds a referral must have answered it."""
    REPORT = "report"
    """Day by which the reporter is to be told what came of a report (MPL 11(3))."""


FIRST_DAYS = frozenset({LimitKind.RESTORATION_OPENS, LimitKind.ADOPTION_OPENS})
"""Kinds that open something: nobody is late when their day is over."""
LAPSES = frozenset(
    {
        LimitKind.OBJECTION,
        LimitKind.RESTORATION_CLOSES,
        LimitKind.ORDER_REVIEW,
        LimitKind.ORDER_ENDS,
    }
)
"""Kinds whose day ends a right or an order: who lets it pass owes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit: its day, whose it is, and the articles it is counted by.

    `at_the_earliest` says that the day may be later: the start is a partial date, or
    no calendar of holidays was at hand for a last day that may be one.
    """

    kind: LimitKind
    due: PartialDate
    at_the_earliest: bool
    who: str
    articles: tuple[str, ...]
