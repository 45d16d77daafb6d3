"""CC 18: is a minor old enough to be deemed capable."""

from __future__ import annotations

from registry.law import civil_code as law
from tests.support.outcomes import (
    Edge,
    Row,
    answered,
    answered_around,
    around,
    day,
    days,
)

BORN, LEAP, MONTH = day("2004-10-05"), day("2004-02-29"), day("2004-10")

ROWS: list[Row] = [
    (
        "the day before sixteen is too early for own labour",
        lambda: law.may_be_deemed_capable(BORN, day("2020-10-04")),
        False,
        "CC 18(2)",
        "under_sixteen",
    ),
    (
        "sixteen is old enough for own labour",
        lambda: law.may_be_deemed_capable(BORN, day("2020-10-05")),
        True,
        "CC 18(2)",
        "sixteen_or_over",
    ),
]

EDGES: list[Edge] = [
    *around(
        "FULL_CAPACITY_YEARS",
        law.may_be_deemed_capable,
        "CC 18(2)",
        ("under_sixteen", "sixteen_or_over", "sixteen_or_over"),
        (BORN, days("2020-10-05")),
        (LEAP, days("2020-02-29")),
        (MONTH, days("2020-10-01")),
    ),
]

test_answers = answered(ROWS)
test_answers_around_its_limits = answered_around(EDGES)
