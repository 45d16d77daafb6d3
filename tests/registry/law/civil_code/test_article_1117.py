"""CC 1117: does a dissolved adoption make a birth parent guardian again."""

from __future__ import annotations

from registry.law import civil_code_family as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "a dissolved adoption revives the tie",
        lambda: law.restores_birth_parents_guardianship(disqualified=False),
        True,
        "CC 1117",
        "ties_revive",
    ),
    (
        "a dissolved adoption lifts no disqualification",
        lambda: law.restores_birth_parents_guardianship(disqualified=True),
        False,
        "CC 1117",
        "disqualified_for_this_child",
    ),
]

test_answers = answered(ROWS)
