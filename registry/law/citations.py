"""Which articles a period of the timeline rests on, by the law of its first day.

What lives here: for each question the citations in force, each from its first day, and
which of all citations were never read. What never does: the rules themselves.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from events.dates import PartialDate
from registry.law import editions

_GP, _MP6, _OP = editions.GPCL.from_, editions.MPL12.from_, editions.OP14.from_
_GV, _CC, _MP20 = editions.GPR.from_, editions.CC.from_, editions.MPL.from_
_IN, _DV = editions.INT.from_, editions.DV.from_


class Question(StrEnum):
    """What a period is, as the law asks it."""

    PARENTS = "parents"
    ORDER = "order"
    CONSENT = "consent"
    WILL = "will"
    AGREEMENT = "agreement"
    DESIGNATION = "designation"
    TEMPORARY_GUARDIAN = "temporary_guardian"
    NOBODY_QUALIFIED = "nobody_qualified"
    TEMPORARY_CARE = "temporary_care"
    DISQUALIFICATION = "disqualification"
    MEASURES = "measures"
    SUPPORT = "support"
    RESTORATION = "restoration"
    END = "end"
    MAJORITY = "majority"
    STATE_TEMPORARY = "state_temporary"
    LONG_TERM = "long_term"
    ADOPTION = "adoption"
    PLACEMENT = "placement"
    ENTRUSTED = "entrusted"
    PROTECTION = "protection"


_Q = Question

_IN_FORCE: dict[Question, tuple[tuple[date, tuple[str, ...]], ...]] = {
    _Q.PARENTS: ((_GP, ("GPCL 16(1)",)), (_GV, ("GPR 27(1)",)), (_CC, ("CC 27(1)",))),
    _Q.ORDER: ((_GP, ("GPCL 16(2)",)), (_GV, ("GPR 27(2)",)), (_CC, ("CC 27(2)",))),
    _Q.CONSENT: (
        (_GP, ("GPCL 16(2)",)),
        (_GV, ("GPR 27(2)(3)",)),
        (_CC, ("CC 27(2)(3)",)),
    ),
    _Q.WILL: ((_GV, ("GPR 29",)), (_CC, ("CC 29",))),
    _Q.AGREEMENT: ((_GV, ("GPR 30",)), (_CC, ("CC 30",))),
    _Q.DESIGNATION: (
        (_GP, ("GPCL 16(3)",)),
        (_GV, ("GPR 31(1)",)),
        (_CC, ("CC 31(1)",)),
    ),
    _Q.TEMPORARY_GUARDIAN: ((_GV, ("GPR 31(3)",)), (_CC, ("CC 31(3)",))),
    _Q.NOBODY_QUALIFIED: (
        (_GP, ("GPCL 16(4)",)),
        (_OP, ("GPCL 16(4)", "OP14 36")),
        (_GV, ("GPR 32", "OP14 36")),
        (_CC, ("CC 32",)),
    ),
    _Q.TEMPORARY_CARE: ((_CC, ("CC 34(4)",)),),
    _Q.DISQUALIFICATION: (
        (_GP, ("GPCL 18(3)",)),
        (_MP6, ("GPCL 18(3)", "MPL12 53")),
        (_OP, ("GPCL 18(3)", "MPL12 53", "OP14 35")),
        (_GV, ("GPR 36(1)", "MPL12 53", "OP14 35")),
        (_CC, ("CC 36(1)", "OP14 35")),
        (_MP20, ("CC 36(1)", "MPL 108(1)", "OP14 35")),
    ),
    _Q.MEASURES: ((_GV, ("GPR 36(1)",)), (_CC, ("CC 36(1)",))),
    _Q.SUPPORT: (
        (_MP6, ("MPL12 53",)),
        (_OP, ("MPL12 53", "OP14 42")),
        (_GV, ("GPR 37", "OP14 42")),
        (_CC, ("CC 37",)),
        (_MP20, ("CC 37", "MPL 108(2)")),
    ),
    _Q.RESTORATION: (
        (_OP, ("OP14 38", "OP14 40")),
        (_GV, ("GPR 38", "OP14 38", "OP14 40")),
        (_CC, ("CC 38", "OP14 38", "OP14 40")),
    ),
    _Q.END: ((_GV, ("GPR 39(1)",)), (_CC, ("CC 39(1)",))),
    _Q.MAJORITY: ((_GP, ("GPCL 11",)), (_GV, ("GPR 17",)), (_CC, ("CC 17",))),
    _Q.STATE_TEMPORARY: ((_OP, ("OP14 15",)), (_MP20, ("MPL 92",))),
    _Q.LONG_TERM: (
        (_GP, ("GPCL 16(4)",)),
        (_GV, ("GPR 32",)),
        (_CC, ("CC 32",)),
        (_MP20, ("MPL 94",)),
    ),
    _Q.ADOPTION: ((_CC, ("CC 1105(1)", "CC 1111")),),
    _Q.PLACEMENT: ((_OP, ("OP14 16",)), (_MP20, ("MPL 93(1)",))),
    _Q.PROTECTION: ((_OP, ("OP14 23",)), (_DV, ("DV 29", "DV 30"))),
    _Q.ENTRUSTED: ((_MP20, ("MPL 22",)), (_IN, ("MPL 22", "INT 13"))),
}

RECALLED_ACTS = frozenset({"GPCL", "GPR"})
"""Acts of which no text was at hand: every citation of them is recalled."""
RECALLED = frozenset(
    {
        *("OP14 15", "OP14 16", "OP14 17", "OP14 19", "OP14 23", "OP14 44"),
        *("CPL 147", "CPL 148"),
    }
)
"""Articles of other acts that were recalled, not read."""


def is_verified(citation: str) -> bool:
    """Whether the text of a citation, or a source that quotes it, was read."""
    return (
        citation.split(maxsplit=1)[0] not in RECALLED_ACTS and citation not in RECALLED
    )


def in_force(question: Question) -> tuple[tuple[date, tuple[str, ...]], ...]:
    """Return every edition's articles for a question, with their first days."""
    return _IN_FORCE[question]


def cite(question: Question, on: PartialDate) -> tuple[str, ...]:
    """Return the articles in force for a question on the first day a date can mean.

    Empty where no edition known here answered it then.
    """
    found: tuple[str, ...] = ()
    for first_day, articles in _IN_FORCE[question]:
        if first_day <= on.earliest:
            found = articles
    return found
