"""From a command about a matter to its decider, on the state it touches.

What lives here: which function decides which command, and on which stream its events
stand. What never does: loading states, drafts, rules.
"""

from __future__ import annotations

from typing import Protocol, assert_never

from events.guardianship import Office
from events.matter_kinds import MatterEvent
from events.matters import Matter
from registry import conditions, duties, referrals, reports
from registry.care_commands import CareCommand
from registry.care_deciders import on_care, stream_of_care
from registry.child import Child, known
from registry.condition_commands import EndCondition, RecordCondition
from registry.home_commands import HouseCommand
from registry.matter_commands import (
    AcceptReferral,
    AnswerReport,
    AssignDuty,
    CompleteReferral,
    DecideConsequence,
    DeclineReferral,
    DutyCommand,
    EscalateReport,
    FileReport,
    FulfilDuty,
    HoldMeeting,
    MakeReferral,
    MatterCommand,
    OpenDuty,
    PassOnReferral,
    ReceiveReport,
    RecordBreach,
    RecordResponse,
    RecordVisit,
    ReferralCommand,
    ReportCommand,
)
from registry.pack import Effects

OneMatter = ReportCommand | DutyCommand | ReferralCommand | EndCondition
"""The commands about one matter alone."""


class States(Protocol):
    """What the deciders may ask of the state that an entry will stand upon."""

    def child(self, name: str) -> Child:
        """Return a child's state; an empty one where it has no events."""
        ...

    def matter(self, stream: str) -> Matter:
        """Return a matter's state; an empty one where it has no events."""
        ...


def on_matters(
    states: States, command: MatterCommand, by: Office, authority: str
) -> Effects:
    """Return what a command adds to the streams of matters.

    Raises NotKnownError where it names a child that the log does not hold.
    """
    if isinstance(command, HoldMeeting):
        for resolution in command.resolutions:
            _its_child(states, resolution.child)
        names = [resolution.duty for resolution in command.resolutions]
        resolved = {name: states.matter(f"duty/{name}") for name in names}
        meeting = states.matter(f"meeting/{command.meeting}")
        return on_meeting(meeting, resolved, command, by)
    if isinstance(command, RecordCondition):
        child = known(states.child(command.child), command.child)
        stream = stream_of(command)
        began = conditions.decide_record_condition(
            states.matter(stream), child, command, by
        )
        return [(stream, [*began])]
    if isinstance(command, CareCommand | HouseCommand):
        added = on_care(states, command, by, authority)
        return [(stream_of_care(command), [*added])]
    _its_child(states, getattr(command, "child", None))
    return on_matter(states.matter(stream_of(command)), command, by, authority)


def _its_child(states: States, child: str | None) -> None:
    if child is not None:
        known(states.child(child), child)


def stream_of(command: OneMatter | RecordCondition) -> str:
    """Return the stream of the matter that a command is about."""
    for kind in ("report", "duty", "referral", "condition"):
        if hasattr(command, kind):
            return f"{kind}/{getattr(command, kind)}"
    raise AssertionError(command)  # a command of the union has one of the three


def on_matter(
    matter: Matter, command: OneMatter, by: Office, authority: str
) -> Effects:
    """Return what a command about one matter adds to its stream."""
    if isinstance(command, ReportCommand):
        events = _on_report(matter, command, by, authority)
    elif isinstance(command, DutyCommand):
        events = _on_duty(matter, command, by, authority)
    elif isinstance(command, EndCondition):
        events = [*conditions.decide_end_condition(matter, command, by)]
    else:
        events = _on_referral(matter, command, by, authority)
    return [(stream_of(command), list(events))]


def _on_report(
    report: Matter, command: ReportCommand, by: Office, authority: str
) -> list[MatterEvent]:
    match command:
        case FileReport():
            return [*reports.decide_file_report(report, command, by)]
        case ReceiveReport():
            return [*reports.decide_receive_report(report, command, by, authority)]
        case RecordResponse():
            return [*reports.decide_record_response(report, command, by)]
        case EscalateReport():
            return [*reports.decide_escalate_report(report, command, by)]
        case RecordVisit():
            return [*reports.decide_record_visit(report, command, by)]
        case AnswerReport():
            return [*reports.decide_answer_report(report, command, by, authority)]
        case _ as never:
            assert_never(never)


def _on_duty(
    duty: Matter, command: DutyCommand, by: Office, authority: str
) -> list[MatterEvent]:
    match command:
        case OpenDuty():
            return [*duties.decide_open_duty(duty, command, by)]
        case AssignDuty():
            return [*duties.decide_assign_duty(duty, command, by)]
        case FulfilDuty():
            return [*duties.decide_fulfil_duty(duty, command, by, authority)]
        case RecordBreach():
            return [*duties.decide_record_breach(duty, command, by)]
        case DecideConsequence():
            return [*duties.decide_consequence(duty, command, by)]
        case _ as never:
            assert_never(never)


def _on_referral(
    referral: Matter, command: ReferralCommand, by: Office, authority: str
) -> list[MatterEvent]:
    match command:
        case MakeReferral():
            return [*referrals.decide_make_referral(referral, command, by, authority)]
        case AcceptReferral():
            return [*referrals.decide_accept_referral(referral, command, by, authority)]
        case DeclineReferral():
            return [
                *referrals.decide_decline_referral(referral, command, by, authority)
            ]
        case PassOnReferral():
            return [
                *referrals.decide_pass_on_referral(referral, command, by, authority)
            ]
        case CompleteReferral():
            return [
                *referrals.decide_complete_referral(referral, command, by, authority)
            ]
        case _ as never:
            assert_never(never)


def on_meeting(
    meeting: Matter, resolved: dict[str, Matter], command: HoldMeeting, by: Office
) -> Effects:
    """Return what a joint meeting adds to its stream and to those of its duties."""
    held, opened = duties.decide_hold_meeting(meeting, resolved, command, by)
    of_duties: Effects = [
        (f"duty/{name}", [*events]) for name, events in opened.items()
    ]
    return [(f"meeting/{command.meeting}", [*held]), *of_duties]
