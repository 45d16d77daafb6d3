"""DV 14: is violence against a child told to the police."""

from __future__ import annotations

from registry.law import anti_domestic_violence as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "violence is told to the police",
        lambda: law.is_reported_to_the_police(told=True),
        True,
        "DV 14",
        "police_were_told",
    ),
    (
        "violence is told to another department alone",
        lambda: law.is_reported_to_the_police(told=False),
        False,
        "DV 14",
        "police_were_not_told",
    ),
]

test_answers = answered(ROWS)
