"""Civil Procedure Law and its interpretation, outcome by outcome."""

from __future__ import annotations

import pytest

from registry.law import civil_procedure as law
from tests.support.outcomes import Ask, Row, check, day, params

DUE = day("2022-06-06")
ROWS: list[Row] = [
    (
        "who was summoned and does not come is judged in absence",
        law.may_decide_in_absence,
        True,
        "CPL 147",
        "heard_in_absence",
    ),
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
    ("one instance", law.is_final_at_once, True, "CPL 185", "one_instance"),
    (
        "a civil dispute ends the procedure undecided",
        law.ends_as_civil_dispute,
        True,
        "CPL 186",
        "procedure_ended_undecided",
    ),
    (
        "decided on the last day is in time",
        lambda: law.decided_in_time(DUE, day("2022-06-06")),
        True,
        "CPL 187",
        "decided_in_time",
    ),
    (
        "decided a day later is late",
        lambda: law.decided_in_time(DUE, day("2022-06-07")),
        False,
        "CPL 187",
        "decided_late",
    ),
    (
        "decided in the month of the last day may be in time",
        lambda: law.decided_in_time(DUE, day("2022-06")),
        True,
        "CPL 187",
        "decided_in_time",
    ),
    (
        "docketed on the day of filing",
        lambda: law.is_accepted_after_filing(day("2015-01-07"), day("2015-01-07")),
        True,
        "CPL 187",
        "docketed",
    ),
    (
        "docketed before it was filed",
        lambda: law.is_accepted_after_filing(day("2015-01-07"), day("2015-01-06")),
        False,
        "CPL 187",
        "docketed_before_filing",
    ),
    (
        "a designation is set aside and another made",
        law.designation_is_set_aside,
        True,
        "CPLI 349(1)",
        "set_aside_and_designated_anew",
    ),
    (
        "a final judgment may be revised",
        law.may_be_revised,
        True,
        "CPLI 372(1)",
        "revised_by_a_new_judgment",
    ),
]


@pytest.mark.parametrize(("ask", "holds", "article", "reason"), params(ROWS))
def test_answers(ask: Ask, holds: bool, article: str, reason: str) -> None:
    check(ask, holds, article, reason)
