"""OP14 27: may somebody ask to disqualify."""

from __future__ import annotations

from events.cases import ApplicantClass
from registry.law import opinions_2014 as law
from tests.support.outcomes import NEVER, Row, answered

GROUPS = {
    "parent": "OP14 27(1)",
    "grandparent": "OP14 27(1)",
    "sibling": "OP14 27(1)",
    "other_relative": "OP14 27(1)",
    "other_person": "OP14 27(1)",
    "carer": "OP14 27(1)",
    "committee": "OP14 27(2)",
    "employer": "OP14 27(2)",
    "civil_affairs": "OP14 27(3)",
    "rescue_institution": "OP14 27(3)",
    "youth_league": "OP14 27(4)",
    "womens_federation": "OP14 27(4)",
    "school": "OP14 27(4)",
}

ROWS: list[Row] = [
    *(
        (
            f"{standing} may apply",
            lambda standing=standing: law.may_apply(standing, is_respondent=False),
            True,
            GROUPS.get(standing, "OP14 27(4)"),
            "named_by_the_law" if standing in GROUPS else "the_list_is_open",
        )
        for standing in ApplicantClass
        if standing not in NEVER
    ),
    *(
        (
            f"{standing} does not apply",
            lambda standing=standing: law.may_apply(standing, is_respondent=False),
            False,
            "OP14 30",
            NEVER[standing],
        )
        for standing in ApplicantClass
        if standing in NEVER
    ),
    (
        "nobody applies against himself",
        lambda: law.may_apply(ApplicantClass.PARENT, is_respondent=True),
        False,
        "OP14 27",
        "guardian_against_himself",
    ),
]

test_answers = answered(ROWS)
