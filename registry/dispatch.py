"""From a command to the events of one entry, on the state it will stand upon.

What lives here: `decide`, which loads what a command touches and calls its decider.
What never does: rules (the aggregates have them), states (`registry.expected`),
corrections (`registry.corrections`).
"""

from __future__ import annotations

from typing import Any

from events.draft import DraftEvent
from events.duties import DutyBreached, ReferralDeclined
from events.guardianship import (
    ActAnnulled,
    ApplicationAdvised,
    GuardianDisqualified,
    GuardianRestored,
    Office,
    ProtectionLifted,
    ProtectionOrdered,
    TemporaryArrangementStarted,
    TimelineChanged,
)
from events.matters import Matter
from events.registry import SubmissionRefused
from events.reports import ReportEscalated, ReportFiled
from events.residents import GRAVE, IncidentRecorded
from events.subscriptions import stream_of
from events.timeline import Holder, Line
from registry.case_commands import (
    ApplyForProtection,
    DecideProtection,
    ListEvidence,
    RecordHearing,
    SupportApplication,
)
from registry.child import Child
from registry.commands import (
    AcceptApplication,
    Command,
    CorrectSubmission,
    EndTemporaryArrangement,
    FileApplication,
    MoveTrialLimit,
    ReceiveChild,
    RecordCapacityLost,
    RecordDeath,
    RecordDecision,
    RecordSamePerson,
    ReinstateSubmission,
    TerminateProcedure,
    TransferChild,
    WithdrawApplication,
)
from registry.corrections import correct, reinstate
from registry.expected import Decided, Expected, State, Trial, evolved
from registry.form import check_form
from registry.matter_commands import MatterCommand
from registry.pack import Effects
from registry.persons import on_person, on_same_person
from registry.refusal import InvalidError, RefusedError
from registry.same_person import Aliases, as_said, command_read
from registry.subscription_commands import SubscriptionCommand
from registry.subscriptions import decide_on_subscription
from registry.transfers import on_transfer, refuse_elsewhere, with_warnings


def decide(
    expected: Expected, command: Command, authority: str, office: Office
) -> Decided:
    """Return what a submission adds to the record: a refusal by law is an entry too.

    Raises Fault for what is not recorded: form, and names that the log lacks.
    """
    check_form(command)
    try:
        effects = _decided(expected, command, authority, office)
    except RefusedError as refused:
        return _refusal(expected, refused)
    return _recorded(expected, effects)


def _decided(
    expected: Expected, command: Command, authority: str, office: Office
) -> Effects:
    """Return what a competent office's command adds, with what it contradicts."""
    _competent(expected, command, authority, office)
    if isinstance(command, CorrectSubmission | ReinstateSubmission):
        # A replacement was looked at when it was decided.
        return _effects(expected, command, authority, office)
    if not isinstance(expected, Trial):  # a correction mends what was done here
        refuse_elsewhere(expected, command, office)
    read = command
    if not isinstance(command, MatterCommand | RecordSamePerson):
        read = command_read(command, lambda name: expected.child(name).aliases)
    effects = _effects(expected, read, authority, office)
    effects = expected.law.conflicts(expected, effects, read)
    effects = with_warnings(expected, effects)
    return effects if read is command else _as_said(expected, effects, command)


def _as_said(expected: Expected, effects: Effects, command: Any) -> Effects:  # noqa: ANN401  any command
    """Return acts decided by kept ids with the ids that their command says."""
    parts = {part.child: part for part in getattr(command, "children", ())}
    of_all: dict[Holder, Holder] = {}
    for name in parts or [command.child]:
        of_all |= expected.child(name).aliases
    said: Effects = []
    for stream, events in effects:
        kind, _, name = stream.partition("/")
        by = expected.child(name).aliases if kind == "child" else of_all
        part = parts.get(name, command)
        said.append((stream, [_said(event, part, by) for event in events]))
    return said


def _said(event: Any, part: Any, by: Aliases) -> Any:  # noqa: ANN401  any event
    return event if isinstance(event, TimelineChanged) else as_said(event, part, by)


