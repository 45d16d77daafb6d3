"""CC 39: when a guardianship ends, and who follows."""

from __future__ import annotations

from events.guardianship import EndReason
from registry.law import civil_code_court as law
from tests.support.outcomes import Row, answered

ENDS = {
    EndReason.FULL_CAPACITY: "CC 39(1)(1)",
    EndReason.CAPACITY_LOST: "CC 39(1)(2)",
    EndReason.GUARDIAN_DIED: "CC 39(1)(3)",
    EndReason.WARD_DIED: "CC 39(1)(3)",
    EndReason.COURT_FOUND: "CC 39(1)(4)",
    EndReason.CHANGED_BY_COURT: "CC 39(1)(4)",
    EndReason.DESIGNATION_SET_ASIDE: "CC 31(1)",
    EndReason.ADOPTION: "CC 1111(2)",
    EndReason.ADOPTION_DISSOLVED: "CC 1117",
}

ROWS: list[Row] = [
    *(
        (
            f"a guardianship ends by {reason}",
            lambda reason=reason: law.guardianship_ends(reason, stands=True),
            True,
            ENDS[reason],
            f"ends_{reason}",
        )
        for reason in EndReason
    ),
    *(
        (
            f"what is not on record cannot end by {reason}",
            lambda reason=reason: law.guardianship_ends(reason, stands=False),
            False,
            ENDS[reason],
            "no_guardianship_to_end",
        )
        for reason in EndReason
    ),
    (
        "another guardian is there",
        lambda: law.another_is_determined(held=True),
        True,
        "CC 39(2)",
        "somebody_holds",
    ),
    (
        "another guardian is still to be determined",
        lambda: law.another_is_determined(held=False),
        False,
        "CC 39(2)",
        "nobody_holds",
    ),
]

test_answers = answered(ROWS)
