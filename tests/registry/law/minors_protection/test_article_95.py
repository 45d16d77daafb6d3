"""MPL 95: does adoption end the state's guardianship."""

from __future__ import annotations

from registry.law import minors_protection as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "adoption ends the state's guardianship",
        law.ends_state_guardianship,
        True,
        "MPL 95",
        "ends_adoption",
    ),
]

test_answers = answered(ROWS)
