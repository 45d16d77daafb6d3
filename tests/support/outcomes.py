"""Tables of outcomes: what a law function answers, one row and one sentence each.

The tests of the law have one file an act and one row a limb, named by its article: rows
that share a child and its days share them, and stand in the order of the statute. A
file an article would say each child again; `TABLE.md` of the law names each article's.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from events.dates import PartialDate
from events.guardianship import Finding

Ask = Callable[[], Finding]
Row = tuple[str, Ask, bool, str, str]
"""The sentence, the question put, whether it holds, an article cited, the reason."""


def day(text: str) -> PartialDate:
    return PartialDate(text)


def params(rows: list[Row]) -> list[object]:
    """Name each row by its article and sentence: `-k "CC 36"` asks for one article."""
    return [pytest.param(*row[1:], id=f"{row[3]}: {row[0]}") for row in rows]


def check(ask: Ask, holds: bool, article: str, reason: str) -> None:
    found = ask()
    assert (found.holds, found.reason) == (holds, reason)
    assert article in found.articles
