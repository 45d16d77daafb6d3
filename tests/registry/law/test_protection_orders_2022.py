"""Rules on protection orders of 2022, 1 and 2, outcome by outcome."""

from __future__ import annotations

import pytest

from events.cases import ApplicantClass
from registry.law import protection_orders_2022 as law
from tests.support.outcomes import Ask, Row, check, params

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
    (
        "an order needs no divorce suit",
        law.needs_no_other_suit,
        True,
        "PSPO 1(2)",
        "a_case_of_its_own",
    ),
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


@pytest.mark.parametrize(("ask", "holds", "article", "reason"), params(ROWS))
def test_answers(ask: Ask, holds: bool, article: str, reason: str) -> None:
    check(ask, holds, article, reason)
