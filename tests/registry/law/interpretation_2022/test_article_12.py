"""INT 12: may a designated guardian hand over by agreement."""

from __future__ import annotations

from registry.law import interpretation_2022 as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "a designated guardian hands over by no agreement",
        lambda: law.designated_may_agree_to_change(designated_stands=True),
        False,
        "INT 12(2)",
        "designated_guardian_stands",
    ),
    (
        "without a designated guardian the rule is silent",
        lambda: law.designated_may_agree_to_change(designated_stands=False),
        True,
        "INT 12(2)",
        "nobody_designated",
    ),
]

test_answers = answered(ROWS)
