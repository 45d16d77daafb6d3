"""CC 29: does a will make a guardian."""

from __future__ import annotations

from registry.law import civil_code as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "the will of the last parent makes a guardian",
        lambda: law.appoints_by_will(
            testator_was_guardian=True, other_parent_stands=False
        ),
        True,
        "CC 29",
        "will_of_a_parent_who_was_guardian",
    ),
    (
        "a will yields to the other parent",
        lambda: law.appoints_by_will(
            testator_was_guardian=True, other_parent_stands=True
        ),
        False,
        "CC 27(1)",
        "a_parent_is_guardian",
    ),
    (
        "who was no guardian appoints nobody by will",
        lambda: law.appoints_by_will(
            testator_was_guardian=False, other_parent_stands=False
        ),
        False,
        "CC 29",
        "testator_was_no_guardian",
    ),
]

test_answers = answered(ROWS)
