"""Partial dates: a date as it was written, with all that it can mean.

What lives here: `PartialDate` and the arithmetic of calendar boundaries that every
room shares. What never does: the law's counting of periods (`registry.law.periods`).

A date in a file may be a day ("2018-04-15"), a month ("2018-04") or a year ("2018").
It is kept as written. It stands for every day from `earliest` to `latest`; between
the two an answer that depends on it is uncertain, and says both.
"""

from __future__ import annotations

import calendar
import re
from datetime import date
from functools import lru_cache
from typing import Self

_FORM = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)

FIRST_YEAR = 1900
"""No living minor, guardian or act of this registry is older."""
LAST_YEAR = 2200
"""A year beyond this is a typing error; nothing here plans that far ahead."""


@lru_cache(maxsize=65_536)
def _span(text: str) -> tuple[date, date]:
    """Return the first and the last day a text can mean; raises ValueError."""
    matched = _FORM.fullmatch(text)
    if matched is None:
        message = f"not a date of the form YYYY, YYYY-MM or YYYY-MM-DD: {text!r}"
        raise ValueError(message)
    year, month, day = (int(part) if part else 0 for part in matched.groups())
    if not FIRST_YEAR <= year <= LAST_YEAR:
        message = f"year {year} is outside {FIRST_YEAR} to {LAST_YEAR}"
        raise ValueError(message)
    first = date(year, month or 1, day or 1)
    last_month = month or 12
    last_day = day or calendar.monthrange(year, last_month)[1]
    return first, date(year, last_month, last_day)


class PartialDate(str):
    """An ISO 8601 date of day, month or year precision, exactly as written.

    Raises ValueError where the text is no such date or outside 1900 to 2200.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Check the form once, so that every later use can rely on it."""
        _span(text)
        return super().__new__(cls, text)

    @property
    def earliest(self) -> date:
        """The first day this date can mean."""
        return _span(self)[0]

    @property
    def latest(self) -> date:
        """The last day this date can mean."""
        return _span(self)[1]

    @property
    def is_exact(self) -> bool:
        """Whether the date names one day."""
        return len(self) == len("2018-04-15")

    def years_later(self, years: int) -> PartialDate:
        """Return the corresponding date, in the same precision.

        Where the month has no such day (29 February) it is the month's last day,
        as Civil Code 202 counts periods.
        """
        year, month, day = self._parts()
        if month is None:
            return PartialDate(f"{year + years:04}")
        if day is None:
            return PartialDate(f"{year + years:04}-{month:02}")
        last = calendar.monthrange(year + years, month)[1]
        return PartialDate(f"{year + years:04}-{month:02}-{min(day, last):02}")

    def _parts(self) -> tuple[int, int | None, int | None]:
        pieces = [int(piece) for piece in self.split("-")]
        return (
            pieces[0],
            pieces[1] if len(pieces) > 1 else None,
            pieces[2] if len(pieces) > len(("year", "month")) else None,
        )
