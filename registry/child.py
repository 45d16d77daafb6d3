"""One child's state, and how acts are recorded with the difference they make.

What lives here: `Child`, `evolve`, `record`, annulment and reinstatement. What never
does: clocks, ids, I/O, other children, and whether an act is right in law.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

from events import timeline as periods
from events.guardianship import (
    ActAnnulled,
    ActReinstated,
    AnnulReason,
    ChildEvent,
    ChildFact,
    ChildRegistered,
    ChildTransferred,
    Office,
    PersonsFoundOne,
    TimelineChanged,
)
from events.timeline import Cause, Holder, Period
from events.transfers import away
from registry.gaps import difference
from registry.refusal import NotKnownError
from registry.rules import Rules
from registry.same_person import aliases, read_as
from registry.spans import StandingFact

FACTS: tuple[type, ...] = get_args(ChildFact)
"""The classes of facts, which the rules fold."""


@dataclass(frozen=True, slots=True)
class Child:
    """A child's whole legal timeline as now known, and the facts it rests on."""

    version: int = 0
    facts: dict[int, ChildFact] = field(default_factory=dict)
    annulled: frozenset[int] = frozenset()
    live: dict[int, Period] = field(default_factory=dict)
    next_number: int = 1
    rules: int = 0
    """The number of the rules that it stands under; 0 where it has no timeline yet."""
    jurisdiction: str | None = None

    @property
    def registered(self) -> bool:
        """Whether a registration of the child stands."""
        return any(isinstance(at.fact, ChildRegistered) for at in self.standing())

    @property
    def aliases(self) -> dict[Holder, Holder]:
        """As whom each is read that was found to be one with another."""
        return aliases(
            fact
            for version, fact in self.facts.items()
            if isinstance(fact, PersonsFoundOne) and version not in self.annulled
        )

    @property
    def transferred(self) -> ChildTransferred | None:
        """The transfer by which the child's record is in another registry, if it is."""
        return away(
            (version, fact)
            for version, fact in self.facts.items()
            if isinstance(fact, ChildTransferred) and version not in self.annulled
        )

    def kept(self, who: Holder) -> Holder:
        """Return as whom somebody is read of this child."""
        return self.aliases.get(who, who)

    def standing(self) -> list[StandingFact]:
        """Return the facts that are not annulled, each person by the id kept for it."""
        by = self.aliases
        return [
            StandingFact(
                version,
                fact if isinstance(fact, PersonsFoundOne) else read_as(fact, by),
            )
            for version, fact in self.facts.items()
            if version not in self.annulled
        ]


def evolve(child: Child, event: ChildEvent) -> Child:
    """Return the state after an event: no rules, no errors, no clock."""
    version = child.version + 1
    match event:
        case ActAnnulled():
            annulled = child.annulled | {event.act}
            return replace(child, version=version, annulled=annulled)
        case ActReinstated():
            annulled = child.annulled - {event.act}
            return replace(child, version=version, annulled=annulled)
        case TimelineChanged():
            numbers = [period.number for period in event.asserted]
            return replace(
                child,
                version=version,
                live=periods.apply(child.live, event.withdrawn, event.asserted),
                next_number=max([child.next_number - 1, *numbers]) + 1,
                rules=event.rules,
            )
        case ChildRegistered():
            child = replace(child, jurisdiction=event.jurisdiction)
            return replace(
                child, version=version, facts={**child.facts, version: event}
            )
        case _:
            return replace(
                child, version=version, facts={**child.facts, version: event}
            )


def record(child: Child, acts: Sequence[ChildEvent], rules: Rules) -> list[ChildEvent]:
    """Return the acts and the complete difference they make to the timeline.

    Where the child stands under older rules, the difference that the rules make comes
    first, then that of the acts; both name their rules' number.
    """
    events: list[ChildEvent] = []
    if child.rules not in {0, rules.number}:
        events += _changed(child, Cause.RULES, None, rules)
        for event in events:
            child = evolve(child, event)
    first = child.version + 1
    cause = Cause.ACT
    for act in acts:
        events.append(act)
        if _of_identity(child, act):
            cause = Cause.IDENTITY
        child = evolve(child, act)
    return events + _changed(child, cause, first, rules)


def _of_identity(child: Child, act: ChildEvent) -> bool:
    """Whether an act finds persons to be one, or says whether such a finding stands."""
    if isinstance(act, ActAnnulled | ActReinstated):
        return isinstance(child.facts.get(act.act), PersonsFoundOne)
    return isinstance(act, PersonsFoundOne)


def _changed(
    child: Child, cause: Cause, act: int | None, rules: Rules
) -> list[ChildEvent]:
    wanted = rules.timeline(child.standing())
    withdrawn, asserted = difference(child.live, wanted, child.next_number)
    if not withdrawn and not asserted and cause is not Cause.RULES:
        return []
    return [
        TimelineChanged(
            rules=rules.number,
            cause=cause,
            act=act,
            withdrawn=withdrawn,
            asserted=asserted,
        )
    ]


def known(child: Child, name: str) -> Child:
    """Return the child; raises NotKnownError where it is not registered."""
    if not child.registered:
        resource = f"children/{name}"
        raise NotKnownError(resource)
    return child


def annulments(
    child: Child, versions: Sequence[int], reason: AnnulReason, by: Office
) -> list[ChildEvent]:
    """Return the annulment of each of these acts that still stands."""
    return [
        ActAnnulled(act=version, reason=reason, by=by)
        for version in versions
        if version not in child.annulled
    ]


def reinstatements(
    child: Child, versions: Sequence[int], by: Office
) -> list[ChildEvent]:
    """Return the reinstatement of each of these acts that is annulled."""
    return [
        ActReinstated(act=version, by=by)
        for version in versions
        if version in child.annulled
    ]
