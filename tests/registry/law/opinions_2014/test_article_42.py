"""OP14 42: does the offender pay on."""

from __future__ import annotations

from registry.law import opinions_2014 as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "the offender pays on",
        law.support_continues,
        True,
        "OP14 42",
        "support_outlives_guardianship",
    ),
]

test_answers = answered(ROWS)
