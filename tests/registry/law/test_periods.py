"""Counting by Civil Code 200 to 204 and 1259, by examples worked out by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.limits import LimitKind
from registry.law import figures, periods
from registry.law.holidays import NOTICES, PUBLISHED, Calendar
from registry.law.periods import Unit, age_reached, last_day, limit
from tests.support.outcomes import day

DAYS, MONTHS, YEARS = Unit.DAYS, Unit.MONTHS, Unit.YEARS
OF_2022 = Calendar(
    rest=frozenset(date(2022, 10, d) for d in range(1, 8)),
    work=frozenset({date(2022, 10, 8), date(2022, 10, 9)}),
    years=frozenset({2022}),
    source="an invented week of rest with two made-up working days",
)
D = date.fromisoformat
LONGEST_REST = 10
"""Days: that of the spring of 2020, with the weekends beside it."""

BY_HAND = [
    # The first day does not count.
    ("2022-05-03", 30, DAYS, "2022-06-02"),
    ("2022-05-10", 1, DAYS, "2022-05-11"),
    # The corresponding day, and the month's last day where there is none.
    ("2022-01-31", 1, MONTHS, "2022-02-28"),
    ("2024-01-31", 1, MONTHS, "2024-02-29"),
    ("2022-08-31", 1, MONTHS, "2022-09-30"),
    ("2022-11-30", 3, MONTHS, "2023-02-28"),
    ("2022-02-28", 1, MONTHS, "2022-03-28"),
    ("2022-12-15", 2, MONTHS, "2023-02-15"),
    ("2024-02-29", 1, YEARS, "2025-02-28"),
    ("2024-02-29", 4, YEARS, "2028-02-29"),
    # A last day that is a Saturday or Sunday moves to Monday.
    ("2022-05-05", 30, DAYS, "2022-06-06"),
    ("2022-05-06", 30, DAYS, "2022-06-06"),
    ("2021-02-05", 1, YEARS, "2022-02-07"),
    # Published rest days move it too, to a weekend day that was worked instead.
    ("2022-09-01", 30, DAYS, "2022-10-08"),
    ("2020-01-01", 30, DAYS, "2020-02-03"),
    ("2015-08-04", 30, DAYS, "2015-09-06"),
    # Under the General Principles a Saturday did not move, a Sunday did.
    ("2015-05-07", 30, DAYS, "2015-06-06"),
    ("2015-05-08", 30, DAYS, "2015-06-08"),
    # Under the General Provisions both move.
    ("2018-05-03", 30, DAYS, "2018-06-04"),
]


@pytest.mark.parametrize(("start", "number", "unit", "end"), BY_HAND)
def test_period_ends_on(start: str, number: int, unit: Unit, end: str) -> None:
    assert last_day(D(start), number, unit).last_day == D(end)


def test_without_a_calendar_the_day_is_at_the_earliest() -> None:
    assert last_day(D("2032-05-03"), 30, DAYS).at_the_earliest
    assert not last_day(D("2022-05-03"), 30, DAYS, OF_2022).at_the_earliest
    assert last_day(D("2022-12-15"), 30, DAYS, OF_2022).at_the_earliest


@pytest.mark.parametrize(
    ("start", "end"),
    [
        # 30 days after 1 September are 1 October, the first day of rest; the week
        # ends on the 7th, and Saturday the 8th is a made-up working day.
        ("2022-09-01", "2022-10-08"),
        ("2022-09-07", "2022-10-08"),
        ("2022-09-08", "2022-10-08"),
        ("2022-09-09", "2022-10-09"),
        ("2022-09-15", "2022-10-17"),
    ],
)
def test_rest_days_move_the_last_day_and_working_days_do_not(
    start: str, end: str
) -> None:
    assert last_day(D(start), 30, DAYS, OF_2022).last_day == D(end)


def test_rest_days_across_the_year_make_the_end_uncertain() -> None:
    rest = Calendar(
        rest=frozenset({D("2022-12-30"), D("2022-12-31")}),
        work=frozenset(),
        years=frozenset({2022}),
        source="invented",
    )
    found = last_day(D("2022-11-30"), 30, DAYS, rest)
    assert found.last_day == D("2023-01-02")
    assert found.at_the_earliest


@pytest.mark.parametrize(
    ("start", "cited"),
    [
        ("2017-09-30", ("GPCL 154",)),
        ("2017-10-01", ("GPR 201", "GPR 202", "GPR 203")),
        ("2021-01-01", ("CC 201", "CC 202", "CC 203")),
    ],
)
def test_the_law_of_the_first_day_counts(start: str, cited: tuple[str, ...]) -> None:
    assert last_day(D(start), 30, DAYS).articles == cited


def test_procedure_counts_by_its_own_article() -> None:
    assert last_day(D("2022-05-03"), 30, DAYS, procedural=True).articles == ("CPL 85",)


def test_hours_run_from_the_moment_and_in_procedure_from_the_next_hour() -> None:
    asked = datetime.fromisoformat("2022-06-01T09:20:00+08:00")
    substantive = periods.hours_later(asked, 72)
    procedural = periods.hours_later(asked, 72, procedural=True)
    assert substantive.isoformat() == "2022-06-04T09:20:00+08:00"
    assert procedural.isoformat() == "2022-06-04T10:00:00+08:00"
    full = asked.replace(minute=0)
    assert periods.hours_later(full, 24, procedural=True) == full + timedelta(1)


def test_words_include_or_exclude_the_number() -> None:
    for value, least, most, under, over in (
        (17, False, True, True, False),
        (18, True, True, False, False),
        (19, True, False, False, True),
    ):
        assert periods.at_least(value, 18) is least
        assert periods.at_most(value, 18) is most
        assert periods.under(value, 18) is under
        assert periods.over(value, 18) is over


@pytest.mark.parametrize(
    ("born", "years", "reached"),
    [
        ("2004-10-05", 18, "2022-10-05"),
        ("2004-02-29", 18, "2022-03-01"),
        ("2004-02-29", 20, "2024-02-29"),
        ("2004-02-29", 8, "2012-02-29"),
        ("2004-02-28", 18, "2022-02-28"),
        ("2004-02", 18, "2022-02"),
        ("2004", 18, "2022"),
        ("2007-12-31", 8, "2015-12-31"),
    ],
)
def test_age_is_reached_on_the_birthday(born: str, years: int, reached: str) -> None:
    assert age_reached(day(born), years) == day(reached)


@pytest.mark.parametrize(
    ("end", "certain"),
    [
        ("2006-12-24", False),
        ("2007-12-24", True),
        ("2025-12-31", True),
        ("2026-12-24", True),
        ("2026-12-25", False),
        ("2027-06-01", False),
    ],
)
def test_a_day_is_sure_where_every_notice_that_may_speak_of_it_is_known(
    end: str, certain: bool
) -> None:
    assert PUBLISHED.knows(D(end)) is certain


@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: str(notice.year))
def test_a_notice_has_its_source_and_works_on_weekends_alone(
    notice: Any,  # noqa: ANN401  a private shape
) -> None:
    worked = [D(day) for day in notice.work.split()]
    assert notice.source
    assert all(day.weekday() >= periods.SATURDAY for day in worked)
    assert not PUBLISHED.rest & set(worked)
    firsts = [D(span.partition("/")[0]) for span in notice.rest.split()]
    assert firsts == sorted(firsts)
    assert {day.year for day in [*worked, *firsts]} <= {notice.year - 1, notice.year}


def test_the_notices_follow_each_other_without_a_gap() -> None:
    years = [notice.year for notice in NOTICES]
    assert years == list(range(years[0], years[-1] + 1))


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


@given(st.dates(D("1990-01-01"), D("2060-12-31")), st.integers(1, 400))
def test_a_period_of_days_ends_on_a_working_day_soon_after(
    start: date, number: int
) -> None:
    found = last_day(start, number, DAYS).last_day
    rests = found.weekday() == periods.SUNDAY or found in PUBLISHED.rest
    assert found in PUBLISHED.work or not rests
    assert number <= (found - start).days <= number + LONGEST_REST


@given(st.dates(D("1990-01-01"), D("2060-12-31")), st.integers(1, 60))
def test_months_count_as_months_whatever_they_are_called(
    start: date, number: int
) -> None:
    once = periods.corresponding_day(start, 12 * number, MONTHS)
    assert once == periods.corresponding_day(start, number, YEARS)
    later = periods.corresponding_day(start, number, MONTHS)
    assert (later.year * 12 + later.month) - (start.year * 12 + start.month) == number
    assert later.day == start.day or (later + timedelta(1)).day == 1
