"""Joint Opinions of 2014, outcome by outcome, with the edges of each time limit."""

from __future__ import annotations

import pytest

from events.cases import ApplicantClass
from events.proceedings import Advice, Ground
from registry.law import opinions_2014 as law
from tests.support.outcomes import Ask, Row, check, day, params

GROUPS = {
    "parent": "OP14 27(1)",
    "grandparent": "OP14 27(1)",
    "sibling": "OP14 27(1)",
    "other_relative": "OP14 27(1)",
    "other_person": "OP14 27(1)",
    "carer": "OP14 27(1)",
    "committee": "OP14 27(2)",
    "employer": "OP14 27(2)",
    "civil_affairs": "OP14 27(3)",
    "rescue_institution": "OP14 27(3)",
    "youth_league": "OP14 27(4)",
    "womens_federation": "OP14 27(4)",
    "school": "OP14 27(4)",
}
NEVER = {
    "procuratorate": "procurator_advises_and_supports",
    "police": "police_report_and_remove",
}
FIT = {
    (1, Ground.HARM),
    (2, Ground.NEGLECT),
    (3, Ground.NEGLECT),
    (4, Ground.UNABLE_AND_REFUSES),
    (5, Ground.HARM),
    (5, Ground.OTHER_VIOLATION),
    (6, Ground.HARM),
    (6, Ground.OTHER_VIOLATION),
    (7, Ground.OTHER_VIOLATION),
}
LOST = day("2015-02-04")
WINDOW = [
    ("2015-02-04", "2015-05-03", "before_the_window"),
    ("2015-02-04", "2015-05-04", "in_the_window"),
    ("2015-02-04", "2016-02-04", "in_the_window"),
    ("2015-02-04", "2016-02-05", "after_the_window"),
    # 30 November + 3 months: February has no 30th, so its last day (CC 202).
    ("2015-11-30", "2016-02-28", "before_the_window"),
    ("2015-11-30", "2016-02-29", "in_the_window"),
    # A year after 29 February is 28 February 2017, a Tuesday.
    ("2016-02-29", "2017-02-28", "in_the_window"),
    ("2016-02-29", "2017-03-01", "after_the_window"),
    # A year ends on Saturday 2022-02-05: rest days move it to Monday the 7th.
    ("2021-02-05", "2022-02-07", "in_the_window"),
    ("2021-02-05", "2022-02-08", "after_the_window"),
    # Of partial dates a day that may be in time is in time.
    ("2015-02", "2015-05-01", "in_the_window"),
    ("2015-02", "2015-04-30", "before_the_window"),
    ("2015-02", "2016-02-29", "in_the_window"),
    ("2015-02", "2016-03-01", "after_the_window"),
    ("2015-02-04", "2015-05", "in_the_window"),
]
WAITED = [
    ("2016-02-03", False, False, "adopted_within_the_year"),
    ("2016-02-04", False, True, "adopted_after_the_wait"),
    ("2015-03-01", True, True, "no_wait_restoration_barred"),
]

