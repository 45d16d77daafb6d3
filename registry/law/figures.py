"""Every number of the law, dated, with its source and how well it was seen.

What lives here: the numbers, one line each, so that a correction is one line. What
never does: a rule. A number before its first date does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from events.dates import PartialDate


class Mark(StrEnum):
    """How a number is known."""

    TEXT = "text"
    """Its sentence was read in the text of the act."""
    SECONDARY = "secondary"
    """Read in a published source that quotes the act."""
    RECALLED = "recalled"
    """Recalled: to be checked before anybody relies on it."""
    CHOSEN = "chosen"
    """The law gives none; chosen here on the side that is safest for the child."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a number, from a day on."""

    from_: date
    number: int
    source: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the law through its editions; `unit` says what it counts."""

    name: str
    unit: str
    values: tuple[Value, ...]

    def at(self, on: PartialDate) -> Value | None:
        """Return the value in force on the first day a date can mean, or None."""
        found = None
        for value in self.values:
            if value.from_ <= on.earliest:
                found = value
        return found


_T, _S, _R, _C = Mark.TEXT, Mark.SECONDARY, Mark.RECALLED, Mark.CHOSEN
_1987, _2015 = date(1987, 1, 1), date(2015, 1, 1)
_2017, _2021 = date(2017, 10, 1), date(2021, 1, 1)
_EVER = date(1900, 1, 1)

MAJORITY_YEARS = 18
"""CC 17 [text]; GPCL 11 and GPR 17 say the same [recalled]."""
FULL_CAPACITY_YEARS = 16
"""CC 18(2) [text]; GPCL 11(2) and GPR 18(2) say the same [recalled]."""

LEAP_BIRTHDAY = Figure(
    "day on which one born on 29 February comes of age in a common year",
    "0: 28 February, 1: 1 March",
    # The later day: a child is protected a day longer rather than a day less.
    (Value(_EVER, 1, "CC 17, 202", _R),),
)
WISH_YEARS = Figure(
    "age from which a child's wish is asked as of course",
    "years",
    (
        Value(_1987, 10, "GPCL 12", _R),
        Value(_2017, 8, "GPR 19", _R),
        Value(_2021, 8, "CC 19", _T),
    ),
)
REST_DAYS_A_WEEK = Figure(
    "days of the week that are rest days for the last day of a period",
    "1: Sunday, 2: Saturday and Sunday",
    (
        Value(_1987, 1, "GPCL 154", _R),
        Value(_2017, 2, "GPR 203", _R),
        Value(_2021, 2, "CC 203", _R),
    ),
)
OBJECTION_DAYS = Figure(
    "time to object to a designation, from the notice",
    "days",
    (
        Value(_1987, 30, "GPCL 16(3)", _R),
        Value(_2017, 30, "GPR 31(1)", _R),
        Value(_2021, 30, "CC 31(1)", _R),
        Value(date(2022, 3, 1), 30, "INT 10(1)", _T),
    ),
)
TRIAL_DAYS = Figure(
    "time to conclude a special procedure, from docketing or the end of the notice",
    "days",
    (
        Value(date(1991, 4, 9), 30, "CPL 187", _R),
        Value(date(2024, 1, 1), 30, "CPL 187", _T),
    ),
)
TRIAL_MONTHS = Figure(
    "time to conclude a case of disqualification",
    "months",
    (Value(_2015, 1, "OP14 32", _S),),
)
TEMPORARY_YEARS = Figure(
    "how long temporary guardianship is meant to last at most",
    "years",
    (Value(_2015, 1, "OP14 15", _R),),
)
REFUSAL_MONTHS = Figure(
    "how long a refusal to perform must have lasted (limb 3)",
    "months",
    (Value(_2015, 6, "OP14 35(3)", _S),),
)
ABSENCE_MONTHS = Figure(
    "how long a guardian is away before it counts",
    "months",
    (
        Value(_2015, 6, "OP14 35(3)", _S),
        Value(date(2020, 1, 1), 6, "民发〔2019〕62号", _S),
    ),
)
RESTORATION_OPENS_MONTHS = Figure(
    "restoration may be asked for from so long after the judgment",
    "months",
    (Value(_2015, 3, "OP14 38(1)", _S),),
)
RESTORATION_CLOSES_YEARS = Figure(
    "restoration may be asked for until so long after the judgment",
    "years",
    (Value(_2015, 1, "OP14 38(1)", _S),),
)
ADOPTION_WAIT_YEARS = Figure(
    "a child may be given for adoption so long after the judgment",
    "years",
    (Value(_2015, 1, "OP14 44", _R),),
)
LAST_RESORT_DAYS = Figure(
    "alarm: civil affairs has not applied although nobody else did",
    "days",
    # Before 2017 no act had the duty; from 2015 the procurator had to recommend it.
    (
        Value(_2015, 30, "OP14 30", _C),
        Value(_2017, 30, "GPR 36(3)", _C),
        Value(_2021, 30, "CC 36(3)", _C),
    ),
)
ANSWER_DAYS = Figure(
    "time to tell the reporter what came of a report, from taking it up",
    "days",
    (Value(_1987, 15, "MPL 11(3)", _C),),
)
COMPLAINT_DAYS = Figure(
    "time to answer a complaint by a child or on its behalf",
    "days",
    (Value(_1987, 15, "MPL 97", _C),),
)
ASSESSMENT_DAYS = Figure(
    "time to assess a child that a house took in",
    "days",
    (Value(_1987, 30, "MPL 93(1)", _C),),
)

PROTECTION_HOURS = Figure(
    "time to decide on a protection order, from receiving the application",
    "hours",
    (
        Value(_2015, 48, "OP14 23", _R),
        Value(date(2016, 3, 1), 72, "DV 28", _T),
    ),
)
PROTECTION_URGENT_HOURS = Figure(
    "time to decide on a protection order where it is urgent",
    "hours",
    (
        Value(_2015, 48, "OP14 23", _R),
        Value(date(2016, 3, 1), 24, "DV 28", _T),
    ),
)
PROTECTION_MONTHS = Figure(
    "how long a protection order lasts at most, from its making",
    "months",
    (Value(date(2016, 3, 1), 6, "DV 30(1)", _T),),
)
REVIEW_DAYS = Figure(
    "time to ask for review of a decision on a protection order",
    "days",
    (Value(date(2016, 3, 1), 5, "DV 31", _T),),
)

FIGURES = (
    LEAP_BIRTHDAY,
    WISH_YEARS,
    REST_DAYS_A_WEEK,
    OBJECTION_DAYS,
    TRIAL_DAYS,
    TRIAL_MONTHS,
    TEMPORARY_YEARS,
    REFUSAL_MONTHS,
    ABSENCE_MONTHS,
    RESTORATION_OPENS_MONTHS,
    RESTORATION_CLOSES_YEARS,
    ADOPTION_WAIT_YEARS,
    LAST_RESORT_DAYS,
    ANSWER_DAYS,
    COMPLAINT_DAYS,
    ASSESSMENT_DAYS,
    PROTECTION_HOURS,
    PROTECTION_URGENT_HOURS,
    PROTECTION_MONTHS,
    REVIEW_DAYS,
)
"""Every dated number."""
