"""MPL 11: who reports, who takes it up, and what the reporter is told."""

from __future__ import annotations

from events.reports import Reporter
from registry.law import minors_protection as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    *(
        (
            f"{reporter} reports",
            lambda reporter=reporter: law.reports_at_once(reporter),
            True,
            "MPL 11(2)" if reporter in law.BOUND else "MPL 11(1)",
            "bound_to_report" if reporter in law.BOUND else "free_to_report",
        )
        for reporter in Reporter
    ),
    (
        "who was told takes it up",
        lambda: law.is_taken_up(asked=True),
        True,
        "MPL 11(3)",
        "taken_up_by_the_addressee",
    ),
    (
        "who was not told takes it up",
        lambda: law.is_taken_up(asked=False),
        False,
        "MPL 11(3)",
        "taken_up_by_another",
    ),
    (
        "the reporter is told in time",
        lambda: law.reporter_is_told(late=False),
        True,
        "MPL 11(3)",
        "told_in_time",
    ),
    (
        "the reporter is told late",
        lambda: law.reporter_is_told(late=True),
        False,
        "MPL 11(3)",
        "told_late",
    ),
]

test_answers = answered(ROWS)
