"""GPR 37: does the duty to support go on, as in the Code."""

from __future__ import annotations

from registry.law import general_provisions as law
from tests.support.outcomes import Asked, as_the_code

FUNCTIONS: list[Asked] = [
    law.support_continues,
]

test_answers_as_the_code_and_cites_itself = as_the_code(FUNCTIONS)
