"""CC 1105: from which day is an adoptive parent guardian."""

from __future__ import annotations

from registry.law import civil_code_family as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "an adoption stands from its registration",
        lambda: law.adoption_stands_from_registration(barred=False),
        True,
        "CC 1105(1)",
        "adoption_registered",
    ),
    (
        "adoption makes no guardian of one disqualified for the child",
        lambda: law.adoption_stands_from_registration(barred=True),
        False,
        "CC 1105(1)",
        "disqualified_for_this_child",
    ),
]

test_answers = answered(ROWS)
