"""CPL 147: may a court decide without a respondent."""

from __future__ import annotations

from registry.law import civil_procedure as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "who was summoned and does not come is judged in absence",
        law.may_decide_in_absence,
        True,
        "CPL 147",
        "heard_in_absence",
    ),
]

test_answers = answered(ROWS)
