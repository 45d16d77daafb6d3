"""INT 13: does somebody entrusted with care become guardian."""

from __future__ import annotations

from registry.law import interpretation_2022 as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "a delegate is no guardian",
        law.delegate_is_no_guardian,
        True,
        "INT 13",
        "delegation_moves_no_guardianship",
    ),
]

test_answers = answered(ROWS)
