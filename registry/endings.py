"""One child: how a guardianship ends by CC 39, by other than disqualification.

What lives here: the fact of an end, for one child, or for every ward of a person. What
never does: clocks, ids, I/O, majority, which needs no act.
"""

from __future__ import annotations

from dataclasses import replace

from events.dates import PartialDate
from events.guardianship import ChildEvent, EndReason, GuardianshipEnded, Office
from events.timeline import Holder, HolderKind
from registry import standing
from registry.child import Child, known
from registry.commands import EndGuardianship
from registry.law import judging
from registry.law.civil_code import may_be_deemed_capable
from registry.refusal import InvalidError
from registry.timeline import record

OF_ALL = frozenset({EndReason.FULL_CAPACITY, EndReason.WARD_DIED})
"""Ends that concern every guardianship of the child, so that `who` is empty."""


def decide_end_guardianship(
    child: Child, command: EndGuardianship, by: Office
) -> list[ChildEvent]:
    """Record the end of a guardianship by CC 39; all end where the ward is concerned.

    Full capacity before sixteen is an impossible date, whoever says it (CC 18(2)).
    """
    known(child, command.child)
    if (command.who is None) != (command.reason in OF_ALL):
        raise InvalidError("who", "is empty for full capacity and the ward's death")
    birth = standing.born(child)
    if command.reason is EndReason.FULL_CAPACITY and birth is not None:
        old_enough = may_be_deemed_capable(birth, command.on)
        if not old_enough.holds:
            raise InvalidError("on", "is not before the sixteenth birthday (CC 18(2))")
    fact = end_of(child, command.who, command.reason, command.on, command.order, by)
    return record(child, [fact])


def end_of(  # noqa: PLR0913, PLR0917  each is a part of the fact
    child: Child,
    who: Holder | None,
    reason: EndReason,
    on: PartialDate,
    order: int,
    by: Office,
    case: str | None = None,
) -> GuardianshipEnded:
    """Return the fact of an end, with what the law of its day says of it."""
    holders = standing.guardians(child, on)
    stands = bool(holders) if who is None else who in holders
    if reason in OF_ALL:
        stands = True  # it ends the need for a guardian, whether one stood or not
    return GuardianshipEnded(
        on=on,
        order=order,
        case=case,
        by=by,
        findings=judging.ends(on, reason, stands=stands),
        limits=(),
        who=who,
        reason=reason,
    )


def decide_end_for_person(
    child: Child, person: str, reason: EndReason, on: PartialDate, by: Office
) -> list[ChildEvent]:
    """Record a guardian's death or loss of capacity for one ward, where it holds.

    Returns nothing where the person holds nothing of this child.
    """
    who = Holder(kind=HolderKind.PERSON, id=person)
    kept = child.kept(who)
    if not any(period.holder == kept for period in child.live.values()):
        return []
    fact = replace(end_of(child, kept, reason, on, 0, by), who=who)
    return record(child, [fact])
