"""One child: who protects it meanwhile, beside guardianship.

What lives here: one `decide_…` function per command about the four temporary
roles. What never does: clocks, ids, I/O, and moving a guardianship: they stand beside
it (CC 31(3), 34(4), 36(1); MPL 92, 93(2)).
"""

from __future__ import annotations

from events.dates import PartialDate
from events.guardianship import (
    ChildEvent,
    Finding,
    Office,
    TemporaryArrangementEnded,
    TemporaryArrangementStarted,
)
from events.limits import Limit, LimitKind
from events.proceedings import TemporaryEnd
from events.timeline import Holder, HolderKind, Role
from registry import standing
from registry.child import Child, known
from registry.commands import (
    EndTemporaryArrangement,
    StartTemporaryArrangement,
)
from registry.guardianship import ACTS_OF_AUTHORITY, warnings_of_bar
from registry.law import (
    civil_code,
    establishing,
    figures,
    judging,
    minors_protection,
    opinions_2014,
)
from registry.law.editions import CC, MPL, OP14
from registry.law.minors_protection import CRIME, DANGER, REFUSES
from registry.law.periods import Unit, limit
from registry.refusal import InvalidError, refuse_unless
from registry.timeline import record

TEMPORARY_ROLES = frozenset(
    {
        Role.TEMPORARY_GUARDIAN,
        Role.STATE_TEMPORARY_GUARDIAN,
        Role.JUDGMENT_MEASURES,
        Role.TEMPORARY_CARE,
    }
)
"""The four temporary roles: different holders, grounds and ends."""
TEMPORARY_LIMBS = 7
FAILED_BY_GUARDIAN = frozenset({REFUSES, CRIME, DANGER})
"""The limbs of MPL 92 that are grounds to disqualify the guardian (CC 36(1))."""
INSTEAD = {
    "temporary_guardian_is_a_body": "a_body",
    "disqualified_for_this_child": "another_holder",
    "end_is_civil_affairs": "act_of_civil_affairs",
}
"""What would be accepted instead, by the reason of the refusal."""


def decide_start_temporary_arrangement(
    child: Child, command: StartTemporaryArrangement, by: Office
) -> list[ChildEvent]:
    """Record the beginning of one of the four temporary roles.

    A person as temporary guardian before a designation, or one who is disqualified, is
    refused unless a court or civil affairs says so.
    """
    known(child, command.child)
    _complete(command)
    findings = (
        *_of_role(child, command, by),
        *warnings_of_bar(child, (command.holder,), command.on, by),
    )
    if by not in ACTS_OF_AUTHORITY:
        refuse_unless(findings, INSTEAD)
    owed = _last_resort(child, command)
    must = judging.last_resort(command.on) if owed else ()
    fact = TemporaryArrangementStarted(
        on=command.on,
        order=command.order,
        case=None,
        by=by,
        findings=(*findings, *must),
        limits=(*_limits(command), *owed),
        holder=command.holder,
        role=command.role,
        limb=command.limb,
        until=command.until,
    )
    return record(child, [fact])


def _complete(command: StartTemporaryArrangement) -> None:
    """Refuse the form of a command whose parts do not belong to its role."""
    if command.role not in TEMPORARY_ROLES:
        raise InvalidError("role", "is one of the four temporary roles")
    state = command.role is Role.STATE_TEMPORARY_GUARDIAN
    if command.limb is not None and not (
        state and 1 <= command.limb <= TEMPORARY_LIMBS
    ):
        raise InvalidError("limb", "is 1 to 7 of MPL 92, for civil affairs alone")
    if state and command.holder.kind is not HolderKind.BODY:
        raise InvalidError("holder", "is a body")
    if command.until is not None and command.until.latest < command.on.earliest:
        raise InvalidError("until", "is not before it began")


def _of_role(
    child: Child, command: StartTemporaryArrangement, by: Office
) -> tuple[Finding, ...]:
    on = command.on
    match command.role:
        case Role.TEMPORARY_GUARDIAN:
            return establishing.temporary_guardian(
                on,
                command.holder.kind,
                guardian_stands=bool(standing.fit(child, on)),
            )
        case Role.STATE_TEMPORARY_GUARDIAN:
            return establishing.state_temporary(
                on,
                by,
                command.limb,
                guardian_stands=bool(standing.guardians(child, on)),
                somebody_reachable=bool(standing.reachable(child, on)),
            )
        case Role.TEMPORARY_CARE if CC.in_force(on):
            return (civil_code.moves_no_guardianship(),)
        case _:
            return ()


