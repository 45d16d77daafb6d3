"""Matters: reports, duties, referrals, meetings, conditions, by their streams.

What lives here: `Matter`, its fold, and what its facts say of its holder and its end;
shared by the deciders and the projections. What never does: rules, clocks.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from events.conditions import ConditionEnded, ConditionEvent, ConditionRecorded
from events.dates import PartialDate
from events.duties import (
    ConsequenceDecided,
    DutyAssigned,
    DutyBreached,
    DutyEvent,
    DutyFulfilled,
    DutyOpened,
    MatterFact,
    MeetingEvent,
    MeetingHeld,
    ReferralAccepted,
    ReferralDeclined,
    ReferralDone,
    ReferralEvent,
    ReferralMade,
    ReferralPassedOn,
)
from events.guardianship import ActAnnulled, ActReinstated
from events.reports import ReportAnswered, ReportEvent, ReportFiled, ReportReceived
from events.timeline import Holder

MatterEvent = ReportEvent | DutyEvent | ReferralEvent | MeetingEvent | ConditionEvent
"""Everything that may stand in a matter's stream."""
KINDS = ("report", "duty", "referral", "meeting", "condition")
"""What a matter's stream begins with, before the slash."""
Opening = ReportFiled | DutyOpened | ReferralMade | MeetingHeld | ConditionRecorded
"""The fact with which a matter begins."""


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
            case _:
                pass
    return held


def due_of(matter: Matter) -> PartialDate | None:
    """Return the day by which its holder must have acted, as last fixed."""
    due: PartialDate | None = None
    for fact in matter.standing():
        if isinstance(fact, DutyOpened | ReferralMade | ReferralPassedOn):
            due = fact.due
        elif isinstance(fact, ReportReceived):
            due = due or fact.due
    return due


def status_of(matter: Matter) -> MatterStatus:
    """Return where a matter stands by its facts alone."""
    status = MatterStatus.OPEN
    for fact in matter.standing():
        match fact:
            case ReportReceived() | ReferralAccepted():
                status = MatterStatus.TAKEN_UP
            case ReferralDeclined():
                status = MatterStatus.DECLINED
            case ReferralPassedOn() | DutyAssigned():
                status = MatterStatus.OPEN
            case DutyBreached():
                status = MatterStatus.BREACHED
            case (
                ReportAnswered()
                | ReferralDone()
                | DutyFulfilled()
                | MeetingHeld()
                | ConditionEnded()
            ):
                status = MatterStatus.DONE
            case ConsequenceDecided():
                pass
            case _:
                pass
    return status
