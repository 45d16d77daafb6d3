"""Periods of a child's legal timeline, the fold of their differences, the answer.

What lives here: the shape of a period, `apply` (the fold of `TimelineChanged`) and
`answer` (who, on a date). Standard library only; the deciders and the projections
share it, so what is maintained, rebuilt and decided can never differ. What never
does: law. A period is asserted or withdrawn by a recorded event and by nothing else.

A period runs from its first day inclusive to its last day exclusive. Its boundaries
may be partial dates; between the earliest and the latest day of a boundary the
answer is uncertain. The lines never merge into one status (in_depth §6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from events.dates import PartialDate


class HolderKind(StrEnum):
    """Whether a holder is a natural person or a body (office, court, institution)."""

    PERSON = "person"
    BODY = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds: a person by pseudonymous id (a UUID), or a body by its public id."""

    kind: HolderKind
    id: str


class Line(StrEnum):
    """The lines of a child's timeline, which never merge into one status."""

    RELATION = "relation"
    COVER = "cover"
    PLACEMENT = "placement"
    MAINTENANCE = "maintenance"
    GAP = "gap"
    BAR = "bar"
    PROTECTION = "protection"


class Role(StrEnum):
    """What the holder of a period is to the child on that line."""

    PARENT = "parent"
    """Guardian by law as a parent, by birth or adoption (CC 27(1), 1111)."""
    GUARDIAN = "guardian"
    """Guardian by order, consent, will, agreement or designation (CC 27-31, 36)."""
    STATE_GUARDIAN = "state_guardian"
    """Civil affairs or a committee because nobody is qualified (CC 32, MPL 94)."""
    TEMPORARY_GUARDIAN = "temporary_guardian"
    """Temporary guardian before a designation (CC 31(3))."""
    STATE_TEMPORARY_GUARDIAN = "state_temporary_guardian"
    """Temporary guardianship by civil affairs (MPL 92)."""
    JUDGMENT_MEASURES = "judgment_measures"
    """Temporary measures of a judgment (CC 36(1))."""
    TEMPORARY_CARE = "temporary_care"
    """Temporary living care in an emergency; moves no guardianship (CC 34(4))."""
    PAYER = "payer"
    """Owes maintenance; no guardianship event ends it (CC 37)."""
    DISQUALIFIED = "disqualified"
    """Barred from the guardianship of this child (CC 36)."""
    NOBODY = "nobody"
    """No guardian and no temporary guardian: the role of every gap."""
    CARER = "carer"
    """Cares for the child in fact under a placement; is no guardian (INT 13)."""
    KEPT_AWAY = "kept_away"
    """A protection order stands against the holder; moves no guardianship (DV 29)."""


class HandOver(StrEnum):
    """Whether the child may be handed to the holder: not the same as being guardian."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Cause(StrEnum):
    """Why a timeline changed."""

    ACT = "act"
    RULES = "rules"
    IDENTITY = "identity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Whose duty a gap is, and the day by which it is to be met."""

    who: str
    due: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One stretch of one line: who, in what role, from and until when, by which acts.

    `number` is dense per child, from 1, and never used again. `opened_by` and
    `closed_by` are versions in the child's stream of the acts that set the
    boundaries; `closed_by` is empty where the end follows from the birth date alone.
    """

    number: int
    line: Line
    role: Role
    holder: Holder | None
    from_: PartialDate
    until: PartialDate | None
    opened_by: int
    closed_by: int | None
    articles: tuple[str, ...]
    hand_over: HandOver
    duty: Duty | None

    def may_cover(self, day: date) -> bool:
        """Whether some reading of the boundaries puts the day inside."""
        return self.from_.earliest <= day and (
            self.until is None or day < self.until.latest
        )

    def surely_covers(self, day: date) -> bool:
        """Whether every reading of the boundaries puts the day inside."""
        return self.from_.latest <= day and (
            self.until is None or day < self.until.earliest
        )


def apply(
    live: Mapping[int, Period], withdrawn: Iterable[int], asserted: Iterable[Period]
) -> dict[int, Period]:
    """Return the live periods after one difference.

    Raises ValueError where a withdrawn number is not live or an asserted one is: the
    record would contradict itself, and the caller must stop rather than guess.
    """
    periods = dict(live)
    for number in withdrawn:
        if periods.pop(number, None) is None:
            message = f"period {number} is withdrawn but not live"
            raise ValueError(message)
    for period in asserted:
        if period.number in periods:
            message = f"period {period.number} is asserted twice"
            raise ValueError(message)
        periods[period.number] = period
    return periods


class Status(StrEnum):
    """The short form of an answer; the periods behind it are the answer."""

    GUARDIAN = "guardian"
    COVERED = "covered"
    GAP = "gap"
    UNCERTAIN = "uncertain"
    NONE = "none"
    """Before birth or finding, after majority or death: nobody is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Who, on one date: the periods that stand, those that may, and to whom to go.

    `hand_over_to` names the holders the child may be handed to: while a cover stands
    they are its holders (CC 31(3), MPL 92, 93(2): the guardian's exercise rests),
    otherwise the guardians whose period says so.
    """

    status: Status
    certain: tuple[Period, ...]
    possible: tuple[Period, ...]
    hand_over_to: tuple[Holder, ...]


_CUSTODY = frozenset({Line.RELATION, Line.COVER, Line.GAP})
HANDING_OVER = {Status.GUARDIAN: Line.RELATION, Status.COVERED: Line.COVER}
"""The line whose holders the child may be handed to; of other statuses nobody's."""


def answer(periods: Iterable[Period], day: date) -> Answer:
    """Return what the periods say of one day.

    `possible` holds periods that contain the day in some readings of a partial date
    only; where one of them is of the custody lines the status is uncertain and
    nobody is named for handing over.
    """
    touching = sorted(
        (period for period in periods if period.may_cover(day)),
        key=lambda period: period.number,
    )
    certain = tuple(p for p in touching if p.surely_covers(day))
    possible = tuple(p for p in touching if not p.surely_covers(day))
    status = status_of({p.line for p in certain}, {p.line for p in possible})
    line = HANDING_OVER.get(status)
    to = tuple(
        p.holder
        for p in certain
        if p.line is line and p.holder and p.hand_over is HandOver.YES
    )
    return Answer(status=status, certain=certain, possible=possible, hand_over_to=to)


def status_of(
    certain: frozenset[Line] | set[Line], possible: frozenset[Line] | set[Line]
) -> Status:
    """Return the status that lines give which stand, and which may stand."""
    if not possible.isdisjoint(_CUSTODY):
        return Status.UNCERTAIN
    if Line.GAP in certain:
        return Status.GAP
    if Line.COVER in certain:
        return Status.COVERED
    return Status.GUARDIAN if Line.RELATION in certain else Status.NONE
