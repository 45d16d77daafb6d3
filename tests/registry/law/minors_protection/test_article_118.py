"""MPL 118: what a committee may do, and what follows where it is grave."""

from __future__ import annotations

from events.reports import Response
from registry.law import minors_protection as law
from tests.support.outcomes import Row, answered

NO_COERCION = {Response.INQUIRED, Response.DISSUADED, Response.EDUCATED}

ROWS: list[Row] = [
    *(
        (
            f"a committee and {response}",
            lambda response=response: law.committee_may(response),
            response in NO_COERCION,
            "MPL 118(1)",
            "dissuades_and_stops"
            if response in NO_COERCION
            else "committee_may_not_coerce",
        )
        for response in Response
    ),
    (
        "what is grave is carried on",
        law.grave_is_escalated,
        True,
        "MPL 118(1)",
        "carried_on",
    ),
]

test_answers = answered(ROWS)
