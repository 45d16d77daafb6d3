"""INT 8: may an agreement free a parent."""

from __future__ import annotations

from registry.law import interpretation_2022 as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "no agreement frees a parent",
        lambda: law.agreement_frees_no_parent(parent_stands=True),
        False,
        "INT 8(1)",
        "a_parent_is_guardian",
    ),
    (
        "without a parent others may agree",
        lambda: law.agreement_frees_no_parent(parent_stands=False),
        True,
        "INT 8(1)",
        "no_parent_remains",
    ),
]

test_answers = answered(ROWS)
