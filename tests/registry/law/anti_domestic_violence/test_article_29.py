"""DV 29: does a measure keep the respondent from the child."""

from __future__ import annotations

from events.proceedings import ProtectionMeasure
from registry.law import anti_domestic_violence as law
from tests.support.outcomes import Row, answered

APART = [
    (ProtectionMeasure.NO_VIOLENCE, False),
    (ProtectionMeasure.NO_CONTACT, True),
    (ProtectionMeasure.MOVE_OUT, True),
    (ProtectionMeasure.OTHER, False),
]

ROWS: list[Row] = [
    *(
        (
            f"the measure {measure}",
            lambda measure=measure: law.measure_keeps_apart(measure),
            apart,
            f"DV 29({limb})",
            "keeps_apart" if apart else "restrains_only",
        )
        for limb, (measure, apart) in enumerate(APART, 1)
    ),
]

test_answers = answered(ROWS)
