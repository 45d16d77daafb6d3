"""OP14 36: need a guardian be designated."""

from __future__ import annotations

from registry.law import opinions_2014 as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "a guardian is designated where nobody else is",
        lambda: law.designation_is_needed(another_stands=False),
        True,
        "OP14 36",
        "nobody_else_is_guardian",
    ),
    (
        "another guardian carries on without designation",
        lambda: law.designation_is_needed(another_stands=True),
        False,
        "OP14 36",
        "another_guardian_stands",
    ),
]

test_answers = answered(ROWS)
