"""Public holidays of the mainland, year by year, as the State Council published them.

What lives here: the shape of a calendar, and the days of the yearly notices
(国务院办公厅关于部分节假日安排的通知) with the address of each: rest days besides
weekends, and weekend days that were worked instead. What never does: counting. Read in
a published collection of the notices, not in the notices themselves [secondary].

A year without a notice here is not known: a limit that ends in it is "at the earliest".
The next year's notice comes in autumn: one more row. A table of data, longer than
code may be.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

LAST_WEEK_BEGINS = 25
"""From this day of December on the next year's notice may speak of the year before."""
DECEMBER = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Rest days and make-up working days of the years it knows, from a named source."""

    rest: frozenset[date]
    work: frozenset[date]
    years: frozenset[int]
    source: str

    def knows(self, day: date) -> bool:
        """Whether the notices that may speak of a day are all here."""
        late = (day.month, day.day) >= (DECEMBER, LAST_WEEK_BEGINS)
        return day.year in self.years and (not late or day.year + 1 in self.years)


class _Notice(NamedTuple):
    """A year, its notices under `PLACE`, rest days as first day/number, worked days."""

    year: int
    source: str
    rest: str
    work: str


PLACE = "www.gov.cn/zhengce/zhengceku/"
NOTICES = (
    _Notice(
        2007,
        "2008-03/28/content_1761",
        "2007-01-01/3 2007-02-18/7 2007-05-01/7 2007-10-01/7",
        (
            "2006-12-30 2006-12-31 2007-02-17 2007-02-25 2007-04-28 2007-04-29 "
            "2007-09-29 2007-09-30"
        ),
    ),
    _Notice(
        2008,
        "2008-03/28/content_1645",
        (
            "2007-12-30/3 2008-02-06/7 2008-04-04/3 2008-05-01/3 2008-06-07/3 "
            "2008-09-13/3 2008-09-29/7"
        ),
        "2007-12-29 2008-02-02 2008-02-03 2008-05-04 2008-09-27 2008-09-28",
    ),
    _Notice(
        2009,
        "2008-12/10/content_1572",
        (
            "2009-01-01/3 2009-01-25/7 2009-04-04/3 2009-05-01/3 2009-05-28/3 "
            "2009-10-01/8"
        ),
        "2009-01-04 2009-01-24 2009-02-01 2009-05-31 2009-09-27 2009-10-10",
    ),
    _Notice(
        2010,
        "2009-12/08/content_1476",
        (
            "2010-01-01/3 2010-02-13/7 2010-04-03/3 2010-05-01/3 2010-06-14/3 "
            "2010-09-22/3 2010-10-01/7"
        ),
        (
            "2010-02-20 2010-02-21 2010-06-12 2010-06-13 2010-09-19 2010-09-25 "
            "2010-09-26 2010-10-09"
        ),
    ),
    _Notice(
        2011,
        "2010-12/10/content_1423",
        (
            "2011-01-01/3 2011-02-02/7 2011-04-03/3 2011-04-30/3 2011-06-04/3 "
            "2011-09-10/3 2011-10-01/7"
        ),
        "2011-01-30 2011-02-12 2011-04-02 2011-10-08 2011-10-09",
    ),
    _Notice(
        2012,
        "2011-12/06/content_1411",
        (
            "2012-01-01/3 2012-01-22/7 2012-04-02/3 2012-04-29/3 2012-06-22/3 "
            "2012-09-30/8"
        ),
        (
            "2011-12-31 2012-01-21 2012-01-29 2012-03-31 2012-04-01 2012-04-28 "
            "2012-09-29"
        ),
    ),
    _Notice(
        2013,
        "2012-12/10/content_1353",
        (
            "2013-01-01/3 2013-02-09/7 2013-04-04/3 2013-04-29/3 2013-06-10/3 "
            "2013-09-19/3 2013-10-01/7"
        ),
        (
            "2013-01-05 2013-01-06 2013-02-16 2013-02-17 2013-04-07 2013-04-27 "
            "2013-04-28 2013-06-08 2013-06-09 2013-09-22 2013-09-29 2013-10-12"
        ),
    ),
    _Notice(
        2014,
        "2014-01/02/content_1194",
        (
            "2014-01-01/1 2014-01-31/7 2014-04-05/1 2014-04-07/1 2014-05-01/3 "
            "2014-06-02/1 2014-09-08/1 2014-10-01/7"
        ),
        "2014-01-26 2014-02-08 2014-05-04 2014-09-28 2014-10-11",
    ),
    _Notice(
        2015,
        "2014-12/16/content_9302 2015-05/13/content_9742",
        (
            "2015-01-01/3 2015-02-18/7 2015-04-05/2 2015-05-01/1 2015-06-20/1 "
            "2015-06-22/1 2015-09-03/3 2015-09-27/1 2015-10-01/7"
        ),
        "2015-01-04 2015-02-15 2015-02-28 2015-09-06 2015-10-10",
    ),
    _Notice(
        2016,
        "2015-12/10/content_10394",
        (
            "2016-01-01/1 2016-02-07/7 2016-04-04/1 2016-05-01/2 2016-06-09/3 "
            "2016-09-15/3 2016-10-01/7"
        ),
        "2016-02-06 2016-02-14 2016-06-12 2016-09-18 2016-10-08 2016-10-09",
    ),
    _Notice(
        2017,
        "2016-12/01/content_5141603",
        (
            "2017-01-01/2 2017-01-27/7 2017-04-02/3 2017-05-01/1 2017-05-28/3 "
            "2017-10-01/8"
        ),
        "2017-01-22 2017-02-04 2017-04-01 2017-05-27 2017-09-30",
    ),
    _Notice(
        2018,
        "2017-11/30/content_5243579",
        (
            "2018-01-01/1 2018-02-15/7 2018-04-05/3 2018-04-29/3 2018-06-18/1 "
            "2018-09-24/1 2018-10-01/7"
        ),
        "2018-02-11 2018-02-24 2018-04-08 2018-04-28 2018-09-29 2018-09-30",
    ),
    _Notice(
        2019,
        "2018-12/06/content_5346276 2019-03/22/content_5375877",
        (
            "2018-12-30/3 2019-02-04/7 2019-04-05/1 2019-05-01/4 2019-06-07/1 "
            "2019-09-13/1 2019-10-01/7"
        ),
        (
            "2018-12-29 2019-02-02 2019-02-03 2019-04-28 2019-05-05 2019-09-29 "
            "2019-10-12"
        ),
    ),
    _Notice(
        2020,
        "2019-11/21/content_5454164 2020-01/27/content_5472352",
        (
            "2020-01-01/1 2020-01-24/10 2020-04-04/3 2020-05-01/5 2020-06-25/3 "
            "2020-10-01/8"
        ),
        ("2020-01-19 2020-04-26 2020-05-09 2020-06-28 2020-09-27 2020-10-10"),
    ),
    _Notice(
        2021,
        "2020-11/25/content_5564127",
        (
            "2021-01-01/3 2021-02-11/7 2021-04-03/3 2021-05-01/5 2021-06-12/3 "
            "2021-09-19/3 2021-10-01/7"
        ),
        (
            "2021-02-07 2021-02-20 2021-04-25 2021-05-08 2021-09-18 2021-09-26 "
            "2021-10-09"
        ),
    ),
    _Notice(
        2022,
        "2021-10/25/content_5644835",
        (
            "2022-01-01/3 2022-01-31/7 2022-04-03/3 2022-04-30/5 2022-06-03/3 "
            "2022-09-10/3 2022-10-01/7"
        ),
        (
            "2022-01-29 2022-01-30 2022-04-02 2022-04-24 2022-05-07 2022-10-08 "
            "2022-10-09"
        ),
    ),
    _Notice(
        2023,
        "2022-12/08/content_5730844",
        (
            "2022-12-31/3 2023-01-21/7 2023-04-05/1 2023-04-29/5 2023-06-22/3 "
            "2023-09-29/8"
        ),
        (
            "2023-01-28 2023-01-29 2023-04-23 2023-05-06 2023-06-25 2023-10-07 "
            "2023-10-08"
        ),
    ),
    _Notice(
        2024,
        "202310/content_6911528",
        (
            "2024-01-01/1 2024-02-10/8 2024-04-04/3 2024-05-01/5 2024-06-10/1 "
            "2024-09-15/3 2024-10-01/7"
        ),
        (
            "2024-02-04 2024-02-18 2024-04-07 2024-04-28 2024-05-11 2024-09-14 "
            "2024-09-29 2024-10-12"
        ),
    ),
    _Notice(
        2025,
        "202411/content_6986383",
        (
            "2025-01-01/1 2025-01-28/8 2025-04-04/3 2025-05-01/5 2025-05-31/3 "
            "2025-10-01/8"
        ),
        "2025-01-26 2025-02-08 2025-04-27 2025-09-28 2025-10-11",
    ),
    _Notice(
        2026,
        "202511/content_7047091",
        (
            "2026-01-01/3 2026-02-15/9 2026-04-04/3 2026-05-01/5 2026-06-19/3 "
            "2026-09-25/3 2026-10-01/7"
        ),
        "2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10",
    ),
)
"""Every notice known here."""


def _days(spans: str) -> list[date]:
    found: list[date] = []
    for span in spans.split():
        first, _, number = span.partition("/")
        begun = date.fromisoformat(first)
        found += [begun + timedelta(n) for n in range(int(number or 1))]
    return found


PUBLISHED = Calendar(
    rest=frozenset(day for notice in NOTICES for day in _days(notice.rest)),
    work=frozenset(day for notice in NOTICES for day in _days(notice.work)),
    years=frozenset(notice.year for notice in NOTICES),
    source=PLACE,
)
"""What the notices say together."""
