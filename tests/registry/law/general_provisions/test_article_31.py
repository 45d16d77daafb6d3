"""GPR 31: who designates, whom, and who guards until then, as in the Code."""

from __future__ import annotations

from registry.law import general_provisions as law
from tests.support.outcomes import Asked, as_the_code

FUNCTIONS: list[Asked] = [
    law.may_designate,
    law.is_qualified,
    law.wish_is_followed,
    law.may_be_temporary_guardian,
    law.may_change_privately,
]

test_answers_as_the_code_and_cites_itself = as_the_code(FUNCTIONS)
