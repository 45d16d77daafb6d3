"""DV 31: is a review asked for in time, and once."""

from __future__ import annotations

from registry.law import anti_domestic_violence as law
from tests.support.outcomes import (
    Edge,
    Row,
    answered,
    answered_around,
    around,
    day,
    days,
)

REVIEWS = [
    ("2022-05-10", "2022-05-14", "within_five_days"),
    ("2022-05-10", "2022-05-16", "within_five_days"),  # the 15th is a Sunday
    ("2022-05-10", "2022-05-17", "later_than_five_days"),
    ("2022-05-11", "2022-05-16", "within_five_days"),
    ("2022-05-11", "2022-05-17", "later_than_five_days"),
]

ROWS: list[Row] = [
    *(
        (
            f"decided {decided}, review asked {asked}",
            lambda d=decided, a=asked: law.review_is_in_time(day(d), day(a)),
            reason == "within_five_days",
            "DV 31",
            reason,
        )
        for decided, asked, reason in REVIEWS
    ),
    (
        "a first review",
        lambda: law.review_is_the_first(decided=True, reviewed=False),
        True,
        "DV 31",
        "first_review",
    ),
    (
        "a second review",
        lambda: law.review_is_the_first(decided=True, reviewed=True),
        False,
        "DV 31",
        "reviewed_already",
    ),
    (
        "a review of nothing",
        lambda: law.review_is_the_first(decided=False, reviewed=False),
        False,
        "DV 31",
        "nothing_to_review",
    ),
    (
        "review stops nothing",
        law.order_stands_under_review,
        True,
        "DV 31",
        "stands_under_review",
    ),
]

EDGES: list[Edge] = [
    *around(
        "REVIEW_DAYS",
        law.review_is_in_time,
        "DV 31",
        ("within_five_days", "within_five_days", "later_than_five_days"),
        (day("2022-05-11"), days("2022-05-16")),
        (day("2022-05-10"), days("2022-05-16")),
        (day("2024-02-24"), days("2024-02-29")),
        (day("2022-05"), days("2022-06-06")),
    ),
]

test_answers = answered(ROWS)
test_answers_around_its_limits = answered_around(EDGES)
