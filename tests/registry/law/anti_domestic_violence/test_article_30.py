"""DV 30: how long an order lasts, and who has it changed."""

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

SIX, LONGER = "within_six_months", "longer_than_six_months"
LASTING = [
    ("2022-05-10", "2022-11-09", SIX),
    ("2022-05-10", "2022-11-10", SIX),
    ("2022-05-10", "2022-11-11", LONGER),
    ("2023-08-31", "2024-02-29", SIX),
    ("2023-08-31", "2024-03-01", LONGER),
    ("2022-08-31", "2023-02-28", SIX),
    ("2022-08-31", "2023-03-01", LONGER),
    ("2022-05", "2022-11-30", SIX),
    ("2022-05", "2022-12-01", LONGER),
]

ROWS: list[Row] = [
    *(
        (
            f"an order of {made} until {until}",
            lambda m=made, u=until: law.order_is_short_enough(day(m), day(u)),
            reason == "within_six_months",
            "DV 30",
            reason,
        )
        for made, until, reason in LASTING
    ),
    (
        "who asked for an order that stands has it changed",
        lambda: law.order_may_be_changed(in_force=True, by_the_protected=True),
        True,
        "DV 30",
        "order_is_in_force",
    ),
    (
        "nothing is changed after the order has ended",
        lambda: law.order_may_be_changed(in_force=False, by_the_protected=True),
        False,
        "DV 30",
        "no_order_in_force",
    ),
    (
        "the respondent has no order changed",
        lambda: law.order_may_be_changed(in_force=True, by_the_protected=False),
        False,
        "DV 30",
        "not_asked_by_the_protected",
    ),
]

EDGES: list[Edge] = [
    *around(
        "PROTECTION_MONTHS",
        law.order_is_short_enough,
        "DV 30",
        ("within_six_months", "within_six_months", "longer_than_six_months"),
        (day("2022-05-10"), days("2022-11-10")),
        (day("2023-08-31"), days("2024-02-29")),
        (day("2022-05"), days("2022-11-30")),
    ),
]

test_answers = answered(ROWS)
test_answers_around_its_limits = answered_around(EDGES)
