"""DV 28: was a protection order decided in its hours."""

from __future__ import annotations

from functools import partial

from registry.law import anti_domestic_violence as law
from registry.law.periods import Moment
from tests.support.outcomes import (
    Edge,
    Row,
    answered,
    answered_around,
    around,
    day,
    minutes,
)

IN, LATE = "decided_in_time", "decided_late"
NOON, NIGHT = 12 * 60, 23 * 60 + 30
HOURS: list[tuple[Moment, Moment, bool, str]] = [
    ((day("2022-05-10"), NOON), (day("2022-05-13"), NOON - 1), False, IN),
    ((day("2022-05-10"), NOON), (day("2022-05-13"), NOON), False, IN),
    ((day("2022-05-10"), NOON), (day("2022-05-13"), NOON + 1), False, LATE),
    ((day("2022-05-10"), NOON + 1), (day("2022-05-13"), NOON + 60), False, IN),
    ((day("2022-05-10"), NOON + 1), (day("2022-05-13"), NOON + 61), False, LATE),
    ((day("2022-05-10"), NIGHT), (day("2022-05-14"), 0), False, IN),
    ((day("2022-05-10"), NIGHT), (day("2022-05-14"), 1), False, LATE),
    ((day("2022-05-10"), NOON), (day("2022-05-11"), NOON), True, IN),
    ((day("2022-05-10"), NOON), (day("2022-05-11"), NOON + 1), True, LATE),
    ((day("2022-05-10"), None), (day("2022-05-13"), None), False, IN),
    ((day("2022-05-10"), None), (day("2022-05-14"), None), False, IN),
    ((day("2022-05-10"), None), (day("2022-05-14"), 1), False, LATE),
    ((day("2022-05-10"), None), (day("2022-05-15"), None), False, LATE),
    ((day("2024-02-27"), NOON), (day("2024-03-01"), NOON), False, IN),
    ((day("2024-02-27"), NOON), (day("2024-03-01"), NOON + 1), False, LATE),
    ((day("2022-05"), None), (day("2022-06-03"), NOON), False, IN),
]
"""The hour in which they begin does not count; of a day all that it can mean."""

ROWS: list[Row] = [
    *(
        (
            f"received {received}, decided {decided}, urgent {urgent}",
            lambda r=received, d=decided, u=urgent: law.protection_is_decided_in_time(
                r, d, urgent=u
            ),
            reason == "decided_in_time",
            "DV 28",
            reason,
        )
        for received, decided, urgent, reason in HOURS
    ),
]

EDGES: list[Edge] = [
    *around(
        "PROTECTION_HOURS",
        partial(law.protection_is_decided_in_time, urgent=False),
        "DV 28",
        ("decided_in_time", "decided_in_time", "decided_late"),
        ((day("2022-05-10"), NOON), minutes("2022-05-13", NOON)),
        ((day("2024-02-27"), NOON), minutes("2024-03-01", NOON)),
        ((day("2022-05"), None), minutes("2022-06-04", 0)),
    ),
    *around(
        "PROTECTION_URGENT_HOURS",
        partial(law.protection_is_decided_in_time, urgent=True),
        "DV 28",
        ("decided_in_time", "decided_in_time", "decided_late"),
        ((day("2022-05-10"), NOON), minutes("2022-05-11", NOON)),
        ((day("2024-02-28"), NOON), minutes("2024-02-29", NOON)),
        ((day("2022-05"), None), minutes("2022-06-02", 0)),
    ),
]

test_answers = answered(ROWS)
test_answers_around_its_limits = answered_around(EDGES)
