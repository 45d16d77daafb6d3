"""DV 17: does a visit follow a warning."""

from __future__ import annotations

from registry.law import anti_domestic_violence as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "a visit after a warning",
        lambda: law.visit_follows_a_warning(warned=True),
        True,
        "DV 17(2)",
        "after_a_warning",
    ),
    (
        "a visit without a warning",
        lambda: law.visit_follows_a_warning(warned=False),
        False,
        "DV 17(2)",
        "no_warning_on_record",
    ),
]

test_answers = answered(ROWS)
