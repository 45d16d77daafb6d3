"""Which act is in force on which date, and how it is cited.

What lives here: the acts, their short names, first and last days. What never does: a
rule. The edition is that of the date of the recorded act, never of today: a case of
2014 cites no Civil Code. A partial date is judged by the first day it can mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from events.dates import PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act in one edition; `until` is the first day it no longer answers for."""

    short: str
    module: str
    english: str
    from_: date
    until: date | None

    def in_force(self, on: PartialDate) -> bool:
        """Whether the act answers on the first day the date can mean."""
        day = on.earliest
        return self.from_ <= day and (self.until is None or day < self.until)


GPCL = Act(
    short="GPCL",
    module="general_principles",
    english="General Principles of Civil Law (1986)",
    from_=date(1987, 1, 1),
    until=date(2017, 10, 1),
)
MPL12 = Act(
    short="MPL12",
    module="minors_protection_2006",
    english="Minors Protection Law (2006; numbering unchanged in 2012)",
    from_=date(2007, 6, 1),
    until=date(2021, 6, 1),
)
OP14 = Act(
    short="OP14",
    module="opinions_2014",
    english="Joint Opinions on guardians' violations, 2014 No. 24",
    from_=date(2015, 1, 1),
    until=None,
)
DV = Act(
    short="DV",
    module="anti_domestic_violence",
    english="Anti-Domestic-Violence Law (2015)",
    from_=date(2016, 3, 1),
    until=None,
)
GPR = Act(
    short="GPR",
    module="general_provisions",
    english="General Provisions of Civil Law (2017)",
    from_=date(2017, 10, 1),
    until=date(2021, 1, 1),
)
CC = Act(
    short="CC",
    module="civil_code",
    english="Civil Code (2020)",
    from_=date(2021, 1, 1),
    until=None,
)
MPL = Act(
    short="MPL",
    module="minors_protection",
    english="Minors Protection Law (2020, amended 2024)",
    from_=date(2021, 6, 1),
    until=None,
)
INT = Act(
    short="INT",
    module="interpretation_2022",
    english="Supreme Court interpretation of the Civil Code's General Part, 2022 No. 6",
    from_=date(2022, 3, 1),
    until=None,
)
PSPO = Act(
    short="PSPO",
    module="protection_orders_2022",
    english="Supreme Court rules on protection orders, 2022 No. 17",
    from_=date(2022, 8, 1),
    until=None,
)
CPL = Act(
    short="CPL",
    module="civil_procedure",
    english="Civil Procedure Law (2023 text; the rules used here are older)",
    from_=date(1991, 4, 9),
    until=None,
)
CPLI = Act(
    short="CPLI",
    module="civil_procedure",
    english="Supreme Court interpretation of the Civil Procedure Law (2022 text)",
    from_=date(2015, 2, 4),
    until=None,
)

ACTS = (GPCL, MPL12, OP14, DV, GPR, CC, MPL, INT, PSPO, CPL, CPLI)
"""Every act that this registry applies."""

BY_SHORT = {act.short: act for act in ACTS}
"""Acts by the short name that citations begin with."""


def civil_law(on: PartialDate) -> Act | None:
    """Return the civil law of a date; None before 1987, which nothing here answers."""
    for act in (CC, GPR, GPCL):
        if act.in_force(on):
            return act
    return None
