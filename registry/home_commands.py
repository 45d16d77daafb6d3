"""The commands about welfare homes and those who live there.

What lives here and what never does: as in `registry.matter_commands`, whose union they
join. Amounts are whole fen (1/100 yuan).
"""

from __future__ import annotations

from dataclasses import dataclass

from events.dates import PartialDate
from events.document import Document
from events.guardianship import PlacementForm
from events.homes import CloseReason, FoundDefect, HomeKind, Purpose
from events.residents import (
    Complainant,
    ComplaintOutcome,
    Grievance,
    IncidentKind,
    IntakeGround,
    LeaveReason,
    Measure,
)
from events.timeline import Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterHome:
    """Record that a house takes children in (MPL 96(2))."""

    home: str
    kind: HomeKind
    jurisdiction: str
    holder: Holder
    supervisor: Holder
    capacity: int
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class FixCapacity:
    """Record how many children may live in a house."""

    home: str
    capacity: int
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordInspection:
    """Record an inspection, with each defect and the day to have mended it."""

    home: str
    defects: tuple[FoundDefect, ...]
    document: Document
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRemedy:
    """Record that a defect was found mended."""

    home: str
    defect: int
    document: Document | None
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDonation:
    """Record what somebody gave to a house."""

    home: str
    donation: int
    amount: int
    purpose: Purpose
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDonationUse:
    """Record what was done with so much of a donation."""

    home: str
    donation: int
    amount: int
    purpose: Purpose
    document: Document
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseHome:
    """Record that a house takes nobody in any more."""

    home: str
    reason: CloseReason
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeInChild:
    """Record that a child lives in a house, by which ground."""

    stay: str
    child: str
    jurisdiction: str
    home: str
    ground: IntakeGround
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessChild:
    """Record the assessment of a child that was taken in."""

    stay: str
    document: Document
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeCarePlan:
    """Record how a resident is cared for, and when that is looked at again."""

    stay: str
    document: Document
    review_due: PartialDate
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceResident:
    """Record that a house placed a resident with kin or a foster family."""

    stay: str
    form: PlacementForm
    carer: Holder
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLeaving:
    """Record that a child lives in a house no more."""

    stay: str
    reason: LeaveReason
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordIncident:
    """Record what happened in a house; `child` is empty where it was no one child."""

    incident: str
    child: str | None
    jurisdiction: str
    home: str
    kind: IncidentKind
    document: Document | None
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeMeasure:
    """Record what was done after an incident; `closed` ends it."""

    incident: str
    measure: Measure
    document: Document | None
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeComplaint:
    """Record a complaint by a child or on its behalf (MPL 97)."""

    complaint: str
    child: str | None
    jurisdiction: str
    home: str | None
    complainant: Complainant
    grievance: Grievance
    against: Holder
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryOnComplaint:
    """Record that a complaint went to a higher authority."""

    complaint: str
    to: Holder
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerComplaint:
    """Record what the complainant was told."""

    complaint: str
    outcome: ComplaintOutcome
    document: Document
    on: PartialDate


HomeCommand = (
    RegisterHome
    | FixCapacity
    | RecordInspection
    | RecordRemedy
    | RecordDonation
    | RecordDonationUse
    | CloseHome
)
"""The commands about one house."""
StayCommand = TakeInChild | AssessChild | MakeCarePlan | PlaceResident | RecordLeaving
"""The commands about one child's stay in one house."""
IncidentCommand = RecordIncident | TakeMeasure
"""The commands about one incident."""
ComplaintCommand = MakeComplaint | CarryOnComplaint | AnswerComplaint
"""The commands about one complaint."""
ResidentCommand = StayCommand | IncidentCommand | ComplaintCommand
"""The commands about those who live in houses."""
HouseCommand = HomeCommand | ResidentCommand
"""Every command of this room."""
