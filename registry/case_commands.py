"""The commands about what happens around a case until it is decided, and beside it.

What lives here and what never does: as in `registry.commands`, whose union they join.
They replace nothing in a correction: what was wrong is annulled and submitted anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from events.cases import Applicant
from events.dates import PartialDate
from events.document import Document
from events.proceedings import (
    Advice,
    EvidenceKind,
    ProtectionAsked,
    ProtectionMeasure,
    ProtectionOutcome,
    Wish,
)
from events.timeline import Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEvidence:
    """Record that a document was put before the court, by its digest (OP14 28, 29)."""

    case: str
    kind: EvidenceKind
    child: str | None
    document: Document
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordHearing:
    """Record that the court heard the case, and who was summoned and did not come."""

    case: str
    absent: tuple[Holder, ...]
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class HearWish:
    """Record what a child said when it was asked (CC 35(2)); `case` where in one."""

    child: str
    case: str | None
    wish: Wish
    toward: Holder | None
    on: PartialDate
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviseApplication:
    """Record a procurator's written notice or recommendation (OP14 30; MPL 106)."""

    child: str
    advice: Advice
    to: Holder
    respondents: tuple[Holder, ...]
    on: PartialDate
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportApplication:
    """Record that a procurator supports an application (MPL 106)."""

    case: str
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyForProtection:
    """Record what was asked about a protection order for a child (DV 23, 30, 31).

    The case may be its own, or one of disqualification. `minute` is that of the day,
    in Beijing, where it is known: the court's hours run from it.
    """

    case: str
    court: str
    number: str | None
    asked: ProtectionAsked
    urgent: bool
    applicant: Applicant
    child: str
    respondents: tuple[Holder, ...]
    on: PartialDate
    minute: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideProtection:
    """Record what a court decided about a protection order (DV 28 to 31).

    `against`, `measures` and `until`, its last day, say what stands from `on`; they are
    empty where nothing stands, or what stood before.
    """

    case: str
    court: str
    number: str | None
    outcome: ProtectionOutcome
    child: str
    against: tuple[Holder, ...]
    measures: tuple[ProtectionMeasure, ...]
    until: PartialDate | None
    on: PartialDate
    minute: int | None
    order: int
    document: Document | None


OfCase = ListEvidence | RecordHearing | SupportApplication
"""What stands on a case's stream alone."""

OfChild = HearWish | AdviseApplication
"""What stands on a child's stream alone."""

Protection = ApplyForProtection | DecideProtection
"""What concerns a case and one child."""

ProceedingCommand = OfCase | OfChild | Protection
"""Everything of this module that can be submitted."""
