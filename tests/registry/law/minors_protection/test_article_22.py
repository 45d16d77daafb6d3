"""MPL 22: may care be entrusted to this person."""

from __future__ import annotations

from registry.law import minors_protection as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "who is not disqualified may be entrusted",
        lambda: law.may_be_entrusted(barred=False),
        True,
        "MPL 22(3)",
        "not_disqualified",
    ),
    (
        "who is disqualified may not be entrusted",
        lambda: law.may_be_entrusted(barred=True),
        False,
        "MPL 22(3)",
        "disqualified_for_this_child",
    ),
]

test_answers = answered(ROWS)
