"""General Provisions of 2017: answered as the Code answers, cited as its own."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any, get_args, get_type_hints

import pytest

from events.dates import PartialDate
from events.guardianship import Finding
from registry.law import civil_code, civil_code_court, general_provisions
from registry.law.reasons import finding

DATES = [PartialDate("2004-02-29"), PartialDate("2019-05"), PartialDate("2022-03-01")]


def questions(module: Any) -> dict[str, Callable[..., Any]]:  # noqa: ANN401  any module
    return {
        name: function
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }


CODE = {**questions(civil_code), **questions(civil_code_court)}
OURS = questions(general_provisions)


def every_argument(function: Callable[..., Any]) -> Iterator[dict[str, Any]]:
    """Yield every combination of arguments: all members, both truths, three dates."""
    hints = get_type_hints(function)
    hints.pop("return")
    options: list[list[Any]] = []
    for kind in hints.values():
        kinds = get_args(kind) or (kind,)
        values: list[Any] = []
        for one in kinds:
            if one is bool:
                values += [True, False]
            elif one is type(None):
                values.append(None)
            elif one is PartialDate:
                values += DATES
            elif issubclass(one, StrEnum):
                values += list(one)
        options.append(values)
    for chosen in itertools.product(*options):
        yield dict(zip(hints, chosen, strict=True))


def as_ours(found: Finding) -> Finding:
    cited = tuple(article.replace("CC ", "GPR ") for article in found.articles)
    return finding(found.question, cited, found.reason)


@pytest.mark.parametrize("name", sorted(OURS))
def test_it_answers_as_the_code_and_cites_itself(name: str) -> None:
    for chosen in every_argument(OURS[name]):
        ours, code = OURS[name](**chosen), CODE[name](**chosen)
        if isinstance(ours, tuple):
            assert ours == tuple(as_ours(one) for one in code)
        else:
            assert ours == as_ours(code)


def test_what_is_new_in_the_code_is_not_in_it() -> None:
    assert set(CODE) - set(OURS) == {"moves_no_guardianship", "wish_is_asked"}
