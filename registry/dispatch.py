"""From a command to the events of one entry, on the state it will stand upon.

What lives here: `Expected`, the state that the log and the entries decided but not
yet appended leave together; and `decide`, which loads what a command touches and
calls its decider. What never does: rules (the aggregates have them).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from events import matters
from events.codec import Codec
from events.draft import DraftEvent
from events.duties import DutyBreached, ReferralDeclined
from events.entry import open_entry
from events.guardianship import (
    ActAnnulled,
    ActReinstated,
    AnnulReason,
    EndReason,
    GuardianDisqualified,
    GuardianRestored,
    Office,
    TemporaryArrangementStarted,
    TimelineChanged,
)
from events.log import Log
from events.matters import Matter
from events.registry import SubmissionRefused
from events.reports import ReportEscalated, ReportFiled
from events.timeline import Line
from events.wards import holders_of
from registry import cases, endings, measures
from registry.cases import Case
from registry.child import Child, evolve, record, reinstatements
from registry.commands import (
    AcceptApplication,
    Command,
    CorrectSubmission,
    EndTemporaryArrangement,
    FileApplication,
    MoveTrialLimit,
    RecordCapacityLost,
    RecordDeath,
    RecordDecision,
    ReinstateSubmission,
    TerminateProcedure,
    WithdrawApplication,
)
from registry.competence import kind_of, may_submit, refusal
from registry.deciders import Effects, on_case, on_case_and_children, on_child
from registry.form import check_form
from registry.matter_commands import MatterCommand
from registry.matter_deciders import on_matters
from registry.receipt import Known, known_of
from registry.refusal import InvalidError, NotKnownError, RefusedError


@dataclass(frozen=True, slots=True)
class Decided:
    """What one submission adds to the record."""

    events: tuple[DraftEvent, ...]

    @property
    def recorded(self) -> list[object]:
        """The events themselves."""
        return [draft.event for draft in self.events]


class Expected:
    """The state of streams as the log and what was decided since leave it."""

    def __init__(self, log: Log, codec: Codec) -> None:
        self._log = log
        self._codec = codec
        self._states: dict[str, Child | Case | Matter] = {}
        self._registry: int | None = None
        self._wards: dict[str, list[str]] = {}

    def child(self, name: str) -> Child:
        """Return a child's state; an empty one where it has no events."""
        state = self._load(f"child/{name}", Child())
        return state if isinstance(state, Child) else Child()

    def case(self, name: str) -> Case:
        """Return a case's state; an empty one where it has no events."""
        state = self._load(f"case/{name}", Case())
        return state if isinstance(state, Case) else Case()

    def matter(self, stream: str) -> Matter:
        """Return a matter's state; an empty one where it has no events."""
        state = self._load(stream, Matter())
        return state if isinstance(state, Matter) else Matter()

    def state(self, stream: str) -> Child | Case | Matter:
        """Return the state of any stream by its name."""
        kind, _, name = stream.partition("/")
        if kind == "child":
            return self.child(name)
        return self.case(name) if kind == "case" else self.matter(stream)

    def unmoved(self) -> bool:
        """Whether every stream that was looked at still stands where it stood.

        Streams are read one after the other while others may write; what was decided
        on them holds of one moment only where none has moved since.
        """
        return all(
            self._log.last_version(stream) == state.version
            for stream, state in self._states.items()
        )

    def wards(self, person: str) -> list[str]:
        """Return the children whose streams ever named the person."""
        return list(
            dict.fromkeys(
                [*self._log.children_of(person), *self._wards.get(person, [])]
            )
        )

    def entry(self, position: int) -> Known:
        """Return the acts of an entry; raises NotKnownError where there is none."""
        found = self._log.read(position - 1, 1)
        if not found:
            resource = f"entries/{position}"
            raise NotKnownError(resource)
        return known_of(open_entry(found[0]))

    def next_registry_version(self) -> int:
        """Return the next version of the registry's own stream."""
        if self._registry is None:
            self._registry = self._log.last_version("registry")
        return self._registry + 1

    def advance(self, decided: Decided) -> None:
        """Take what was decided as recorded, for those decided after it."""
        for draft in decided.events:
            if draft.stream == "registry":
                self._registry = draft.version
                continue
            event: Any = draft.event
            for holder in holders_of(event):
                self._wards.setdefault(holder, []).append(
                    draft.stream.removeprefix("child/")
                )
            self._states[draft.stream] = _evolved(self._states[draft.stream], event)

    def _load(self, stream: str, state: Child | Case | Matter) -> Child | Case | Matter:
        if stream not in self._states:
            for stored in self._log.stream(stream):
                event: Any = self._codec.decode(stored.fingerprint, stored.body)
                state = _evolved(state, event)
            self._states[stream] = state
        return self._states[stream]


