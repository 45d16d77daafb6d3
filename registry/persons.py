"""Acts about a person: expanded to one fact for each ward, in one entry.

What lives here: which streams a death, a loss of capacity and a finding that two
persons are one reach. What never does: what it ends there (the law pack says).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from events.guardianship import Office, PersonsFoundOne
from events.timeline import Holder, HolderKind
from registry.child import record
from registry.commands import RecordCapacityLost, RecordDeath, RecordSamePerson
from registry.expected import Expected, evolved
from registry.pack import Effects
from registry.refusal import InvalidError, NotKnownError, RefusedError

_ARTICLES = ("CC 15",)
"""A person's identity is as registered; births and deaths are told by it."""


def on_person(
    expected: Expected, command: RecordDeath | RecordCapacityLost, office: Office
) -> Effects:
    """Expand a fact about a person to one event for each ward, by any id of his."""
    effects: Effects = []
    law, own = expected.law, expected.child(command.person)
    if own.registered and isinstance(command, RecordDeath):
        died = law.on_own_death(own, command, office)
        effects.append((f"child/{command.person}", died))
    ids = _ids_of(expected, command.person)
    for name in dict.fromkeys(ward for each in ids for ward in expected.wards(each)):
        child = expected.child(name)
        events: list[Any] = []
        told: set[Holder] = set()
        for each in ids:
            kept = child.kept(Holder(kind=HolderKind.PERSON, id=each))
            if kept in told:
                continue
            told.add(kept)
            said = law.on_ward(child, replace(command, person=each), office)
            for event in said:
                child = evolved(child, event)  # type: ignore[assignment]
            events += said
        if events:
            effects.append((f"child/{name}", events))
    if not effects:
        resource = f"persons/{command.person}"
        raise NotKnownError(resource)
    return effects


def on_same_person(
    expected: Expected, command: RecordSamePerson, office: Office
) -> Effects:
    """Record that two are one for each child whose stream ever named either.

    Also for those that name the kept one alone: what is told of the other later, as a
    death, reaches them by it. Raises InvalidError for two that cannot be one,
    RefusedError where one of them is registered as a child, NotKnownError.
    """
    kept, other = command.kept, command.other
    for field, holder in (("kept", kept), ("other", other)):
        if holder.kind is not HolderKind.PERSON:
            raise InvalidError(field, "is a person")
        if expected.child(holder.id).registered:
            reason, instead = "registered_as_a_child", "correct_the_registration"
            raise RefusedError(reason, _ARTICLES, instead)
    if kept == other:
        raise InvalidError("other", "is another id than the kept one")
    of_other = expected.wards(other.id)
    if not of_other:
        resource = f"persons/{other.id}"
        raise NotKnownError(resource)
    effects: Effects = []
    for name in dict.fromkeys([*of_other, *expected.wards(kept.id)]):
        child = expected.child(name)
        if child.kept(kept) != child.kept(other):
            events = record(child, [_fact(command, office)], expected.law.rules)
            effects.append((f"child/{name}", events))
    return effects


def _fact(command: RecordSamePerson, office: Office) -> PersonsFoundOne:
    return PersonsFoundOne(
        on=command.on,
        order=0,
        case=None,
        by=office,
        findings=(),
        limits=(),
        kept=command.kept,
        other=command.other,
        evidence=command.evidence,
    )


def _ids_of(expected: Expected, person: str) -> list[str]:
    """Return every id that some ward's stream finds to be the person's, his own first.

    A child registered since may name an id that was found to be another's before.
    """
    ids = [person]
    for each in ids:  # grows while it is walked
        for name in expected.wards(each):
            aliases = expected.child(name).aliases
            one = Holder(kind=HolderKind.PERSON, id=each)
            kept = aliases.get(one, one)
            known = [alias for alias, whom in aliases.items() if whom == kept]
            ids += [h.id for h in (kept, *known) if h.id not in ids]
    return ids
