"""CPL 148: who withdraws an application."""

from __future__ import annotations

from registry.law import civil_procedure as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    (
        "the applicant withdraws",
        lambda: law.may_withdraw(is_applicant=True),
        True,
        "CPL 148",
        "withdrawn_by_the_applicant",
    ),
    (
        "nobody withdraws another's application",
        lambda: law.may_withdraw(is_applicant=False),
        False,
        "CPL 148",
        "not_the_applicant",
    ),
]

test_answers = answered(ROWS)
