"""MPL 93: in which form a child is placed, and when it is returned."""

from __future__ import annotations

from events.guardianship import Office, PlacementForm
from registry.law import minors_protection as law
from tests.support.outcomes import Row, answered

NAMED = {"kin", "foster", "rescue_institution", "welfare_institution"}

ROWS: list[Row] = [
    *(
        (
            f"ended by {by}",
            lambda by=by: law.return_is_civil_affairs(by),
            by in {Office.CIVIL_AFFAIRS, Office.COURT},
            "MPL 93(2)",
            "civil_affairs_acts"
            if by in {Office.CIVIL_AFFAIRS, Office.COURT}
            else "end_is_civil_affairs",
        )
        for by in Office
    ),
    *(
        (
            f"{form} is a form",
            lambda form=form: law.form_is_named(form),
            True,
            "MPL 93(1)",
            "form_named" if form in NAMED else "form_and_the_like",
        )
        for form in PlacementForm
    ),
    *(
        (
            f"return: {reason}",
            lambda assessed=assessed, fit=fit: law.may_be_returned(
                assessed=assessed, fit_guardian_stands=fit
            ),
            reason == "returned_after_assessment",
            "MPL 93(2)",
            reason,
        )
        for assessed, fit, reason in (
            (True, True, "returned_after_assessment"),
            (True, False, "nobody_to_return_to"),
            (False, True, "returned_unassessed"),
            (False, False, "returned_unassessed"),
        )
    ),
]

test_answers = answered(ROWS)
