"""OP14 38: who asks to be restored, and when."""

from __future__ import annotations

from registry.law import opinions_2014 as law
from tests.support.outcomes import (
    Edge,
    Row,
    answered,
    answered_around,
    around,
    day,
    days,
)

WINDOW = [
    ("2015-02-04", "2015-05-03", "before_the_window"),
    ("2015-02-04", "2015-05-04", "in_the_window"),
    ("2015-02-04", "2016-02-04", "in_the_window"),
    ("2015-02-04", "2016-02-05", "after_the_window"),
    # 30 November + 3 months: February has no 30th, so its last day (CC 202).
    ("2015-11-30", "2016-02-28", "before_the_window"),
    ("2015-11-30", "2016-02-29", "in_the_window"),
    # A year after 29 February is 28 February 2017, a Tuesday.
    ("2016-02-29", "2017-02-28", "in_the_window"),
    ("2016-02-29", "2017-03-01", "after_the_window"),
    # A year ends on Saturday 2022-02-05: rest days move it to Monday the 7th.
    ("2021-02-05", "2022-02-07", "in_the_window"),
    ("2021-02-05", "2022-02-08", "after_the_window"),
    # Of partial dates a day that may be in time is in time.
    ("2015-02", "2015-05-01", "in_the_window"),
    ("2015-02", "2015-04-30", "before_the_window"),
    ("2015-02", "2016-02-29", "in_the_window"),
    ("2015-02", "2016-03-01", "after_the_window"),
    ("2015-02-04", "2015-05", "in_the_window"),
]

ROWS: list[Row] = [
    (
        "the offender applies himself",
        lambda: law.may_ask_to_be_restored(applies_himself=True),
        True,
        "OP14 38(1)",
        "applies_himself",
    ),
    (
        "nobody asks for the offender",
        lambda: law.may_ask_to_be_restored(applies_himself=False),
        False,
        "OP14 38(1)",
        "asked_by_another",
    ),
    *(
        (
            f"lost on {lost}, asked on {asked}",
            lambda lost=lost, asked=asked: law.asked_in_the_window(
                day(lost), day(asked)
            ),
            reason == "in_the_window",
            "OP14 38(1)",
            reason,
        )
        for lost, asked, reason in WINDOW
    ),
    (
        "who was disqualified can be restored",
        lambda: law.was_disqualified(disqualified=True),
        True,
        "OP14 38(1)",
        "was_disqualified",
    ),
    (
        "who was not disqualified cannot be restored",
        lambda: law.was_disqualified(disqualified=False),
        False,
        "OP14 38(1)",
        "was_not_disqualified",
    ),
]

EDGES: list[Edge] = [
    *around(
        "RESTORATION_OPENS_MONTHS",
        law.asked_in_the_window,
        "OP14 38(1)",
        ("before_the_window", "in_the_window", "in_the_window"),
        (day("2015-02-04"), days("2015-05-04")),
        (day("2015-11-30"), days("2016-02-29")),
        (day("2015-02"), days("2015-05-01")),
    ),
    *around(
        "RESTORATION_CLOSES_YEARS",
        law.asked_in_the_window,
        "OP14 38(1)",
        ("in_the_window", "in_the_window", "after_the_window"),
        (day("2015-02-04"), days("2016-02-04")),
        (day("2016-02-29"), days("2017-02-28")),
        (day("2021-02-05"), days("2022-02-07")),
        (day("2015-02"), days("2016-02-29")),
    ),
]

test_answers = answered(ROWS)
test_answers_around_its_limits = answered_around(EDGES)
