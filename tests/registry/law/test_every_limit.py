"""No limit of time without a row for the day before it, the day itself and the next."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any, get_type_hints

import pytest

from events.dates import FIRST_YEAR, PartialDate
from events.guardianship import Finding
from ops.law_table import Article, articles
from registry.law import figures
from registry.law.editions import ACTS, Act
from registry.law.figures import FIGURES, Figure
from registry.law.periods import Moment
from tests.registry.law.test_every_outcome import function_of, module_of
from tests.support.outcomes import Edge, day

WHEN = {"before", "on", "after"}
NAMED = {
    name
    for name, value in vars(figures).items()
    if name.isupper() and isinstance(value, int | Figure)
}
"""The numbers of the law by the names that limits have."""


def function(one: Article) -> Callable[..., Any]:
    return function_of(one.function)


def days_of(one: Article) -> int:
    """Return how many days or minutes a law function is given; none if it counts."""
    hints = get_type_hints(function(one))
    given = [kind for kind in hints.values() if kind in {PartialDate, Moment}]
    return len(given) if hints["return"] is Finding else 0


COMPARING = [one for one in articles() if days_of(one)]
"""Every law function that compares days or minutes: found, never declared."""


def limits_of(asked: Callable[..., Any]) -> set[str]:
    """Return what a function counts by: the numbers it reads, else its own name.

    A function of 2017 reads those of the Code's of its name.
    """
    names = set(asked.__code__.co_names)
    read = names & NAMED
    if "cited_as" in names:
        code = next(n for n in names if n.startswith("civil_code"))
        return limits_of(function_of(f"{code}.{asked.__name__}"))
    return read or {asked.__name__}


COUNTING = [
    one for one in COMPARING if days_of(one) > 1 and limits_of(function(one)) <= NAMED
]
"""Those that count from one day to another by a number of the law."""


def edges_of(one: Article) -> dict[str, list[Edge]]:
    """Return the edges in an article's file that ask a function, by their limits."""
    found = defaultdict(list)
    for edge in getattr(module_of(one.test), "EDGES", ()):
        if edge.row[1]().question == one.function.partition(".")[2]:
            found[edge.limit].append(edge)
    return found


@pytest.mark.parametrize("one", COMPARING, ids=lambda one: one.function)
def test_every_limit_has_a_row_before_on_and_after_its_day(one: Article) -> None:
    found = edges_of(one)
    assert set(found) == limits_of(function(one))
    for edges in found.values():
        assert {edge.when for edge in edges} == WHEN


@pytest.mark.parametrize("one", COMPARING, ids=lambda one: one.function)
def test_the_answer_turns_at_the_limit(one: Article) -> None:
    for edges in edges_of(one).values():
        for before, on, after in zip(*[iter(edges)] * 3, strict=True):
            assert (before.when, on.when, after.when) == ("before", "on", "after")
            assert len({edge.row[4] for edge in (before, on, after)}) > 1


@pytest.mark.parametrize("one", COUNTING, ids=lambda one: one.function)
def test_every_limit_is_counted_over_february_and_from_a_month(one: Article) -> None:
    for limit, edges in edges_of(one).items():
        told = "\n".join(edge.row[0] for edge in edges)
        assert re.search(r"-02-2[789]|-03-01", told), limit
        assert re.search(r"from \(?'?\d{4}-\d{2}\b(?!-)", told), limit


def test_no_edge_is_of_a_limit_that_nothing_counts_by() -> None:
    tests = {one.test for one in articles()}
    edges = [edge for t in tests for edge in getattr(module_of(t), "EDGES", ())]
    counted = {limit for one in COMPARING for limit in limits_of(function(one))}
    assert {edge.limit for edge in edges} == counted


VALUES = [
    pytest.param(figure, number, id=f"{figure.name} of {value.from_}")
    for figure in FIGURES
    for number, value in enumerate(figure.values)
    if value.from_.year > FIRST_YEAR
]
"""What was always so has no first day."""


@pytest.mark.parametrize(("figure", "number"), VALUES)
def test_a_number_holds_from_its_first_day_on(figure: Figure, number: int) -> None:
    value = figure.values[number]
    before = figure.values[number - 1] if number else None
    assert figure.at(day((value.from_ - timedelta(1)).isoformat())) == before
    assert figure.at(day(value.from_.isoformat())) == value
    assert figure.at(day((value.from_ + timedelta(1)).isoformat())) == value
    of_the_month = value if value.from_.day == 1 else before
    assert figure.at(day(value.from_.isoformat()[:7])) == of_the_month


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.short)
def test_an_act_answers_from_its_first_day_to_its_last(act: Act) -> None:
    def on(days: int) -> tuple[bool, bool | None]:
        from_, until = act.from_ + timedelta(days), act.until
        first = act.in_force(day(from_.isoformat()))
        if until is None:
            return first, None
        return first, act.in_force(day((until + timedelta(days)).isoformat()))

    ends = act.until is not None
    assert on(-1) == (False, True if ends else None)
    assert on(0) == on(1) == (True, False if ends else None)
