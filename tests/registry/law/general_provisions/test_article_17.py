"""GPR 17: who is a minor, as in the Code."""

from __future__ import annotations

from registry.law import general_provisions as law
from tests.support.outcomes import (
    Asked,
    Edge,
    answered_around,
    around,
    as_the_code,
    day,
    days,
)

BORN, LEAP, MONTH = day("2004-10-05"), day("2004-02-29"), day("2004-10")
EDGES: list[Edge] = [
    *around(
        "MAJORITY_YEARS",
        law.is_minor,
        "GPR 17",
        ("under_eighteen", "eighteen_or_over", "eighteen_or_over"),
        (BORN, days("2022-10-05")),
        (LEAP, days("2022-03-01")),
        (MONTH, days("2022-10-31")),
    ),
]

FUNCTIONS: list[Asked] = [
    law.is_minor,
]

test_answers_as_the_code_and_cites_itself = as_the_code(FUNCTIONS)
test_answers_around_its_limits = answered_around(EDGES)
