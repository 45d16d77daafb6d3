"""PSPO 1: does a protection order need another suit."""

from __future__ import annotations

from registry.law import protection_orders_2022 as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "an order needs no divorce suit",
        law.needs_no_other_suit,
        True,
        "PSPO 1(2)",
        "a_case_of_its_own",
    ),
]

test_answers = answered(ROWS)
