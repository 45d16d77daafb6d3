"""A child and its cases told act by act, through the real deciders, without a log."""

from __future__ import annotations

from datetime import date
from typing import Any

from events.dates import PartialDate
from events.guardianship import AnnulReason, Office
from events.limits import LimitKind
from events.timeline import Holder, Line, Period, Status, answer
from registry import case as cases
from registry.case import Case
from registry.case_commands import (
    ApplyForProtection,
    DecideProtection,
    ListEvidence,
    RecordHearing,
    SupportApplication,
)
from registry.child import Child, annulments, evolve
from registry.commands import (
    AcceptApplication,
    Command,
    EndTemporaryArrangement,
    FileApplication,
    MoveTrialLimit,
    RecordDecision,
    TerminateProcedure,
    WithdrawApplication,
)
from registry.competence import kind_of, may_submit
from registry.deciders import (
    on_case,
    on_case_and_child,
    on_case_and_children,
    on_child,
)
from registry.measures import begun
from registry.refusal import RefusedError
from registry.timeline import record

OF_A_CASE = (
    AcceptApplication,
    MoveTrialLimit,
    WithdrawApplication,
    TerminateProcedure,
    ListEvidence,
    RecordHearing,
    SupportApplication,
)


class Told:
    """What one act added, and what the law said of it."""

    def __init__(self, events: list[Any]) -> None:
        self.events = events

    @property
    def warnings(self) -> set[str]:
        """The reasons of the findings that do not hold."""
        return {f.reason for f in self._findings() if not f.holds}

    @property
    def reasons(self) -> set[str]:
        """The reasons of all findings."""
        return {f.reason for f in self._findings()}

    @property
    def articles(self) -> set[str]:
        """All that the findings cite."""
        return {article for f in self._findings() for article in f.articles}

    def due(self, kind: LimitKind) -> list[str]:
        """The days of the limits of a kind."""
        limits = [li for e in self.events for li in getattr(e, "limits", ())]
        return [str(li.due) for li in limits if li.kind is kind]

    def _findings(self) -> list[Any]:
        return [f for e in self.events for f in getattr(e, "findings", ())]


class Telling:
    """Children and cases by id; each act is decided on what stands and then taken."""

    def __init__(self) -> None:
        self.children: dict[str, Child] = {}
        self.cases: dict[str, Case] = {}

    def tell(self, command: Command, by: Office, authority: str = "somebody") -> Told:
        """Take an act of a competent office; raises what the deciders raise."""
        ending = None
        if isinstance(command, EndTemporaryArrangement):
            child = self.children[command.child]
            ending = begun(child, command.started).role
        assert may_submit(by, kind_of(command, ending)), "the office is competent"
        told: list[Any] = []
        for stream, events in self._decided(command, by, authority):
            kind, _, name = stream.partition("/")
            for event in events:
                if kind == "child":
                    known = self.children.get(name, Child())
                    self.children[name] = evolve(known, event)
                else:
                    case = self.cases.get(name, Case())
                    self.cases[name] = cases.evolve(case, event)
            told += events
        return Told(told)

    def _decided(
        self, command: Command, by: Office, authority: str
    ) -> list[tuple[str, list[Any]]]:
        if isinstance(command, FileApplication | RecordDecision):
            case = self.cases.get(command.case, Case())
            names = [c.child for c in command.children]
            children = {name: self.children.get(name, Child()) for name in names}
            return on_case_and_children(case, children, command, by)
        if isinstance(command, OF_A_CASE):
            return on_case(self.cases.get(command.case, Case()), command, by, authority)
        if isinstance(command, ApplyForProtection | DecideProtection):
            case = self.cases.get(command.case, Case())
            child = self.children.get(command.child, Child())
            return on_case_and_child(case, child, command, by)
        one: Any = command
        return on_child(self.children.get(one.child, Child()), one, by)

    def refused(
        self, command: Command, by: Office, authority: str = "x"
    ) -> RefusedError:
        """Return the refusal of an act, which leaves no trace."""
        before = (dict(self.children), dict(self.cases))
        try:
            self.tell(command, by, authority)
        except RefusedError as refused:
            assert (self.children, self.cases) == before
            return refused
        message = "was not refused"
        raise AssertionError(message)

    def annul(self, child: str, version: int) -> None:
        """Annul an act of a child's stream."""
        known = self.children[child]
        reason = AnnulReason.NEVER_HAPPENED
        for event in record(known, annulments(known, [version], reason, Office.COURT)):
            self.children[child] = evolve(self.children[child], event)

    def status(self, child: str, day: str) -> Status:
        """Return the short answer of a day."""
        found = answer(self.children[child].live.values(), date.fromisoformat(day))
        return found.status

    def hands(self, child: str, day: str) -> set[Holder]:
        """Return to whom the child may be handed on a day."""
        found = answer(self.children[child].live.values(), date.fromisoformat(day))
        return set(found.hand_over_to)

    def guardians(self, child: str, day: str) -> set[Holder | None]:
        """Return who is guardian in law on a day."""
        return {p.holder for p in self.line(child, Line.RELATION, day)}

    def line(self, child: str, line: Line, day: str) -> list[Period]:
        """Return the periods of a line that surely stand on a day."""
        on = date.fromisoformat(day)
        periods = self.children[child].live.values()
        return [p for p in periods if p.line is line and p.surely_covers(on)]

    def version(self, child: str, kind: type) -> int:
        """Return the version of the last fact of a kind."""
        facts = self.children[child].facts
        return max(v for v, fact in facts.items() if isinstance(fact, kind))


def day(text: str) -> PartialDate:
    return PartialDate(text)