ROWS: list[Row] = [
    (
        "the child was returned after a conclusion",
        lambda: law.return_follows_conclusion(assessed=True),
        True,
        "OP14 19",
        "returned_after_assessment",
    ),
    (
        "the child was returned before any conclusion",
        lambda: law.return_follows_conclusion(assessed=False),
        False,
        "OP14 19",
        "returned_unassessed",
    ),
    *(
        (
            f"{standing} may apply",
            lambda standing=standing: law.may_apply(standing, is_respondent=False),
            True,
            GROUPS.get(standing, "OP14 27(4)"),
            "named_by_the_law" if standing in GROUPS else "the_list_is_open",
        )
        for standing in ApplicantClass
        if standing not in NEVER
    ),
    *(
        (
            f"{standing} does not apply",
            lambda standing=standing: law.may_apply(standing, is_respondent=False),
            False,
            "OP14 30",
            NEVER[standing],
        )
        for standing in ApplicantClass
        if standing in NEVER
    ),
    (
        "nobody applies against himself",
        lambda: law.may_apply(ApplicantClass.PARENT, is_respondent=True),
        False,
        "OP14 27",
        "guardian_against_himself",
    ),
    (
        "the last day of 2014 knows no limb",
        lambda: law.is_in_force_for_limb(day("2014-12-31")),
        False,
        "OP14 35",
        "opinions_not_yet_in_force",
    ),
    (
        "the first day of 2015 knows the limbs",
        lambda: law.is_in_force_for_limb(day("2015-01-01")),
        True,
        "OP14 35",
        "opinions_in_force",
    ),
    *(
        (
            f"limb {limb} and {ground}",
            lambda limb=limb, ground=ground: law.limb_is_of_ground(limb, ground),
            (limb, ground) in FIT,
            f"OP14 35({limb})",
            "limb_fits" if (limb, ground) in FIT else "limb_of_another_ground",
        )
        for limb in range(1, 8)
        for ground in Ground
    ),
    (
        "a day short of six months is no six months",
        lambda: law.refusal_was_long_enough(day("2018-08-31"), day("2019-02-27")),
        False,
        "OP14 35(3)",
        "six_months_cannot_be",
    ),
    (
        "six months from 31 August end with February",
        lambda: law.refusal_was_long_enough(day("2018-08-31"), day("2019-02-28")),
        True,
        "OP14 35(3)",
        "six_months_can_be",
    ),
    (
        "a guardian is designated where nobody else is",
        lambda: law.designation_is_needed(another_stands=False),
        True,
        "OP14 36",
        "nobody_else_is_guardian",
    ),
    (
        "another guardian carries on without designation",
        lambda: law.designation_is_needed(another_stands=True),
        False,
        "OP14 36",
        "another_guardian_stands",
    ),
    (
        "the offender applies himself",
        lambda: law.may_ask_to_be_restored(applies_himself=True),
        True,
        "OP14 38(1)",
        "applies_himself",
    ),
    (
        "nobody asks for the offender",
        lambda: law.may_ask_to_be_restored(applies_himself=False),
        False,
        "OP14 38(1)",
        "asked_by_another",
    ),
    *(
        (
            f"lost on {lost}, asked on {asked}",
            lambda lost=lost, asked=asked: law.asked_in_the_window(
                day(lost), day(asked)
            ),
            reason == "in_the_window",
            "OP14 38(1)",
            reason,
        )
        for lost, asked, reason in WINDOW
    ),
    (
        "who was disqualified can be restored",
        lambda: law.was_disqualified(disqualified=True),
        True,
        "OP14 38(1)",
        "was_disqualified",
    ),
    (
        "who was not disqualified cannot be restored",
        lambda: law.was_disqualified(disqualified=False),
        False,
        "OP14 38(1)",
        "was_not_disqualified",
    ),
    (
        "the designated guardian ceases",
        law.designated_guardian_ceases,
        True,
        "OP14 40(1)",
        "ceases_in_the_same_moment",
    ),
    (
        "without such a crime restoration is open",
        lambda: law.is_generally_restorable(None, crime_against_ward=False),
        True,
        "OP14 40(2)",
        "no_such_crime",
    ),
    (
        "after a crime against the ward that may be none of the three",
        lambda: law.is_generally_restorable(None, crime_against_ward=True),
        False,
        "OP14 40(2)",
        "bar_not_stated",
    ),
    *(
        (
            f"after limb {limb} restoration is generally barred",
            lambda limb=limb: law.is_generally_restorable(
                limb, crime_against_ward=False
            ),
            False,
            f"OP14 40(2)({limb})",
            "generally_not_restored",
        )
        for limb in (1, 2, 3)
    ),
    (
        "the procurator tells the carer of the right to apply",
        lambda: law.procurator_advises(Advice.INFORMED),
        True,
        "OP14 30",
        "informed_of_the_right",
    ),
    (
        "the procurator recommends that civil affairs apply",
        lambda: law.procurator_advises(Advice.RECOMMENDED),
        True,
        "OP14 30",
        "recommended_to_apply",
    ),
    (
        "protection decided in the forty-eighth hour",
        lambda: law.protection_is_decided_in_time(
            (day("2015-03-02"), 540), (day("2015-03-04"), 540)
        ),
        True,
        "OP14 23",
        "decided_in_time",
    ),
    (
        "protection decided a minute after it",
        lambda: law.protection_is_decided_in_time(
            (day("2015-03-02"), 540), (day("2015-03-04"), 541)
        ),
        False,
        "OP14 23",
        "decided_late",
    ),
    (
        "the offender pays on",
        law.support_continues,
        True,
        "OP14 42",
        "support_outlives_guardianship",
    ),
    *(
        (
            f"adopted on {adopted}: {reason}",
            lambda adopted=adopted, crime=crime: law.adoption_waited(
                LOST, day(adopted), barred=crime
            ),
            holds,
            "OP14 44",
            reason,
        )
        for adopted, crime, holds, reason in WAITED
    ),
]


@pytest.mark.parametrize(("ask", "holds", "article", "reason"), params(ROWS))
def test_answers(ask: Ask, holds: bool, article: str, reason: str) -> None:
    check(ask, holds, article, reason)
