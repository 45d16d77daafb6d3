"""A person by every id that is read as his, in any state of knowledge.

What lives here: which ids are one person's, and as whom a child's record reads each.
What never does: an answer. A finding stands on each child's own stream
(`registry.same_person`), so it is asked child by child, as known at a position.
"""

from __future__ import annotations

from collections.abc import Iterable

from events.guardianship import PersonsFoundOne
from events.log import Log
from events.timeline import Holder, HolderKind
from projections.custody import Custody, KnownFact
from registry.form import UUID
from registry.same_person import Aliases, aliases

MAX_IDS = 64
"""Ids of one person: a register that gave somebody more is asked about by each."""


def aliases_of(facts: Iterable[KnownFact]) -> Aliases:
    """Return as whom each id is read by the findings that stand among facts."""
    return aliases(
        fact.event
        for fact in facts
        if isinstance(fact.event, PersonsFoundOne) and not fact.annulled
    )


def ids_of(log: Log, custody: Custody, who: str, known_at: int) -> tuple[str, ...]:
    """Return every id by which somebody is known at a position, the one asked first.

    A body has but its own. Where one child's record finds two ids to be one person,
    they are one for every question that is about no single child.
    """
    ids = [who]
    if not UUID.fullmatch(who):
        return (who,)
    for each in ids:  # grows while it is walked
        for child in log.children_of(each):
            by = aliases_of(custody.explain(child, known_at))
            one = Holder(kind=HolderKind.PERSON, id=each)
            kept = by.get(one, one)
            same = [kept, *(alias for alias, whom in by.items() if whom == kept)]
            ids += [holder.id for holder in same if holder.id not in ids]
        if len(ids) >= MAX_IDS:
            break
    return tuple(ids[:MAX_IDS])
