"""DV 23: who asks for the protection of a child."""

from __future__ import annotations

from events.cases import ApplicantClass
from registry.law import anti_domestic_violence as law
from tests.support.outcomes import Row, answered

ASKING = {
    ApplicantClass.WARD: "asks_for_itself",
    **dict.fromkeys(
        (
            ApplicantClass.PARENT,
            ApplicantClass.GRANDPARENT,
            ApplicantClass.SIBLING,
            ApplicantClass.POLICE,
            ApplicantClass.WOMENS_FEDERATION,
            ApplicantClass.COMMITTEE,
            ApplicantClass.RESCUE_INSTITUTION,
        ),
        "named_by_the_law",
    ),
}
ASKING |= {s: "not_in_the_closed_list" for s in ApplicantClass if s not in ASKING}

ROWS: list[Row] = [
    *(
        (
            f"{standing} asks for protection of a child",
            lambda standing=standing: law.may_ask_for_protection(
                standing, is_respondent=False
            ),
            reason != "not_in_the_closed_list",
            "DV 23(2)",
            reason,
        )
        for standing, reason in ASKING.items()
    ),
    (
        "the respondent asks for protection of the child from himself",
        lambda: law.may_ask_for_protection(ApplicantClass.PARENT, is_respondent=True),
        False,
        "DV 23(2)",
        "respondent_himself",
    ),
]

test_answers = answered(ROWS)
