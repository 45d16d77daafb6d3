"""One child: its state, and how facts are recorded with the difference they make.

What lives here: `Child`, `evolve`, `record`, `annul`, and one `decide_…` function per
command about one child. What never does: clocks, ids, I/O, other children. Acts of a
competent authority are recorded, never refused for substance; what the law says of
them stands in their findings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

from events import timeline as periods
from events.dates import PartialDate
from events.guardianship import (
    ActAnnulled,
    ActReinstated,
    AnnulReason,
    Cause,
    ChildEvent,
    ChildFact,
    ChildRegistered,
    EndReason,
    Finding,
    GuardianDesignated,
    GuardianshipEnded,
    GuardianshipEstablished,
    Office,
    TemporaryArrangementEnded,
    TemporaryArrangementStarted,
    TimelineChanged,
    Way,
    WhereaboutsFound,
    WhereaboutsLost,
)
from events.timeline import Holder, HolderKind, Line, Period, Role
from registry.commands import (
    DesignateGuardian,
    EndGuardianship,
    EndTemporaryArrangement,
    EstablishGuardianship,
    RecordWhereabouts,
    RegisterChild,
    StartTemporaryArrangement,
)
from registry.law.editions import Question, cite
from registry.refusal import InvalidError, NotKnownError
from registry.timeline import RULES_NUMBER, StandingFact, difference, timeline

FACTS: tuple[type, ...] = get_args(ChildFact)
"""The classes of facts, which the rules fold."""
TEMPORARY_ROLES = frozenset(
    {
        Role.TEMPORARY_GUARDIAN,
        Role.STATE_TEMPORARY_GUARDIAN,
        Role.JUDGMENT_MEASURES,
        Role.TEMPORARY_CARE,
    }
)
"""The four temporary roles: different holders, grounds and ends."""


@dataclass(frozen=True, slots=True)
class Child:
    """A child's whole legal timeline as now known, and the facts it rests on."""

    version: int = 0
    facts: dict[int, ChildFact] = field(default_factory=dict)
    annulled: frozenset[int] = frozenset()
    live: dict[int, Period] = field(default_factory=dict)
    next_number: int = 1
    rules: int = RULES_NUMBER
    jurisdiction: str | None = None

    @property
    def registered(self) -> bool:
        """Whether a registration of the child stands."""
        return any(isinstance(at.fact, ChildRegistered) for at in self.standing())

    def standing(self) -> list[StandingFact]:
        """Return the facts that are not annulled."""
        return [
            StandingFact(version, fact)
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


def record(child: Child, acts: Sequence[ChildEvent]) -> list[ChildEvent]:
    """Return the acts and the complete difference they make to the timeline.

    Where the child stands under older rules, the difference that the rules make comes
    first, then that of the acts; both name their rules' number.
    """
    events: list[ChildEvent] = []
    if child.rules != RULES_NUMBER:
        events += _changed(child, Cause.RULES, None)
        for event in events:
            child = evolve(child, event)
    first = child.version + 1
    for act in acts:
        events.append(act)
        child = evolve(child, act)
    return events + _changed(child, Cause.ACT, first)


def _changed(child: Child, cause: Cause, act: int | None) -> list[ChildEvent]:
    wanted = timeline(child.standing())
    withdrawn, asserted = difference(child.live, wanted, child.next_number)
    if not withdrawn and not asserted and cause is Cause.ACT:
        return []
    return [
        TimelineChanged(
            rules=RULES_NUMBER,
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


def barred_warnings(
    child: Child, holders: Sequence[Holder], on: PartialDate
) -> tuple[Finding, ...]:
    """Return a finding for each holder who is disqualified for this child (CC 36)."""
    barred = {
        period.holder
        for period in child.live.values()
        if period.line is Line.BAR and period.may_cover(on.earliest)
    }
    return tuple(
        Finding(
            question="is_not_disqualified",
            holds=False,
            articles=cite(Question.DISQUALIFICATION, on),
            reason="holder_is_disqualified_for_this_child",
        )
        for holder in holders
        if holder in barred
    )


def decide_register_child(
    child: Child, command: RegisterChild, by: Office
) -> list[ChildEvent]:
    """Register a child, with its known parents as guardians by law (CC 27(1))."""
    if child.registered:
        raise InvalidError("child", "is registered already")
    birth = command.birth
    if birth.date is not None and command.on.latest < birth.date.earliest:
        raise InvalidError("on", "is before the birth")
    if any(p.kind is not HolderKind.PERSON for p in command.parents):
        raise InvalidError("parents", "are persons")
    acts: list[ChildEvent] = [
        ChildRegistered(
            on=command.on,
            order=0,
            case=None,
            by=by,
            findings=(),
            birth=birth,
            jurisdiction=command.jurisdiction,
        )
    ]
    if command.parents:
        acts.append(
            GuardianshipEstablished(
                on=birth.date or command.on,
                order=0,
                case=None,
                by=by,
                findings=(
                    _finding("parents_are_guardians", Question.PARENTS, command),
                ),
                holders=command.parents,
                way=Way.BIRTH,
                until=None,
            )
        )
    return record(child, acts)


def _finding(question: str, asked: Question, command: RegisterChild) -> Finding:
    return Finding(
        question=question,
        holds=True,
        articles=cite(asked, command.birth.date or command.on),
        reason="parent_by_birth",
    )


def decide_establish_guardianship(
    child: Child, command: EstablishGuardianship, by: Office
) -> list[ChildEvent]:
    """Record a guardianship by order, consent, will, agreement, state or adoption."""
    known(child, command.child)
    if not command.holders:
        raise InvalidError("holders", "names at least one")
    if command.until is not None:
        raise InvalidError("until", "is empty: a guardianship ends by an act (CC 39)")
    fact = GuardianshipEstablished(
        on=command.on,
        order=command.order,
        case=None,
        by=by,
        findings=barred_warnings(child, command.holders, command.on),
        holders=command.holders,
        way=command.way,
        until=None,
    )
    return record(child, [fact])


def decide_designate_guardian(
    child: Child, command: DesignateGuardian, by: Office
) -> list[ChildEvent]:
    """Record a designation by a committee or civil affairs (CC 31(1))."""
    known(child, command.child)
    if not command.holders:
        raise InvalidError("holders", "names at least one")
    fact = GuardianDesignated(
        on=command.on,
        order=command.order,
        case=None,
        by=by,
        findings=barred_warnings(child, command.holders, command.on),
        holders=command.holders,
    )
    return record(child, [fact])


def decide_start_temporary_arrangement(
    child: Child, command: StartTemporaryArrangement, by: Office
) -> list[ChildEvent]:
    """Record the beginning of one of the four temporary roles."""
    known(child, command.child)
    if command.role not in TEMPORARY_ROLES:
        raise InvalidError("role", "is one of the four temporary roles")
    fact = TemporaryArrangementStarted(
        on=command.on,
        order=command.order,
        case=None,
        by=by,
        findings=barred_warnings(child, (command.holder,), command.on),
        holder=command.holder,
        role=command.role,
        limb=command.limb,
        until=command.until,
    )
    return record(child, [fact])


def decide_end_temporary_arrangement(
    child: Child, command: EndTemporaryArrangement, by: Office
) -> list[ChildEvent]:
    """Record the end of a temporary role; the fact that began it must stand."""
    known(child, command.child)
    started = child.facts.get(command.started)
    if not isinstance(started, TemporaryArrangementStarted):
        raise InvalidError("started", "is the version of a temporary arrangement")
    if command.on.latest < started.on.earliest:
        raise InvalidError("on", "is before the arrangement began")
    fact = TemporaryArrangementEnded(
        on=command.on,
        order=command.order,
        case=None,
        by=by,
        findings=(),
        started=command.started,
    )
    return record(child, [fact])


def decide_end_guardianship(
    child: Child, command: EndGuardianship, by: Office
) -> list[ChildEvent]:
    """Record the end of a guardianship by CC 39."""
    known(child, command.child)
    return record(
        child, [ended(command.who, command.reason, command.on, command.order, by)]
    )


def ended(
    who: Holder | None, reason: EndReason, on: PartialDate, order: int, by: Office
) -> GuardianshipEnded:
    """Return the fact of an end, with the article of its date."""
    finding = Finding(
        question="guardianship_ends",
        holds=True,
        articles=cite(Question.END, on),
        reason=str(reason),
    )
    return GuardianshipEnded(
        on=on,
        order=order,
        case=None,
        by=by,
        findings=(finding,),
        who=who,
        reason=reason,
    )


def decide_record_whereabouts(
    child: Child, command: RecordWhereabouts, by: Office
) -> list[ChildEvent]:
    """Record that a guardian cannot be found, or was: guardian all the same."""
    known(child, command.child)
    kind = WhereaboutsLost if command.lost else WhereaboutsFound
    fact = kind(
        on=command.on,
        order=command.order,
        case=None,
        by=by,
        findings=(),
        who=command.who,
    )
    return record(child, [fact])


def decide_end_for_person(
    child: Child, person: str, reason: EndReason, on: PartialDate, by: Office
) -> list[ChildEvent]:
    """Record a guardian's death or loss of capacity for one ward, where it holds.

    Returns nothing where the person holds nothing of this child.
    """
    who = Holder(kind=HolderKind.PERSON, id=person)
    if not any(period.holder == who for period in child.live.values()):
        return []
    return record(child, [ended(who, reason, on, 0, by)])
