"""CPLI 372: may a final judgment be changed later."""

from __future__ import annotations

from registry.law import civil_procedure as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "a final judgment may be revised",
        law.may_be_revised,
        True,
        "CPLI 372(1)",
        "revised_by_a_new_judgment",
    ),
]

test_answers = answered(ROWS)
