"""Anti-Domestic-Violence Law 14 to 31, outcome by outcome."""

from __future__ import annotations

import pytest

from events.cases import ApplicantClass
from events.guardianship import Office
from events.proceedings import ProtectionMeasure
from registry.law import anti_domestic_violence as law
from registry.law.periods import Moment
from tests.support.outcomes import Ask, Row, check, day, params

NAMED = {"parent", "grandparent", "sibling", "committee", "civil_affairs"}
NEVER = {
    "procuratorate": "procurator_advises_and_supports",
    "police": "police_report_and_remove",
}
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
IN, LATE = "decided_in_time", "decided_late"
NOON, NIGHT = 12 * 60, 23 * 60 + 30
HOURS: list[tuple[Moment, Moment, bool, str]] = [
    ((day("2022-05-10"), NOON), (day("2022-05-13"), NOON - 1), False, IN),
    ((day("2022-05-10"), NOON), (day("2022-05-13"), NOON), False, IN),
    ((day("2022-05-10"), NOON), (day("2022-05-13"), NOON + 1), False, LATE),
    ((day("2022-05-10"), NOON + 1), (day("2022-05-13"), NOON + 60), False, IN),
    ((day("2022-05-10"), NOON + 1), (day("2022-05-13"), NOON + 61), False, LATE),
    ((day("2022-05-10"), NIGHT), (day("2022-05-14"), 0), False, IN),
    ((day("2022-05-10"), NIGHT), (day("2022-05-14"), 1), False, LATE),
    ((day("2022-05-10"), NOON), (day("2022-05-11"), NOON), True, IN),
    ((day("2022-05-10"), NOON), (day("2022-05-11"), NOON + 1), True, LATE),
    ((day("2022-05-10"), None), (day("2022-05-13"), None), False, IN),
    ((day("2022-05-10"), None), (day("2022-05-14"), None), False, IN),
    ((day("2022-05-10"), None), (day("2022-05-14"), 1), False, LATE),
    ((day("2022-05-10"), None), (day("2022-05-15"), None), False, LATE),
    ((day("2024-02-27"), NOON), (day("2024-03-01"), NOON), False, IN),
    ((day("2024-02-27"), NOON), (day("2024-03-01"), NOON + 1), False, LATE),
    ((day("2022-05"), None), (day("2022-06-03"), NOON), False, IN),
]
"""The hour in which they begin does not count; of a day all that it can mean."""
APART = [
    (ProtectionMeasure.NO_VIOLENCE, False),
    (ProtectionMeasure.NO_CONTACT, True),
    (ProtectionMeasure.MOVE_OUT, True),
    (ProtectionMeasure.OTHER, False),
]
SIX, LONGER = "within_six_months", "longer_than_six_months"
LASTING = [
    ("2022-05-10", "2022-11-09", SIX),
    ("2022-05-10", "2022-11-10", SIX),
    ("2022-05-10", "2022-11-11", LONGER),
    ("2023-08-31", "2024-02-29", SIX),
    ("2023-08-31", "2024-03-01", LONGER),
    ("2022-08-31", "2023-02-28", SIX),
    ("2022-08-31", "2023-03-01", LONGER),
    ("2022-05", "2022-11-30", SIX),
    ("2022-05", "2022-12-01", LONGER),
]
REVIEWS = [
    ("2022-05-10", "2022-05-14", "within_five_days"),
    ("2022-05-10", "2022-05-16", "within_five_days"),  # the 15th is a Sunday
    ("2022-05-10", "2022-05-17", "later_than_five_days"),
    ("2022-05-11", "2022-05-16", "within_five_days"),
    ("2022-05-11", "2022-05-17", "later_than_five_days"),
]
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
    *(
        (
            f"received {received}, decided {decided}, urgent {urgent}",
            lambda r=received, d=decided, u=urgent: law.protection_is_decided_in_time(
                r, d, urgent=u
            ),
            reason == "decided_in_time",
            "DV 28",
            reason,
        )
        for received, decided, urgent, reason in HOURS
    ),
    *(
        (
            f"the measure {measure}",
            lambda measure=measure: law.measure_keeps_apart(measure),
            apart,
            f"DV 29({limb})",
            "keeps_apart" if apart else "restrains_only",
        )
        for limb, (measure, apart) in enumerate(APART, 1)
    ),
    *(
        (
            f"an order of {made} until {until}",
            lambda m=made, u=until: law.order_is_short_enough(day(m), day(u)),
            reason == "within_six_months",
            "DV 30",
            reason,
        )
        for made, until, reason in LASTING
    ),
    (
        "who asked for an order that stands has it changed",
        lambda: law.order_may_be_changed(in_force=True, by_the_protected=True),
        True,
        "DV 30",
        "order_is_in_force",
    ),
    (
        "nothing is changed after the order has ended",
        lambda: law.order_may_be_changed(in_force=False, by_the_protected=True),
        False,
        "DV 30",
        "no_order_in_force",
    ),
    (
        "the respondent has no order changed",
        lambda: law.order_may_be_changed(in_force=True, by_the_protected=False),
        False,
        "DV 30",
        "not_asked_by_the_protected",
    ),
    *(
        (
            f"decided {decided}, review asked {asked}",
            lambda d=decided, a=asked: law.review_is_in_time(day(d), day(a)),
            reason == "within_five_days",
            "DV 31",
            reason,
        )
        for decided, asked, reason in REVIEWS
    ),
    (
        "a first review",
        lambda: law.review_is_the_first(decided=True, reviewed=False),
        True,
        "DV 31",
        "first_review",
    ),
    (
        "a second review",
        lambda: law.review_is_the_first(decided=True, reviewed=True),
        False,
        "DV 31",
        "reviewed_already",
    ),
    (
        "a review of nothing",
        lambda: law.review_is_the_first(decided=False, reviewed=False),
        False,
        "DV 31",
        "nothing_to_review",
    ),
    (
        "review stops nothing",
        law.order_stands_under_review,
        True,
        "DV 31",
        "stands_under_review",
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
