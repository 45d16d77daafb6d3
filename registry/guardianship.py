"""One child: who becomes its guardian, by other than a judgment.

What lives here: one `decide_…` function per command about guardianship. What never
does: clocks, ids, I/O, other children. An act of civil affairs or of a court within its
competence is recorded with what the law says of it, never refused for substance. What
committees and private persons do may be refused by law: so that nobody becomes guardian
beside a parent who is (CC 27), and nobody who is disqualified (CC 36).
"""

from __future__ import annotations

from collections.abc import Sequence

from events.dates import PartialDate
from events.guardianship import (
    ChildEvent,
    Finding,
    GuardianDesignated,
    GuardianshipEstablished,
    Office,
    Way,
)
from events.limits import LimitKind
from events.proceedings import Wish
from events.timeline import Holder, HolderKind, Line
from registry import standing
from registry.child import Child, known
from registry.commands import (
    DesignateGuardian,
    EstablishGuardianship,
)
from registry.law import establishing, figures, judging, opinions_2014
from registry.law.civil_code_family import adoption_stands_from_registration
from registry.law.editions import CC, OP14
from registry.law.periods import Unit, limit
from registry.refusal import InvalidError, refuse_unless
from registry.timeline import record

ACTS_OF_AUTHORITY = frozenset({Office.COURT, Office.CIVIL_AFFAIRS})
"""Whose acts are facts of the world: recorded with warnings, never refused."""
PRIVATE_WAYS = frozenset({Way.ORDER, Way.CONSENT, Way.WILL, Way.AGREEMENT})
"""Ways by the law itself or by private will: an office only records them, so that
recording what the law does not let happen would make a guardian where there is none."""
LONG_TERM_LIMBS = 5
INSTEAD = {
    "a_parent_is_guardian": "end_of_the_parents_guardianship_first",
    "others_need_consent": "consent_of_committee_or_civil_affairs",
    "consent_is_not_this_offices": "consent_of_committee_or_civil_affairs",
    "disqualified_for_this_child": "another_holder",
    "testator_was_no_guardian": "consent_of_committee_or_civil_affairs",
    "designated_guardian_stands": "application_for_change_of_guardian",
    "a_guardian_is_on_record": "end_of_the_guardianship_on_record_first",
    "designation_is_not_this_offices": "judgment",
}
"""What would be accepted instead, by the reason of the refusal."""


def decide_establish_guardianship(
    child: Child, command: EstablishGuardianship, by: Office
) -> list[ChildEvent]:
    """Record a guardianship by order, consent, will, agreement, state or adoption.

    Raises RefusedError where the law does not let it come about that way.
    """
    known(child, command.child)
    _complete(command)
    findings = (*_of_way(child, command, by), *_barred(child, command, by))
    if command.way in PRIVATE_WAYS or by not in ACTS_OF_AUTHORITY:
        refuse_unless(findings, INSTEAD)
    fact = GuardianshipEstablished(
        on=command.on,
        order=command.order,
        case=None,
        by=by,
        findings=findings,
        limits=(),
        holders=command.holders,
        way=command.way,
        kin=command.kin,
        limb=command.limb,
        testator=command.testator,
    )
    return record(child, [fact])


def _complete(command: EstablishGuardianship) -> None:
    """Refuse the form of a command whose parts do not belong to its way."""
    if not command.holders:
        raise InvalidError("holders", "names at least one")
    if len(set(command.holders)) != len(command.holders):
        raise InvalidError("holders", "names each holder once")
    if (command.testator is not None) != (command.way is Way.WILL):
        raise InvalidError("testator", "is given for a will, and for it alone")
    if (command.kin is not None) != (command.way is Way.ORDER):
        raise InvalidError("kin", "is given for the order of the law, and for it alone")
    if command.limb is not None and (
        command.way is not Way.LONG_TERM or not 1 <= command.limb <= LONG_TERM_LIMBS
    ):
        raise InvalidError("limb", "is 1 to 5 of MPL 94, for long-term guardianship")
    kinds = {holder.kind for holder in command.holders}
    if command.way in {Way.ORDER, Way.WILL, Way.BIRTH, Way.ADOPTION}:
        if kinds != {HolderKind.PERSON}:
            raise InvalidError("holders", "are persons")
    elif command.way in {Way.NOBODY_QUALIFIED, Way.LONG_TERM} and kinds != {
        HolderKind.BODY
    }:
        raise InvalidError("holders", "are bodies")


