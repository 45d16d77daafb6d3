"""The vocabulary of welfare homes: the house, who looks after it, what it is given.

What lives here: frozen facts of the stream `home/<uuid>`: one house, its inspections
and donations. What never does: rules, clocks, who lives there (`events.residents`).
Source: Measures for child welfare institutions (MCA order No. 63, in
force 2019-01-01), read in texts that quote it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from events.dates import PartialDate
from events.document import Document
from events.duties import MatterFact
from events.guardianship import ActAnnulled, ActReinstated
from events.timeline import Holder


class HomeKind(StrEnum):
    """What a house is by law (MPL 93, 96(2))."""

    WELFARE_INSTITUTION = "welfare_institution"
    RESCUE_INSTITUTION = "rescue_institution"


class Defect(StrEnum):
    """What an inspection found wanting."""

    STAFFING = "staffing"
    FILES = "files"
    HEALTH_AND_FOOD = "health_and_food"
    FIRE_AND_BUILDING = "fire_and_building"
    TREATMENT_OF_CHILDREN = "treatment_of_children"
    SCHOOLING = "schooling"
    MONEY = "money"
    OPENNESS = "openness"


class CloseReason(StrEnum):
    """Why a house no longer takes children in."""

    MERGED = "merged"
    ORDERED = "ordered"
    NO_RESIDENTS = "no_residents"


class Purpose(StrEnum):
    """What a donation is for, or was used for."""

    CARE = "care"
    MEDICAL = "medical"
    SCHOOLING = "schooling"
    BUILDING = "building"
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeRegistered(MatterFact):
    """A house takes children in; `holder` runs it, `supervisor` supervises it."""

    kind: HomeKind
    jurisdiction: str
    holder: Holder
    supervisor: Holder
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityFixed(MatterFact):
    """So many children may live there from `on`."""

    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDefect:
    """One defect: `defect` numbers it in its house, from 1."""

    defect: int
    kind: Defect
    due: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeInspected(MatterFact):
    """The supervising authority looked; empty `defects` found nothing wanting."""

    defects: tuple[FoundDefect, ...]
    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class DefectRemedied(MatterFact):
    """A defect is there no more, as the supervising authority found."""

    defect: int
    document: Document | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DonationReceived(MatterFact):
    """Somebody gave money, in fen; `donation` numbers it in its house, from 1."""

    donation: int
    amount: int
    purpose: Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class DonationUsed(MatterFact):
    """So much of a donation was used, in fen."""

    donation: int
    amount: int
    purpose: Purpose
    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeClosed(MatterFact):
    """The house takes nobody in any more."""

    reason: CloseReason


HomeEvent = (
    HomeRegistered
    | CapacityFixed
    | HomeInspected
    | DefectRemedied
    | DonationReceived
    | DonationUsed
    | HomeClosed
    | ActAnnulled
    | ActReinstated
)
"""Everything that may stand in a house's stream."""
