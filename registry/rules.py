"""The rules that make a timeline, as the core knows them: a number and a function.

What lives here: `Rules`. What never does: a rule; each law pack has its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from events.timeline import Period
from registry.spans import StandingFact


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One edition of a pack's rules, adopted in the log before a node writes by them.

    `timeline` is pure: from the facts that stand to the periods they make, numbers 0.
    Each period's holder stands in a fact, and no day from the child's beginning to its
    end is without a guardian, a cover or a gap.
    """

    number: int
    timeline: Callable[[Sequence[StandingFact]], tuple[Period, ...]]
