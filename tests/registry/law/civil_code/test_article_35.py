"""CC 35: was the child asked what it wants."""

from __future__ import annotations

from registry.law import civil_code as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "the child was asked",
        lambda: law.wish_is_on_record(heard=True),
        True,
        "CC 35(2)",
        "wish_on_record",
    ),
    (
        "nothing says that the child was asked",
        lambda: law.wish_is_on_record(heard=False),
        False,
        "CC 35(2)",
        "wish_not_on_record",
    ),
]

test_answers = answered(ROWS)
