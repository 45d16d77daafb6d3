"""CC 36: whom a court disqualifies, why, and on whose application."""

from __future__ import annotations

from events.cases import ApplicantClass
from events.proceedings import Ground
from registry.law import civil_code_court as law
from tests.support.outcomes import NEVER, Row, answered

NAMED = {
    "parent",
    "grandparent",
    "sibling",
    "committee",
    "school",
    "medical_institution",
    "womens_federation",
    "disabled_federation",
    "protection_organisation",
    "civil_affairs",
}
LIMBS = {
    Ground.HARM: "CC 36(1)(1)",
    Ground.NEGLECT: "CC 36(1)(2)",
    Ground.UNABLE_AND_REFUSES: "CC 36(1)(2)",
    Ground.OTHER_VIOLATION: "CC 36(1)(3)",
}

ROWS: list[Row] = [
    (
        "a guardian on record can be disqualified",
        lambda: law.is_guardian_to_disqualify(stands=True, already=False),
        True,
        "CC 36(1)",
        "guardian_on_record",
    ),
    (
        "who is no guardian on record is warned of",
        lambda: law.is_guardian_to_disqualify(stands=False, already=False),
        False,
        "CC 36(1)",
        "guardian_not_on_record",
    ),
    (
        "who was disqualified already is warned of",
        lambda: law.is_guardian_to_disqualify(stands=False, already=True),
        False,
        "CC 36(1)",
        "disqualified_already",
    ),
    *(
        (
            f"ground {ground} is not contradicted by an empty record",
            lambda ground=ground: law.ground_can_be(ground, delegated=False),
            True,
            LIMBS[ground],
            "ground_not_contradicted",
        )
        for ground in Ground
    ),
    *(
        (
            f"ground {ground} does not ask about delegation",
            lambda ground=ground: law.ground_can_be(ground, delegated=True),
            True,
            LIMBS[ground],
            "ground_not_contradicted",
        )
        for ground in Ground
        if ground is not Ground.UNABLE_AND_REFUSES
    ),
    (
        "who delegated the care has not refused to delegate it",
        lambda: law.ground_can_be(Ground.UNABLE_AND_REFUSES, delegated=True),
        False,
        "CC 36(1)(2)",
        "care_was_delegated",
    ),
    (
        "the child has somebody after the judgment",
        lambda: law.child_is_provided_for(held=True),
        True,
        "CC 36(1)",
        "somebody_holds",
    ),
    (
        "the child has nobody after the judgment",
        lambda: law.child_is_provided_for(held=False),
        False,
        "CC 36(1)",
        "nobody_holds",
    ),
    *(
        (
            f"{standing} may apply",
            lambda standing=standing: law.may_apply(standing, is_respondent=False),
            True,
            "CC 36(2)",
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
            "CC 36(2)",
            NEVER[standing],
        )
        for standing in ApplicantClass
        if standing in NEVER
    ),
    *(
        (
            f"{standing} does not apply against himself",
            lambda standing=standing: law.may_apply(standing, is_respondent=True),
            False,
            "CC 36(2)",
            "guardian_against_himself",
        )
        for standing in ApplicantClass
    ),
    (
        "civil affairs must apply where nobody else did",
        lambda: law.civil_affairs_must_apply(others_applied=False),
        True,
        "CC 36(3)",
        "duty_of_last_resort",
    ),
    (
        "civil affairs need not apply where others did",
        lambda: law.civil_affairs_must_apply(others_applied=True),
        False,
        "CC 36(3)",
        "others_applied",
    ),
]

test_answers = answered(ROWS)
