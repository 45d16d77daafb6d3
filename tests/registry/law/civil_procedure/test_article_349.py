"""CPLI 349: how an objection to a designation succeeds."""

from __future__ import annotations

from registry.law import civil_procedure as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "a designation is set aside and another made",
        law.designation_is_set_aside,
        True,
        "CPLI 349(1)",
        "set_aside_and_designated_anew",
    ),
]

test_answers = answered(ROWS)
