"""The vocabulary of a report's stream: what was seen first, and what was done.

What lives here: frozen facts of the streams `report/<uuid>`. What never does: rules,
clocks, effects on a child's guardianship: a report, a warning, a visit move none. Who
reported is told as a class, never as a person (DV 14: kept confidential).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from events.dates import PartialDate
from events.document import Document
from events.duties import Department, MatterFact
from events.guardianship import ActAnnulled, ActReinstated
from events.timeline import Holder


class Reporter(StrEnum):
    """Who reports: the first five must (MPL 11(2)), the others may (MPL 11(1))."""

    STATE_ORGAN = "state_organ"
    COMMITTEE = "committee"
    SCHOOL = "school"
    MEDICAL_INSTITUTION = "medical_institution"
    CLOSE_CONTACT_UNIT = "close_contact_unit"
    GUARDIAN = "guardian"
    RELATIVE = "relative"
    CHILD = "child"
    OTHER_PERSON = "other_person"


class Suspicion(StrEnum):
    """What was seen or suspected (MPL 11(2), 17, 92; OP14 1)."""

    VIOLENCE = "violence"
    SEXUAL_ABUSE = "sexual_abuse"
    ABANDONMENT = "abandonment"
    SALE = "sale"
    UNATTENDED = "unattended"
    NEGLECT = "neglect"
    BEGGING = "begging"
    USED_FOR_CRIME = "used_for_crime"
    OUT_OF_SCHOOL = "out_of_school"
    NO_GUARDIAN = "no_guardian"
    OTHER = "other"


class Response(StrEnum):
    """What was done towards a guardian or a child; none of it moves guardianship.

    Sources: MPL 11(1), 118; DV 15-17; OP14 11, 35(5).
    """

    INQUIRED = "inquired"
    DISSUADED = "dissuaded"
    EDUCATED = "educated"
    ADMONISHED = "admonished"
    WARNED = "warned"
    GUIDANCE_ORDERED = "guidance_ordered"
    PUNISHED = "punished"
    REMOVED = "removed"


class ReportOutcome(StrEnum):
    """What the reporter is told came of it (MPL 11(3))."""

    UNFOUNDED = "unfounded"
    HELPED = "helped"
    GUARDIAN_WARNED = "guardian_warned"
    CHILD_PROTECTED = "child_protected"
    APPLICATION_FILED = "application_filed"
    REFERRED = "referred"


class Compliance(StrEnum):
    """What a visit found."""

    COMPLIES = "complies"
    DOES_NOT = "does_not"
    NOT_MET = "not_met"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiled(MatterFact):
    """Somebody reported; `child` is empty where it is not in the registry.

    `to` is the department that was told.
    """

    child: str | None
    jurisdiction: str
    reporter: Reporter
    suspicion: Suspicion
    to: Department
    document: Document | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportReceived(MatterFact):
    """A department took the report up; `due` is the day to have told the reporter."""

    receiver: Holder
    due: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRecorded(MatterFact):
    """Somebody acted; `whom` is the person who was spoken to, warned or ordered."""

    response: Response
    whom: Holder | None
    document: Document | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportEscalated(MatterFact):
    """The report was carried to another department (MPL 118(1))."""

    to: Department


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRecorded(MatterFact):
    """A family was visited, to see whether a warning is heeded (DV 17(2))."""

    compliance: Compliance


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAnswered(MatterFact):
    """A department told the reporter what came of it (MPL 11(3)): it is closed."""

    receiver: Holder
    outcome: ReportOutcome


ReportEvent = (
    ReportFiled
    | ReportReceived
    | ResponseRecorded
    | ReportEscalated
    | VisitRecorded
    | ReportAnswered
    | ActAnnulled
    | ActReinstated
)
"""Everything that may stand in a report's stream."""
