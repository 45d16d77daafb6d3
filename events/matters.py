"""Matters: reports, duties, referrals, plans, homes and the like, by their streams.

What lives here: `Matter`, its fold, and what its facts say of its holder and its end;
shared by the deciders and the projections. What never does: rules, clocks.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from events.conditions import ConditionEnded
from events.dates import PartialDate
from events.duties import (
    ConsequenceDecided,
    DutyAssigned,
    DutyBreached,
    DutyFulfilled,
    DutyOpened,
    MatterFact,
    MeetingHeld,
    ReferralAccepted,
    ReferralDeclined,
    ReferralDone,
    ReferralMade,
    ReferralPassedOn,
)
from events.guardianship import ActAnnulled, ActReinstated
from events.homes import (
    DefectRemedied,
    FoundDefect,
    HomeClosed,
    HomeInspected,
    HomeRegistered,
)
from events.matter_kinds import MatterEvent, Opening
from events.plans import (
    FundAllocated,
    GuardianshipReviewed,
    PlanEnded,
    PlanMade,
    SupervisionBegun,
    SupervisionEnded,
    UnspentReturned,
)
from events.reports import ReportAnswered, ReportReceived
from events.residents import (
    CarePlanMade,
    ChildAssessed,
    ChildTakenIn,
    ComplaintAnswered,
    ComplaintCarriedOn,
    ComplaintMade,
    IncidentRecorded,
    Measure,
    MeasureTaken,
    ResidentLeft,
)
from events.timeline import Holder


class MatterStatus(StrEnum):
    """Where a matter stands; overdue is a question of a day, and is no status."""

    OPEN = "open"
    TAKEN_UP = "taken_up"
    DECLINED = "declined"
    BREACHED = "breached"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Matter:
    """What has happened in one matter: its facts by version, and which are annulled."""

    version: int = 0
    facts: dict[int, MatterFact] = field(default_factory=dict)
    annulled: frozenset[int] = frozenset()

    def standing(self) -> list[MatterFact]:
        """Return the facts that are not annulled, in order."""
        return [f for v, f in self.facts.items() if v not in self.annulled]

    @property
    def opening(self) -> Opening | None:
        """The fact that opened the matter, where it stands."""
        for fact in self.standing():
            if isinstance(fact, Opening):
                return fact
        return None


def evolve(matter: Matter, event: MatterEvent) -> Matter:
    """Return the state after an event: no rules, no errors, no clock."""
    version = matter.version + 1
    match event:
        case ActAnnulled():
            annulled = matter.annulled | {event.act}
            return replace(matter, version=version, annulled=annulled)
        case ActReinstated():
            annulled = matter.annulled - {event.act}
            return replace(matter, version=version, annulled=annulled)
        case _:
            facts = {**matter.facts, version: event}
            return replace(matter, version=version, facts=facts)


def as_done_by(matter: Matter, day: date) -> Matter:
    """Return the matter with the standing acts alone that were done by a day."""
    facts = {
        version: fact
        for version, fact in matter.facts.items()
        if fact.on.latest <= day and version not in matter.annulled
    }
    return replace(matter, facts=facts, annulled=frozenset())


def child_of(matter: Matter) -> str | None:
    """Return the child whom a matter is about, where it names one."""
    opening = matter.opening
    return None if opening is None else getattr(opening, "child", None)


def holder_of(matter: Matter) -> Holder | None:
    """Return who has a matter now: exactly one body, or nobody where none is named.

    A declined referral is its maker's again; a report is its last receiver's.
    """
    held: Holder | None = None
    maker: Holder | None = None
    for fact in matter.standing():
        match fact:
            case DutyOpened() | DutyAssigned():
                held = fact.owner
            case ReferralMade():
                held, maker = fact.to, fact.maker
            case ReferralPassedOn():
                held = fact.to
            case ReferralDeclined():
                held = maker
            case ReportReceived():
                held = fact.receiver
            case PlanMade() | FundAllocated() | HomeRegistered() | ChildTakenIn():
                held = fact.holder
            case IncidentRecorded():
                held = fact.holder
            case SupervisionBegun():
                held = fact.guardian
            case ComplaintMade():
                held = fact.against
            case ComplaintCarriedOn():
                held = fact.to
            case _:
                pass
    return held


def due_of(matter: Matter) -> PartialDate | None:
    """Return the day by which its holder must have acted, as last fixed."""
    due: PartialDate | None = None
    for fact in matter.standing():
        match fact:
            case DutyOpened() | ReferralMade() | ReferralPassedOn():
                due = fact.due
            case ReportReceived():
                due = due or fact.due
            case ComplaintMade() | ComplaintCarriedOn():
                due = fact.due
            case PlanMade() | SupervisionBegun() | CarePlanMade():
                due = fact.review_due
            case GuardianshipReviewed():
                due = fact.next_due
            case ChildTakenIn():
                due = fact.assessment_due
            case ChildAssessed():
                due = None
            case _:
                pass
    defects = [defect.due for defect in open_defects(matter)]
    return min(defects, key=lambda day: day.latest) if defects else due


def open_defects(matter: Matter) -> list[FoundDefect]:
    """Return what inspections of a house found and nobody has found remedied."""
    found: dict[int, FoundDefect] = {}
    for fact in matter.standing():
        if isinstance(fact, HomeInspected):
            found |= {defect.defect: defect for defect in fact.defects}
        elif isinstance(fact, DefectRemedied):
            found.pop(fact.defect, None)
    return list(found.values())


def status_of(matter: Matter) -> MatterStatus:
    """Return where a matter stands by its facts alone."""
    status = MatterStatus.OPEN
    for fact in matter.standing():
        match fact:
            case ReportReceived() | ReferralAccepted():
                status = MatterStatus.TAKEN_UP
            case ReferralDeclined():
                status = MatterStatus.DECLINED
            case ReferralPassedOn() | DutyAssigned() | ComplaintCarriedOn():
                status = MatterStatus.OPEN
            case DutyBreached():
                status = MatterStatus.BREACHED
            case (
                ReportAnswered()
                | ReferralDone()
                | DutyFulfilled()
                | MeetingHeld()
                | ConditionEnded()
                | PlanEnded()
                | UnspentReturned()
                | SupervisionEnded()
                | HomeClosed()
                | ResidentLeft()
                | ComplaintAnswered()
                | MeasureTaken(measure=Measure.CLOSED)
            ):
                status = MatterStatus.DONE
            case ConsequenceDecided():
                pass
            case _:
                pass
    return status
