"""Civil Code 1084 to 1117, outcome by outcome."""

from __future__ import annotations

import pytest

from registry.law import civil_code_family as law
from tests.support.outcomes import Ask, Row, check, day, params

BORN = day("2014-06-01")
ROWS: list[Row] = [
    (
        "divorce moves no guardianship",
        law.divorce_moves_nothing,
        True,
        "CC 1084",
        "parents_stay_guardians",
    ),
    (
        "a child of eight consents to its adoption",
        lambda: law.adoptee_consents(BORN, day("2022-06-01")),
        True,
        "CC 1104",
        "of_the_age_to_be_asked",
    ),
    (
        "a child of seven need not consent",
        lambda: law.adoptee_consents(BORN, day("2022-05-31")),
        False,
        "CC 1104",
        "below_the_age_to_be_asked",
    ),
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
    (
        "the ties with the birth parents end",
        law.birth_ties_end,
        True,
        "CC 1111(2)",
        "ties_end_by_adoption",
    ),
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


@pytest.mark.parametrize(("ask", "holds", "article", "reason"), params(ROWS))
def test_answers(ask: Ask, holds: bool, article: str, reason: str) -> None:
    check(ask, holds, article, reason)
