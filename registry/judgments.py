"""A court's judgment: recorded as it is, with what the law says of it.

What lives here: `decide_record_decision`. What never does: a judgment refused for
substance. It may come before its application, name nobody, or contradict the law or
another judgment: it is recorded, with findings; the worst answer would be to go on
naming a guardian whom a court has removed. Invalid is a contradiction within one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from events.cases import CaseEvent, DecisionRecorded, Outcome
from events.guardianship import (
    ChildEvent,
    DisqualificationDismissed,
    EndReason,
    Fact,
    Finding,
    GuardianDesignated,
    GuardianDisqualified,
    GuardianRestored,
    GuardianshipEnded,
    Office,
)
from events.timeline import Line
from registry import reviews
from registry.case import Case, hearings
from registry.child import Child, evolve, known
from registry.commands import ChildOutcome, RecordDecision
from registry.endings import OF_ALL, end_of
from registry.guardianship import warnings_of_bar
from registry.law import judging
from registry.law.civil_procedure import decided_in_time, designation_is_set_aside
from registry.law.reasons import finding
from registry.measures import measures_of
from registry.petitions import Effects, distinct
from registry.refusal import InvalidError
from registry.timeline import record

OPINIONS_LIMBS = 7
BARS = 3
"""Limbs of OP14 35 and of OP14 40(2)."""


def decide_record_decision(
    case: Case, children: Mapping[str, Child], command: RecordDecision, by: Office
) -> tuple[list[CaseEvent], Effects]:
    """Record a judgment: never refused for substance, contradictions are invalid."""
    distinct([c.child for c in command.children], "children")
    if not command.children:
        raise InvalidError("children", "names at least one")
    if command.effective_on.latest < command.decided_on.earliest:
        raise InvalidError("effective_on", "is not before decided_on")
    effects: Effects = {}
    for outcome in command.children:
        _consistent(outcome)
        child = known(children[outcome.child], outcome.child)
        acts = _acts(child, command, outcome, by)
        acts = _with_the_wish(case, child, acts, command)
        effects[outcome.child] = record(child, _with_what_is_left(child, acts, command))
    decided = DecisionRecorded(
        court=command.court,
        decided_on=command.decided_on,
        effective_on=command.effective_on,
        outcome=_outcome(command),
        number=command.number,
        document=command.document,
        findings=_of_procedure(case, command),
    )
    return [decided], effects


def _of_procedure(case: Case, command: RecordDecision) -> tuple[Finding, ...]:
    reason = (
        "application_on_record" if case.application else "application_not_on_record"
    )
    found = [finding("was_applied_for", (), reason)]
    if case.concluded:
        found.append(finding("is_pending", (), "already_decided"))
    found += [f for hearing in hearings(case) for f in hearing.findings]
    if case.trial_due is not None:
        found.append(decided_in_time(case.trial_due, command.decided_on))
    return tuple(found)


def _acts(
    child: Child, command: RecordDecision, outcome: ChildOutcome, by: Office
) -> list[ChildEvent]:
    """Return the facts of one child's outcome, removals before designations."""
    on, order, case = command.effective_on, command.order, command.case
    acts: list[ChildEvent] = [
        GuardianDisqualified(
            on=on,
            order=order,
            case=case,
            by=by,
            findings=reviews.of_disqualification(child, command, person),
            limits=reviews.limits(child, person, on),
            who=person.who,
            ground=person.ground,
            opinions_limb=person.opinions_limb,
            intentional_crime_against_ward=person.intentional_crime_against_ward,
            restoration_bar=person.restoration_bar,
        )
        for person in outcome.disqualified
    ]
    acts += [
        DisqualificationDismissed(
            on=on,
            order=order,
            case=case,
            by=by,
            findings=reviews.conflicts(child, command, who),
            limits=(),
            who=who,
        )
        for who in outcome.dismissed
    ]
    for e in outcome.ended:
        fact = end_of(child, e.who, e.reason, on, order, by, case)
        if e.reason is EndReason.DESIGNATION_SET_ASIDE:
            found = (*fact.findings, designation_is_set_aside())
            fact = replace(fact, findings=found)
        acts.append(fact)
    acts += [
        GuardianRestored(
            on=on,
            order=order,
            case=case,
            by=by,
            findings=reviews.of_restoration(child, who, command.decided_on),
            limits=(),
            who=who,
        )
        for who in outcome.restored
    ]
    return acts + _arrangements(child, command, outcome, by)


