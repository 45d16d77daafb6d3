"""The commands about guarantees, funds and the supervision of the state as guardian.

What lives here and what never does: as in `registry.matter_commands`, whose union they
join. Amounts are whole fen (1/100 yuan).
"""

from __future__ import annotations

from dataclasses import dataclass

from events.dates import PartialDate
from events.document import Document
from events.duties import Consequence
from events.plans import (
    EndedBecause,
    FundClass,
    Guarantee,
    GuaranteeItem,
    MissedReason,
    ReviewOutcome,
)
from events.timeline import Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class MakePlan:
    """Fix what a child is guaranteed, by whom (MPL 91)."""

    plan: str
    child: str
    jurisdiction: str
    holder: Holder
    items: tuple[GuaranteeItem, ...]
    review_due: PartialDate | None
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class AddGuarantee:
    """Add a guarantee to a plan."""

    plan: str
    item: GuaranteeItem
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class EndGuarantee:
    """Record that an item of a plan is due no more."""

    plan: str
    item: int
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDelivery:
    """Record that what was due of an item for a span of days was delivered."""

    plan: str
    item: int
    from_: PartialDate
    until: PartialDate | None
    amount: int | None
    document: Document | None
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMissedDelivery:
    """Record that what was due of an item was not delivered, and why."""

    plan: str
    item: int
    from_: PartialDate
    until: PartialDate | None
    reason: MissedReason
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPlan:
    """Record that nothing is due by a plan any more."""

    plan: str
    because: EndedBecause
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocateFund:
    """Record that money was set aside for a guarantee and a class of children."""

    fund: str
    jurisdiction: str
    holder: Holder
    guarantee: Guarantee
    beneficiaries: FundClass
    amount: int
    from_: PartialDate
    until: PartialDate
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class PayFromFund:
    """Record a payment; `plan` and `item` say what for, where it is one child's."""

    fund: str
    amount: int
    plan: str | None
    item: int | None
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnUnspent:
    """Record that all that was left of a fund went back."""

    fund: str
    amount: int
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMisuse:
    """Record that so much of what a fund paid was misused, and what follows."""

    fund: str
    amount: int
    consequence: Consequence
    document: Document
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginSupervision:
    """Name who watches over the state as a child's guardian."""

    supervision: str
    child: str
    jurisdiction: str
    guardian: Holder
    supervisor: Holder
    review_due: PartialDate
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class NameSupervisor:
    """Name another supervisor."""

    supervision: str
    supervisor: Holder
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordReview:
    """Record a review of the state's guardianship, and when the next is due."""

    supervision: str
    outcome: ReviewOutcome
    next_due: PartialDate
    document: Document
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSupervision:
    """Record that the supervision is over."""

    supervision: str
    because: EndedBecause
    on: PartialDate


PlanCommand = (
    MakePlan
    | AddGuarantee
    | EndGuarantee
    | RecordDelivery
    | RecordMissedDelivery
    | EndPlan
)
"""The commands about one plan."""
FundCommand = AllocateFund | PayFromFund | ReturnUnspent | RecordMisuse
"""The commands about one fund."""
SupervisionCommand = BeginSupervision | NameSupervisor | RecordReview | EndSupervision
"""The commands about one supervision."""
CareCommand = PlanCommand | FundCommand | SupervisionCommand
"""Every command of this room."""
