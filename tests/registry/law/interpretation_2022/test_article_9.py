"""INT 9: is one guardian designated, or several."""

from __future__ import annotations

from registry.law import interpretation_2022 as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "one guardian is usual",
        lambda: law.number_is_usual(1),
        True,
        "INT 9(2)",
        "one_guardian",
    ),
    (
        "several guardians are lawful",
        lambda: law.number_is_usual(2),
        True,
        "INT 9(2)",
        "several_guardians_jointly",
    ),
]

test_answers = answered(ROWS)
