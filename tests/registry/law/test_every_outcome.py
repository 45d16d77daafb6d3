"""No law function without a test, and none of its outcomes without a row."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any

import pytest

from registry.law import MODULES
from registry.law.reasons import REASONS

TABLES = [m for m in MODULES if m not in {"periods", "general_provisions"}]
"""Modules tested row by row; the two others are tested as a whole."""


def source(module: str) -> Any:  # noqa: ANN401  a module
    return importlib.import_module(f"registry.law.{module}")


@pytest.mark.parametrize("module", TABLES)
def test_every_reason_it_can_give_is_reached_by_a_row(module: str) -> None:
    tested = importlib.import_module(f"tests.registry.law.test_{module}")
    reached = {row[4] for row in tested.ROWS}
    for reasons in [against for *_, against in getattr(tested, "RESTORED", [])]:
        reached |= reasons
    if hasattr(tested, "RESTORED"):
        reached |= {"parent_or_child_of_ward", "was_disqualified", "no_such_crime"}
    text = inspect.getsource(source(module))
    named = set(re.findall(r'"([a-z_]+)"', text)) & set(REASONS)
    # A question may have the name of a reason.
    questions = {row[1]().question for row in tested.ROWS} - reached
    assert named - questions - reached == set()


@pytest.mark.parametrize("module", TABLES)
def test_every_function_is_asked_by_a_row(module: str) -> None:
    tested = importlib.import_module(f"tests.registry.law.test_{module}")
    text = inspect.getsource(tested)
    functions = [
        name
        for name, function in inspect.getmembers(source(module), inspect.isfunction)
        if function.__module__ == f"registry.law.{module}"
    ]
    assert functions
    assert [name for name in functions if f"law.{name}" not in text] == []