def _evolved(state: Child | Case | Matter, event: Any) -> Child | Case | Matter:  # noqa: ANN401  either vocabulary
    if isinstance(state, Child):
        return evolve(state, event)
    if isinstance(state, Matter):
        return matters.evolve(state, event)
    return cases.evolve(state, event)


def decide(
    expected: Expected, command: Command, authority: str, office: Office
) -> Decided:
    """Return what a submission adds to the record: a refusal by law is an entry too.

    Raises Fault for what is not recorded: form, and names that the log lacks.
    """
    check_form(command)
    try:
        _competent(expected, command, authority, office)
        effects = _effects(expected, command, authority, office)
    except RefusedError as refused:
        return _refusal(expected, refused)
    return Decided(tuple(_drafts(expected, effects)))


def _competent(
    expected: Expected, command: Command, authority: str, office: Office
) -> None:
    """Refuse an act outside the office's competence; a court speaks for itself."""
    ending = None
    if isinstance(command, EndTemporaryArrangement):
        child = expected.child(command.child)
        if child.registered:
            ending = measures.begun(child, command.started).role
    kind = kind_of(command, ending)
    if not may_submit(office, kind):
        raise refusal(office, kind)
    if isinstance(command, RecordDecision) and command.court != authority:
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
    return Decided((draft,))


def _drafts(expected: Expected, effects: Effects) -> Iterable[DraftEvent]:
    if not any(events for _, events in effects):
        raise InvalidError("command", "changes nothing that is recorded")
    for stream, events in effects:
        kind, _, name = stream.partition("/")
        state = expected.state(stream)
        for event in events:
            state = _evolved(state, event)
            yield DraftEvent(
                stream=stream,
                version=state.version,
                event=event,
                concerns=name if kind == "child" else None,
                jurisdiction=_jurisdiction(state),
                urgent=_urgent(event),
            )


def _jurisdiction(state: Child | Case | Matter) -> str | None:
    if isinstance(state, Matter):
        return state.opening.jurisdiction if state.opening else None
    return state.jurisdiction if isinstance(state, Child) else None


def _urgent(event: object) -> bool:
    """Whether somebody must act at once: a removal, a cover, a gap, an annulment."""
    match event:
        case GuardianDisqualified() | GuardianRestored() | ActAnnulled():
            return True
        case TemporaryArrangementStarted() | ReportFiled() | ReportEscalated():
            return True
        case DutyBreached() | ReferralDeclined():
            return True
        case TimelineChanged():
            return any(period.line is Line.GAP for period in event.asserted)
        case _:
            return False


def _effects(  # noqa: PLR0911  one return per kind of command
    expected: Expected, command: Command, authority: str, office: Office
) -> Effects:
    if isinstance(command, MatterCommand):
        return on_matters(expected, command, office, authority)
    match command:
        case FileApplication() | RecordDecision():
            case_ = expected.case(command.case)
            children = {c.child: expected.child(c.child) for c in command.children}
            return on_case_and_children(case_, children, command, office)
        case (
            AcceptApplication()
            | MoveTrialLimit()
            | WithdrawApplication()
            | TerminateProcedure()
        ):
            return on_case(expected.case(command.case), command, office, authority)
        case RecordDeath():
            return _for_person(expected, command, EndReason.GUARDIAN_DIED, office)
        case RecordCapacityLost():
            return _for_person(expected, command, EndReason.CAPACITY_LOST, office)
        case CorrectSubmission():
            return _correct(expected, command, authority, office)
        case ReinstateSubmission():
            return _reinstate(expected, command, authority, office)
        case _:
            return on_child(expected.child(command.child), command, office)


