"""The commands about matters: reports, duties, referrals, meetings, and their union.

What lives here and what never does: as in `registry.commands`, whose union they join.
They replace nothing in a correction: what was wrong is annulled and submitted anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from events.dates import PartialDate
from events.document import Document
from events.duties import Consequence, DeclineReason, Department, DutyKind
from events.reports import Compliance, Reporter, ReportOutcome, Response, Suspicion
from events.timeline import Holder
from registry.care_commands import CareCommand
from registry.condition_commands import ConditionCommand
from registry.home_commands import HouseCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """Record that somebody reported (MPL 11); `child` is empty where not known here."""

    report: str
    child: str | None
    jurisdiction: str
    reporter: Reporter
    suspicion: Suspicion
    to: Department
    on: PartialDate
    document: Document | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveReport:
    """Record that the submitter's department took the report up (MPL 11(3))."""

    report: str
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordResponse:
    """Record what was done towards a guardian or the child (MPL 118; DV 15, 16)."""

    report: str
    response: Response
    whom: Holder | None
    on: PartialDate
    document: Document | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalateReport:
    """Record that a report was carried to another department (MPL 118(1))."""

    report: str
    to: Department
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordVisit:
    """Record a visit after a warning, and what it found (DV 17(2))."""

    report: str
    compliance: Compliance
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerReport:
    """Record that the reporter was told what came of it (MPL 11(3))."""

    report: str
    outcome: ReportOutcome
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDuty:
    """Record that somebody owes something; `owner` is empty where nobody is named."""

    duty: str
    kind: DutyKind
    child: str | None
    jurisdiction: str
    department: Department
    owner: Holder | None
    on: PartialDate
    due: PartialDate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignDuty:
    """Give a duty to another owner, or to a first one."""

    duty: str
    department: Department
    owner: Holder
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfilDuty:
    """Record that the owner did what was due."""

    duty: str
    on: PartialDate
    document: Document | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBreach:
    """Record that a duty was not fulfilled by the day it was due."""

    duty: str
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideConsequence:
    """Record what was decided because of a breach (MPL 117)."""

    duty: str
    consequence: Consequence
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeReferral:
    """Refer something from the submitter to another body."""

    referral: str
    kind: DutyKind
    child: str | None
    jurisdiction: str
    to: Holder
    on: PartialDate
    due: PartialDate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptReferral:
    """Take up a referral that the submitter holds."""

    referral: str
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineReferral:
    """Decline a referral that the submitter holds: its maker holds it again."""

    referral: str
    reason: DeclineReason
    on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class PassOnReferral:
    """Pass a referral that the submitter holds to another body."""

    referral: str
    to: Holder
    on: PartialDate
    due: PartialDate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteReferral:
    """Record that what a referral asks is done."""

    referral: str
    on: PartialDate
    document: Document | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """One duty that a joint meeting gives to one department, with a day."""

    duty: str
    kind: DutyKind
    child: str | None
    department: Department
    owner: Holder
    due: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldMeeting:
    """Record a joint meeting: who met, its minutes, and what it resolved."""

    meeting: str
    jurisdiction: str
    participants: tuple[Holder, ...]
    minutes: Document
    on: PartialDate
    resolutions: tuple[Resolution, ...]


ReportCommand = (
    FileReport
    | ReceiveReport
    | RecordResponse
    | EscalateReport
    | RecordVisit
    | AnswerReport
)
"""The commands about one report."""
DutyCommand = OpenDuty | AssignDuty | FulfilDuty | RecordBreach | DecideConsequence
"""The commands about one duty."""
ReferralCommand = (
    MakeReferral | AcceptReferral | DeclineReferral | PassOnReferral | CompleteReferral
)
"""The commands about one referral."""
MatterCommand = (
    ReportCommand
    | DutyCommand
    | ReferralCommand
    | HoldMeeting
    | ConditionCommand
    | CareCommand
    | HouseCommand
)
"""Every command about a matter."""
