"""The vocabulary of those who live in welfare homes: stays, incidents, complaints.

What lives here: frozen facts of the streams `stay/<uuid>` (one child in one house),
`incident/<uuid>` and `complaint/<uuid>`. What never does: rules, clocks, guardianship:
where a child lives is placement. Source: Measures for child welfare institutions (MCA
order No. 63, in force 2019-01-01), read in texts that quote it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from events.dates import PartialDate
from events.document import Document
from events.duties import MatterFact
from events.guardianship import ActAnnulled, ActReinstated, PlacementForm
from events.timeline import Holder


class IntakeGround(StrEnum):
    """On which ground a child is taken in (MPL 92, 94; MCA order No. 63, 9 and 10)."""

    LONG_TERM_GUARDIANSHIP = "long_term_guardianship"
    TEMPORARY_PARENTS_SOUGHT = "temporary_parents_sought"
    TEMPORARY_NO_RESCUE_INSTITUTION = "temporary_no_rescue_institution"
    TEMPORARY_SPECIAL_CARE = "temporary_special_care"
    SPECIAL_HARDSHIP = "special_hardship"


class LeaveReason(StrEnum):
    """Why a child lives there no more."""

    RETURNED = "returned"
    ADOPTED = "adopted"
    OF_AGE = "of_age"
    MOVED = "moved"
    DIED = "died"
    ABSENT = "absent"


class IncidentKind(StrEnum):
    """What happened."""

    INJURY = "injury"
    ILLNESS = "illness"
    VIOLENCE = "violence"
    SEXUAL_ABUSE = "sexual_abuse"
    MISSING = "missing"
    DEATH = "death"
    FIRE = "fire"
    OTHER = "other"


GRAVE = frozenset(
    {
        IncidentKind.VIOLENCE,
        IncidentKind.SEXUAL_ABUSE,
        IncidentKind.MISSING,
        IncidentKind.DEATH,
    }
)
"""What somebody must look at at once."""


class Measure(StrEnum):
    """What was done after an incident."""

    TREATED = "treated"
    REPORTED_TO_POLICE = "reported_to_police"
    STAFF_SUSPENDED = "staff_suspended"
    RULES_CHANGED = "rules_changed"
    CLOSED = "closed"


class Complainant(StrEnum):
    """Who complains: the child, or somebody on its behalf."""

    CHILD = "child"
    RELATIVE = "relative"
    STAFF = "staff"
    ANYBODY = "anybody"


class Grievance(StrEnum):
    """What a complaint is about."""

    TREATMENT = "treatment"
    CONTACT = "contact"
    SCHOOLING = "schooling"
    HEALTH = "health"
    FOOD_AND_HOUSING = "food_and_housing"
    MONEY = "money"
    OTHER = "other"


class ComplaintOutcome(StrEnum):
    """What the complainant was told."""

    FOUNDED = "founded"
    PARTLY_FOUNDED = "partly_founded"
    UNFOUNDED = "unfounded"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildTakenIn(MatterFact):
    """A child lives in a house from `on`; `assessment_due` is the day to know it by."""

    child: str
    jurisdiction: str
    home: str
    holder: Holder
    ground: IntakeGround
    assessment_due: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildAssessed(MatterFact):
    """Health, needs and wishes of the child were assessed."""

    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class CarePlanMade(MatterFact):
    """How the child is cared for was fixed; `review_due` is the day to look again."""

    document: Document
    review_due: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentPlaced(MatterFact):
    """The house placed the child with a family and stays responsible."""

    form: PlacementForm
    carer: Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentLeft(MatterFact):
    """The child lives there no more."""

    reason: LeaveReason


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRecorded(MatterFact):
    """Something happened in a house; `child` is empty where it struck no one child."""

    child: str | None
    jurisdiction: str
    home: str
    holder: Holder
    kind: IncidentKind
    document: Document | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureTaken(MatterFact):
    """Something was done after an incident."""

    measure: Measure
    document: Document | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintMade(MatterFact):
    """Somebody complains about a body that cares for a child; it answers by `due`."""

    child: str | None
    jurisdiction: str
    home: str | None
    complainant: Complainant
    grievance: Grievance
    against: Holder
    due: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintCarriedOn(MatterFact):
    """The complainant went to a higher authority, which answers by `due`."""

    to: Holder
    due: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintAnswered(MatterFact):
    """The body that has the complaint told the complainant what came of it."""

    outcome: ComplaintOutcome
    document: Document


StayEvent = (
    ChildTakenIn
    | ChildAssessed
    | CarePlanMade
    | ResidentPlaced
    | ResidentLeft
    | ActAnnulled
    | ActReinstated
)
"""Everything that may stand in a stay's stream."""
IncidentEvent = IncidentRecorded | MeasureTaken | ActAnnulled | ActReinstated
"""Everything that may stand in an incident's stream."""
ComplaintEvent = (
    ComplaintMade | ComplaintCarriedOn | ComplaintAnswered | ActAnnulled | ActReinstated
)
"""Everything that may stand in a complaint's stream."""
