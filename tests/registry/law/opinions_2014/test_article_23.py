"""OP14 23: was a protection order decided in 48 hours."""

from __future__ import annotations

from registry.law import opinions_2014 as law
from tests.support.outcomes import (
    Edge,
    Row,
    answered,
    answered_around,
    around,
    day,
    minutes,
)

ROWS: list[Row] = [
    (
        "protection decided in the forty-eighth hour",
        lambda: law.protection_is_decided_in_time(
            (day("2015-03-02"), 540), (day("2015-03-04"), 540)
        ),
        True,
        "OP14 23",
        "decided_in_time",
    ),
    (
        "protection decided a minute after it",
        lambda: law.protection_is_decided_in_time(
            (day("2015-03-02"), 540), (day("2015-03-04"), 541)
        ),
        False,
        "OP14 23",
        "decided_late",
    ),
]

EDGES: list[Edge] = [
    *around(
        "PROTECTION_HOURS",
        law.protection_is_decided_in_time,
        "OP14 23",
        ("decided_in_time", "decided_in_time", "decided_late"),
        ((day("2015-03-02"), 540), minutes("2015-03-04", 540)),
        ((day("2016-02-28"), 540), minutes("2016-03-01", 540)),
        ((day("2015-03"), None), minutes("2015-04-03", 0)),
    ),
]

test_answers = answered(ROWS)
test_answers_around_its_limits = answered_around(EDGES)
