"""One child: how the registry learns of it.

What lives here: `decide_register_child`. What never does: clocks, ids, I/O. Foundlings
are registered too, with a birth date that is estimated or unknown and no parents.
"""

from __future__ import annotations

from events.guardianship import (
    ChildEvent,
    ChildRegistered,
    GuardianshipEstablished,
    Office,
    Way,
)
from events.timeline import HolderKind
from registry.child import Child
from registry.commands import RegisterChild
from registry.law import establishing
from registry.refusal import InvalidError
from registry.timeline import record


def decide_register_child(
    child: Child, command: RegisterChild, by: Office
) -> list[ChildEvent]:
    """Register a child, with its known parents as guardians by law (CC 27(1))."""
    if child.registered:
        raise InvalidError("child", "is registered already")
    birth = command.birth
    if birth.date is not None and command.on.latest < birth.date.earliest:
        raise InvalidError("on", "is before the birth")
    if any(p.kind is not HolderKind.PERSON for p in command.parents):
        raise InvalidError("parents", "are persons")
    acts: list[ChildEvent] = [
        ChildRegistered(
            on=command.on,
            order=0,
            case=None,
            by=by,
            findings=(),
            limits=(),
            birth=birth,
            jurisdiction=command.jurisdiction,
        )
    ]
    if command.parents:
        since = birth.date or command.on
        acts.append(
            GuardianshipEstablished(
                on=since,
                order=0,
                case=None,
                by=by,
                findings=(establishing.parents(since),),
                limits=(),
                holders=command.parents,
                way=Way.BIRTH,
                kin=None,
                limb=None,
                testator=None,
            )
        )
    return record(child, acts)