def _limits(command: StartTemporaryArrangement) -> tuple[Limit, ...]:
    """Return the alarms: the year of OP14 15, and the end that the act expects."""
    found: tuple[Limit, ...] = ()
    if command.role is Role.STATE_TEMPORARY_GUARDIAN:
        kind, years = LimitKind.TEMPORARY_GUARDIANSHIP, figures.TEMPORARY_YEARS
        found = limit(kind, command.on, years, Unit.YEARS, "civil_affairs")
    if command.until is not None:
        expected = Limit(
            kind=LimitKind.EXPECTED_END,
            due=command.until,
            at_the_earliest=not command.until.is_exact,
            who=command.holder.id,
            articles=(),
        )
        found = (*found, expected)
    return found


def _last_resort(child: Child, command: StartTemporaryArrangement) -> tuple[Limit, ...]:
    """Return the alarm of civil affairs' own duty to apply (CC 36(3)).

    It took the child from a guardian who refuses, uses it for crime or harms it: each
    is a ground of CC 36(1), which civil affairs knows. Others may apply first; nobody
    is waited for where somebody has, and none is owed once the child was returned.
    """
    if command.limb not in FAILED_BY_GUARDIAN or standing.is_sued_for(child):
        return ()
    kind, days = LimitKind.LAST_RESORT, figures.LAST_RESORT_DAYS
    return limit(kind, command.on, days, Unit.DAYS, "civil_affairs")


def decide_end_temporary_arrangement(
    child: Child, command: EndTemporaryArrangement, by: Office
) -> list[ChildEvent]:
    """Record the end of a temporary role; the fact that began it must stand.

    A return without an assessment, or to nobody, is recorded with a warning: the child
    is where it is, and somebody must look.
    """
    known(child, command.child)
    started = begun(child, command.started)
    if command.on.latest < started.on.earliest:
        raise InvalidError("on", "is before the arrangement began")
    if started.role is Role.STATE_TEMPORARY_GUARDIAN and MPL.in_force(command.on):
        refuse_unless([minors_protection.return_is_civil_affairs(by)], INSTEAD)
    fact = TemporaryArrangementEnded(
        on=command.on,
        order=command.order,
        case=None,
        by=by,
        findings=_of_return(child, command),
        limits=(),
        started=command.started,
        end=command.end,
        assessed_on=command.assessed_on,
    )
    return record(child, [fact])


def begun(child: Child, version: int) -> TemporaryArrangementStarted:
    """Return the fact that began a temporary role; raises InvalidError for another."""
    started = child.facts.get(version)
    if not isinstance(started, TemporaryArrangementStarted):
        raise InvalidError("started", "is the version of a temporary arrangement")
    return started


def _of_return(child: Child, command: EndTemporaryArrangement) -> tuple[Finding, ...]:
    if command.end is not TemporaryEnd.RETURNED:
        return ()
    on, assessed = command.on, command.assessed_on
    before = assessed is not None and assessed.earliest <= on.latest
    if MPL.in_force(on):
        holders = bool(standing.fit(child, on))
        may = minors_protection.may_be_returned(
            assessed=before, fit_guardian_stands=holders
        )
        return (may,)
    if OP14.in_force(on):
        return (opinions_2014.return_follows_conclusion(assessed=before),)
    return ()


def measures_of(
    holder: Holder,
    on: PartialDate,
    order: int,
    case: str,
    findings: tuple[Finding, ...],
) -> TemporaryArrangementStarted:
    """Return the fact of temporary measures that a judgment arranges (CC 36(1))."""
    return TemporaryArrangementStarted(
        on=on,
        order=order,
        case=case,
        by=Office.COURT,
        findings=findings,
        limits=(),
        holder=holder,
        role=Role.JUDGMENT_MEASURES,
        limb=None,
        until=None,
    )
