"""CPL 187: was the case docketed and decided in time."""

from __future__ import annotations

from registry.law import civil_procedure as law
from tests.support.outcomes import (
    Edge,
    Row,
    answered,
    answered_around,
    around,
    day,
    days,
)

DUE = day("2022-06-06")

ROWS: list[Row] = [
    (
        "decided on the last day is in time",
        lambda: law.decided_in_time(DUE, day("2022-06-06")),
        True,
        "CPL 187",
        "decided_in_time",
    ),
    (
        "decided a day later is late",
        lambda: law.decided_in_time(DUE, day("2022-06-07")),
        False,
        "CPL 187",
        "decided_late",
    ),
    (
        "decided in the month of the last day may be in time",
        lambda: law.decided_in_time(DUE, day("2022-06")),
        True,
        "CPL 187",
        "decided_in_time",
    ),
    (
        "docketed on the day of filing",
        lambda: law.is_accepted_after_filing(day("2015-01-07"), day("2015-01-07")),
        True,
        "CPL 187",
        "docketed",
    ),
    (
        "docketed before it was filed",
        lambda: law.is_accepted_after_filing(day("2015-01-07"), day("2015-01-06")),
        False,
        "CPL 187",
        "docketed_before_filing",
    ),
]

EDGES: list[Edge] = [
    *around(
        "decided_in_time",
        law.decided_in_time,
        "CPL 187",
        ("decided_in_time", "decided_in_time", "decided_late"),
        (DUE, days("2022-06-06")),
    ),
    *around(
        "is_accepted_after_filing",
        law.is_accepted_after_filing,
        "CPL 187",
        ("docketed_before_filing", "docketed", "docketed"),
        (day("2015-01-07"), days("2015-01-07")),
    ),
]

test_answers = answered(ROWS)
test_answers_around_its_limits = answered_around(EDGES)
