"""MPL 92: which limb of temporary guardianship can be, and whose act it is."""

from __future__ import annotations

import itertools

from events.guardianship import Office
from registry.law import minors_protection as law
from tests.support.outcomes import Row, answered

BOTH = (True, False)


def temporary(limb: int, stands: bool, reachable: bool) -> str:
    """The table of MPL 92, written out from the sentence of each limb."""
    if limb in {1, 2}:
        return "a_guardian_can_be_found" if reachable else "limb_not_contradicted"
    if limb in {3, 4, 5, 6}:
        return "limb_not_contradicted" if stands else "limb_needs_a_guardian"
    return "limb_not_contradicted"


ROWS: list[Row] = [
    *(
        (
            f"92({limb}) guardian {stands} reachable {reachable}",
            lambda limb=limb, s=stands, r=reachable: law.temporary_limb_can_be(
                limb, guardian_stands=s, somebody_reachable=r
            ),
            temporary(limb, stands, reachable) == "limb_not_contradicted",
            f"MPL 92({limb})",
            temporary(limb, stands, reachable),
        )
        for limb, stands, reachable in itertools.product(range(1, 8), BOTH, BOTH)
    ),
    (
        "92 without a limb is warned of",
        lambda: law.temporary_limb_can_be(
            None, guardian_stands=True, somebody_reachable=True
        ),
        False,
        "MPL 92",
        "limb_not_stated",
    ),
    *(
        (
            f"temporary guardianship by {by}",
            lambda by=by: law.is_civil_affairs_act(by),
            by is Office.CIVIL_AFFAIRS,
            "MPL 92",
            "civil_affairs_acts"
            if by is Office.CIVIL_AFFAIRS
            else "not_civil_affairs_act",
        )
        for by in Office
    ),
]

test_answers = answered(ROWS)
