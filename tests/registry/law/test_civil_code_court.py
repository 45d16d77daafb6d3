"""Civil Code 36 to 39, outcome by outcome."""

from __future__ import annotations

import pytest

from events.cases import ApplicantClass
from events.guardianship import EndReason
from events.proceedings import Ground
from registry.law import civil_code_court as law
from tests.support.outcomes import Ask, Row, check, params

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
NEVER = {
    "procuratorate": "procurator_advises_and_supports",
    "police": "police_report_and_remove",
}
LIMBS = {
    Ground.HARM: "CC 36(1)(1)",
    Ground.NEGLECT: "CC 36(1)(2)",
    Ground.UNABLE_AND_REFUSES: "CC 36(1)(2)",
    Ground.OTHER_VIOLATION: "CC 36(1)(3)",
}
ENDS = {
    EndReason.FULL_CAPACITY: "CC 39(1)(1)",
    EndReason.CAPACITY_LOST: "CC 39(1)(2)",
    EndReason.GUARDIAN_DIED: "CC 39(1)(3)",
    EndReason.WARD_DIED: "CC 39(1)(3)",
    EndReason.COURT_FOUND: "CC 39(1)(4)",
    EndReason.CHANGED_BY_COURT: "CC 39(1)(4)",
    EndReason.DESIGNATION_SET_ASIDE: "CC 31(1)",
    EndReason.ADOPTION: "CC 1111(2)",
    EndReason.ADOPTION_DISSOLVED: "CC 1117",
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
    (
        "support outlives guardianship",
        law.support_continues,
        True,
        "CC 37",
        "support_outlives_guardianship",
    ),
    (
        "who is to be restored applies himself",
        lambda: law.may_ask_to_be_restored(applies_himself=True),
        True,
        "CC 38",
        "applies_himself",
    ),
    (
        "nobody asks for another's restoration",
        lambda: law.may_ask_to_be_restored(applies_himself=False),
        False,
        "CC 38",
        "asked_by_another",
    ),
    (
        "the court's designated guardian ceases in the same moment",
        law.designated_guardian_ceases,
        True,
        "CC 38",
        "ceases_in_the_same_moment",
    ),
    *(
        (
            f"a guardianship ends by {reason}",
            lambda reason=reason: law.guardianship_ends(reason, stands=True),
            True,
            ENDS[reason],
            f"ends_{reason}",
        )
        for reason in EndReason
    ),
    (
        "what is not on record cannot end",
        lambda: law.guardianship_ends(EndReason.CAPACITY_LOST, stands=False),
        False,
        "CC 39(1)(2)",
        "no_guardianship_to_end",
    ),
    (
        "another guardian is there",
        lambda: law.another_is_determined(held=True),
        True,
        "CC 39(2)",
        "somebody_holds",
    ),
    (
        "another guardian is still to be determined",
        lambda: law.another_is_determined(held=False),
        False,
        "CC 39(2)",
        "nobody_holds",
    ),
]

RESTORED = [
    (True, True, False, set()),
    (False, True, False, {"no_parent_of_ward"}),
    (True, False, False, {"was_not_disqualified"}),
    (True, True, True, {"intentional_crime_against_ward"}),
    (
        False,
        False,
        True,
        {
            "no_parent_of_ward",
            "was_not_disqualified",
            "intentional_crime_against_ward",
        },
    ),
]


@pytest.mark.parametrize(("ask", "holds", "article", "reason"), params(ROWS))
def test_answers(ask: Ask, holds: bool, article: str, reason: str) -> None:
    check(ask, holds, article, reason)


@pytest.mark.parametrize(("kin", "disqualified", "crime", "against"), RESTORED)
def test_each_condition_of_restoration_is_a_finding(
    kin: bool, disqualified: bool, crime: bool, against: set[str]
) -> None:
    found = law.may_be_restored(
        kin_of_ward=kin, disqualified=disqualified, crime_against_ward=crime
    )
    assert {f.reason for f in found if not f.holds} == against
    assert all(f.articles == ("CC 38",) for f in found)
    assert [f.question for f in found] == [
        "is_parent_of_ward",
        "was_disqualified",
        "no_crime_against_ward",
    ]
