"""Which kinds of matters there are: their streams, their events, what opens each.

What lives here: the union of the vocabularies of matters. What never does: their fold
(`events.matters`), rules.
"""

from __future__ import annotations

from events.conditions import ConditionEvent, ConditionRecorded
from events.duties import (
    DutyEvent,
    DutyOpened,
    MeetingEvent,
    MeetingHeld,
    ReferralEvent,
    ReferralMade,
)
from events.homes import HomeEvent, HomeRegistered
from events.plans import (
    FundAllocated,
    FundEvent,
    PlanEvent,
    PlanMade,
    SupervisionBegun,
    SupervisionEvent,
)
from events.reports import ReportEvent, ReportFiled
from events.residents import (
    ChildTakenIn,
    ComplaintEvent,
    ComplaintMade,
    IncidentEvent,
    IncidentRecorded,
    StayEvent,
)

MatterEvent = (
    ReportEvent
    | DutyEvent
    | ReferralEvent
    | MeetingEvent
    | ConditionEvent
    | PlanEvent
    | FundEvent
    | SupervisionEvent
    | HomeEvent
    | StayEvent
    | IncidentEvent
    | ComplaintEvent
)
"""Everything that may stand in a matter's stream."""
KINDS = (
    "report",
    "duty",
    "referral",
    "meeting",
    "condition",
    "plan",
    "fund",
    "supervision",
    "home",
    "stay",
    "incident",
    "complaint",
)
"""What a matter's stream begins with, before the slash."""
LASTING = ("condition/", "home/", "plan/", "fund/", "stay/", "supervision/")
"""Streams of what lasts: nobody has to act for it to be as it should."""
Opening = (
    ReportFiled
    | DutyOpened
    | ReferralMade
    | MeetingHeld
    | ConditionRecorded
    | PlanMade
    | FundAllocated
    | SupervisionBegun
    | HomeRegistered
    | ChildTakenIn
    | IncidentRecorded
    | ComplaintMade
)
"""The fact with which a matter begins."""
