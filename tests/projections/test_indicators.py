"""Quarters of a place: how soon it acts, who stands alone, by what is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.duties import Department
from events.guardianship import Office
from events.reports import Response
from events.timeline import Role
from projections.coordination import NOBODY, KnownChild, Workload, workload
from projections.indicators import Indicators, indicators, quarters
from registry.bootstrap import Registry
from registry.commands import RecordDeath
from registry.matter_commands import FulfilDuty
from tests.projections.test_matters import tell
from tests.registry.test_duties import OPENED, OTHER, UNOWNED
from tests.registry.test_reports import filed, received, response
from tests.support.registry import body, child_id, opened
from tests.support.stories import (
    BUREAU,
    CHILD,
    FATHER,
    MOTHER,
    born,
    judgment,
    outcome,
    start,
    tongshan_application,
)
from tests.support.telling import day

CIVIL, COMMITTEE, POLICE = Office.CIVIL_AFFAIRS, Office.COMMITTEE, Office.POLICE
PLACE = "cn-320312"
COURT = Office.COURT


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with opened(tmp_path) as found:
        tell(found, born(CHILD, "2010-10-01", FATHER, MOTHER), POLICE)
        yield found


def asked(registry: Registry, on: str, known_at: int | None = None) -> Indicators:
    known = registry.log.head().position if known_at is None else known_at
    registry.runner.wait(registry.log.head().position, 10)
    (quarter,) = quarters(date.fromisoformat(on), 1)
    children = [
        KnownChild(
            periods=registry.custody.periods(name, known),
            facts=registry.custody.explain(name, known),
        )
        for name in registry.places.children(PLACE, known)
    ]
    found = registry.matters.matters(PLACE, quarter.last, known)
    return indicators(quarter, children, found.matters)


def test_a_report_counts_in_its_quarter_until_somebody_acts_and_after(
    registry: Registry,
) -> None:
    report = filed()
    tell(registry, report, COMMITTEE)
    on = str(report.on.earliest)
    before = asked(registry, on)
    assert (before.reports, before.unanswered) == (1, 1)
    assert before.days_to_first_action is None
    seen = registry.log.head().position
    tell(registry, received(), CIVIL)
    after = asked(registry, on)
    days = (received().on.latest - report.on.earliest).days
    assert (after.reports, after.unanswered) == (1, 0)
    assert after.days_to_first_action == days
    assert asked(registry, on, seen) == before
    later = asked(registry, "2030-01-01")
    assert (later.reports, later.unanswered) == (0, 0)


def test_an_application_is_counted_until_its_outcome_and_days_between(
    registry: Registry,
) -> None:
    tell(registry, tongshan_application(), CIVIL)
    first = asked(registry, "2015-01-31")
    assert (first.applications, first.undecided) == (1, 1)
    decided = judgment("2015-02-04", outcome(disqualified=(FATHER, MOTHER)))
    tell(registry, decided, COURT)
    found = asked(registry, "2015-01-31")
    assert (found.applications, found.undecided, found.days_to_decision) == (1, 0, 28)
    assert (found.children, found.without_guardian) == (1, 1)
    assert asked(registry, "2014-12-31").without_guardian == 0


def test_temporary_guardianship_beyond_a_year_is_counted_from_then_on(
    registry: Registry,
) -> None:
    began = start(Role.STATE_TEMPORARY_GUARDIAN, "2022-02-15", body(BUREAU), limb=4)
    tell(registry, began, CIVIL)
    assert asked(registry, "2022-12-31").temporary_beyond_a_year == 0
    assert asked(registry, "2023-03-31").temporary_beyond_a_year == 1


def test_overdue_is_judged_on_the_quarters_own_last_day(registry: Registry) -> None:
    tell(registry, OPENED, CIVIL)  # due 2022-06-01
    at_first = asked(registry, "2022-06-30")
    assert (at_first.with_a_day, at_first.overdue) == (1, 1)
    late = FulfilDuty(duty=OPENED.duty, on=day("2022-08-01"), document=None)
    tell(registry, late, CIVIL)
    assert asked(registry, "2022-06-30") == at_first
    assert asked(registry, "2022-09-30").with_a_day == 0


def test_a_dead_child_and_one_of_age_need_no_guardian(registry: Registry) -> None:
    assert asked(registry, "2028-09-30").children == 1
    assert asked(registry, "2028-12-31").children == 0
    tell(registry, RecordDeath(person=CHILD, on=day("2020-05-01")), POLICE)
    assert asked(registry, "2020-06-30").children == 0


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(1, 40))
def test_quarters_follow_each_other_without_gap_or_overlap(
    first: date, count: int
) -> None:
    found = list(quarters(first, count))
    assert len(found) == count
    assert found[0].first <= first < found[0].after
    assert all(a.after == b.first for a, b in pairwise(found))
    assert len({quarter.name for quarter in found}) == count


def loads(registry: Registry, on: str) -> dict[str, Workload]:
    as_of = date.fromisoformat(on)
    registry.runner.wait(registry.log.head().position, 10)
    found = registry.matters.matters(PLACE, as_of)
    return {one.department: one for one in workload(found.matters, as_of)}


def test_open_work_is_its_departments_by_age_and_nobodys_where_none_has_it(
    registry: Registry,
) -> None:
    tell(registry, OPENED, CIVIL)
    tell(registry, replace(UNOWNED, duty=OTHER, due=None), CIVIL)
    tell(registry, filed(), COMMITTEE)
    tell(registry, response(Response.ADMONISHED), POLICE)
    found = loads(registry, "2022-05-31")
    education = found[Department.EDUCATION.value]
    assert (education.by_age, education.overdue) == ((1, 0, 0, 0), 0)
    assert found[NOBODY].open == 1
    old = loads(registry, "2024-01-01")
    assert old[Department.EDUCATION.value].by_age == (0, 0, 0, 1)
    assert next(iter(old)) == Department.EDUCATION.value
    assert old[Department.EDUCATION.value].overdue == 1
    assert sum(one.open for one in old.values()) == 3


def test_a_place_has_the_children_registered_in_it_as_known(
    registry: Registry,
) -> None:
    before = registry.log.head().position
    tell(registry, born(child_id("a sister"), "2012-01-01", MOTHER), POLICE)
    elsewhere = replace(born(child_id("a cousin"), "2012-01-01"), jurisdiction="cn-1")
    tell(registry, elsewhere, POLICE)
    registry.runner.wait(registry.log.head().position, 10)
    assert registry.places.children(PLACE, before) == [CHILD]
    assert len(registry.places.children(PLACE)) == 2
    assert registry.places.children("cn-1") == [child_id("a cousin")]
