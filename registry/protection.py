"""Protection orders of a child: asked for, decided, extended, changed, revoked.

What lives here: one `decide_…` function per command (DV 23 to 32). What never does:
clocks, ids, I/O, moving a guardianship: an order says who is kept away from the child
and until when. An application against the law is refused; what a court decides is
recorded, with what the law says of it.
"""

from __future__ import annotations

from events.cases import (
    ApplicantClass,
    CaseEvent,
    ProtectionApplied,
    ProtectionDecided,
)
from events.dates import PartialDate
from events.guardianship import (
    ChildEvent,
    Finding,
    Office,
    ProtectionLifted,
    ProtectionOrdered,
)
from events.proceedings import ProtectionAsked, ProtectionOutcome
from events.timeline import HandOver
from registry.case import Case
from registry.case_commands import ApplyForProtection, DecideProtection
from registry.cases import OWN_STANDING
from registry.child import Child, known
from registry.law import anti_domestic_violence, protecting, protection_orders_2022
from registry.law.editions import DV, PSPO
from registry.law.reasons import finding
from registry.refusal import InvalidError, refuse_unless
from registry.timeline import record

STANDS = frozenset(
    {
        ProtectionOutcome.ORDERED,
        ProtectionOutcome.EXTENDED,
        ProtectionOutcome.CHANGED,
    }
)
"""Outcomes after which an order stands, as the decision says it."""
OF_AN_ORDER = frozenset(
    {
        ProtectionAsked.EXTENSION,
        ProtectionAsked.CHANGE,
        ProtectionAsked.REVOCATION,
    }
)
"""What is asked about an order that stands."""
MINUTES_A_DAY = 24 * 60
INSTEAD = {
    "respondent_himself": "application_by_those_who_may",
    "not_in_the_closed_list": "application_by_those_who_may",
    "procurator_advises_and_supports": "application_by_those_who_may",
    "not_asked_by_the_protected": "application_by_the_protected",
    "no_order_in_force": "new_application_for_protection",
    "later_than_five_days": "new_application_for_protection",
    "reviewed_already": "new_application_for_protection",
    "nothing_to_review": "new_application_for_protection",
}
"""What would be accepted instead, by the reason of the refusal."""

Decided = tuple[list[CaseEvent], list[ChildEvent]]
"""What stands on the case's stream, and on the child's."""


def decide_apply_for_protection(
    case: Case, child: Child, command: ApplyForProtection, by: Office
) -> Decided:
    """Record what was asked about a protection order (DV 23, 30, 31).

    Raises RefusedError where the applicant may not ask it, or not any more.
    """
    known(child, command.child)
    _complete(case, command, by)
    asks = {
        ProtectionAsked.ORDER: _of_order,
        ProtectionAsked.REVIEW: _of_review,
    }.get(command.asked, _of_change)
    received = command.on, command.minute
    review = command.asked is ProtectionAsked.REVIEW
    limits = protecting.decision_limit(received, command.court, urgent=command.urgent)
    applied = ProtectionApplied(
        asked=command.asked,
        urgent=command.urgent,
        applicant=command.applicant,
        on=command.on,
        minute=command.minute,
        court=command.court,
        number=command.number,
        child=command.child,
        respondents=command.respondents,
        by=by,
        findings=asks(case, command),
        limits=() if review else limits,
    )
    return [applied], []


def _complete(case: Case, command: ApplyForProtection, by: Office) -> None:
    if not command.respondents:
        raise InvalidError("respondents", "names at least one")
    _minute(command.minute)
    own = OWN_STANDING.get(by)
    if own is not None and command.applicant.standing is not own:
        rule = "is that of the submitting office; a court records others"
        raise InvalidError("applicant.standing", rule)
    other = [a for a in applications(case) if a.child != command.child]
    if other:
        raise InvalidError("child", "is that of the case: one order, one child")


def _minute(minute: int | None) -> None:
    if minute is not None and not 0 <= minute < MINUTES_A_DAY:
        raise InvalidError("minute", "is 0 to 1439 of the day")


def _of_order(_: Case, command: ApplyForProtection) -> tuple[Finding, ...]:
    """Judge who asks for an order: one act in force that lets him is enough."""
    on, who = command.on, command.applicant
    respondent = who.holder in command.respondents
    found = protecting.applicants(on, who.standing, is_respondent=respondent)
    letting = tuple(f for f in found if f.holds)
    if not letting:
        refuse_unless(found, INSTEAD)
    if PSPO.in_force(on):
        letting = (*letting, protection_orders_2022.needs_no_other_suit())
    return letting


def _of_change(case: Case, command: ApplyForProtection) -> tuple[Finding, ...]:
    """Judge who asks to extend, change or revoke, and whether an order stands."""
    who = command.applicant
    protected = who.standing is ApplicantClass.WARD or any(
        a.applicant.holder == who.holder
        for a in applications(case)
        if a.asked is ProtectionAsked.ORDER
    )
    found = protecting.may_change(
        command.on,
        in_force=in_force(case, command.on),
        by_the_protected=protected,
    )
    refuse_unless(found, INSTEAD)
    return found


