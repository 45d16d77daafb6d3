"""The vocabulary of guarantees: what a child is promised, the money, the supervision.

What lives here: frozen facts of the streams `plan/<uuid>` (one child's guarantees),
`fund/<uuid>` (money for a purpose) and `supervision/<uuid>` (the state as guardian,
watched). What never does: rules, clocks, effects on a guardianship. Amounts are whole
fen (1/100 yuan) and never negative. Sources: MPL 8, 91 to 95; State
Council 2016 No. 36.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from events.dates import PartialDate
from events.document import Document
from events.duties import Consequence, Department, MatterFact
from events.guardianship import ActAnnulled, ActReinstated
from events.timeline import Holder


class Guarantee(StrEnum):
    """What a child is guaranteed (MPL 91; State Council 2016 No. 36)."""

    LIVING = "living"
    MEDICAL = "medical"
    EDUCATION = "education"
    GUARDIANSHIP = "guardianship"
    DISABILITY_SERVICES = "disability_services"
    SAFETY_AND_HOUSING = "safety_and_housing"


class Cadence(StrEnum):
    """How often an item is due between its first and last day."""

    ONCE = "once"
    MONTHLY = "monthly"
    YEARLY = "yearly"


class MissedReason(StrEnum):
    """Why what was due was not delivered."""

    NO_FUNDS = "no_funds"
    NO_PROVIDER = "no_provider"
    REFUSED_BY_GUARDIAN = "refused_by_guardian"
    CHILD_NOT_REACHED = "child_not_reached"
    UNKNOWN = "unknown"


class FundClass(StrEnum):
    """The class of children whom money is for."""

    ORPHAN = "orphan"
    DE_FACTO_UNATTENDED = "de_facto_unattended"
    IN_DIFFICULTY = "in_difficulty"
    LEFT_BEHIND = "left_behind"
    STATE_WARD = "state_ward"
    ALL = "all"


class ReviewOutcome(StrEnum):
    """What a review of the state's guardianship found."""

    ADEQUATE = "adequate"
    TO_IMPROVE = "to_improve"
    INADEQUATE = "inadequate"


class EndedBecause(StrEnum):
    """Why a plan or a supervision is over."""

    OF_AGE = "of_age"
    RETURNED = "returned"
    ADOPTED = "adopted"
    MOVED = "moved"
    REPLACED = "replaced"
    DIED = "died"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuaranteeItem:
    """One guarantee: whose task it is, how often, how much money where money is due.

    `item` numbers it in its plan, from 1. `amount` is in fen, each time it is due.
    """

    item: int
    guarantee: Guarantee
    department: Department
    owner: Holder
    cadence: Cadence
    amount: int | None
    from_: PartialDate
    until: PartialDate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMade(MatterFact):
    """A child's guarantees were fixed; `review_due` is the day to look again."""

    child: str
    jurisdiction: str
    holder: Holder
    items: tuple[GuaranteeItem, ...]
    review_due: PartialDate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAdded(MatterFact):
    """A guarantee joined the plan."""

    item: GuaranteeItem


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEnded(MatterFact):
    """A guarantee is due no more from `on`."""

    item: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GuaranteeDelivered(MatterFact):
    """What was due of an item for a span of days was delivered."""

    item: int
    from_: PartialDate
    until: PartialDate | None
    amount: int | None
    document: Document | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuaranteeMissed(MatterFact):
    """It was found that what was due of an item was not delivered."""

    item: int
    from_: PartialDate
    until: PartialDate | None
    reason: MissedReason


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEnded(MatterFact):
    """Nothing is due by the plan any more."""

    because: EndedBecause


@dataclass(frozen=True, slots=True, kw_only=True)
class FundAllocated(MatterFact):
    """Money was set aside in a place, for a guarantee and a class of children."""

    jurisdiction: str
    holder: Holder
    guarantee: Guarantee
    beneficiaries: FundClass
    amount: int
    from_: PartialDate
    until: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class FundPaid(MatterFact):
    """Money of a fund was paid out; for an item of a plan where that is named."""

    amount: int
    plan: str | None
    item: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnspentReturned(MatterFact):
    """What was left of a fund went back: it is closed."""

    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MisuseFound(MatterFact):
    """It was found that so much of what was paid went elsewhere."""

    amount: int
    consequence: Consequence
    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionBegun(MatterFact):
    """The state is a child's guardian; `supervisor` is the named person who watches."""

    child: str
    jurisdiction: str
    guardian: Holder
    supervisor: Holder
    review_due: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisorNamed(MatterFact):
    """Somebody else watches from `on`."""

    supervisor: Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardianshipReviewed(MatterFact):
    """The state's guardianship was reviewed; `next_due` is the day of the next one."""

    outcome: ReviewOutcome
    next_due: PartialDate
    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionEnded(MatterFact):
    """The state is guardian no more, or another body watches."""

    because: EndedBecause


PlanEvent = (
    PlanMade
    | ItemAdded
    | ItemEnded
    | GuaranteeDelivered
    | GuaranteeMissed
    | PlanEnded
    | ActAnnulled
    | ActReinstated
)
"""Everything that may stand in a plan's stream."""
FundEvent = (
    FundAllocated
    | FundPaid
    | UnspentReturned
    | MisuseFound
    | ActAnnulled
    | ActReinstated
)
"""Everything that may stand in a fund's stream."""
SupervisionEvent = (
    SupervisionBegun
    | SupervisorNamed
    | GuardianshipReviewed
    | SupervisionEnded
    | ActAnnulled
    | ActReinstated
)
"""Everything that may stand in a supervision's stream."""