def _of_way(  # noqa: PLR0911  one return per way
    child: Child, command: EstablishGuardianship, by: Office
) -> tuple[Finding, ...]:
    """Return what the law of the day says of this way to become guardian."""
    on, holders = command.on, set(command.holders)
    parents = standing.parents_who_guard(child, on) - holders
    stands = bool(standing.guardians(child, on) - holders)
    match command.way:
        case Way.BIRTH:
            return (establishing.parents(on),)
        case Way.ADOPTION:
            return _of_adoption(child, on)
        case Way.ORDER:
            return establishing.order(on, command.kin, parent_stands=bool(parents))
        case Way.CONSENT:
            return establishing.consent(on, by, parent_stands=bool(parents))
        case Way.WILL:
            return _of_will(child, command)
        case Way.AGREEMENT:
            designated = standing.designated_guardians(child, on) - holders
            return establishing.agreement(
                on,
                barred=any(standing.is_barred(child, h, on) for h in holders),
                parent_stands=bool(standing.parents_who_guard(child, on)),
                designated_stands=bool(designated),
            )
        case Way.NOBODY_QUALIFIED:
            return establishing.nobody_qualified(on, guardian_stands=stands)
        case Way.LONG_TERM:
            return establishing.long_term(
                on,
                command.limb,
                guardian_stands=stands,
                somebody_reachable=bool(standing.reachable(child, on) - holders),
                court_designated=all(
                    standing.court_designated(child, h) for h in holders
                ),
            )


def _of_will(child: Child, command: EstablishGuardianship) -> tuple[Finding, ...]:
    testator, on = command.testator, command.on
    if testator is None:
        raise InvalidError("testator", "is given for a will")
    others = standing.parents_who_guard(child, on) - {testator}
    return establishing.will(
        on,
        testator_was_guardian=standing.was_parent(child, testator)
        and standing.was_guardian(child, testator, on)
        and not standing.is_barred(child, testator, on),
        other_parent_stands=bool(others),
    )


def _of_adoption(child: Child, on: PartialDate) -> tuple[Finding, ...]:
    """Return whether the year of OP14 44 was waited for after each judgment."""
    if not OP14.in_force(on):
        return ()
    found: list[Finding] = []
    for who in {p.holder for p in standing.of_line(child, Line.BAR, on)}:
        lost = standing.lost_on(child, who, on) if who else None
        if who and lost:
            crime = standing.crime_against_ward(child, who)
            barred = crime or standing.restoration_bar(child, who) is not None
            found.append(opinions_2014.adoption_waited(lost, on, barred=barred))
    return tuple(found)


def _barred(
    child: Child, command: EstablishGuardianship, by: Office
) -> tuple[Finding, ...]:
    """Return a finding of each holder who is disqualified for this child."""
    on = command.on
    barred = [h for h in command.holders if standing.is_barred(child, h, on)]
    if not barred:
        return ()
    if command.way is Way.ADOPTION and CC.in_force(on):
        return (adoption_stands_from_registration(barred=True),)
    return warnings_of_bar(child, barred, on, by)


def warnings_of_bar(
    child: Child, holders: Sequence[Holder], on: PartialDate, by: Office
) -> tuple[Finding, ...]:
    """Return a finding where one of the holders is disqualified for this child."""
    if not any(standing.is_barred(child, holder, on) for holder in holders):
        return ()
    found = establishing.designation(
        on, by, len(holders), parent_stands=False, barred=True
    )
    return tuple(f for f in found if f.reason == "disqualified_for_this_child")


def against_the_wish(
    child: Child, holders: Sequence[Holder], on: PartialDate
) -> tuple[Finding, ...]:
    """Return whether one is designated whom the child did not want, where it spoke."""
    said = standing.wishes(child, on)
    if not said:
        return ()
    against = {w.toward for w in said if w.wish is Wish.NOT_WITH} & set(holders)
    return judging.wish_followed(on, against=bool(against))


def decide_designate_guardian(
    child: Child, command: DesignateGuardian, by: Office
) -> list[ChildEvent]:
    """Record a designation by a committee or civil affairs (CC 31(1)).

    A committee's is refused where the law does not let it designate these; objections
    run thirty days from the notice, at the earliest from the designation.
    """
    known(child, command.child)
    if not command.holders:
        raise InvalidError("holders", "names at least one")
    on, holders = command.on, command.holders
    if command.notified_on is not None and command.notified_on.latest < on.earliest:
        raise InvalidError("notified_on", "is not before the designation")
    findings = establishing.designation(
        on,
        by,
        len(holders),
        parent_stands=bool(standing.parents_who_guard(child, on)),
        barred=any(standing.is_barred(child, holder, on) for holder in holders),
    )
    findings = (*findings, *against_the_wish(child, holders, on))
    if by not in ACTS_OF_AUTHORITY:
        refuse_unless(findings, INSTEAD)
    start = command.notified_on or on
    days = figures.OBJECTION_DAYS
    fact = GuardianDesignated(
        on=on,
        order=command.order,
        case=None,
        by=by,
        findings=findings,
        limits=limit(LimitKind.OBJECTION, start, days, Unit.DAYS, "party"),
        holders=holders,
        notified_on=command.notified_on,
    )
    return record(child, [fact])
