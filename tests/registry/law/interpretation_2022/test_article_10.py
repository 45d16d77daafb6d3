"""INT 10: is it an objection, or a case for change of guardian."""

from __future__ import annotations

from registry.law import interpretation_2022 as law
from tests.support.outcomes import (
    Edge,
    Row,
    answered,
    answered_around,
    around,
    day,
    days,
)

OBJECTED = [
    # Thirty days after Tuesday 2022-05-03 are Thursday 2022-06-02.
    ("2022-05-03", "2022-06-02", "INT 10(1)", "within_thirty_days"),
    ("2022-05-03", "2022-06-03", "INT 10(2)", "late_so_a_change"),
    # Thirty days after 2022-05-05 are Saturday 2022-06-04: Monday the 6th.
    ("2022-05-05", "2022-06-06", "INT 10(1)", "within_thirty_days"),
    ("2022-05-05", "2022-06-07", "INT 10(2)", "late_so_a_change"),
    # The notice of some day in April: the last reading of it counts.
    ("2022-04", "2022-05-30", "INT 10(1)", "within_thirty_days"),
    ("2022-04", "2022-05-31", "INT 10(2)", "late_so_a_change"),
]

ROWS: list[Row] = [
    *(
        (
            f"notified {notified}, objected {objected}",
            lambda notified=notified, objected=objected: law.objection_is_in_time(
                day(notified), day(objected)
            ),
            reason == "within_thirty_days",
            article,
            reason,
        )
        for notified, objected, article, reason in OBJECTED
    ),
]

EDGES: list[Edge] = [
    *around(
        "OBJECTION_DAYS",
        law.objection_is_in_time,
        ("INT 10(1)", "INT 10(1)", "INT 10(2)"),
        ("within_thirty_days", "within_thirty_days", "late_so_a_change"),
        (day("2022-05-03"), days("2022-06-02")),
        (day("2022-05-05"), days("2022-06-06")),
        (day("2024-01-30"), days("2024-02-29")),
        (day("2022-04"), days("2022-05-30")),
    ),
]

test_answers = answered(ROWS)
test_answers_around_its_limits = answered_around(EDGES)
