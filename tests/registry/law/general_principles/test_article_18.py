"""GPCL 18: who asked to disqualify a guardian, and whom."""

from __future__ import annotations

from events.cases import ApplicantClass
from registry.law import general_principles as law
from tests.support.outcomes import NEVER, Row, answered

ROWS: list[Row] = [
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
]

test_answers = answered(ROWS)
