"""The holidays: each notice has its source, and they follow without a gap."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from registry.law import periods
from registry.law.holidays import NOTICES, PUBLISHED

D = date.fromisoformat


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
