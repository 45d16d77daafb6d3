"""Whose wards: the index kept in the transaction that accepts entries.

What lives here: which holders a child's event names. What never does: whether they
still hold; the deciders judge that on the child's own stream. The index names too
many rather than too few, so a death or loss of capacity reaches every ward.
"""

from __future__ import annotations

from events.codec import EVENTS, BodyUndecodableError
from events.guardianship import (
    GuardianDesignated,
    GuardianRestored,
    GuardianshipEstablished,
    TemporaryArrangementStarted,
)
from events.log import SchemaUnknownError


def wards_of(fingerprint: bytes, body: bytes) -> list[str]:
    """Return the ids of the holders that a stored event makes holders of its child.

    A body that does not decode names nobody here; its entry is quarantined where it
    is read, and each child it concerns is answered as uncertain.
    """
    try:
        event = EVENTS.decode(fingerprint, body)
    except (SchemaUnknownError, BodyUndecodableError):
        return []
    return holders_of(event)


def holders_of(event: object) -> list[str]:
    """Return the ids of the holders that an event makes holders of its child."""
    match event:
        case GuardianshipEstablished() | GuardianDesignated():
            return [holder.id for holder in event.holders]
        case TemporaryArrangementStarted():
            return [event.holder.id]
        case GuardianRestored():
            return [event.who.id]
        case _:
            return []
