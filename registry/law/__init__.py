"""The statute: one module per act, functions in article order, dated editions.

What lives here: the list of the acts' modules, and what of the law was never read in
its text. What never does: rules (the acts' modules), the choice by date (`establishing`
and `judging`), numbers (`figures`), wording (`reasons`).
"""

from __future__ import annotations

from dataclasses import dataclass

from registry.law import citations
from registry.law.citations import Question
from registry.law.figures import FIGURES, Mark

MODULES = (
    "general_principles",
    "minors_protection_2006",
    "opinions_2014",
    "anti_domestic_violence",
    "general_provisions",
    "civil_code",
    "civil_code_court",
    "civil_code_family",
    "minors_protection",
    "interpretation_2022",
    "protection_orders_2022",
    "civil_procedure",
    "periods",
)
"""The modules whose functions are articles, in the order of their dates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unverified:
    """One number or citation that was recalled or chosen, not read."""

    what: str
    value: str
    source: str
    from_: str
    mark: Mark


def unverified() -> tuple[Unverified, ...]:
    """Return what must be checked before anybody relies on it: numbers, then articles.

    Each number is one line of `registry.law.figures`, to change there.
    """
    numbers = [
        Unverified(
            what=figure.name,
            value=f"{value.number} {figure.unit}",
            source=value.source,
            from_=value.from_.isoformat(),
            mark=value.mark,
        )
        for figure in FIGURES
        for value in figure.values
        if value.mark in {Mark.RECALLED, Mark.CHOSEN}
    ]
    articles = [
        Unverified(
            what=f"article cited for {question}",
            value=citation,
            source=citation,
            from_=first_day.isoformat(),
            mark=Mark.RECALLED,
        )
        for question in Question
        for first_day, cited in citations.in_force(question)
        for citation in cited
        if not citations.is_verified(citation)
    ]
    return (*numbers, *articles)
