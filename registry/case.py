"""One court case's state: what stands of its procedure.

What lives here: `Case`, `evolve`, and what is looked up in a case. What never does:
rules; what a country's law says of a case is its pack's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from events.cases import (
    ApplicationAccepted,
    ApplicationFiled,
    ApplicationWithdrawn,
    CaseEvent,
    DecisionRecorded,
    HearingHeld,
    ProcedureTerminated,
    TrialLimitMoved,
)
from events.dates import PartialDate
from events.guardianship import ActAnnulled, ActReinstated
from registry.refusal import NotKnownError


@dataclass(frozen=True, slots=True)
class Case:
    """What has happened in a case: its events by version, and which are annulled."""

    version: int = 0
    events: dict[int, CaseEvent] = field(default_factory=dict)
    annulled: frozenset[int] = frozenset()

    def standing(self) -> list[CaseEvent]:
        """Return the events that are not annulled, in order."""
        return [e for v, e in self.events.items() if v not in self.annulled]

    @property
    def application(self) -> ApplicationFiled | None:
        """The application that stands, if any."""
        found = [e for e in self.standing() if isinstance(e, ApplicationFiled)]
        return found[-1] if found else None

    @property
    def concluded(self) -> bool:
        """Whether a judgment, a withdrawal or a termination stands."""
        ends = (DecisionRecorded, ApplicationWithdrawn, ProcedureTerminated)
        return any(isinstance(e, ends) for e in self.standing())

    @property
    def trial_due(self) -> PartialDate | None:
        """The last day of the time for trial, as last moved; None if not docketed."""
        kinds = (ApplicationAccepted, TrialLimitMoved)
        limits = [
            li for e in self.standing() if isinstance(e, kinds) for li in e.limits
        ]
        return limits[-1].due if limits else None


def evolve(case: Case, event: CaseEvent) -> Case:
    """Return the state after an event: no rules, no errors, no clock."""
    version = case.version + 1
    match event:
        case ActAnnulled():
            annulled = case.annulled | {event.act}
            return replace(case, version=version, annulled=annulled)
        case ActReinstated():
            annulled = case.annulled - {event.act}
            return replace(case, version=version, annulled=annulled)
        case _:
            events = {**case.events, version: event}
            return replace(case, version=version, events=events)


def pending(case: Case, name: str) -> ApplicationFiled:
    """Return a case's application; raises NotKnownError where none stands."""
    application = case.application
    if application is None:
        resource = f"cases/{name}"
        raise NotKnownError(resource)
    return application


def hearings(case: Case) -> list[HearingHeld]:
    """Return the hearings of a case that stand."""
    return [e for e in case.standing() if isinstance(e, HearingHeld)]
