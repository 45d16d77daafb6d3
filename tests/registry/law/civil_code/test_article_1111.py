"""CC 1111: do the ties with the birth parents end."""

from __future__ import annotations

from registry.law import civil_code_family as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "the ties with the birth parents end",
        law.birth_ties_end,
        True,
        "CC 1111(2)",
        "ties_end_by_adoption",
    ),
]

test_answers = answered(ROWS)
