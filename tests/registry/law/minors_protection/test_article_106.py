"""MPL 106: what the procurator does where nobody sues."""

from __future__ import annotations

from registry.law import minors_protection as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "the procurator urges and supports",
        law.procurator_supports,
        True,
        "MPL 106",
        "urges_and_supports",
    ),
]

test_answers = answered(ROWS)