def _of_review(case: Case, command: ApplyForProtection) -> tuple[Finding, ...]:
    """Judge whether review is asked for once and in time; an order stands meanwhile."""
    decided = [d for d in decisions(case) if d.outcome is not ProtectionOutcome.UPHELD]
    last = decided[-1] if decided else None
    events = case.standing()
    after = events[events.index(last) :] if last else []
    reviewed = any(
        isinstance(e, ProtectionApplied) and e.asked is ProtectionAsked.REVIEW
        for e in after
    )
    found = protecting.review(command.on, last.on if last else None, reviewed=reviewed)
    refuse_unless(found, INSTEAD)
    if found and in_force(case, command.on):
        found = (*found, anti_domestic_violence.order_stands_under_review())
    return found


def decide_decide_protection(
    case: Case, child: Child, command: DecideProtection, by: Office
) -> Decided:
    """Record a court's decision about protection: never refused for substance."""
    known(child, command.child)
    stands = command.outcome in STANDS
    _minute(command.minute)
    _says_what_stands(command, stands=stands)
    facts: list[ChildEvent] = []
    if stands and command.until is not None:
        facts = [_ordered(command, command.until, by)]
    elif command.outcome is ProtectionOutcome.REVOKED:
        facts = [
            ProtectionLifted(
                on=command.on,
                order=command.order,
                case=command.case,
                by=by,
                findings=(),
                limits=(),
            )
        ]
    upheld = command.outcome is ProtectionOutcome.UPHELD
    decided = ProtectionDecided(
        outcome=command.outcome,
        court=command.court,
        on=command.on,
        minute=command.minute,
        number=command.number,
        child=command.child,
        document=command.document,
        findings=_of_decision(case, command),
        limits=() if upheld else protecting.order_limits(command.on, command.until),
    )
    return [decided], record(child, facts) if facts else []


def _says_what_stands(command: DecideProtection, *, stands: bool) -> None:
    """Refuse the form of a decision that says what stands where nothing does."""
    for name, given in (
        ("against", bool(command.against)),
        ("measures", bool(command.measures)),
        ("until", command.until is not None),
    ):
        if given is not stands:
            raise InvalidError(name, "is given where an order stands, and only there")
    if len(set(command.against)) != len(command.against):
        raise InvalidError("against", "names each person once")
    if len(set(command.measures)) != len(command.measures):
        raise InvalidError("measures", "names each measure once")
    if command.until is not None and not command.until.is_exact:
        raise InvalidError("until", "is a day: an order has a last one")
    if command.until is not None and command.until.latest < command.on.earliest:
        raise InvalidError("until", "is not before it was decided")


def _ordered(
    command: DecideProtection, until: PartialDate, by: Office
) -> ProtectionOrdered:
    found = [anti_domestic_violence.measure_keeps_apart(m) for m in command.measures]
    apart = [f for f in found if f.holds]
    return ProtectionOrdered(
        on=command.on,
        order=command.order,
        case=command.case,
        by=by,
        findings=tuple(apart) if DV.in_force(command.on) else (),
        limits=(),
        against=command.against,
        measures=command.measures,
        until=until,
        hand_over=HandOver.NO if apart else HandOver.UNKNOWN,
    )


def _of_decision(case: Case, command: DecideProtection) -> tuple[Finding, ...]:
    """Say what the law of the day says: asked for, in its hours, short enough."""
    asked = [a for a in applications(case) if a.on.earliest <= command.on.latest]
    reason = "application_on_record" if asked else "application_not_on_record"
    found = [finding("was_applied_for", (), reason)]
    last = asked[-1] if asked else None
    if last is not None and last.asked is not ProtectionAsked.REVIEW:
        found += protecting.decided_in_time(
            last.on,
            (last.on, last.minute),
            (command.on, command.minute),
            urgent=last.urgent,
        )
    if command.until is not None:
        found += protecting.lasts(command.on, command.until)
    if command.outcome not in {ProtectionOutcome.ORDERED, ProtectionOutcome.REFUSED}:
        found += _of_what_stood(case, command)
    return tuple(found)


def _of_what_stood(case: Case, command: DecideProtection) -> tuple[Finding, ...]:
    if in_force(case, command.on) or command.outcome is ProtectionOutcome.UPHELD:
        return ()
    return protecting.may_change(command.on, in_force=False, by_the_protected=True)


def applications(case: Case) -> list[ProtectionApplied]:
    """Return what was asked about protection in a case, in the order of the record."""
    return [e for e in case.standing() if isinstance(e, ProtectionApplied)]


def decisions(case: Case) -> list[ProtectionDecided]:
    """Return what was decided about protection in a case."""
    return [e for e in case.standing() if isinstance(e, ProtectionDecided)]


def in_force(case: Case, on: PartialDate) -> bool:
    """Whether some reading of a day finds an order of the case in force."""
    standing = False
    for decided in decisions(case):
        if decided.on.earliest > on.latest:
            continue
        if decided.outcome in STANDS:
            ends = [li.due for li in decided.limits if li.kind == "order_ends"]
            standing = bool(ends) and on.earliest <= ends[-1].latest
        elif decided.outcome is ProtectionOutcome.REVOKED:
            standing = False
    return standing
