"""OP14 30: what a procurator writes where nobody sued."""

from __future__ import annotations

from events.proceedings import Advice
from registry.law import opinions_2014 as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "the procurator tells the carer of the right to apply",
        lambda: law.procurator_advises(Advice.INFORMED),
        True,
        "OP14 30",
        "informed_of_the_right",
    ),
    (
        "the procurator recommends that civil affairs apply",
        lambda: law.procurator_advises(Advice.RECOMMENDED),
        True,
        "OP14 30",
        "recommended_to_apply",
    ),
]

test_answers = answered(ROWS)
