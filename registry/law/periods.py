"""Counting periods of time: CC 200 to 204 and 1259, and what held before.

What lives here: the last day of a period, ages, and the words that include a number.
What never does: a clock, and a calendar of its own: holidays are dated data
(`registry.law.holidays`). Where a year's are missing, the day is "at the earliest".

Before 2017-10-01 GPCL 154, from then GPR 200 to 204 [both recalled: text not at hand];
procedural periods by CPL 85. The law of the first day counts the whole period.
"""

from __future__ import annotations

import calendar as months
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from events.dates import PartialDate
from events.limits import Limit, LimitKind
from registry.law import figures
from registry.law.editions import CC, GPR
from registry.law.figures import Figure, Value
from registry.law.holidays import PUBLISHED, Calendar

SATURDAY, SUNDAY = 5, 6
BOTH_DAYS = 2
MINUTES_A_DAY = 24 * 60
Moment = tuple[PartialDate, int | None]
"""A day and the minute of it, where it is known."""


class Unit(StrEnum):
    """What a period is counted in."""

    DAYS = "days"
    MONTHS = "months"
    YEARS = "years"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The last day of a period, which runs to its end at 24:00 (CC 203(2))."""

    last_day: date
    at_the_earliest: bool
    articles: tuple[str, ...]


def last_day(
    start: date,
    number: int,
    unit: Unit,
    holidays: Calendar = PUBLISHED,
    *,
    procedural: bool = False,
) -> Counted:
    """On which day does a period that starts on a day end? (CC 200 to 203; CPL 85).

    民法所称的期间按照公历年、月、日、小时计算。
    …
    按照年、月、日计算期间的，开始的当日不计入，自下一日开始计算。
    …
    按照年、月计算期间的，到期月的对应日为期间的最后一日；没有对应日的，
    月末日为期间的最后一日。
    …
    期间的最后一日是法定休假日的，以法定休假日结束的次日为期间的最后一日。

    By the Gregorian calendar; the first day does not count; months and years end on
    the corresponding day, or the month's last day where there is none; a last day
    that is a rest day moves to the day after the rest days.
    """
    end = corresponding_day(start, number, unit)
    certain = holidays.knows(end)
    while _rests(end, start, holidays):
        end += timedelta(1)
        certain = certain and holidays.knows(end)
    cited = ("CPL 85",) if procedural else counted_by(start)
    return Counted(last_day=end, at_the_earliest=not certain, articles=cited)


def corresponding_day(start: date, number: int, unit: Unit) -> date:
    """Which day corresponds to the start, before rest days? (CC 201(1), 202).

    按照年、月计算期间的，到期月的对应日为期间的最后一日；没有对应日的，
    月末日为期间的最后一日。

    The n-th day after the start, or the same day of the month that ends the period.
    """
    if unit is Unit.DAYS:
        return start + timedelta(number)
    count = number * 12 if unit is Unit.YEARS else number
    years, month = divmod(start.year * 12 + start.month - 1 + count, 12)
    last = months.monthrange(years, month + 1)[1]
    return date(years, month + 1, min(start.day, last))


def hours_later(start: datetime, hours: int, *, procedural: bool = False) -> datetime:
    """When does a period counted in hours end? (CC 201(2); CPL 85(2)).

    按照小时计算期间的，自法律规定或者当事人约定的时间开始计算。

    From the moment itself; in procedure the hour in which it starts does not count,
    so the period runs from the next full hour. 期间开始的时和日，不计算在期间内。
    """
    if procedural and start != start.replace(minute=0, second=0, microsecond=0):
        start = start.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return start + timedelta(hours=hours)


def first_moment(on: PartialDate, minute: int | None) -> datetime:
    """Return the first moment that a day and a minute of it, if known, can mean."""
    return datetime.combine(on.earliest, datetime.min.time()) + timedelta(
        minutes=minute or 0
    )


def last_moment(on: PartialDate, minute: int | None) -> datetime:
    """Return the last moment that a day and a minute of it, if known, can mean."""
    at = MINUTES_A_DAY if minute is None else minute
    return datetime.combine(on.latest, datetime.min.time()) + timedelta(minutes=at)


def at_least(value: int, number: int) -> bool:
    """Is the value 以上, or has it reached 届满, the number? (CC 1259).

    民法所称的“以上”、“以下”、“以内”、“届满”，包括本数；

    These words include the number itself.
    """
    return value >= number


def at_most(value: int, number: int) -> bool:
    """Is the value 以下 or 以内 the number? (CC 1259).

    民法所称的“以上”、“以下”、“以内”、“届满”，包括本数；

    These words include the number itself.
    """
    return value <= number


def under(value: int, number: int) -> bool:
    """Is the value 不满 the number? (CC 1259).

    所称的“不满”、“超过”、“以外”，不包括本数。

    These words exclude the number itself.
    """
    return value < number


def over(value: int, number: int) -> bool:
    """Is the value 超过 or 以外 the number? (CC 1259).

    所称的“不满”、“超过”、“以外”，不包括本数。

    These words exclude the number itself.
    """
    return value > number


def age_reached(born: PartialDate, years: int) -> PartialDate:
    """On which day is an age reached: the birthday, from its first instant? (CC 17).

    十八周岁以上的自然人为成年人。不满十八周岁的自然人为未成年人。

    One born on 29 February has no birthday in a common year: see LEAP_BIRTHDAY, which
    is unverified. A partial birth date gives a date of the same precision.
    """
    reached = born.years_later(years)
    rule = figures.LEAP_BIRTHDAY.at(born)
    leapt = born.is_exact and born[5:] != reached[5:]
    if leapt and rule is not None and rule.number:
        return PartialDate(f"{reached[:4]}-03-01")
    return reached


def limit(  # noqa: PLR0913, PLR0917  each is a part of the limit
    kind: LimitKind,
    start: PartialDate,
    figure: Figure,
    unit: Unit,
    who: str,
    holidays: Calendar = PUBLISHED,
    *,
    procedural: bool = False,
    opens: bool = False,
) -> tuple[Limit, ...]:
    """Return the limit that a figure makes from a day; none where it was not law.

    One that `opens` something is a first day, which no rest day moves.

    Of a partial start the earliest day is taken: an alarm too early is a question
    asked too soon, an alarm too late is a child forgotten.
    """
    value = figure.at(start)
    if value is None:
        return ()
    first = start.earliest
    end = last_day(first, value.number, unit, holidays, procedural=procedural)
    day = corresponding_day(first, value.number, unit) if opens else end.last_day
    late = end.at_the_earliest and not opens
    found = Limit(
        kind=kind,
        due=PartialDate(day.isoformat()),
        at_the_earliest=late or not start.is_exact,
        who=who,
        articles=(value.source, *end.articles),
    )
    return (found,)


def hours_limit(
    kind: LimitKind, on: PartialDate, minute: int | None, value: Value, who: str
) -> Limit:
    """Return the day on which a procedural period counted in hours ends (CPL 85(2)).

    At the earliest where the minute of its start is not known.
    """
    end = hours_later(first_moment(on, minute), value.number, procedural=True)
    if minute is not None:  # what ends at midnight is over with the day before
        end -= timedelta(microseconds=1)
    return Limit(
        kind=kind,
        due=PartialDate(end.date().isoformat()),
        at_the_earliest=minute is None or not on.is_exact,
        who=who,
        articles=(value.source, "CPL 85"),
    )


def counted_by(start: date) -> tuple[str, ...]:
    """Return the articles that count a period which starts on a day."""
    if start >= CC.from_:
        return ("CC 201", "CC 202", "CC 203")
    if start >= GPR.from_:
        return ("GPR 201", "GPR 202", "GPR 203")
    return ("GPCL 154",)


def _rests(day: date, start: date, holidays: Calendar) -> bool:
    if day in holidays.work:
        return False
    if day in holidays.rest:
        return True
    rule = figures.REST_DAYS_A_WEEK.at(PartialDate(start.isoformat()))
    both = rule is None or rule.number == BOTH_DAYS
    return day.weekday() == SUNDAY or (both and day.weekday() == SATURDAY)
