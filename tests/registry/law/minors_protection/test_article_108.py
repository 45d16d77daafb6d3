"""MPL 108: on whose application a court disqualifies or protects."""

from __future__ import annotations

from registry.law import minors_protection as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "persons and units concerned apply",
        law.court_may_disqualify,
        True,
        "MPL 108(1)",
        "person_or_unit_concerned",
    ),
    (
        "disqualified parents pay on",
        law.support_continues,
        True,
        "MPL 108(2)",
        "support_outlives_guardianship",
    ),
    (
        "a person or unit concerned asks for protection of a child",
        lambda: law.court_may_protect(is_respondent=False),
        True,
        "MPL 108(1)",
        "person_or_unit_concerned",
    ),
    (
        "the respondent does not",
        lambda: law.court_may_protect(is_respondent=True),
        False,
        "MPL 108(1)",
        "respondent_himself",
    ),
]

test_answers = answered(ROWS)
