"""CC 34: does care in an emergency move guardianship."""

from __future__ import annotations

from registry.law import civil_code as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "temporary living care moves no guardianship",
        law.moves_no_guardianship,
        True,
        "CC 34(4)",
        "care_moves_no_guardianship",
    ),
]

test_answers = answered(ROWS)
