"""MPL12 53: who asked to disqualify, who came after, who paid."""

from __future__ import annotations

from events.cases import ApplicantClass
from registry.law import minors_protection_2006 as law
from tests.support.outcomes import NEVER, Row, answered

ROWS: list[Row] = [
    *(
        (
            f"{standing} applying: {NEVER.get(standing, 'may')}",
            lambda standing=standing: law.may_apply(standing, is_respondent=False),
            standing not in NEVER,
            "MPL12 53",
            NEVER.get(standing, "person_or_unit_concerned"),
        )
        for standing in ApplicantClass
    ),
    (
        "nobody applies against himself",
        lambda: law.may_apply(ApplicantClass.PARENT, is_respondent=True),
        False,
        "MPL12 53",
        "guardian_against_himself",
    ),
    (
        "somebody holds after the judgment",
        lambda: law.child_is_provided_for(held=True),
        True,
        "MPL12 53",
        "somebody_holds",
    ),
    (
        "nobody holds after the judgment",
        lambda: law.child_is_provided_for(held=False),
        False,
        "MPL12 53",
        "nobody_holds",
    ),
    (
        "disqualified parents keep paying",
        law.support_continues,
        True,
        "MPL12 53",
        "support_outlives_guardianship",
    ),
]

test_answers = answered(ROWS)
