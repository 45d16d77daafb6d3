"""Tables of outcomes: what a law function answers, one row and one sentence each.

The tests of the law have a folder an act and a file an article, as `TABLE.md` of the
law names them. A row that stands on the edge of a limit of time says of which limit and
on which side, so that `test_every_limit.py` can count them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple, TypeVar, get_args, get_type_hints

import pytest

from events.dates import PartialDate
from events.guardianship import Finding
from registry.law import civil_code, civil_code_court
from registry.law.periods import MINUTES_A_DAY, Moment
from registry.law.reasons import REASONS, finding

Ask = Callable[[], Finding]
Asked = Callable[..., Any]
"""A law function: a finding or more, from what it is given."""
S = TypeVar("S")
T = TypeVar("T")


Row = tuple[str, Ask, bool, str, str]
"""The sentence, the question put, whether it holds, an article cited, the reason."""


class Edge(NamedTuple):
    """A row on one side of a limit of time."""

    limit: str
    """A number of `registry.law.figures`, or the function, where it compares days."""
    when: str
    """`before`, `on` or `after`: the last day is `on`, and so is a first day."""
    row: Row


NEVER = {
    "procuratorate": "procurator_advises_and_supports",
    "police": "police_report_and_remove",
}
"""Who applies under no act: their part is another."""


def day(text: str) -> PartialDate:
    return PartialDate(text)


def days(on: str) -> tuple[PartialDate, PartialDate, PartialDate]:
    """Return the day before an exact day, the day itself and the day after."""
    first = day(on).earliest
    before, after = first - timedelta(1), first + timedelta(1)
    return day(before.isoformat()), day(on), day(after.isoformat())


def minutes(on: str, minute: int) -> tuple[Moment, Moment, Moment]:
    """Return the minute before a minute of a day, the minute itself and the next."""
    return _minute(on, minute - 1), _minute(on, minute), _minute(on, minute + 1)


def _minute(on: str, minute: int) -> Moment:
    over, minute = divmod(minute, MINUTES_A_DAY)
    return day((day(on).earliest + timedelta(over)).isoformat()), minute


def around(
    limit: str,
    ask: Callable[[S, T], Finding],
    cited: str | tuple[str, str, str],
    reasons: tuple[str, str, str],
    *cases: tuple[S, tuple[T, T, T]],
) -> Iterator[Edge]:
    """Yield what is answered before, on and after the day of a limit.

    A case is what the limit is counted from, with the three days or minutes.
    """
    articles = (cited,) * 3 if isinstance(cited, str) else cited
    for start, at in cases:
        rows = zip(("before", "on", "after"), at, articles, reasons, strict=True)
        for when, given, article, reason in rows:
            said = f"{limit} from {start}, {when} its day: {given}"
            asked = partial(ask, start, given)
            row = (said, asked, REASONS[reason].holds, article, reason)
            yield Edge(limit, when, row)


def answered(rows: list[Row]) -> Callable[..., None]:
    """Return the test that asks each row; `-k "CC 36"` asks those of an article."""
    named = [pytest.param(*row[1:], id=f"{row[3]}: {row[0]}") for row in rows]

    @pytest.mark.parametrize(("ask", "holds", "article", "reason"), named)
    def test_answers(ask: Ask, holds: bool, article: str, reason: str) -> None:
        found = ask()
        assert (found.holds, found.reason) == (holds, reason)
        assert article in found.articles

    return test_answers


def answered_around(edges: list[Edge]) -> Callable[..., None]:
    """Return the test that asks each row beside a limit."""
    return answered([edge.row for edge in edges])


SAMPLE = (
    "2004-02-29 2010 2014-12-31 2015-03-01 2016-03-01 2019-05 2020-12-31 2022-03-01 "
    "2022-05-10 2022-05-12 2022-08-01 2023-06-01"
)
DATES = [day(text) for text in SAMPLE.split()]
MOMENTS = [(one, minute) for one in DATES for minute in (None, 0, 12 * 60 + 1)]
NUMBERS = {
    "holders": range(1, 3),
    "bar": range(1, 4),
    "temporary_limb_can_be": range(1, 8),
    "long_term_limb_can_be": range(1, 6),
    "limb_is_of_ground": range(1, 8),
}
"""The numbers that a parameter, or the limb of a function, may have."""


def every_argument(function: Asked) -> Iterator[dict[str, Any]]:
    """Yield every combination of arguments: all members, both truths, many days."""
    hints = get_type_hints(function)
    hints.pop("return")
    options = [_options(function.__name__, name, kind) for name, kind in hints.items()]
    for chosen in itertools.product(*options):
        yield dict(zip(hints, chosen, strict=True))


def _options(function: str, name: str, kind: Any) -> list[Any]:  # noqa: ANN401
    if kind == Moment:
        return list(MOMENTS)
    values: list[Any] = []
    for one in get_args(kind) or (kind,):
        if one is bool:
            values += [True, False]
        elif one is type(None):
            values.append(None)
        elif one is int:
            values += NUMBERS.get(name) or NUMBERS[function]
        elif one is PartialDate:
            values += DATES
        else:
            assert issubclass(one, StrEnum)
            values += list(one)
    return values


def all_answers(function: Asked) -> set[Finding]:
    """Return every finding that a law function gives on every argument."""
    found: set[Finding] = set()
    for chosen in every_argument(function):
        said = function(**chosen)
        found |= set(said) if isinstance(said, tuple) else {said}
    return found


def as_the_code(functions: list[Asked]) -> Callable[..., None]:
    """Return the test that functions of 2017 answer as the Code's of their name."""
    named = [pytest.param(one, id=one.__name__) for one in functions]

    @pytest.mark.parametrize("function", named)
    def test_as_the_code(function: Asked) -> None:
        name = function.__name__
        code = getattr(civil_code, name, None) or getattr(civil_code_court, name)
        for chosen in every_argument(function):
            ours, theirs = function(**chosen), code(**chosen)
            if isinstance(ours, tuple):
                assert ours == tuple(_as_of_2017(one) for one in theirs)
            else:
                assert ours == _as_of_2017(theirs)

    return test_as_the_code


def _as_of_2017(found: Finding) -> Finding:
    cited = tuple(article.replace("CC ", "GPR ") for article in found.articles)
    return finding(found.question, cited, found.reason)
