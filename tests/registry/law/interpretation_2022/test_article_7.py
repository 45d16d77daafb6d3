"""INT 7: does a will yield to a living parent."""

from __future__ import annotations

from registry.law import interpretation_2022 as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "a will yields to a living parent",
        lambda: law.will_yields_to_parent(other_parent_stands=True),
        False,
        "INT 7(2)",
        "a_parent_is_guardian",
    ),
    (
        "a will stands where no parent remains",
        lambda: law.will_yields_to_parent(other_parent_stands=False),
        True,
        "INT 7(2)",
        "no_parent_remains",
    ),
]

test_answers = answered(ROWS)
