"""CC 30: may those qualified agree who is guardian."""

from __future__ import annotations

from registry.law import civil_code as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "those qualified may agree",
        lambda: law.may_agree(barred=False, parent_stands=False),
        True,
        "CC 30",
        "agreed_among_qualified",
    ),
    (
        "no agreement frees a parent",
        lambda: law.may_agree(barred=False, parent_stands=True),
        False,
        "CC 27(1)",
        "a_parent_is_guardian",
    ),
    (
        "who is disqualified is no party to an agreement",
        lambda: law.may_agree(barred=True, parent_stands=False),
        False,
        "CC 30",
        "disqualified_for_this_child",
    ),
]

test_answers = answered(ROWS)
