"""GPCL 16: who was guardian before 2017, and until when."""

from __future__ import annotations

from events.guardianship import EndReason, Office
from events.proceedings import Kin
from registry.law import general_principles as law
from tests.support.outcomes import Row, answered

COMMITTEE, BUREAU = Office.COMMITTEE, Office.CIVIL_AFFAIRS

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

test_answers = answered(ROWS)
