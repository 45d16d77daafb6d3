"""GPR 18: is a minor old enough to be deemed capable, as in the Code."""

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
        "FULL_CAPACITY_YEARS",
        law.may_be_deemed_capable,
        "GPR 18(2)",
        ("under_sixteen", "sixteen_or_over", "sixteen_or_over"),
        (BORN, days("2020-10-05")),
        (LEAP, days("2020-02-29")),
        (MONTH, days("2020-10-01")),
    ),
]

FUNCTIONS: list[Asked] = [
    law.may_be_deemed_capable,
]

test_answers_as_the_code_and_cites_itself = as_the_code(FUNCTIONS)
test_answers_around_its_limits = answered_around(EDGES)