def _competent(
    expected: Expected, command: Command, authority: str, office: Office
) -> None:
    """Refuse an act outside the office's competence; a court speaks for itself."""
    child = Child()
    if isinstance(command, EndTemporaryArrangement):  # whose act it ends counts
        child = expected.child(command.child)
    refused = expected.law.competence(command, child, office)
    if refused is not None:
        raise refused
    if isinstance(command, RecordDecision | DecideProtection) and (
        command.court != authority
    ):
        raise InvalidError("court", "is the submitting court")


def _refusal(expected: Expected, refused: RefusedError) -> Decided:
    event = SubmissionRefused(
        reason=refused.reason,
        articles=refused.articles,
        instead=refused.instead,
        child=None,
    )
    draft = DraftEvent(
        stream="registry",
        version=expected.next_registry_version(),
        event=event,
        concerns=None,
        jurisdiction=None,
        urgent=False,
    )
    return Decided((draft,), {})


def _recorded(expected: Expected, effects: Effects) -> Decided:
    """Return events with their places in streams, and what the streams come to."""
    if not any(events for _, events in effects):
        raise InvalidError("command", "changes nothing that is recorded")
    drafts: list[DraftEvent] = []
    states: dict[str, State] = {}
    for stream, events in effects:
        kind, _, name = stream.partition("/")
        state = expected.state(stream)
        for event in events:
            state = evolved(state, event)
            draft = DraftEvent(
                stream=stream,
                version=state.version,
                event=event,
                concerns=name if kind == "child" else None,
                jurisdiction=_jurisdiction(state),
                urgent=_urgent(event),
            )
            drafts.append(draft)
        states[stream] = state
    return Decided(tuple(drafts), states)


def _jurisdiction(state: State) -> str | None:
    if isinstance(state, Matter):
        return state.opening.jurisdiction if state.opening else None
    return state.jurisdiction if isinstance(state, Child) else None


def _urgent(event: object) -> bool:  # noqa: PLR0911  one return per kind of act
    """Whether somebody must act at once: a removal, a cover, a gap, an annulment."""
    match event:
        case GuardianDisqualified() | GuardianRestored() | ActAnnulled():
            return True
        case TemporaryArrangementStarted() | ReportFiled() | ReportEscalated():
            return True
        case DutyBreached() | ReferralDeclined() | ApplicationAdvised():
            return True
        case ProtectionOrdered() | ProtectionLifted():
            return True
        case IncidentRecorded():
            return event.kind in GRAVE
        case TimelineChanged():
            return any(period.line is Line.GAP for period in event.asserted)
        case _:
            return False


def _effects(  # noqa: PLR0911  one return per kind of command
    expected: Expected, command: Command, authority: str, office: Office
) -> Effects:
    law = expected.law
    if isinstance(command, MatterCommand):
        return law.on_matters(expected, command, office, authority)
    if isinstance(command, SubscriptionCommand):
        stream = stream_of(authority, command.subscription)
        state = expected.subscription(stream)
        head, names = expected.head(), expected.names_of(authority)
        decided = decide_on_subscription(state, command, office, head, names)
        return [(stream, [*decided])]
    match command:
        case FileApplication() | RecordDecision():
            case_ = expected.case(command.case)
            children = {c.child: expected.child(c.child) for c in command.children}
            return law.on_case_and_children(case_, children, command, office)
        case ApplyForProtection() | DecideProtection():
            case_, child = expected.case(command.case), expected.child(command.child)
            return law.on_case_and_child(case_, child, command, office)
        case (
            AcceptApplication()
            | MoveTrialLimit()
            | WithdrawApplication()
            | TerminateProcedure()
            | ListEvidence()
            | RecordHearing()
            | SupportApplication()
        ):
            return law.on_case(expected.case(command.case), command, office, authority)
        case RecordDeath() | RecordCapacityLost():
            return on_person(expected, command, office)
        case TransferChild() | ReceiveChild():
            return on_transfer(expected, command, office)
        case RecordSamePerson():
            return on_same_person(expected, command, office)
        case CorrectSubmission():
            return correct(expected, command, authority, office, _decided)
        case ReinstateSubmission():
            return reinstate(expected, command, authority, office)
        case _:
            return law.on_child(expected.child(command.child), command, office)
