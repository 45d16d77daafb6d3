"""Minors Protection Law 22 to 108, limb by limb."""

from __future__ import annotations

import itertools

import pytest

from events.guardianship import Office, PlacementForm
from events.reports import Reporter, Response
from registry.law import minors_protection as law
from tests.support.outcomes import Ask, Row, check, params

NAMED = {"kin", "foster", "rescue_institution", "welfare_institution"}
BOTH = (True, False)
NO_COERCION = {Response.INQUIRED, Response.DISSUADED, Response.EDUCATED}


def temporary(limb: int, stands: bool, reachable: bool) -> str:
    """The table of MPL 92, written out from the sentence of each limb."""
    if limb in {1, 2}:
        return "a_guardian_can_be_found" if reachable else "limb_not_contradicted"
    if limb in {3, 4, 5, 6}:
        return "limb_not_contradicted" if stands else "limb_needs_a_guardian"
    return "limb_not_contradicted"


def long_term(limb: int, stands: bool, reachable: bool, designated: bool) -> str:
    """The table of MPL 94, written out from the sentence of each limb."""
    table = {
        1: "a_guardian_can_be_found" if reachable else "limb_not_contradicted",
        2: "a_guardian_is_on_record" if stands else "limb_not_contradicted",
        3: "a_guardian_is_on_record" if stands else "limb_not_contradicted",
        4: "limb_not_contradicted" if designated else "no_designation_on_record",
        5: "limb_not_contradicted",
    }
    return table[limb]


ROWS: list[Row] = [
    *(
        (
            f"{reporter} reports",
            lambda reporter=reporter: law.reports_at_once(reporter),
            True,
            "MPL 11(2)" if reporter in law.BOUND else "MPL 11(1)",
            "bound_to_report" if reporter in law.BOUND else "free_to_report",
        )
        for reporter in Reporter
    ),
    (
        "who was told takes it up",
        lambda: law.is_taken_up(asked=True),
        True,
        "MPL 11(3)",
        "taken_up_by_the_addressee",
    ),
    (
        "who was not told takes it up",
        lambda: law.is_taken_up(asked=False),
        False,
        "MPL 11(3)",
        "taken_up_by_another",
    ),
    (
        "the reporter is told in time",
        lambda: law.reporter_is_told(late=False),
        True,
        "MPL 11(3)",
        "told_in_time",
    ),
    (
        "the reporter is told late",
        lambda: law.reporter_is_told(late=True),
        False,
        "MPL 11(3)",
        "told_late",
    ),
    *(
        (
            f"a committee and {response}",
            lambda response=response: law.committee_may(response),
            response in NO_COERCION,
            "MPL 118(1)",
            "dissuades_and_stops"
            if response in NO_COERCION
            else "committee_may_not_coerce",
        )
        for response in Response
    ),
    (
        "what is grave is carried on",
        law.grave_is_escalated,
        True,
        "MPL 118(1)",
        "carried_on",
    ),
    (
        "who is not disqualified may be entrusted",
        lambda: law.may_be_entrusted(barred=False),
        True,
        "MPL 22(3)",
        "not_disqualified",
    ),
    (
        "who is disqualified may not be entrusted",
        lambda: law.may_be_entrusted(barred=True),
        False,
        "MPL 22(3)",
        "disqualified_for_this_child",
    ),
    *(
        (
            f"92({limb}) guardian {stands} reachable {reachable}",
            lambda limb=limb, s=stands, r=reachable: law.temporary_limb_can_be(
                limb, guardian_stands=s, somebody_reachable=r
            ),
            temporary(limb, stands, reachable) == "limb_not_contradicted",
            f"MPL 92({limb})",
            temporary(limb, stands, reachable),
        )
        for limb, stands, reachable in itertools.product(range(1, 8), BOTH, BOTH)
    ),
    (
        "92 without a limb is warned of",
        lambda: law.temporary_limb_can_be(
            None, guardian_stands=True, somebody_reachable=True
        ),
        False,
        "MPL 92",
        "limb_not_stated",
    ),
    *(
        (
            f"temporary guardianship by {by}",
            lambda by=by: law.is_civil_affairs_act(by),
            by is Office.CIVIL_AFFAIRS,
            "MPL 92",
            "civil_affairs_acts"
            if by is Office.CIVIL_AFFAIRS
            else "not_civil_affairs_act",
        )
        for by in Office
    ),
    *(
        (
            f"ended by {by}",
            lambda by=by: law.return_is_civil_affairs(by),
            by in {Office.CIVIL_AFFAIRS, Office.COURT},
            "MPL 93(2)",
            "civil_affairs_acts"
            if by in {Office.CIVIL_AFFAIRS, Office.COURT}
            else "end_is_civil_affairs",
        )
        for by in Office
    ),
    *(
        (
            f"{form} is a form",
            lambda form=form: law.form_is_named(form),
            True,
            "MPL 93(1)",
            "form_named" if form in NAMED else "form_and_the_like",
        )
        for form in PlacementForm
    ),
    *(
        (
            f"return: {reason}",
            lambda assessed=assessed, fit=fit: law.may_be_returned(
                assessed=assessed, fit_guardian_stands=fit
            ),
            reason == "returned_after_assessment",
            "MPL 93(2)",
            reason,
        )
        for assessed, fit, reason in (
            (True, True, "returned_after_assessment"),
            (True, False, "nobody_to_return_to"),
            (False, True, "returned_unassessed"),
            (False, False, "returned_unassessed"),
        )
    ),
    *(
        (
            f"94({limb}) guardian {s} reachable {r} designated {d}",
            lambda limb=limb, s=s, r=r, d=d: law.long_term_limb_can_be(
                limb, guardian_stands=s, somebody_reachable=r, court_designated=d
            ),
            long_term(limb, s, r, d) == "limb_not_contradicted",
            f"MPL 94({limb})",
            long_term(limb, s, r, d),
        )
        for limb, s, r, d in itertools.product(range(1, 6), BOTH, BOTH, BOTH)
    ),
    (
        "94 without a limb is warned of",
        lambda: law.long_term_limb_can_be(
            None, guardian_stands=True, somebody_reachable=True, court_designated=True
        ),
        False,
        "MPL 94",
        "limb_not_stated",
    ),
    (
        "adoption ends the state's guardianship",
        law.ends_state_guardianship,
        True,
        "MPL 95",
        "ends_adoption",
    ),
    (
        "the procurator urges and supports",
        law.procurator_supports,
        True,
        "MPL 106",
        "urges_and_supports",
    ),
    (
        "persons and units concerned apply",
        law.court_may_disqualify,
        True,
        "MPL 108(1)",
        "person_or_unit_concerned",
    ),
    (
        "disqualified parents pay on",
        law.support_continues,
        True,
        "MPL 108(2)",
        "support_outlives_guardianship",
    ),
    (
        "a person or unit concerned asks for protection of a child",
        lambda: law.court_may_protect(is_respondent=False),
        True,
        "MPL 108(1)",
        "person_or_unit_concerned",
    ),
    (
        "the respondent does not",
        lambda: law.court_may_protect(is_respondent=True),
        False,
        "MPL 108(1)",
        "respondent_himself",
    ),
]


@pytest.mark.parametrize(("ask", "holds", "article", "reason"), params(ROWS))
def test_answers(ask: Ask, holds: bool, article: str, reason: str) -> None:
    check(ask, holds, article, reason)
