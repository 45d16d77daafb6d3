"""Anti-Domestic-Violence Law 15 and 21, outcome by outcome."""

from __future__ import annotations

import pytest

from events.cases import ApplicantClass
from events.guardianship import Office
from registry.law import anti_domestic_violence as law
from tests.support.outcomes import Ask, Row, check, params

NAMED = {"parent", "grandparent", "sibling", "committee", "civil_affairs"}
NEVER = {
    "procuratorate": "procurator_advises_and_supports",
    "police": "police_report_and_remove",
}
ROWS: list[Row] = [
    (
        "violence is told to the police",
        lambda: law.is_reported_to_the_police(told=True),
        True,
        "DV 14",
        "police_were_told",
    ),
    (
        "violence is told to another department alone",
        lambda: law.is_reported_to_the_police(told=False),
        False,
        "DV 14",
        "police_were_not_told",
    ),
    (
        "a visit after a warning",
        lambda: law.visit_follows_a_warning(warned=True),
        True,
        "DV 17(2)",
        "after_a_warning",
    ),
    (
        "a visit without a warning",
        lambda: law.visit_follows_a_warning(warned=False),
        False,
        "DV 17(2)",
        "no_warning_on_record",
    ),
    *(
        (
            f"{by} and a child in danger",
            lambda by=by: law.may_place_in_danger(by),
            by in {Office.POLICE, Office.CIVIL_AFFAIRS},
            "DV 15(2)",
            "places_in_danger"
            if by in {Office.POLICE, Office.CIVIL_AFFAIRS}
            else "placement_is_not_this_offices",
        )
        for by in Office
    ),
    *(
        (
            f"{standing} may apply",
            lambda standing=standing: law.may_apply(standing, is_respondent=False),
            True,
            "DV 21(1)",
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
            "DV 21(1)",
            NEVER[standing],
        )
        for standing in ApplicantClass
        if standing in NEVER
    ),
    (
        "nobody applies against himself",
        lambda: law.may_apply(ApplicantClass.PARENT, is_respondent=True),
        False,
        "DV 21(1)",
        "guardian_against_himself",
    ),
    (
        "the violent guardian pays on",
        law.support_continues,
        True,
        "DV 21(2)",
        "support_outlives_guardianship",
    ),
]


@pytest.mark.parametrize(("ask", "holds", "article", "reason"), params(ROWS))
def test_answers(ask: Ask, holds: bool, article: str, reason: str) -> None:
    check(ask, holds, article, reason)
