"""The vocabulary of one court case's stream: procedure only.

What lives here: what happened in the case. What never does: effects on a child,
which stand on the child's stream, in the same entry. Streams are `case/<uuid>`; the
id is the opaque id that the court's system gives the file. A case number is not a
name, but leads to one: its field is marked `personal` in the schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from events.dates import PartialDate
from events.document import Document
from events.guardianship import ActAnnulled, ActReinstated, Finding, Office
from events.limits import Limit
from events.proceedings import Asked, EvidenceKind, ProtectionAsked, ProtectionOutcome
from events.timeline import Holder


class ApplicantClass(StrEnum):
    """In what standing somebody applies (CC 36(2), OP14 27)."""

    PARENT = "parent"
    GRANDPARENT = "grandparent"
    SIBLING = "sibling"
    OTHER_RELATIVE = "other_relative"
    OTHER_PERSON = "other_person"
    CARER = "carer"
    WARD = "ward"
    COMMITTEE = "committee"
    EMPLOYER = "employer"
    SCHOOL = "school"
    MEDICAL_INSTITUTION = "medical_institution"
    WOMENS_FEDERATION = "womens_federation"
    DISABLED_FEDERATION = "disabled_federation"
    YOUTH_LEAGUE = "youth_league"
    PROTECTION_ORGANISATION = "protection_organisation"
    RESCUE_INSTITUTION = "rescue_institution"
    CIVIL_AFFAIRS = "civil_affairs"
    PROCURATORATE = "procuratorate"
    POLICE = "police"
    CHILD_OF_WARD = "child_of_ward"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """Who applies, and in what standing."""

    holder: Holder
    standing: ApplicantClass


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationFiled:
    """An application was filed with a court (CC 36(2), 38)."""

    asked: Asked
    applicant: Applicant
    filed_on: PartialDate
    court: str
    number: str | None
    by: Office
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationAccepted:
    """The court docketed the application; the time for trial runs (CPL 187)."""

    on: PartialDate
    findings: tuple[Finding, ...]
    limits: tuple[Limit, ...]


class TrialLimitReason(StrEnum):
    """Why the time for trial ends on another day (CPL 187)."""

    PUBLIC_NOTICE = "public_notice"
    EXTENDED = "extended"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialLimitMoved:
    """The time for trial ends on another day: the new limit stands in `limits`."""

    on: PartialDate
    reason: TrialLimitReason
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationWithdrawn:
    """The applicant withdrew; nothing moved. The duty of last resort revives."""

    on: PartialDate
    findings: tuple[Finding, ...]
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureTerminated:
    """The court ended the procedure as a civil dispute, undecided (CPL 186)."""

    on: PartialDate
    findings: tuple[Finding, ...]


class Outcome(StrEnum):
    """The outcome of a case as a whole; each child's own stands on its stream."""

    GRANTED = "granted"
    PARTLY_GRANTED = "partly_granted"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecorded:
    """A court decided. Three dates: decided, effective, and the entry's recorded_at."""

    court: str
    decided_on: PartialDate
    effective_on: PartialDate
    outcome: Outcome
    number: str | None
    document: Document | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceListed:
    """A document was put before the court, by its digest; `child` if of one (OP14 28).

    `by` is the class of authority that put it there.
    """

    on: PartialDate
    kind: EvidenceKind
    child: str | None
    document: Document
    by: Office
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HearingHeld:
    """The court heard the case; `absent` are those summoned who did not come."""

    on: PartialDate
    absent: tuple[Holder, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationSupported:
    """A procurator supported the application, and is no party by it (MPL 106)."""

    on: PartialDate
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionApplied:
    """Something was asked about a protection order for a child (DV 23, 30, 31).

    `minute` is that of the day, in Beijing, in which the court received it.
    """

    asked: ProtectionAsked
    urgent: bool
    applicant: Applicant
    on: PartialDate
    minute: int | None
    court: str
    number: str | None
    child: str
    respondents: tuple[Holder, ...]
    by: Office
    findings: tuple[Finding, ...]
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionDecided:
    """A court decided about a protection order; what stands is on the child's stream.

    `minute` is that of the day, in Beijing, in which it was decided.
    """

    outcome: ProtectionOutcome
    court: str
    on: PartialDate
    minute: int | None
    number: str | None
    child: str
    document: Document | None
    findings: tuple[Finding, ...]
    limits: tuple[Limit, ...]


CaseEvent = (
    ApplicationFiled
    | ApplicationAccepted
    | TrialLimitMoved
    | ApplicationWithdrawn
    | ProcedureTerminated
    | DecisionRecorded
    | EvidenceListed
    | HearingHeld
    | ApplicationSupported
    | ProtectionApplied
    | ProtectionDecided
    | ActAnnulled
    | ActReinstated
)
"""Everything that may stand in a case's stream."""
