"""How the rules of timelines read the law: the recorded way, and others to compare.

What lives here: the points on which the rules could be read otherwise, as data. What
never does: recording by any but `RECORDED`; the others answer what would be, where an
auditor asks (`ops.counterfactual`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from events.dates import PartialDate
from registry.law.citations import Question, cite
from registry.law.figures import MAJORITY_YEARS


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One way to read the law.

    `law_of`: the law of this day judges every act, whenever it was, and what that law
    has no article for does not arise; None: the law of the act's own day.
    `majority_years`: the age that ends childhood (CC 17).
    `anyone_ends_covers`: a new guardian ends every cover, whoever named him (CC 31(3)
    without our reading that nobody ends another's protection).
    `state_goes_on`: a restoration leaves the state's guardianship (CC 38 without our
    reading of its end).
    """

    law_of: date | None = None
    majority_years: int = MAJORITY_YEARS
    anyone_ends_covers: bool = False
    state_goes_on: bool = False

    def cited(self, question: str, on: PartialDate) -> tuple[str, ...] | None:
        """Return the articles for a period that begins on a day; None: it has none."""
        if self.law_of is None:
            return cite(Question(question), on)
        return cite(Question(question), PartialDate(self.law_of.isoformat())) or None


RECORDED = Reading()
"""The reading by which everything is recorded: the rules of `RULES_NUMBER`."""
