"""Conditions of children and parents: recorded with their evidence, and ended.

What lives here: one `decide_…` function per command. What never does: clocks, ids,
I/O, and what a condition makes of a child (`registry.classification`).
"""

from __future__ import annotations

from events.conditions import (
    Condition,
    ConditionEnded,
    ConditionEvent,
    ConditionRecorded,
)
from events.guardianship import Office
from events.matters import Matter, MatterStatus, status_of
from registry.absences import absence
from registry.child import Child
from registry.condition_commands import EndCondition, RecordCondition
from registry.matter import known, new
from registry.refusal import InvalidError
from registry.standing import was_parent

OF_THE_CHILD = frozenset(
    {
        Condition.OWN_DISABILITY,
        Condition.OWN_SERIOUS_ILLNESS,
        Condition.POVERTY,
        Condition.SEPARATED,
        Condition.HARMED_OR_NEGLECTED,
        Condition.PARENTS_NOT_FOUND,
    }
)
"""Conditions of the child or its family; the others are of one parent."""
ABSENCES = frozenset(
    {
        Condition.IMPRISONED,
        Condition.COMPULSORY_ISOLATION,
        Condition.OTHER_RESTRICTION,
        Condition.LOST_CONTACT,
    }
)
"""Conditions of a parent that count from six months on (2019 No. 62)."""
GRADED = frozenset({Condition.DISABILITY, Condition.OWN_DISABILITY})
GRADES = range(1, 5)
"""Grades of a disability: the first is the gravest."""


def decide_record_condition(
    condition: Matter, child: Child, command: RecordCondition, by: Office
) -> list[ConditionEvent]:
    """Record that a condition began; it moves no guardianship."""
    new(condition, "condition")
    _whose(child, command)
    graded = command.what in GRADED
    if graded and command.grade not in GRADES:
        raise InvalidError("grade", "is 1 to 4 for a disability")
    if not graded and (command.grade is not None or command.mental):
        raise InvalidError("grade", "is of a disability alone")
    recorded = ConditionRecorded(
        on=command.on,
        by=by,
        findings=(),
        what=command.what,
        child=command.child,
        jurisdiction=command.jurisdiction,
        who=command.who,
        grade=command.grade,
        mental=command.mental,
        evidence=command.evidence,
        limits=absence(command.on) if command.what in ABSENCES else (),
    )
    return [recorded]


def _whose(child: Child, command: RecordCondition) -> None:
    own = command.what in OF_THE_CHILD
    if own and command.who is not None:
        raise InvalidError("who", "is left out for a condition of the child")
    if own:
        return
    if command.who is None or not was_parent(child, child.kept(command.who)):
        raise InvalidError("who", "is a parent of the child on record")


def decide_end_condition(
    condition: Matter, command: EndCondition, by: Office
) -> list[ConditionEvent]:
    """Record that a condition is so no longer; once."""
    known(condition, f"conditions/{command.condition}", command.on)
    if status_of(condition) is MatterStatus.DONE:
        raise InvalidError("condition", "is ended already")
    return [ConditionEnded(on=command.on, by=by, findings=())]
