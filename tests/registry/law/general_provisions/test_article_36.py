"""GPR 36: whom a court disqualifies, why, and on whose application, as in the Code."""

from __future__ import annotations

from registry.law import general_provisions as law
from tests.support.outcomes import Asked, as_the_code

FUNCTIONS: list[Asked] = [
    law.is_guardian_to_disqualify,
    law.ground_can_be,
    law.child_is_provided_for,
    law.may_apply,
    law.civil_affairs_must_apply,
]

test_answers_as_the_code_and_cites_itself = as_the_code(FUNCTIONS)
