"""OP14 19: was the child handed back only after a conclusion."""

from __future__ import annotations

from registry.law import opinions_2014 as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "the child was returned after a conclusion",
        lambda: law.return_follows_conclusion(assessed=True),
        True,
        "OP14 19",
        "returned_after_assessment",
    ),
    (
        "the child was returned before any conclusion",
        lambda: law.return_follows_conclusion(assessed=False),
        False,
        "OP14 19",
        "returned_unassessed",
    ),
]

test_answers = answered(ROWS)
