"""CC 201, 202: which day corresponds to the start, and when hours end."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from registry.law import periods
from registry.law.periods import Unit

DAYS, MONTHS, YEARS = Unit.DAYS, Unit.MONTHS, Unit.YEARS
D = date.fromisoformat


def test_hours_run_from_the_moment_and_in_procedure_from_the_next_hour() -> None:
    asked = datetime.fromisoformat("2022-06-01T09:20:00+08:00")
    substantive = periods.hours_later(asked, 72)
    procedural = periods.hours_later(asked, 72, procedural=True)
    assert substantive.isoformat() == "2022-06-04T09:20:00+08:00"
    assert procedural.isoformat() == "2022-06-04T10:00:00+08:00"
    full = asked.replace(minute=0)
    assert periods.hours_later(full, 24, procedural=True) == full + timedelta(1)


@given(st.dates(D("1990-01-01"), D("2060-12-31")), st.integers(1, 60))
def test_months_count_as_months_whatever_they_are_called(
    start: date, number: int
) -> None:
    once = periods.corresponding_day(start, 12 * number, MONTHS)
    assert once == periods.corresponding_day(start, number, YEARS)
    later = periods.corresponding_day(start, number, MONTHS)
    assert (later.year * 12 + later.month) - (start.year * 12 + start.month) == number
    assert later.day == start.day or (later + timedelta(1)).day == 1
