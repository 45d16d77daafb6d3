"""A child's birth date, as well as it is known (CC 15).

What lives here: the date with its precision and source. What never does: ages.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from events.dates import PartialDate


class Precision(StrEnum):
    """How a birth date is known."""

    STATED = "stated"
    ESTIMATED = "estimated"
    UNKNOWN = "unknown"


class BirthSource(StrEnum):
    """Which evidence of CC 15 the birth date comes from."""

    CERTIFICATE = "certificate"
    HOUSEHOLD_REGISTER = "household_register"
    COURT_FINDING = "court_finding"
    MEDICAL_ESTIMATE = "medical_estimate"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """A birth date with its precision and source; empty where it is not known."""

    date: PartialDate | None
    precision: Precision
    source: BirthSource
