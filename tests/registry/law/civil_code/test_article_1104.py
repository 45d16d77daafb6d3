"""CC 1104: must the child consent to its adoption."""

from __future__ import annotations

from registry.law import civil_code_family as law
from tests.support.outcomes import (
    Edge,
    Row,
    answered,
    answered_around,
    around,
    day,
    days,
)

BORN = day("2014-06-01")

BELOW, OF_AGE = "below_the_age_to_be_asked", "of_the_age_to_be_asked"
ROWS: list[Row] = [
    (
        "a child of eight consents to its adoption",
        lambda: law.adoptee_consents(BORN, day("2022-06-01")),
        True,
        "CC 1104",
        "of_the_age_to_be_asked",
    ),
    (
        "a child of seven need not consent",
        lambda: law.adoptee_consents(BORN, day("2022-05-31")),
        False,
        "CC 1104",
        "below_the_age_to_be_asked",
    ),
]

EDGES: list[Edge] = [
    *around(
        "WISH_YEARS",
        law.adoptee_consents,
        "CC 1104",
        (
            "below_the_age_to_be_asked",
            "of_the_age_to_be_asked",
            "of_the_age_to_be_asked",
        ),
        (BORN, days("2022-06-01")),
        (day("2016-02-29"), days("2024-02-29")),
        (day("2014-06"), days("2022-06-01")),
    ),
]

test_answers = answered(ROWS)
test_answers_around_its_limits = answered_around(EDGES)
