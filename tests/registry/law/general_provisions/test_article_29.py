"""GPR 29: does a will make a guardian, as in the Code."""

from __future__ import annotations

from registry.law import general_provisions as law
from tests.support.outcomes import Asked, as_the_code

FUNCTIONS: list[Asked] = [
    law.appoints_by_will,
]

test_answers_as_the_code_and_cites_itself = as_the_code(FUNCTIONS)
