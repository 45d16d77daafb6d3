"""Each law function stands under its article, and quotes it word for word."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.law_table import NOT_LAW
from registry.law import MODULES
from registry.law.editions import BY_SHORT

STATUTES = Path(__file__).parents[2] / "golden" / "statutes"
TEXTS = {
    "civil_code": "civil_code",
    "civil_code_court": "civil_code",
    "civil_code_family": "civil_code",
    "minors_protection": "minors_protection",
    "interpretation_2022": "interpretation_2022",
    "anti_domestic_violence": "anti_domestic_violence",
    "protection_orders_2022": "protection_orders_2022",
}
"""Modules whose act's text is kept; procedure and periods quote several."""
QUOTE = re.compile(r"[\u4e00-\u9fff“（][\u4e00-\u9fff，。；：、“”（）〔〕《》\s]*")
CITED = re.compile(r"\((?:[a-z ]+ )?([A-Z][A-Z0-9]+) (\d+)")
DIGITS = "零一二三四五六七八九"
MARK = "text not at hand"


def functions() -> list[tuple[str, Callable[..., Any]]]:
    found = []
    for name in MODULES:
        module = importlib.import_module(f"registry.law.{name}")
        found += [
            (name, function)
            for _, function in inspect.getmembers(module, inspect.isfunction)
            if function.__module__ == module.__name__
            and not function.__name__.startswith("_")
        ]
    return [(n, f) for n, f in found if f.__name__ not in NOT_LAW]


FUNCTIONS = functions()
IDS = [f"{module}.{function.__name__}" for module, function in FUNCTIONS]


def chinese(number: int) -> str:
    """Write an article's number as statutes do."""
    said = ""
    for unit, power in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit, number = divmod(number, power)
        if digit:
            said += "" if unit == "十" and digit == 1 and not said else DIGITS[digit]
            said += unit
        elif said and number:
            said = said.rstrip("零") + "零"
    return said


def articles(file: str) -> dict[str, str]:
    text = (STATUTES / f"{file}.md").read_text(encoding="utf-8")
    parts = re.split(r"\n(?=第[一二三四五六七八九十百千零]+条 )", text)[1:]
    return {
        part.partition("条")[0][1:]: re.sub(r"\s", "", part.partition(" ")[2])
        for part in parts
    }


ALL = {
    (file, number): text
    for file in {path.stem for path in STATUTES.glob("*.md")}
    for number, text in articles(file).items()
}


def quotes(function: Callable[..., Any]) -> list[str]:
    said = inspect.getdoc(function) or ""
    said = said.replace("（法发", "").replace("〔2014〕", "")
    return [re.sub(r"\s", "", q) for q in QUOTE.findall(said)]


@pytest.mark.parametrize(("module", "function"), FUNCTIONS, ids=IDS)
def test_its_chinese_is_the_statutes(module: str, function: Callable[..., Any]) -> None:
    for quote in quotes(function):
        inside = {file for (file, _), text in ALL.items() if quote in text}
        assert inside, quote
        assert TEXTS.get(module, next(iter(inside))) in inside, quote


@pytest.mark.parametrize(("module", "function"), FUNCTIONS, ids=IDS)
def test_it_quotes_the_article_it_names_or_says_that_it_cannot(
    module: str, function: Callable[..., Any]
) -> None:
    said = inspect.getdoc(function) or ""
    cited = CITED.search(said)
    assert cited, "the first line names the act and the article"
    short, number = cited.groups()
    assert short in BY_SHORT
    if MARK in said:
        assert not quotes(function)
        return
    files = {
        "CC": "civil_code",
        "CPL": "civil_procedure",
        "CPLI": "civil_procedure_interpretation",
    }
    file = files.get(short, module)
    named = ALL[file, chinese(int(number))]
    found = quotes(function)
    assert found
    # Article 200 and those after it are one set of rules for counting.
    assert any(q in named for q in found) or module == "periods"


@pytest.mark.parametrize("module", [m for m in MODULES if m != "periods"])
def test_functions_stand_in_the_order_of_the_articles(module: str) -> None:
    ours = [f for name, f in FUNCTIONS if name == module]
    ours.sort(key=lambda f: f.__code__.co_firstlineno)
    order = []
    for function in ours:
        cited = CITED.search(inspect.getdoc(function) or "")
        assert cited
        order.append((cited[1] == "CPLI", int(cited[2])))
    assert order == sorted(order)


def test_numbers_are_written_as_in_statutes() -> None:
    said = {17: "十七", 27: "二十七", 108: "一百零八", 200: "二百", 203: "二百零三"}
    said |= {349: "三百四十九", 1084: "一千零八十四", 1105: "一千一百零五"}
    said |= {1111: "一千一百一十一", 1259: "一千二百五十九", 10: "十"}
    assert {number: chinese(number) for number in said} == said
