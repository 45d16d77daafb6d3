"""Which offices read the whole feed, and which only what may be published.

What lives here: the one rule, for every way on which a reader is given an event. What
never does: who somebody is (`registry.identity`), reads that answer by law.

A topic or a webhook has what a child wished, protection orders and who reported whom
only where an operator named them (`events.published_rule`). The feed is the same to
whoever is no authority of the state: he names what he asks for, of what is public.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from events.filters import Filter
from events.guardianship import Office
from events.published_rule import PUBLIC_TYPES
from registry.refusal import InvalidError

WHOLE: Final = frozenset(
    {
        Office.COURT,
        Office.CIVIL_AFFAIRS,
        Office.POLICE,
        Office.PROCURATORATE,
        Office.REGISTRY,
    }
)
"""They act on protection orders and reports themselves (DV 14, 32; MPL 105)."""


def is_told(office: Office, type_: str) -> bool:
    """Whether an office may have the body of an event of a type."""
    return office in WHOLE or type_ in PUBLIC_TYPES


def told(office: Office) -> Filter:
    """Return all that an office may have, as a filter."""
    return Filter() if office in WHOLE else Filter(types=PUBLIC_TYPES)


def check_selected(types: Collection[str], office: Office, field: str) -> None:
    """Raise InvalidError where an office asks for more than it is told."""
    named = types or ("",)  # no type named is every type, also those to come
    if all(is_told(office, type_) for type_ in named):
        return
    rule = f"names types that a {office} is told: {', '.join(sorted(PUBLIC_TYPES))}"
    raise InvalidError(field, rule)
