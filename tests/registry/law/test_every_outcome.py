"""No article without its file, no law function without a row for every answer."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from events.guardianship import Finding
from ops.law_table import TESTS, articles
from registry.law import MODULES, civil_code, civil_code_court, general_provisions
from registry.law.editions import CC, MPL, Act
from registry.law.reasons import REASONS
from tests.registry.law.test_statutes import STATUTES, TEXTS, chinese
from tests.support.outcomes import all_answers

ROOT = Path(__file__).parents[3]
ARTICLES = sorted({one.test for one in articles()})
TOLD_BY_ROWS = [test for test in ARTICLES if "/general_provisions/" not in test]
LIMBS = "一二三四五六七八"
WEIGHED = ("INT 9(1)", "MPL 22(3)")
"""Whose limbs a court or a guardian weighs: no record tells which of them is met."""
WITH_TEXT = [t for t in ARTICLES if Path(t).parent.name in TEXTS.values()]
RULES = [m for m in MODULES if m != "general_provisions"]
"""Modules with rules of their own; the other one asks the Code's."""


def module_of(test: str) -> Any:  # noqa: ANN401  a module
    return importlib.import_module(test.removesuffix(".py").replace("/", "."))


def function_of(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(".")
    found = getattr(importlib.import_module(f"registry.law.{module}"), function)
    assert callable(found)
    return found  # type: ignore[no-any-return]


def functions_of(test: str) -> list[Callable[..., Any]]:
    return [function_of(one.function) for one in articles() if one.test == test]


def finds(function: Callable[..., Any]) -> bool:
    """Whether it answers by findings; what counts days answers by days."""
    return "Finding" in str(inspect.signature(function).return_annotation)


@cache
def told(test: str) -> frozenset[Finding]:
    """Return what the rows of an article's file are answered."""
    module = module_of(test)
    rows = [
        *getattr(module, "ROWS", ()),
        *(e.row for e in getattr(module, "EDGES", ())),
    ]
    return frozenset(row[1]() for row in rows)


def test_every_article_has_its_file_and_every_file_its_article() -> None:
    files = (ROOT / TESTS).glob("*/test_article_*.py")
    assert {str(path.relative_to(ROOT)) for path in files} == set(ARTICLES)


@pytest.mark.parametrize("test", ARTICLES)
def test_a_file_is_of_one_article_and_says_which(test: str) -> None:
    said = inspect.getdoc(module_of(test)) or ""
    number = re.sub(r".*_(\d+)\.py", r"\1", test)
    of = {one.act.short for one in articles() if one.test == test}
    assert len(of) == 1
    assert re.match(rf"{of.pop()} {number}\b.*: .+\.", said), said
    assert "\n" not in said


@pytest.mark.parametrize("test", ARTICLES)
def test_every_function_of_the_article_is_asked_in_its_file(test: str) -> None:
    text = (ROOT / test).read_text(encoding="utf-8")
    asked = [f.__name__ for f in functions_of(test) if f.__name__ not in text]
    assert asked == []


@pytest.mark.parametrize("test", TOLD_BY_ROWS)
def test_every_answer_on_every_argument_is_reached_by_a_row(test: str) -> None:
    given = set()
    for function in filter(finds, functions_of(test)):
        given |= all_answers(function)
    assert given - told(test) == set()


@pytest.mark.parametrize("module", RULES)
def test_every_reason_that_a_module_names_is_reached_by_a_row(module: str) -> None:
    """The arguments tried above are samples where they are days: the text is whole."""
    law = importlib.import_module(f"registry.law.{module}")
    named = set(re.findall(r'"([a-z_]+)"', inspect.getsource(law))) & set(REASONS)
    tests = {one.test for one in articles() if one.function.startswith(f"{module}.")}
    found = {finding for test in tests for finding in told(test)}
    # A question may have the name of a reason.
    asked = {finding.question for finding in found}
    assert named - asked - {finding.reason for finding in found} == set()


def questions(module: Any) -> set[str]:  # noqa: ANN401  any module
    return {
        name
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }


def test_what_is_new_in_the_code_is_not_in_the_act_of_2017() -> None:
    code = questions(civil_code) | questions(civil_code_court)
    assert code - questions(general_provisions) == {
        "moves_no_guardianship",
        "wish_is_asked",
    }


@pytest.mark.parametrize("test", [t for t in ARTICLES if t not in TOLD_BY_ROWS])
def test_every_function_of_2017_is_compared_with_the_codes(test: str) -> None:
    assert functions_of(test) == module_of(test).FUNCTIONS


def limbs_of(act: Act, number: int) -> set[str]:
    """Return the limbs of an article in its text, as they are cited: CC 36(1)(2)."""
    text = (STATUTES / f"{act.module}.md").read_text(encoding="utf-8")
    wanted = rf"\n第{chinese(number)}条 (.*?)\n\n"
    article = re.search(wanted, f"\n{text}\n\n", re.DOTALL)
    assert article, "the article stands in the text"
    paragraph, found = 0, set()
    for line in article[1].splitlines():
        if limb := re.match(rf"（([{LIMBS}])）", line):
            found.add((paragraph, LIMBS.index(limb[1]) + 1))
        else:
            paragraph += 1
    one = f"{act.short} {number}"
    return {f"{one}({p})({n})" if paragraph > 1 else f"{one}({n})" for p, n in found}


@pytest.mark.parametrize("test", WITH_TEXT)
def test_every_limb_of_the_text_is_cited_by_a_row(test: str) -> None:
    (act,) = {one.act for one in articles() if one.test == test}
    number = int(re.sub(r".*_(\d+)\.py", r"\1", test))
    cited = {c for finding in told(test) for c in finding.articles}
    weighed = {c for c in limbs_of(act, number) if c.startswith(WEIGHED)}
    assert limbs_of(act, number) - weighed - cited == set()
    assert not weighed & cited


def test_the_limbs_are_read_from_the_text() -> None:
    assert limbs_of(CC, 36) == {f"CC 36(1)({n})" for n in (1, 2, 3)}
    assert limbs_of(MPL, 92) == {f"MPL 92({n})" for n in range(1, 8)}
    assert limbs_of(CC, 37) == set()
