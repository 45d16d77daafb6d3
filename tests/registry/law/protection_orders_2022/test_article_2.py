"""PSPO 2: who asks for one that cannot ask."""

from __future__ import annotations

from events.cases import ApplicantClass
from registry.law import protection_orders_2022 as law
from tests.support.outcomes import Row, answered

NAMED = {
    ApplicantClass.PARENT,
    ApplicantClass.GRANDPARENT,
    ApplicantClass.SIBLING,
    ApplicantClass.POLICE,
    ApplicantClass.CIVIL_AFFAIRS,
    ApplicantClass.WOMENS_FEDERATION,
    ApplicantClass.COMMITTEE,
    ApplicantClass.DISABLED_FEDERATION,
    ApplicantClass.RESCUE_INSTITUTION,
}
ASKING = {
    standing: "named_by_the_law" if standing in NAMED else "the_list_is_open"
    for standing in ApplicantClass
} | {ApplicantClass.PROCURATORATE: "procurator_advises_and_supports"}

ROWS: list[Row] = [
    *(
        (
            f"{standing} asks for one who cannot",
            lambda standing=standing: law.may_ask_for_another(
                standing, is_respondent=False
            ),
            standing is not ApplicantClass.PROCURATORATE,
            "PSPO 2",
            reason,
        )
        for standing, reason in ASKING.items()
    ),
    (
        "the respondent asks for protection from himself",
        lambda: law.may_ask_for_another(ApplicantClass.PARENT, is_respondent=True),
        False,
        "PSPO 2",
        "respondent_himself",
    ),
]

test_answers = answered(ROWS)
