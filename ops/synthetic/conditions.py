"""Conditions of synthetic children and parents: recorded, and ended.

What lives here: the two acts. What never does: which befall whom
(`ops.synthetic.situations`).
"""

from __future__ import annotations

from datetime import date

from events.conditions import Condition
from events.guardianship import Office
from events.timeline import Holder
from ops.synthetic.lives import Life, written
from registry.condition_commands import EndCondition, RecordCondition

_GRADED = frozenset({Condition.DISABILITY, Condition.OWN_DISABILITY})


def suffers(
    life: Life, day: date, what: Condition, office: Office, who: Holder | None = None
) -> str:
    """Record a condition of a parent, or of the child; return its id."""
    condition = life.new_id()
    recorded = RecordCondition(
        condition=condition,
        what=what,
        child=life.child,
        jurisdiction=life.place,
        who=who,
        grade=life.chance.choice((1, 2)) if what in _GRADED else None,
        mental=False,
        on=written(day),
        evidence=life.document(),
    )
    life.tell(day, recorded, office)
    return condition


def ends(life: Life, day: date, condition: str, office: Office) -> None:
    """Record that a condition is so no longer."""
    life.tell(day, EndCondition(condition=condition, on=written(day)), office)
