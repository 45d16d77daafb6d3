"""One court case: procedure on its own stream, effects on each child's.

What lives here: `Case`, `evolve`, and one `decide_…` function per command about a
case. What never does: a judgment refused for substance. A judgment may come before
its application, name nobody, or contradict the law: it is recorded, with findings.
Refused is an application against the law; invalid a contradiction inside one
submission.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from events.cases import (
    ApplicantClass,
    ApplicationAccepted,
    ApplicationFiled,
    ApplicationWithdrawn,
    CaseEvent,
    DecisionRecorded,
    Outcome,
)
from events.dates import PartialDate
from events.guardianship import (
    ActAnnulled,
    ActReinstated,
    Asked,
    ChildEvent,
    DisqualificationDismissed,
    Finding,
    GuardianDesignated,
    GuardianDisqualified,
    GuardianRestored,
    GuardianshipEnded,
    NamedInApplication,
    Office,
    TemporaryArrangementStarted,
)
from events.timeline import Holder, HolderKind, Line, Role
from registry.commands import (
    AcceptApplication,
    ChildOutcome,
    FileApplication,
    RecordDecision,
    WithdrawApplication,
)
from registry.guardianship import Child, barred_warnings, known, record
from registry.law.editions import Question, cite
from registry.refusal import InvalidError, NotKnownError, RefusedError


@dataclass(frozen=True, slots=True)
class Case:
    """What has happened in a case; facts by version, and which are annulled."""

    version: int = 0
    filed: int | None = None
    annulled: frozenset[int] = frozenset()

    @property
    def has_application(self) -> bool:
        """Whether an application stands."""
        return self.filed is not None and self.filed not in self.annulled


def evolve(case: Case, event: CaseEvent) -> Case:
    """Return the state after an event: no rules, no errors, no clock."""
    version = case.version + 1
    match event:
        case ApplicationFiled():
            return replace(case, version=version, filed=version)
        case ActAnnulled():
            annulled = case.annulled | {event.act}
            return replace(case, version=version, annulled=annulled)
        case ActReinstated():
            annulled = case.annulled - {event.act}
            return replace(case, version=version, annulled=annulled)
        case _:
            return replace(case, version=version)


Effects = dict[str, list[ChildEvent]]
"""Events by child."""


def decide_file_application(
    case: Case, children: Mapping[str, Child], command: FileApplication, by: Office
) -> tuple[list[CaseEvent], Effects]:
    """Record an application filed by somebody who may (CC 36(2), 38; OP14 27).

    Raises RefusedError where the applicant may not apply.
    """
    if case.has_application:
        raise InvalidError("case", "has an application already")
    _distinct([c.child for c in command.children], "children")
    _standing(command)
    on = command.filed_on
    filed = ApplicationFiled(
        asked=command.asked,
        applicant=command.applicant,
        filed_on=on,
        court=command.court,
        number=command.number,
        by=by,
        findings=(
            Finding(
                question="may_apply",
                holds=True,
                articles=cite(Question.APPLICANTS, on),
                reason=str(command.applicant.standing),
            ),
        ),
    )
    effects: Effects = {}
    for asked in command.children:
        child = known(children[asked.child], asked.child)
        _restorable(child, command, asked.respondents)
        named = NamedInApplication(
            on=on,
            order=0,
            case=command.case,
            by=by,
            findings=(),
            asked=command.asked,
            respondents=asked.respondents,
            ground=asked.ground,
        )
        effects[asked.child] = record(child, [named])
    return [filed], effects


def _standing(command: FileApplication) -> None:
    """Refuse those whom the law does not let apply (CC 36(2), OP14 27, 30, MPL 106)."""
    on, who = command.filed_on, command.applicant
    articles = cite(Question.APPLICANTS, on)
    if who.standing is ApplicantClass.PROCURATORATE:
        reason = "procurator_advises_and_supports"
        raise RefusedError(reason, (*articles, "OP14 30"), "notice_or_recommendation")
    if who.standing is ApplicantClass.POLICE:
        reason = "police_do_not_apply"
        raise RefusedError(reason, articles, "report_to_civil_affairs")
    respondents = [h for c in command.children for h in c.respondents]
    if command.asked is Asked.DISQUALIFY and who.holder in respondents:
        reason = "guardian_may_not_apply_against_himself"
        raise RefusedError(reason, articles, "application_by_another")
    if command.asked is Asked.RESTORE and who.standing not in {
        ApplicantClass.PARENT,
        ApplicantClass.WARD,
    }:
        reason = "only_a_parent_is_restored"
        articles = cite(Question.RESTORATION, on)
        raise RefusedError(reason, articles, "application_for_change_of_guardian")


def _restorable(
    child: Child, command: FileApplication, respondents: Sequence[Holder]
) -> None:
    """Refuse a restoration that CC 38 bars for ever."""
    if command.asked is not Asked.RESTORE:
        return
    for who in {command.applicant.holder, *respondents}:
        if crime_against_ward(child, who):
            articles = cite(Question.RESTORATION, command.filed_on)
            raise RefusedError("intentional_crime_against_ward", articles, "nothing")


def crime_against_ward(child: Child, who: Holder) -> bool:
    """Whether a standing judgment says an intentional crime against the ward."""
    return any(
        isinstance(at.fact, GuardianDisqualified)
        and at.fact.who == who
        and at.fact.intentional_crime_against_ward is True
        for at in child.standing()
    )


def decide_accept_application(
    case: Case, command: AcceptApplication
) -> list[CaseEvent]:
    """Record that the court docketed the application (CPL 187)."""
    if not case.has_application:
        resource = f"cases/{command.case}"
        raise NotKnownError(resource)
    return [ApplicationAccepted(on=command.on)]


def decide_withdraw_application(
    case: Case, command: WithdrawApplication
) -> list[CaseEvent]:
    """Record that the application was withdrawn; nothing moved."""
    if not case.has_application:
        resource = f"cases/{command.case}"
        raise NotKnownError(resource)
    return [ApplicationWithdrawn(on=command.on)]


def decide_record_decision(
    case: Case, children: Mapping[str, Child], command: RecordDecision, by: Office
) -> tuple[list[CaseEvent], Effects]:
    """Record a judgment: never refused for substance, contradictions are invalid."""
    _distinct([c.child for c in command.children], "children")
    if not command.children:
        raise InvalidError("children", "names at least one")
    if command.effective_on.latest < command.decided_on.earliest:
        raise InvalidError("effective_on", "is not before decided_on")
    effects: Effects = {}
    for outcome in command.children:
        _consistent(outcome)
        child = known(children[outcome.child], outcome.child)
        effects[outcome.child] = record(child, _acts(child, command, outcome, by))
    findings: tuple[Finding, ...] = ()
    if not case.has_application:
        findings = (
            Finding(
                question="was_applied_for",
                holds=False,
                articles=cite(Question.DISQUALIFICATION, command.decided_on),
                reason="no_application_recorded_yet",
            ),
        )
    decided = DecisionRecorded(
        court=command.court,
        decided_on=command.decided_on,
        effective_on=command.effective_on,
        outcome=_outcome(command),
        number=command.number,
        document=command.document,
        findings=findings,
    )
    return [decided], effects


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
            findings=_of_disqualification(child, d.who, command.decided_on),
            who=d.who,
            ground=d.ground,
            opinions_limb=d.opinions_limb,
            intentional_crime_against_ward=d.intentional_crime_against_ward,
        )
        for d in outcome.disqualified
    ]
    acts += [
        DisqualificationDismissed(
            on=on, order=order, case=case, by=by, findings=(), who=who
        )
        for who in outcome.dismissed
    ]
    acts += [
        GuardianshipEnded(
            on=on,
            order=order,
            case=case,
            by=by,
            findings=(),
            who=e.who,
            reason=e.reason,
        )
        for e in outcome.ended
    ]
    acts += [
        GuardianRestored(
            on=on,
            order=order,
            case=case,
            by=by,
            findings=_of_restoration(child, who, command.decided_on),
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
                findings=barred_warnings(child, outcome.designated, on),
                holders=outcome.designated,
            )
        )
    if outcome.measures is not None:
        acts.append(
            TemporaryArrangementStarted(
                on=on,
                order=order,
                case=case,
                by=by,
                findings=(),
                holder=outcome.measures,
                role=Role.JUDGMENT_MEASURES,
                limb=None,
                until=None,
            )
        )
    return acts


def _of_disqualification(
    child: Child, who: Holder, on: PartialDate
) -> tuple[Finding, ...]:
    """Return the ground's article, that support continues, and what looks wrong."""
    holds = any(
        period.holder == who
        and period.line is Line.RELATION
        and period.may_cover(on.latest)
        for period in child.live.values()
    )
    ground = Finding(
        question="is_guardian_to_disqualify",
        holds=holds,
        articles=cite(Question.DISQUALIFICATION, on),
        reason="guardian_on_record" if holds else "guardian_not_on_record",
    )
    support = Finding(
        question="support_continues",
        holds=True,
        articles=cite(Question.SUPPORT, on),
        reason="support_survives_disqualification",
    )
    return ground, support


def _of_restoration(child: Child, who: Holder, on: PartialDate) -> tuple[Finding, ...]:
    """Return what CC 38 says of a restoration that a court decided anyway."""
    articles = cite(Question.RESTORATION, on)
    barred = crime_against_ward(child, who)
    person = who.kind is HolderKind.PERSON
    disqualified = any(
        isinstance(at.fact, GuardianDisqualified) and at.fact.who == who
        for at in child.standing()
    )
    checks = (
        ("no_intentional_crime_against_ward", not barred),
        ("is_a_person", person),
        ("was_disqualified", disqualified),
    )
    return tuple(
        Finding(question=question, holds=holds, articles=articles, reason=question)
        for question, holds in checks
    )


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
    for name, others in (
        ("dismissed", set(outcome.dismissed)),
        ("restored", set(outcome.restored)),
        ("designated", set(outcome.designated)),
    ):
        if disqualified & others:
            raise InvalidError(name, "names nobody whom this outcome disqualifies")


def _distinct(values: Sequence[str], name: str) -> None:
    if len(set(values)) != len(values):
        raise InvalidError(name, "names each child once")
