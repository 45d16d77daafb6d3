"""CC 1084: does divorce move guardianship."""

from __future__ import annotations

from registry.law import civil_code_family as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "divorce moves no guardianship",
        law.divorce_moves_nothing,
        True,
        "CC 1084",
        "parents_stay_guardians",
    ),
]

test_answers = answered(ROWS)
