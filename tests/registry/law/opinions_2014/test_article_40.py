"""OP14 40: who ceases, and who is generally not restored."""

from __future__ import annotations

from registry.law import opinions_2014 as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "the designated guardian ceases",
        law.designated_guardian_ceases,
        True,
        "OP14 40(1)",
        "ceases_in_the_same_moment",
    ),
    (
        "without such a crime restoration is open",
        lambda: law.is_generally_restorable(None, crime_against_ward=False),
        True,
        "OP14 40(2)",
        "no_such_crime",
    ),
    (
        "after a crime against the ward that may be none of the three",
        lambda: law.is_generally_restorable(None, crime_against_ward=True),
        False,
        "OP14 40(2)",
        "bar_not_stated",
    ),
    *(
        (
            f"after limb {limb} restoration is generally barred",
            lambda limb=limb: law.is_generally_restorable(
                limb, crime_against_ward=False
            ),
            False,
            f"OP14 40(2)({limb})",
            "generally_not_restored",
        )
        for limb in (1, 2, 3)
    ),
]

test_answers = answered(ROWS)
