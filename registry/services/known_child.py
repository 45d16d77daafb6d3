"""A child's state in any state of knowledge, as the deciders know it.

What lives here: the state made from what the projection of custody kept. What never
does: an answer.
"""

from __future__ import annotations

from typing import Any

from events.guardianship import ActAnnulled, ActReinstated, ChildRegistered
from projections.custody import Custody
from registry.child import Child


def child_as_known(custody: Custody, name: str, known_at: int) -> Child:
    """Return a child as known at a position; an empty one where it was not known."""
    facts: dict[int, Any] = {}
    annulled: set[int] = set()
    jurisdiction: str | None = None
    for known in custody.explain(name, known_at):
        if isinstance(known.event, ActAnnulled | ActReinstated):
            continue
        facts[known.version] = known.event
        if known.annulled:
            annulled.add(known.version)
        if isinstance(known.event, ChildRegistered):
            jurisdiction = known.event.jurisdiction
    live = {period.number: period for period in custody.periods(name, known_at)}
    return Child(
        version=max(facts, default=0),
        facts=facts,
        annulled=frozenset(annulled),
        live=live,
        next_number=max(live, default=0) + 1,
        jurisdiction=jurisdiction,
    )
