"""DV 21: who asks to disqualify a violent guardian, and who pays."""

from __future__ import annotations

from events.cases import ApplicantClass
from registry.law import anti_domestic_violence as law
from tests.support.outcomes import NEVER, Row, answered

NAMED = {"parent", "grandparent", "sibling", "committee", "civil_affairs"}

ROWS: list[Row] = [
    *(
        (
            f"{standing} may apply",
            lambda standing=standing: law.may_apply(standing, is_respondent=False),
            True,
            "DV 21(1)",
            "named_by_the_law" if standing in NAMED else "the_list_is_open",
        )
        for standing in ApplicantClass
        if standing not in NEVER
    ),
    *(
        (
            f"{standing} does not apply",
            lambda standing=standing: law.may_apply(standing, is_respondent=False),
            False,
            "DV 21(1)",
            NEVER[standing],
        )
        for standing in ApplicantClass
        if standing in NEVER
    ),
    (
        "nobody applies against himself",
        lambda: law.may_apply(ApplicantClass.PARENT, is_respondent=True),
        False,
        "DV 21(1)",
        "guardian_against_himself",
    ),
    (
        "the violent guardian pays on",
        law.support_continues,
        True,
        "DV 21(2)",
        "support_outlives_guardianship",
    ),
]

test_answers = answered(ROWS)
