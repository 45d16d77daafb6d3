"""CC 200 to 203: on which day does a period end, by examples worked out by hand."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.law import periods
from registry.law.holidays import PUBLISHED, Calendar
from registry.law.periods import Unit, last_day

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


@given(st.dates(D("1990-01-01"), D("2060-12-31")), st.integers(1, 400))
def test_a_period_of_days_ends_on_a_working_day_soon_after(
    start: date, number: int
) -> None:
    found = last_day(start, number, DAYS).last_day
    rests = found.weekday() == periods.SUNDAY or found in PUBLISHED.rest
    assert found in PUBLISHED.work or not rests
    assert number <= (found - start).days <= number + LONGEST_REST
