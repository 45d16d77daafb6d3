"""From a command to its decider, on the states it touches.

What lives here: which function decides which command, and on which streams its events
stand. What never does: loading states, drafts, rules.
"""

from __future__ import annotations

from typing import assert_never

from events.guardianship import Office
from registry import (
    cases,
    endings,
    guardianship,
    judgments,
    measures,
    placement,
    proceedings,
    protection,
    registration,
)
from registry.case import Case
from registry.case_commands import (
    AdviseApplication,
    ApplyForProtection,
    DecideProtection,
    HearWish,
    ListEvidence,
    RecordHearing,
    SupportApplication,
)
from registry.child import Child
from registry.commands import (
    AcceptApplication,
    DesignateGuardian,
    EndGuardianship,
    EndPlacement,
    EndTemporaryArrangement,
    EstablishGuardianship,
    FileApplication,
    MoveTrialLimit,
    RecordDecision,
    RecordPlacement,
    RecordWhereabouts,
    RegisterChild,
    StartTemporaryArrangement,
    TerminateProcedure,
    WithdrawApplication,
)
from registry.pack import Effects


def on_case(
    case_: Case,
    command: AcceptApplication
    | MoveTrialLimit
    | WithdrawApplication
    | TerminateProcedure
    | ListEvidence
    | RecordHearing
    | SupportApplication,
    office: Office,
    authority: str,
) -> Effects:
    """Return what a command about a case's procedure adds to its stream."""
    match command:
        case AcceptApplication():
            events = cases.decide_accept_application(case_, command)
        case MoveTrialLimit():
            events = cases.decide_move_trial_limit(case_, command)
        case WithdrawApplication():
            events = cases.decide_withdraw_application(
                case_, command, office, authority
            )
        case TerminateProcedure():
            events = cases.decide_terminate_procedure(case_, command)
        case ListEvidence():
            events = proceedings.decide_list_evidence(case_, command, office)
        case RecordHearing():
            events = proceedings.decide_record_hearing(case_, command)
        case SupportApplication():
            events = proceedings.decide_support_application(case_, command)
        case _ as never:
            assert_never(never)
    return [(f"case/{command.case}", list(events))]


def on_child(
    child: Child,
    command: RegisterChild
    | EstablishGuardianship
    | DesignateGuardian
    | StartTemporaryArrangement
    | EndTemporaryArrangement
    | RecordPlacement
    | EndPlacement
    | EndGuardianship
    | RecordWhereabouts
    | HearWish
    | AdviseApplication,
    office: Office,
) -> Effects:
    """Return what a command about one child adds to its stream."""
    match command:
        case RegisterChild():
            events = registration.decide_register_child(child, command, office)
        case EstablishGuardianship():
            events = guardianship.decide_establish_guardianship(child, command, office)
        case DesignateGuardian():
            events = guardianship.decide_designate_guardian(child, command, office)
        case StartTemporaryArrangement():
            events = measures.decide_start_temporary_arrangement(child, command, office)
        case EndTemporaryArrangement():
            events = measures.decide_end_temporary_arrangement(child, command, office)
        case RecordPlacement():
            events = placement.decide_record_placement(child, command, office)
        case EndPlacement():
            events = placement.decide_end_placement(child, command, office)
        case EndGuardianship():
            events = endings.decide_end_guardianship(child, command, office)
        case RecordWhereabouts():
            events = placement.decide_record_whereabouts(child, command, office)
        case HearWish():
            events = proceedings.decide_hear_wish(child, command, office)
        case AdviseApplication():
            events = proceedings.decide_advise_application(child, command, office)
        case _ as never:
            assert_never(never)
    return [(f"child/{command.child}", events)]


def on_case_and_child(
    case_: Case,
    child: Child,
    command: ApplyForProtection | DecideProtection,
    office: Office,
) -> Effects:
    """Return what a command on a case and one child adds to their streams."""
    if isinstance(command, ApplyForProtection):
        procedure, facts = protection.decide_apply_for_protection(
            case_, child, command, office
        )
    else:
        procedure, facts = protection.decide_decide_protection(
            case_, child, command, office
        )
    return [
        (f"case/{command.case}", list(procedure)),
        (f"child/{command.child}", facts),
    ]


def on_case_and_children(
    case_: Case,
    children: dict[str, Child],
    command: FileApplication | RecordDecision,
    office: Office,
) -> Effects:
    """Return what a command on a case and its children adds to their streams."""
    if isinstance(command, FileApplication):
        procedure, effects = cases.decide_file_application(
            case_, children, command, office
        )
    else:
        procedure, effects = judgments.decide_record_decision(
            case_, children, command, office
        )
    on_children = [(f"child/{name}", events) for name, events in effects.items()]
    return [(f"case/{command.case}", list(procedure)), *on_children]
