"""Every kind of limit: open on the day before its day and on it, overdue after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from events.cases import ApplicantClass
from events.guardianship import EndReason, Office
from events.limits import FIRST_DAYS, LimitKind, OwedKind
from events.proceedings import (
    Advice,
    Asked,
    ProtectionAsked,
    ProtectionMeasure,
    ProtectionOutcome,
)
from events.timeline import Role
from registry.case_commands import AdviseApplication
from registry.commands import AcceptApplication, Command
from registry.law import figures
from registry.law.figures import FIGURES
from tests.projections.test_limits_matters import Owed
from tests.registry.law.test_every_limit import COMPARING, function, limits_of
from tests.registry.test_duties import OPENED
from tests.registry.test_homes import HOME, MADE, REGISTERED, TAKEN
from tests.registry.test_referrals import made
from tests.registry.test_reports import filed, received
from tests.support.registry import body, opened, person
from tests.support.stories import (
    BUREAU,
    CASE,
    CHILD,
    FATHER,
    MOTHER,
    application,
    asks_protection,
    decides_protection,
    designate,
    end,
    judgment,
    lost,
    outcome,
    start,
)
from tests.support.telling import day

Act = tuple[Command, Office]
CIVIL, COURT, WOMEN = Office.CIVIL_AFFAIRS, Office.COURT, Office.WOMENS_FEDERATION
AUNT, RESCUE = person("tongshan aunt"), body("tongshan-rescue-station")
SUED: list[Act] = [
    (
        application(
            Asked.DISQUALIFY, ApplicantClass.OTHER_RELATIVE, "2022-03-01", FATHER
        ),
        COURT,
    ),
    (AcceptApplication(case=CASE, on=day("2022-03-01")), COURT),
]
LOST: list[Act] = [
    *SUED,
    (judgment("2022-03-20", outcome(disqualified=(FATHER,))), COURT),
]
COVERED: list[Act] = [
    (
        start(
            Role.STATE_TEMPORARY_GUARDIAN,
            "2022-05-10",
            body(BUREAU),
            limb=4,
            until="2022-08-10",
        ),
        CIVIL,
    )
]
ASKED: Act = (asks_protection(ProtectionAsked.ORDER, "2022-05-09", FATHER), WOMEN)
ORDERED: list[Act] = [
    ASKED,
    (
        decides_protection(
            ProtectionOutcome.ORDERED,
            "2022-05-11",
            FATHER,
            until="2022-11-11",
            measures=(ProtectionMeasure.NO_CONTACT,),
        ),
        COURT,
    ),
]
RECOMMENDED = AdviseApplication(
    child=CHILD,
    advice=Advice.RECOMMENDED,
    to=body(BUREAU),
    respondents=(FATHER,),
    on=day("2022-04-01"),
    order=0,
)
ORPHANED: list[Act] = [
    (end(EndReason.GUARDIAN_DIED, "2022-05-01", parent), CIVIL)
    for parent in (FATHER, MOTHER)
]
STORIES: list[tuple[LimitKind | OwedKind, str, list[Act]]] = [
    # Thirty days after Tuesday 3 May are Thursday 2 June.
    (
        LimitKind.OBJECTION,
        "2022-06-02",
        [*ORPHANED, (designate("2022-05-02", AUNT, notified="2022-05-03"), CIVIL)],
    ),
    (LimitKind.TRIAL, "2022-03-31", SUED),
    (
        LimitKind.TEMPORARY_GUARDIANSHIP,
        "2023-05-10",
        COVERED,
    ),
    (LimitKind.EXPECTED_END, "2022-08-10", COVERED),
    (LimitKind.RESTORATION_OPENS, "2022-06-20", LOST),
    (LimitKind.RESTORATION_CLOSES, "2023-03-20", LOST),
    (LimitKind.ADOPTION_OPENS, "2023-03-20", LOST),
    # Thirty days end on 1 May, and the rest days of that week with the 4th.
    (
        LimitKind.LAST_RESORT,
        "2022-05-05",
        [(RECOMMENDED, Office.PROCURATORATE)],
    ),
    # Six months from 31 August: February has no 31st (CC 202).
    (
        LimitKind.ABSENCE,
        "2023-02-28",
        [(lost(FATHER, "2022-08-31"), Office.POLICE)],
    ),
    (LimitKind.ORDER_RULING, "2022-05-12", [ASKED]),
    (LimitKind.ORDER_REVIEW, "2022-05-16", ORDERED),
    (LimitKind.ORDER_ENDS, "2022-11-11", ORDERED),
    (OwedKind.DUTY, "2022-06-01", [(OPENED, CIVIL)]),
    (OwedKind.REFERRAL, "2022-04-01", [(made(), Office.COMMITTEE)]),
    (
        OwedKind.REPORT,
        "2022-03-17",
        [(filed(), Office.COMMITTEE), (received(), CIVIL)],
    ),
]
IN_A_HOUSE: list[tuple[str, str, list[Act]]] = [
    ("stay", "2022-02-19", [(TAKEN, CIVIL)]),
    ("complaint", "2022-03-25", [(MADE, WOMEN)]),
]
COUNTED_BY = {
    LimitKind.OBJECTION: "OBJECTION_DAYS",
    LimitKind.TRIAL: "TRIAL_DAYS",
    LimitKind.TEMPORARY_GUARDIANSHIP: "TEMPORARY_YEARS",
    LimitKind.RESTORATION_OPENS: "RESTORATION_OPENS_MONTHS",
    LimitKind.RESTORATION_CLOSES: "RESTORATION_CLOSES_YEARS",
    LimitKind.ADOPTION_OPENS: "ADOPTION_WAIT_YEARS",
    LimitKind.LAST_RESORT: "LAST_RESORT_DAYS",
    LimitKind.ABSENCE: "ABSENCE_MONTHS",
    LimitKind.ORDER_RULING: "PROTECTION_HOURS",
    LimitKind.ORDER_REVIEW: "REVIEW_DAYS",
    OwedKind.REPORT: "ANSWER_DAYS",
    "stay": "ASSESSMENT_DAYS",
    "complaint": "COMPLAINT_DAYS",
}
"""The number of the law that makes each day; the others are given by an act."""
NO_LIMITS = {"LEAP_BIRTHDAY", "REST_DAYS_A_WEEK"}
"""Numbers that say how to count, and are nobody's time."""
NOT_APART = {"TRIAL_MONTHS", "PROTECTION_URGENT_HOURS"}
"""Counted with another: the thirty days of the same trial, the same ruling's hours."""


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Owed]:
    with opened(tmp_path) as registry:
        yield Owed(registry)


