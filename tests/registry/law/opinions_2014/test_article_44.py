"""OP14 44: was the child given for adoption a year after."""

from __future__ import annotations

from registry.law import opinions_2014 as law
from tests.support.outcomes import (
    Edge,
    Row,
    answered,
    answered_around,
    around,
    day,
    days,
)

LOST = day("2015-02-04")
WAITED = [
    ("2016-02-03", False, False, "adopted_within_the_year"),
    ("2016-02-04", False, True, "adopted_after_the_wait"),
    ("2015-03-01", True, True, "no_wait_restoration_barred"),
]

ROWS: list[Row] = [
    *(
        (
            f"adopted on {adopted}: {reason}",
            lambda adopted=adopted, crime=crime: law.adoption_waited(
                LOST, day(adopted), barred=crime
            ),
            holds,
            "OP14 44",
            reason,
        )
        for adopted, crime, holds, reason in WAITED
    ),
]

EDGES: list[Edge] = [
    *around(
        "ADOPTION_WAIT_YEARS",
        lambda lost, on: law.adoption_waited(lost, on, barred=False),
        "OP14 44",
        ("adopted_within_the_year", "adopted_after_the_wait", "adopted_after_the_wait"),
        (LOST, days("2016-02-04")),
        (day("2016-02-29"), days("2017-02-28")),
        (day("2015-02"), days("2016-02-01")),
    ),
]

test_answers = answered(ROWS)
test_answers_around_its_limits = answered_around(EDGES)
