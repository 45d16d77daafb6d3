"""CPL 185: may the judgment be appealed."""

from __future__ import annotations

from registry.law import civil_procedure as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    ("one instance", law.is_final_at_once, True, "CPL 185", "one_instance"),
]

test_answers = answered(ROWS)
