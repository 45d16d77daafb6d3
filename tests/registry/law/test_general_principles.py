"""General Principles of 1987, outcome by outcome."""

from __future__ import annotations

import pytest

from events.cases import ApplicantClass
from events.guardianship import EndReason, Office
from events.proceedings import Kin
from registry.law import general_principles as law
from tests.support.outcomes import Ask, Row, check, params

COMMITTEE, BUREAU = Office.COMMITTEE, Office.CIVIL_AFFAIRS
NEVER = {
    "procuratorate": "procurator_advises_and_supports",
    "police": "police_report_and_remove",
}
ROWS: list[Row] = [
    (
        "parents are guardians",
        law.parents_are_guardians,
        True,
        "GPCL 16(1)",
        "parent_by_birth",
    ),
    *(
        (
            f"by order: {reason}",
            lambda kin=kin, stands=stands: law.is_next_in_order(
                kin, parent_stands=stands
            ),
            holds,
            "GPCL 16(2)",
            reason,
        )
        for kin, stands, holds, reason in (
            (Kin.GRANDPARENT, True, False, "a_parent_is_guardian"),
            (Kin.GRANDPARENT, False, True, "grandparent"),
            (Kin.SIBLING, False, True, "elder_sibling"),
            (Kin.OTHER, False, False, "others_need_consent"),
        )
    ),
    *(
        (
            f"consent by {by}: {reason}",
            lambda by=by, stands=stands: law.is_guardian_with_consent(
                by, parent_stands=stands
            ),
            holds,
            "GPCL 16(2)(3)",
            reason,
        )
        for by, stands, holds, reason in (
            (COMMITTEE, False, True, "consent_given"),
            (COMMITTEE, True, False, "a_parent_is_guardian"),
            (BUREAU, False, False, "consent_is_not_this_offices"),
        )
    ),
    *(
        (
            f"designation by {by}: {reason}",
            lambda by=by, stands=stands: law.may_designate(by, parent_stands=stands),
            holds,
            "GPCL 16(3)",
            reason,
        )
        for by, stands, holds, reason in (
            (COMMITTEE, False, True, "nobody_is_guardian_by_law"),
            (Office.COURT, False, True, "nobody_is_guardian_by_law"),
            (COMMITTEE, True, False, "a_parent_is_guardian"),
            (BUREAU, False, False, "designation_is_not_this_offices"),
        )
    ),
    (
        "who is not disqualified may be designated",
        lambda: law.is_qualified(barred=False),
        True,
        "GPCL 16(3)",
        "not_disqualified",
    ),
    (
        "who is disqualified may not be designated",
        lambda: law.is_qualified(barred=True),
        False,
        "GPCL 16(3)",
        "disqualified_for_this_child",
    ),
    (
        "a public body is guardian where there is nobody",
        lambda: law.nobody_is_qualified(guardian_stands=False),
        True,
        "GPCL 16(4)",
        "nobody_qualified",
    ),
    (
        "no public body is guardian beside one on record",
        lambda: law.nobody_is_qualified(guardian_stands=True),
        False,
        "GPCL 16(4)",
        "a_guardian_is_on_record",
    ),
    *(
        (
            f"to disqualify: {reason}",
            lambda stands=stands, already=already: law.is_guardian_to_disqualify(
                stands=stands, already=already
            ),
            holds,
            "GPCL 18(3)",
            reason,
        )
        for stands, already, holds, reason in (
            (True, False, True, "guardian_on_record"),
            (False, False, False, "guardian_not_on_record"),
            (False, True, False, "disqualified_already"),
        )
    ),
    *(
        (
            f"{standing} applying: {NEVER.get(standing, 'may')}",
            lambda standing=standing: law.may_apply(standing, is_respondent=False),
            standing not in NEVER,
            "GPCL 18(3)",
            NEVER.get(standing, "person_or_unit_concerned"),
        )
        for standing in ApplicantClass
    ),
    (
        "nobody applies against himself",
        lambda: law.may_apply(ApplicantClass.PARENT, is_respondent=True),
        False,
        "GPCL 18(3)",
        "guardian_against_himself",
    ),
    *(
        (
            f"a guardianship ends by {reason}",
            lambda reason=reason: law.guardianship_ends(reason, stands=True),
            True,
            "GPCL 16",
            f"ends_{reason}",
        )
        for reason in EndReason
    ),
    (
        "what is not on record cannot end",
        lambda: law.guardianship_ends(EndReason.GUARDIAN_DIED, stands=False),
        False,
        "GPCL 16",
        "no_guardianship_to_end",
    ),
]


@pytest.mark.parametrize(("ask", "holds", "article", "reason"), params(ROWS))
def test_answers(ask: Ask, holds: bool, article: str, reason: str) -> None:
    check(ask, holds, article, reason)