def around(due: str) -> list[tuple[date, bool]]:
    """Return the day before, the day and the day after, and whether one is late."""
    last = day(due).earliest
    return [(last - timedelta(1), False), (last, False), (last + timedelta(1), True)]


@pytest.mark.parametrize(("kind", "due", "acts"), STORIES)
def test_a_limit_is_overdue_from_the_day_after_its_day(
    told: Owed, kind: LimitKind | OwedKind, due: str, acts: list[Act]
) -> None:
    for command, by in acts:
        told.act(command, by)
    (term,) = [term for term in told.terms() if term.kind == kind]
    assert term.due == due
    for on, late in around(due):
        listed = told.registry.limits.limits(on, overdue=True).terms
        owed = late and kind not in FIRST_DAYS
        assert (term in listed) is owed
        assert term.overdue(on) is owed


@pytest.mark.parametrize(("kind", "due", "acts"), IN_A_HOUSE)
def test_what_a_house_owes_is_overdue_from_the_day_after_its_day(
    told: Owed, kind: str, due: str, acts: list[Act]
) -> None:
    for command, by in [(REGISTERED, CIVIL), *acts]:
        told.act(command, by)
    for on, late in around(due):
        found = told.registry.matters.matters(HOME, on).matters
        (matter,) = [one for one in found if one.stream.startswith(f"{kind}/")]
        assert matter.overdue is late


def test_every_kind_of_limit_is_told() -> None:
    assert [story[0] for story in STORIES] == [*LimitKind, *OwedKind]


def test_every_number_of_the_law_is_asked_around_its_day() -> None:
    numbers = {name for name in vars(figures) if getattr(figures, name) in FIGURES}
    told = set(COUNTED_BY.values())
    assert set(COUNTED_BY) <= {story[0] for story in [*STORIES, *IN_A_HOUSE]}
    by_article = {limit for one in COMPARING for limit in limits_of(function(one))}
    assert numbers - told - by_article == NO_LIMITS | NOT_APART - by_article
