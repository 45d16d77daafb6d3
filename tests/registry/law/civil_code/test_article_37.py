"""CC 37: does the duty to support go on."""

from __future__ import annotations

from registry.law import civil_code_court as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "support outlives guardianship",
        law.support_continues,
        True,
        "CC 37",
        "support_outlives_guardianship",
    ),
]

test_answers = answered(ROWS)
