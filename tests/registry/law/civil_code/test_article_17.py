"""CC 17: who is a minor, and on which day an age is reached."""

from __future__ import annotations

import pytest

from registry.law import civil_code as law
from registry.law.periods import age_reached
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
        "the day before the eighteenth birthday is a minor's",
        lambda: law.is_minor(BORN, day("2022-10-04")),
        True,
        "CC 17",
        "under_eighteen",
    ),
    (
        "the eighteenth birthday is an adult's",
        lambda: law.is_minor(BORN, day("2022-10-05")),
        False,
        "CC 17",
        "eighteen_or_over",
    ),
    (
        "one born on 29 February is a minor on 28 February",
        lambda: law.is_minor(LEAP, day("2022-02-28")),
        True,
        "CC 17",
        "under_eighteen",
    ),
    (
        "one born on 29 February is an adult on 1 March",
        lambda: law.is_minor(LEAP, day("2022-03-01")),
        False,
        "CC 17",
        "eighteen_or_over",
    ),
    (
        "one born in a month may be a minor on its last day but one",
        lambda: law.is_minor(MONTH, day("2022-10-30")),
        True,
        "CC 17",
        "under_eighteen",
    ),
    (
        "one born in a month is surely an adult on its last day",
        lambda: law.is_minor(MONTH, day("2022-10-31")),
        False,
        "CC 17",
        "eighteen_or_over",
    ),
]

EDGES: list[Edge] = [
    *around(
        "MAJORITY_YEARS",
        law.is_minor,
        "CC 17",
        ("under_eighteen", "eighteen_or_over", "eighteen_or_over"),
        (BORN, days("2022-10-05")),
        (LEAP, days("2022-03-01")),
        (MONTH, days("2022-10-31")),
    ),
]

test_answers = answered(ROWS)
test_answers_around_its_limits = answered_around(EDGES)


@pytest.mark.parametrize(
    ("born", "years", "reached"),
    [
        ("2004-10-05", 18, "2022-10-05"),
        ("2004-02-29", 18, "2022-03-01"),
        ("2004-02-29", 20, "2024-02-29"),
        ("2004-02-29", 8, "2012-02-29"),
        ("2004-02-28", 18, "2022-02-28"),
        ("2004-02", 18, "2022-02"),
        ("2004", 18, "2022"),
        ("2007-12-31", 8, "2015-12-31"),
    ],
)
def test_age_is_reached_on_the_birthday(born: str, years: int, reached: str) -> None:
    assert age_reached(day(born), years) == day(reached)
