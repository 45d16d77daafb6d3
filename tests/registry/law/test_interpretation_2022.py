"""The interpretation of 2022, articles 7 to 13, outcome by outcome."""

from __future__ import annotations

import pytest

from registry.law import interpretation_2022 as law
from tests.support.outcomes import Ask, Row, check, day, params

OBJECTED = [
    # Thirty days after Tuesday 2022-05-03 are Thursday 2022-06-02.
    ("2022-05-03", "2022-06-02", "INT 10(1)", "within_thirty_days"),
    ("2022-05-03", "2022-06-03", "INT 10(2)", "late_so_a_change"),
    # Thirty days after 2022-05-05 are Saturday 2022-06-04: Monday the 6th.
    ("2022-05-05", "2022-06-06", "INT 10(1)", "within_thirty_days"),
    ("2022-05-05", "2022-06-07", "INT 10(2)", "late_so_a_change"),
    # The notice of some day in April: the last reading of it counts.
    ("2022-04", "2022-05-30", "INT 10(1)", "within_thirty_days"),
    ("2022-04", "2022-05-31", "INT 10(2)", "late_so_a_change"),
]
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
    (
        "one guardian is usual",
        lambda: law.number_is_usual(1),
        True,
        "INT 9(2)",
        "one_guardian",
    ),
    (
        "several guardians are lawful",
        lambda: law.number_is_usual(2),
        True,
        "INT 9(2)",
        "several_guardians_jointly",
    ),
    *(
        (
            f"notified {notified}, objected {objected}",
            lambda notified=notified, objected=objected: law.objection_is_in_time(
                day(notified), day(objected)
            ),
            reason == "within_thirty_days",
            article,
            reason,
        )
        for notified, objected, article, reason in OBJECTED
    ),
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
    (
        "a delegate is no guardian",
        law.delegate_is_no_guardian,
        True,
        "INT 13",
        "delegation_moves_no_guardianship",
    ),
]


@pytest.mark.parametrize(("ask", "holds", "article", "reason"), params(ROWS))
def test_answers(ask: Ask, holds: bool, article: str, reason: str) -> None:
    check(ask, holds, article, reason)
