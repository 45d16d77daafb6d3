"""OP14 35: does a limb fit its ground, its day and its six months."""

from __future__ import annotations

from events.proceedings import Ground
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

FIT = {
    (1, Ground.HARM),
    (2, Ground.NEGLECT),
    (3, Ground.NEGLECT),
    (4, Ground.UNABLE_AND_REFUSES),
    (5, Ground.HARM),
    (5, Ground.OTHER_VIOLATION),
    (6, Ground.HARM),
    (6, Ground.OTHER_VIOLATION),
    (7, Ground.OTHER_VIOLATION),
}

ROWS: list[Row] = [
    (
        "the last day of 2014 knows no limb",
        lambda: law.is_in_force_for_limb(day("2014-12-31")),
        False,
        "OP14 35",
        "opinions_not_yet_in_force",
    ),
    (
        "the first day of 2015 knows the limbs",
        lambda: law.is_in_force_for_limb(day("2015-01-01")),
        True,
        "OP14 35",
        "opinions_in_force",
    ),
    *(
        (
            f"limb {limb} and {ground}",
            lambda limb=limb, ground=ground: law.limb_is_of_ground(limb, ground),
            (limb, ground) in FIT,
            f"OP14 35({limb})",
            "limb_fits" if (limb, ground) in FIT else "limb_of_another_ground",
        )
        for limb in range(1, 8)
        for ground in Ground
    ),
    (
        "a day short of six months is no six months",
        lambda: law.refusal_was_long_enough(day("2018-08-31"), day("2019-02-27")),
        False,
        "OP14 35(3)",
        "six_months_cannot_be",
    ),
    (
        "six months from 31 August end with February",
        lambda: law.refusal_was_long_enough(day("2018-08-31"), day("2019-02-28")),
        True,
        "OP14 35(3)",
        "six_months_can_be",
    ),
]

EDGES: list[Edge] = [
    *around(
        "REFUSAL_MONTHS",
        lambda _, on: law.is_in_force_for_limb(on),
        "OP14 35",
        ("opinions_not_yet_in_force", "opinions_in_force", "opinions_in_force"),
        ("the Opinions", days("2015-01-01")),
    ),
    *around(
        "REFUSAL_MONTHS",
        law.refusal_was_long_enough,
        "OP14 35(3)",
        ("six_months_cannot_be", "six_months_can_be", "six_months_can_be"),
        (day("2018-08-31"), days("2019-02-28")),
        (day("2019-08-31"), days("2020-02-29")),
        (day("2018-07"), days("2019-01-01")),
    ),
]

test_answers = answered(ROWS)
test_answers_around_its_limits = answered_around(EDGES)