def _arrangements(
    child: Child, command: RecordDecision, outcome: ChildOutcome, by: Office
) -> list[ChildEvent]:
    on, order, case = command.effective_on, command.order, command.case
    acts: list[ChildEvent] = []
    if outcome.designated:
        acts.append(
            GuardianDesignated(
                on=on,
                order=order,
                case=case,
                by=by,
                findings=reviews.of_designation(child, command, outcome, by),
                limits=(),
                holders=outcome.designated,
                notified_on=None,
            )
        )
    if outcome.measures is not None:
        found = warnings_of_bar(child, (outcome.measures,), on, by)
        acts.append(measures_of(outcome.measures, on, order, case, found))
    return acts


def _with_what_is_left(
    child: Child, acts: Sequence[ChildEvent], command: RecordDecision
) -> list[ChildEvent]:
    """Say of each removal whether the child has somebody after the judgment."""
    after = child
    for event in record(child, acts):
        after = evolve(after, event)
    day = command.effective_on.latest
    held = not any(p.line is Line.GAP and p.may_cover(day) for p in after.live.values())
    found = judging.provided_for(command.decided_on, held=held)
    return [
        replace(act, findings=(*act.findings, *found))
        if isinstance(act, GuardianDisqualified | GuardianshipEnded)
        else act
        for act in acts
    ]


def _with_the_wish(
    case: Case, child: Child, acts: Sequence[ChildEvent], command: RecordDecision
) -> list[ChildEvent]:
    """Say of each act whether the child was asked, where the case's life is on record.

    Of a judgment that came before its application nothing is known, and nothing said.
    """
    if case.application is None:
        return list(acts)
    found = reviews.of_wish(child, command.decided_on)
    return [
        replace(act, findings=(*act.findings, *found)) if isinstance(act, Fact) else act
        for act in acts
    ]


def _outcome(command: RecordDecision) -> Outcome:
    dismissed = any(c.dismissed for c in command.children)
    granted = any(
        c.disqualified or c.restored or c.ended or c.designated or c.measures
        for c in command.children
    )
    if granted and dismissed:
        return Outcome.PARTLY_GRANTED
    return Outcome.GRANTED if granted else Outcome.DISMISSED


def _consistent(outcome: ChildOutcome) -> None:
    """Refuse the form of an outcome that says two things of one person."""
    disqualified = {d.who for d in outcome.disqualified}
    if len(disqualified) != len(outcome.disqualified):
        raise InvalidError("disqualified", "names each person once")
    for name, others in (
        ("dismissed", set(outcome.dismissed)),
        ("restored", set(outcome.restored)),
        ("designated", set(outcome.designated)),
        ("measures", {outcome.measures}),
    ):
        if disqualified & others:
            raise InvalidError(name, "names nobody whom this outcome disqualifies")
    for d in outcome.disqualified:
        if d.opinions_limb is not None and not 1 <= d.opinions_limb <= OPINIONS_LIMBS:
            raise InvalidError("opinions_limb", "is 1 to 7 of OP14 35")
        if d.restoration_bar is not None and not 1 <= d.restoration_bar <= BARS:
            raise InvalidError("restoration_bar", "is 1 to 3 of OP14 40(2)")
    if any(e.reason in OF_ALL for e in outcome.ended):
        raise InvalidError("ended", "is of one guardian: not by full capacity or death")
