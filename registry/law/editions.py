"""Which edition of the law answers a question on a date.

What lives here: for each question the articles in force, each from its first day.
What never does: the rules themselves. The edition is that of the date of the recorded
act, never of today: a case of 2014 cites no Civil Code (法释〔2020〕15号 art. 1).

Short names: GPCL General Principles of Civil Law (1987), MPL12 Minors Protection Law
(2006, numbering unchanged in 2012), OP14 joint Opinions 法发〔2014〕24号, DV
Anti-Domestic-Violence Law, GPR General Provisions of Civil Law (2017), CC Civil Code,
MPL Minors Protection Law (2020). `UNVERIFIED` lists what was recalled, not read.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from events.dates import PartialDate

GENERAL_PRINCIPLES = date(1987, 1, 1)
MINORS_PROTECTION_2006 = date(2007, 6, 1)
OPINIONS_2014 = date(2015, 1, 1)
ANTI_DOMESTIC_VIOLENCE = date(2016, 3, 1)
GENERAL_PROVISIONS = date(2017, 10, 1)
CIVIL_CODE = date(2021, 1, 1)
MINORS_PROTECTION_2020 = date(2021, 6, 1)


class Question(StrEnum):
    """What is asked of the law."""

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
    APPLICANTS = "applicants"


_Q = Question
_GP, _MP6, _OP = GENERAL_PRINCIPLES, MINORS_PROTECTION_2006, OPINIONS_2014
_GV, _CC, _MP20 = GENERAL_PROVISIONS, CIVIL_CODE, MINORS_PROTECTION_2020

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
    _Q.ADOPTION: ((_CC, ("CC 1105", "CC 1111")),),
    _Q.APPLICANTS: (
        (_GP, ("GPCL 18(3)",)),
        (_OP, ("GPCL 18(3)", "OP14 27")),
        (_GV, ("GPR 36(2)", "OP14 27")),
        (_CC, ("CC 36(2)", "OP14 27")),
    ),
}

UNVERIFIED = frozenset(
    {
        *("GPCL 11", "GPCL 16(1)", "GPCL 16(2)", "GPCL 16(3)", "GPCL 16(4)"),
        *("GPCL 18(3)", "GPR 17", "GPR 27(1)", "GPR 27(2)", "GPR 27(2)(3)", "GPR 29"),
        *("GPR 30", "GPR 31(1)", "GPR 31(3)", "GPR 32", "GPR 36(1)", "GPR 36(2)"),
        *("GPR 37", "GPR 38", "GPR 39(1)", "OP14 15"),
    }
)
"""Citations whose text was not at hand: recalled, to be checked before reliance."""


def cite(question: Question, on: PartialDate) -> tuple[str, ...]:
    """Return the articles in force for a question on the first day a date can mean.

    Empty where no edition known here answered it then.
    """
    found: tuple[str, ...] = ()
    for first_day, articles in _IN_FORCE[question]:
        if first_day <= on.earliest:
            found = articles
    return found
