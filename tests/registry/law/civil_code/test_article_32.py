"""CC 32: is a public body guardian because nobody is qualified."""

from __future__ import annotations

from registry.law import civil_code as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "civil affairs is guardian where nobody is qualified",
        lambda: law.nobody_is_qualified(guardian_stands=False),
        True,
        "CC 32",
        "nobody_qualified",
    ),
    (
        "civil affairs is not guardian beside one on record",
        lambda: law.nobody_is_qualified(guardian_stands=True),
        False,
        "CC 32",
        "a_guardian_is_on_record",
    ),
]

test_answers = answered(ROWS)
