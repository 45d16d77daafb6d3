"""GPR 39: when a guardianship ends, and who follows, as in the Code."""

from __future__ import annotations

from registry.law import general_provisions as law
from tests.support.outcomes import Asked, as_the_code

FUNCTIONS: list[Asked] = [
    law.guardianship_ends,
    law.another_is_determined,
]

test_answers_as_the_code_and_cites_itself = as_the_code(FUNCTIONS)
