"""The commands about conditions of children and parents.

What lives here and what never does: as in `registry.matter_commands`, whose union they
join.
"""

from __future__ import annotations

from dataclasses import dataclass

from events.conditions import Condition
from events.dates import PartialDate
from events.document import Document
from events.timeline import Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCondition:
    """Record that something is so of a parent, or of the child, from a day on.

    `who` is the parent, empty for the child and its family; `grade` and `mental` are a
    disability's.
    """

    condition: str
    what: Condition
    child: str
    jurisdiction: str
    who: Holder | None
    grade: int | None
    mental: bool
    on: PartialDate
    evidence: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class EndCondition:
    """Record that a condition is so no longer."""

    condition: str
    on: PartialDate


ConditionCommand = RecordCondition | EndCondition
"""The commands about one condition."""
