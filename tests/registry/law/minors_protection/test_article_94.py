"""MPL 94: which limb of long-term guardianship can be."""

from __future__ import annotations

import itertools

from registry.law import minors_protection as law
from tests.support.outcomes import Row, answered

BOTH = (True, False)


def long_term(limb: int, stands: bool, reachable: bool, designated: bool) -> str:
    """The table of MPL 94, written out from the sentence of each limb."""
    table = {
        1: "a_guardian_can_be_found" if reachable else "limb_not_contradicted",
        2: "a_guardian_is_on_record" if stands else "limb_not_contradicted",
        3: "a_guardian_is_on_record" if stands else "limb_not_contradicted",
        4: "limb_not_contradicted" if designated else "no_designation_on_record",
        5: "limb_not_contradicted",
    }
    return table[limb]


ROWS: list[Row] = [
    *(
        (
            f"94({limb}) guardian {s} reachable {r} designated {d}",
            lambda limb=limb, s=s, r=r, d=d: law.long_term_limb_can_be(
                limb, guardian_stands=s, somebody_reachable=r, court_designated=d
            ),
            long_term(limb, s, r, d) == "limb_not_contradicted",
            f"MPL 94({limb})",
            long_term(limb, s, r, d),
        )
        for limb, s, r, d in itertools.product(range(1, 6), BOTH, BOTH, BOTH)
    ),
    (
        "94 without a limb is warned of",
        lambda: law.long_term_limb_can_be(
            None, guardian_stands=True, somebody_reachable=True, court_designated=True
        ),
        False,
        "MPL 94",
        "limb_not_stated",
    ),
]

test_answers = answered(ROWS)
