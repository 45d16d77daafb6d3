"""The limits that a figure makes from a day: their day, articles and whose."""

from __future__ import annotations

from datetime import date

from events.limits import LimitKind
from registry.law import figures, periods
from registry.law.periods import Unit, limit
from tests.support.outcomes import day

DAYS, MONTHS, YEARS = Unit.DAYS, Unit.MONTHS, Unit.YEARS


def test_a_limit_says_its_day_its_articles_and_whose_it_is() -> None:
    (found,) = limit(
        LimitKind.OBJECTION, day("2022-05-03"), figures.OBJECTION_DAYS, DAYS, "party"
    )
    assert (found.due, found.who) == ("2022-06-02", "party")
    assert found.articles == ("INT 10(1)", "CC 201", "CC 202", "CC 203")
    assert not found.at_the_earliest


def test_a_limit_that_was_not_law_yet_is_none() -> None:
    years = figures.TEMPORARY_YEARS
    kind = LimitKind.TEMPORARY_GUARDIANSHIP
    assert limit(kind, day("2014-12-31"), years, YEARS, "civil_affairs") == ()
    assert limit(kind, day("2015-01-01"), years, YEARS, "civil_affairs") != ()


def test_a_limit_from_a_partial_date_is_counted_from_its_first_day() -> None:
    (found,) = limit(
        LimitKind.OBJECTION, day("2022-05"), figures.OBJECTION_DAYS, DAYS, "party"
    )
    assert (found.due, found.at_the_earliest) == ("2022-05-31", True)


def test_a_first_day_is_moved_by_no_rest_day() -> None:
    months = figures.RESTORATION_OPENS_MONTHS
    kind = LimitKind.RESTORATION_OPENS
    (found,) = limit(kind, day("2022-03-04"), months, MONTHS, "him", opens=True)
    assert date.fromisoformat(found.due).weekday() == periods.SATURDAY
    assert (found.due, found.at_the_earliest) == ("2022-06-04", False)
