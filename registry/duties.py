"""Duties and joint meetings: owed, given on, fulfilled, breached, answered for.

What lives here: one `decide_…` function per command. What never does: clocks, ids,
I/O. A duty is never closed by a day that passes: it ends fulfilled, or breached, or
stays open with an owner; that nobody owns one is recorded as such, and shown.
"""

from __future__ import annotations

from events.dates import PartialDate
from events.duties import (
    ConsequenceDecided,
    Department,
    DutyAssigned,
    DutyBreached,
    DutyEvent,
    DutyFulfilled,
    DutyKind,
    DutyOpened,
    MeetingHeld,
)
from events.guardianship import Finding, Office
from events.matters import Matter, MatterStatus, due_of, holder_of, status_of
from registry.duty_matrix import DUTIES
from registry.law.reasons import finding
from registry.matter import a_body, body, due_after, known, last, new
from registry.matter_commands import (
    AssignDuty,
    DecideConsequence,
    FulfilDuty,
    HoldMeeting,
    OpenDuty,
    RecordBreach,
)
from registry.refusal import InvalidError, RefusedError


def is_the_departments(kind: DutyKind, department: Department) -> Finding:
    """Say whether a duty is a department's by the matrix, with its articles."""
    owed = DUTIES[kind]
    own = department in owed.departments
    reason = "department_owes_it" if own else "duty_of_another_department"
    return finding("is_the_departments", owed.articles, reason)


def decide_open_duty(duty: Matter, command: OpenDuty, by: Office) -> list[DutyEvent]:
    """Record a duty; that it is another department's by law is warned of."""
    new(duty, "duty")
    a_body(command.owner, "owner")
    due_after(command.due, command.on)
    opened = DutyOpened(
        on=command.on,
        by=by,
        findings=(is_the_departments(command.kind, command.department),),
        kind=command.kind,
        child=command.child,
        jurisdiction=command.jurisdiction,
        department=command.department,
        owner=command.owner,
        due=command.due,
        meeting=None,
    )
    return [opened]


def _open(duty: Matter, name: str, on: PartialDate) -> DutyOpened:
    opening = known(duty, f"duties/{name}", on)
    if status_of(duty) is MatterStatus.DONE:
        raise InvalidError("duty", "is fulfilled already")
    assert isinstance(opening, DutyOpened)  # noqa: S101  a duty's stream opens so
    return opening


def decide_assign_duty(
    duty: Matter, command: AssignDuty, by: Office
) -> list[DutyEvent]:
    """Record that a duty is another body's from a day on."""
    opening = _open(duty, command.duty, command.on)
    a_body(command.owner, "owner")
    if holder_of(duty) == command.owner:
        raise InvalidError("owner", "has the duty already")
    assigned = DutyAssigned(
        on=command.on,
        by=by,
        findings=(is_the_departments(opening.kind, command.department),),
        department=command.department,
        owner=command.owner,
    )
    return [assigned]


def decide_fulfil_duty(
    duty: Matter, command: FulfilDuty, by: Office, authority: str
) -> list[DutyEvent]:
    """Record that a duty is fulfilled; late is warned of, and a breach stays told.

    Raises RefusedError for anybody but its owner and civil affairs, which keeps the
    record for departments that submit nothing themselves.
    """
    _open(duty, command.duty, command.on)
    owner = holder_of(duty)
    if by is not Office.CIVIL_AFFAIRS and owner != body(authority):
        raise RefusedError("not_the_owner", ("MPL 9",), "record_by_the_owner")
    due = due_of(duty)
    late = due is not None and command.on.earliest > due.latest
    reason = "fulfilled_late" if late else "fulfilled_in_time"
    fulfilled = DutyFulfilled(
        on=command.on,
        by=by,
        findings=(finding("is_in_time", (), reason),),
        document=command.document,
    )
    return [fulfilled]


def decide_record_breach(
    duty: Matter, command: RecordBreach, by: Office
) -> list[DutyEvent]:
    """Record that the day passed and nothing was done; once, until it is assigned anew.

    A duty that nobody owns cannot be breached by anybody: it must be assigned first.
    """
    opening = _open(duty, command.duty, command.on)
    if status_of(duty) is MatterStatus.BREACHED:
        raise InvalidError("duty", "is breached already")
    due = due_of(duty)
    if due is None:
        raise InvalidError("duty", "has no day by which it was due")
    if command.on.earliest <= due.latest:
        raise InvalidError("on", f"is after {due}, the day it was due")
    if holder_of(duty) is None:
        raise InvalidError("duty", "is nobody's: assign it first")
    owed = DUTIES[opening.kind]
    articles = (*owed.articles, *owed.consequence)
    found = finding("is_in_time", articles, "not_fulfilled_when_due")
    return [DutyBreached(on=command.on, by=by, findings=(found,))]


def decide_consequence(
    duty: Matter, command: DecideConsequence, by: Office
) -> list[DutyEvent]:
    """Record what a breach brings; it must be recorded first."""
    opening = known(duty, f"duties/{command.duty}", command.on)
    assert isinstance(opening, DutyOpened)  # noqa: S101  a duty's stream opens so
    breached = last(duty, DutyBreached)
    if breached is None:
        raise InvalidError("duty", "has no breach on record")
    if command.on.latest < breached.on.earliest:
        raise InvalidError("on", "is not before the breach")
    articles = DUTIES[opening.kind].consequence
    reason = "consequence_in_the_law" if articles else "no_consequence_in_the_law"
    decided = ConsequenceDecided(
        on=command.on,
        by=by,
        findings=(finding("rests_on", articles, reason),),
        consequence=command.consequence,
    )
    return [decided]


def decide_hold_meeting(
    meeting: Matter, duties: dict[str, Matter], command: HoldMeeting, by: Office
) -> tuple[list[MeetingHeld], dict[str, list[DutyEvent]]]:
    """Record a meeting, and each resolution as a duty with owner and day: one entry."""
    new(meeting, "meeting")
    names = [resolution.duty for resolution in command.resolutions]
    if len(set(names)) != len(names):
        raise InvalidError("resolutions", "name each duty once")
    if not command.participants:
        raise InvalidError("participants", "names at least one")
    opened: dict[str, list[DutyEvent]] = {}
    for resolution in command.resolutions:
        new(duties[resolution.duty], "resolutions")
        a_body(resolution.owner, "resolutions")
        due_after(resolution.due, command.on)
        duty = DutyOpened(
            on=command.on,
            by=by,
            findings=(is_the_departments(resolution.kind, resolution.department),),
            kind=resolution.kind,
            child=resolution.child,
            jurisdiction=command.jurisdiction,
            department=resolution.department,
            owner=resolution.owner,
            due=resolution.due,
            meeting=command.meeting,
        )
        opened[resolution.duty] = [duty]
    held = MeetingHeld(
        on=command.on,
        by=by,
        findings=(),
        jurisdiction=command.jurisdiction,
        participants=command.participants,
        minutes=command.minutes,
        duties=tuple(names),
    )
    return [held], opened
