"""Limits around a case: protection orders, and a recommendation that is followed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from events.cases import ApplicantClass
from events.dates import PartialDate
from events.guardianship import AnnulReason, Office
from events.limits import LimitKind
from events.proceedings import (
    Advice,
    Asked,
    ProtectionAsked,
    ProtectionMeasure,
    ProtectionOutcome,
)
from projections.limits import State
from registry.bootstrap import Registry
from registry.case_commands import AdviseApplication
from registry.commands import Command, CorrectSubmission
from registry.receipt import Receipt
from tests.support.registry import body, child_id, opened, submission, submit
from tests.support.stories import (
    BUREAU,
    CHILD,
    FATHER,
    MOTHER,
    application,
    asks_protection,
    born,
    decides_protection,
)

APART = (ProtectionMeasure.NO_CONTACT,)
WOMEN, COURT = Office.WOMENS_FEDERATION, Office.COURT


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with opened(tmp_path) as opened_registry:
        born_ = born(CHILD, "2015-10-01", FATHER, MOTHER)
        act(opened_registry, born_, Office.POLICE)
        yield opened_registry


def act(registry: Registry, command: Command, by: Office = COURT) -> Receipt:
    who = BUREAU if by is Office.CIVIL_AFFAIRS else f"tongshan-{by.replace('_', '-')}"
    key = f"act {registry.log.head().position}"
    receipt = submit(registry, submission(command, key, who, by))
    assert receipt.refused is None
    return receipt


def states(registry: Registry, kind: LimitKind) -> list[State]:
    found = registry.limits.limits(date(2030, 1, 1), None, ended=True)
    return [t.state for t in found.terms if t.kind == kind]


def test_a_decision_meets_the_courts_hours_and_opens_review_and_end(
    registry: Registry,
) -> None:
    act(registry, asks_protection(ProtectionAsked.ORDER, "2022-05-10", FATHER), WOMEN)
    assert states(registry, LimitKind.ORDER_RULING) == [State.OPEN]
    said = ProtectionOutcome.ORDERED, "2022-05-12", FATHER
    act(registry, decides_protection(*said, until="2022-11-12", measures=APART))
    assert states(registry, LimitKind.ORDER_RULING) == [State.MET]
    assert states(registry, LimitKind.ORDER_REVIEW) == [State.OPEN]
    assert states(registry, LimitKind.ORDER_ENDS) == [State.OPEN]


def test_an_extension_moves_the_end_and_a_review_meets_its_days(
    registry: Registry,
) -> None:
    act(registry, asks_protection(ProtectionAsked.ORDER, "2022-05-10", FATHER), WOMEN)
    said = ProtectionOutcome.ORDERED, "2022-05-12", FATHER
    act(registry, decides_protection(*said, until="2022-11-12", measures=APART))
    his = asks_protection(
        ProtectionAsked.REVIEW,
        "2022-05-13",
        FATHER,
        who=FATHER,
        standing=ApplicantClass.PARENT,
    )
    act(registry, his)
    assert states(registry, LimitKind.ORDER_REVIEW) == [State.MET]
    more = asks_protection(ProtectionAsked.EXTENSION, "2022-11-01", FATHER)
    act(registry, more, WOMEN)
    longer = ProtectionOutcome.EXTENDED, "2022-11-02", FATHER
    act(registry, decides_protection(*longer, until="2023-05-02", measures=APART))
    assert states(registry, LimitKind.ORDER_ENDS) == [State.MET, State.OPEN]


ADVICE = AdviseApplication(
    child=CHILD,
    advice=Advice.RECOMMENDED,
    to=body(BUREAU),
    respondents=(FATHER,),
    on=PartialDate("2022-04-01"),
    order=0,
)
ASKED = application(
    Asked.DISQUALIFY,
    ApplicantClass.CIVIL_AFFAIRS,
    "2022-04-20",
    FATHER,
    case=child_id("after the recommendation"),
)


def test_an_application_meets_the_last_resort_that_a_recommendation_started(
    registry: Registry,
) -> None:
    act(registry, ADVICE, Office.PROCURATORATE)
    assert states(registry, LimitKind.LAST_RESORT) == [State.OPEN]
    act(registry, ASKED, Office.CIVIL_AFFAIRS)
    assert states(registry, LimitKind.LAST_RESORT) == [State.MET]


def test_a_recommendation_told_late_is_met_by_the_application_that_came_after_it(
    registry: Registry,
) -> None:
    filed = act(registry, ASKED, Office.CIVIL_AFFAIRS)
    act(registry, ADVICE, Office.PROCURATORATE)
    assert states(registry, LimitKind.LAST_RESORT) == [State.MET]
    again = replace(ADVICE, on=PartialDate("2022-05-01"))
    act(registry, again, Office.PROCURATORATE)
    assert states(registry, LimitKind.LAST_RESORT) == [State.MET, State.OPEN]
    never = CorrectSubmission(
        position=filed.position, reason=AnnulReason.NEVER_HAPPENED, replacement=None
    )
    act(registry, never, Office.CIVIL_AFFAIRS)
    assert states(registry, LimitKind.LAST_RESORT) == [State.OPEN, State.OPEN]