def _for_person(
    expected: Expected,
    command: RecordDeath | RecordCapacityLost,
    reason: EndReason,
    office: Office,
) -> Effects:
    """Expand a fact about a person to one event for each ward, in one entry."""
    effects: Effects = []
    own = expected.child(command.person)
    if own.registered and isinstance(command, RecordDeath):
        reason_of_own = EndReason.WARD_DIED
        died = endings.end_of(own, None, reason_of_own, command.on, 0, office)
        effects.append((f"child/{command.person}", record(own, [died])))
    for name in expected.wards(command.person):
        events = endings.decide_end_for_person(
            expected.child(name), command.person, reason, command.on, office
        )
        if events:
            effects.append((f"child/{name}", events))
    if not effects:
        resource = f"persons/{command.person}"
        raise NotKnownError(resource)
    return effects


def _own_entry(expected: Expected, position: int, authority: str) -> Known:
    """Return an entry of the submitter's own; another's is not known to him."""
    entry = expected.entry(position)
    if entry.authority != authority or not entry.facts:
        resource = f"entries/{position}"
        raise NotKnownError(resource)
    return entry


def _by_stream(entry: Known) -> dict[str, list[int]]:
    versions: dict[str, list[int]] = {}
    for stream, version, _ in entry.facts:
        versions.setdefault(stream, []).append(version)
    return versions


def _correct(
    expected: Expected, command: CorrectSubmission, authority: str, office: Office
) -> Effects:
    """Annul all acts of an entry and record others in their place: one entry.

    The difference to the timeline is that of both together.
    """
    entry = _own_entry(expected, command.position, authority)
    trial = _Trial(expected)
    acts: dict[str, list[Any]] = {}
    for stream, versions in _by_stream(entry).items():
        annulled = _annulled(trial, stream, versions, command.reason, office)
        acts[stream] = annulled
        trial.take(stream, annulled)
    if not any(acts.values()):
        raise InvalidError("position", "is annulled already")
    if command.replacement is not None:
        new = command.replacement
        _competent(trial, new, authority, office)
        for stream, events in _effects(trial, new, authority, office):
            own = [e for e in events if not isinstance(e, TimelineChanged)]
            acts.setdefault(stream, []).extend(own)
    return _recorded(expected, acts)


def _annulled(
    expected: Expected,
    stream: str,
    versions: list[int],
    reason: AnnulReason,
    office: Office,
) -> list[Any]:
    state = expected.state(stream)
    return [
        ActAnnulled(act=version, reason=reason, by=office)
        for version in versions
        if version not in state.annulled
    ]


def _reinstate(
    expected: Expected, command: ReinstateSubmission, authority: str, office: Office
) -> Effects:
    entry = _own_entry(expected, command.position, authority)
    acts: dict[str, list[Any]] = {}
    for stream, versions in _by_stream(entry).items():
        kind, _, name = stream.partition("/")
        if kind == "child":
            child = expected.child(name)
            acts[stream] = list(reinstatements(child, versions, office))
        else:
            annulled = expected.state(stream).annulled
            acts[stream] = [
                ActReinstated(act=version, by=office)
                for version in versions
                if version in annulled
            ]
    if not any(acts.values()):
        raise InvalidError("position", "is not annulled")
    return _recorded(expected, acts)


def _recorded(expected: Expected, acts: dict[str, list[Any]]) -> Effects:
    """Return each stream's acts with the one difference they make together."""
    effects: Effects = []
    for stream, events in acts.items():
        kind, _, name = stream.partition("/")
        if kind == "child":
            recorded = list(record(expected.child(name), events))
            effects.append((stream, recorded))
        else:
            effects.append((stream, events))
    return effects


class _Trial(Expected):
    """A state to decide a replacement on: the annulments taken, nothing kept."""

    def __init__(self, expected: Expected) -> None:
        self._expected = expected
        self._taken: dict[str, Child | Case | Matter] = {}

    def take(self, stream: str, events: list[Any]) -> None:
        """Take events of a stream as recorded."""
        state = self.state(stream)
        for event in events:
            state = _evolved(state, event)
        self._taken[stream] = state

    def child(self, name: str) -> Child:
        """Return a child's state on trial."""
        state = self._taken.get(f"child/{name}")
        return state if isinstance(state, Child) else self._expected.child(name)

    def case(self, name: str) -> Case:
        """Return a case's state on trial."""
        state = self._taken.get(f"case/{name}")
        return state if isinstance(state, Case) else self._expected.case(name)

    def matter(self, stream: str) -> Matter:
        """Return a matter's state on trial."""
        state = self._taken.get(stream)
        return state if isinstance(state, Matter) else self._expected.matter(stream)

    def wards(self, person: str) -> list[str]:
        """Return the children whose streams ever named the person."""
        return self._expected.wards(person)
