"""GPR 27: who is guardian by the order of the law, as in the Code."""

from __future__ import annotations

from registry.law import general_provisions as law
from tests.support.outcomes import Asked, as_the_code

FUNCTIONS: list[Asked] = [
    law.parents_are_guardians,
    law.is_next_in_order,
    law.is_guardian_with_consent,
]

test_answers_as_the_code_and_cites_itself = as_the_code(FUNCTIONS)
