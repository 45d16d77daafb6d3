"""DV 15: which office takes a child in danger to a shelter."""

from __future__ import annotations

from events.guardianship import Office
from registry.law import anti_domestic_violence as law
from tests.support.outcomes import Row, answered

ROWS: list[Row] = [
    *(
        (
            f"{by} and a child in danger",
            lambda by=by: law.may_place_in_danger(by),
            by in {Office.POLICE, Office.CIVIL_AFFAIRS},
            "DV 15(2)",
            "places_in_danger"
            if by in {Office.POLICE, Office.CIVIL_AFFAIRS}
            else "placement_is_not_this_offices",
        )
        for by in Office
    ),
]

test_answers = answered(ROWS)
