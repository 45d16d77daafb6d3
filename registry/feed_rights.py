"""Which offices read the whole feed, and which only what may be published.

What lives here: the rule, over the filter that an office asks with. What never does:
who somebody is (`registry.identity`), other reads.

A topic or a webhook has what a child wished, protection orders and who reported whom
only where an operator named them (`events.published_rule`). The feed is the same to
whoever is no authority of the state: he names what he asks for, of what is public.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

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


def check_selected(types: Collection[str], office: Office, field: str) -> None:
    """Raise InvalidError where an office asks for more than it is told."""
    if office in WHOLE or (types and PUBLIC_TYPES.issuperset(types)):
        return
    rule = f"names types that a {office} is told: {', '.join(sorted(PUBLIC_TYPES))}"
    raise InvalidError(field, rule)
