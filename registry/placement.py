"""One child: who cares for it in fact, and whether a guardian can be found.

What lives here: one `decide_…` function per command about placement and whereabouts.
What never does: clocks, ids, I/O, and moving a guardianship (MPL 22, 93(1); INT 13).
"""

from __future__ import annotations

from events.guardianship import (
    ChildEvent,
    ChildPlaced,
    Finding,
    Office,
    PlacementEnded,
    PlacementForm,
    WhereaboutsFound,
    WhereaboutsLost,
)
from registry import standing
from registry.absences import absence
from registry.child import Child, known
from registry.commands import EndPlacement, RecordPlacement, RecordWhereabouts
from registry.guardianship import warnings_of_bar
from registry.law import interpretation_2022, minors_protection
from registry.law.editions import INT, MPL
from registry.refusal import InvalidError
from registry.timeline import record


def decide_record_placement(
    child: Child, command: RecordPlacement, by: Office
) -> list[ChildEvent]:
    """Record who cares for the child in fact; recorded of anybody, moving nothing.

    Care by one who is disqualified is a danger: it is seen, and warned of.
    """
    known(child, command.child)
    fact = ChildPlaced(
        on=command.on,
        order=command.order,
        case=None,
        by=by,
        findings=_of_placement(child, command, by),
        limits=(),
        holder=command.holder,
        form=command.form,
    )
    return record(child, [fact])


def _of_placement(
    child: Child, command: RecordPlacement, by: Office
) -> tuple[Finding, ...]:
    on, holder = command.on, command.holder
    found: list[Finding] = []
    barred = standing.is_barred(child, holder, on)
    if command.form is PlacementForm.ENTRUSTED:
        if MPL.in_force(on):
            found.append(minors_protection.may_be_entrusted(barred=barred))
        if INT.in_force(on):
            found.append(interpretation_2022.delegate_is_no_guardian())
    elif MPL.in_force(on):
        found.append(minors_protection.form_is_named(command.form))
    if barred and all(f.holds for f in found):
        found += warnings_of_bar(child, (holder,), on, by)
    return tuple(found)


def decide_end_placement(
    child: Child, command: EndPlacement, by: Office
) -> list[ChildEvent]:
    """Record the end of a placement; the fact that began it must stand."""
    known(child, command.child)
    started = child.facts.get(command.started)
    if not isinstance(started, ChildPlaced):
        raise InvalidError("started", "is the version of a placement")
    if command.on.latest < started.on.earliest:
        raise InvalidError("on", "is before the placement began")
    fact = PlacementEnded(
        on=command.on,
        order=command.order,
        case=None,
        by=by,
        findings=(),
        limits=(),
        started=command.started,
    )
    return record(child, [fact])


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
        limits=absence(command.on) if command.lost else (),
        who=command.who,
    )
    return record(child, [fact])
