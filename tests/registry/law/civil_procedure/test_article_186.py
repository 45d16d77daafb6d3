"""CPL 186: what follows where the case is a civil dispute."""

from __future__ import annotations

from registry.law import civil_procedure as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "a civil dispute ends the procedure undecided",
        law.ends_as_civil_dispute,
        True,
        "CPL 186",
        "procedure_ended_undecided",
    ),
]

test_answers = answered(ROWS)
