"""GPR 38: who is restored, and who ceases, as in the Code."""

from __future__ import annotations

from registry.law import general_provisions as law
from tests.support.outcomes import Asked, as_the_code

FUNCTIONS: list[Asked] = [
    law.may_be_restored,
    law.may_ask_to_be_restored,
    law.designated_guardian_ceases,
]

test_answers_as_the_code_and_cites_itself = as_the_code(FUNCTIONS)
