"""CC 19: is the child's wish asked as of course, by age."""

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

BELOW, OF_AGE = "below_the_age_to_be_asked", "of_the_age_to_be_asked"
ROWS: list[Row] = [
    (
        "the day before eight the wish is not asked as of course",
        lambda: law.wish_is_asked(day("2014-01-01"), day("2021-12-31")),
        False,
        "CC 19",
        "below_the_age_to_be_asked",
    ),
    (
        "at eight the wish is asked",
        lambda: law.wish_is_asked(day("2014-01-01"), day("2022-01-01")),
        True,
        "CC 35(2)",
        "of_the_age_to_be_asked",
    ),
]

EDGES: list[Edge] = [
    *around(
        "WISH_YEARS",
        law.wish_is_asked,
        "CC 19",
        (
            "below_the_age_to_be_asked",
            "of_the_age_to_be_asked",
            "of_the_age_to_be_asked",
        ),
        (day("2014-01-01"), days("2022-01-01")),
        (day("2016-02-29"), days("2024-02-29")),
        (day("2015-11"), days("2023-11-01")),
    ),
]

test_answers = answered(ROWS)
test_answers_around_its_limits = answered_around(EDGES)
