"""What the deciders of all matters ask: is it known, is it open, is it in order.

What lives here: faults of form and order that reports, duties and referrals share. What
never does: clocks, ids, I/O, law.
"""

from __future__ import annotations

from typing import TypeVar

from events.dates import PartialDate
from events.duties import MatterFact
from events.matters import Matter, Opening
from events.timeline import Holder, HolderKind
from registry.refusal import InvalidError, NotKnownError

F = TypeVar("F", bound=MatterFact)


def new(matter: Matter, kind: str) -> None:
    """Raise InvalidError where a matter of the id was opened already."""
    if matter.opening is not None:
        raise InvalidError(kind, "is open already under this id")


def known(matter: Matter, resource: str, on: PartialDate) -> Opening:
    """Return what opened a matter; raises NotKnownError, or InvalidError before it."""
    opening = matter.opening
    if opening is None:
        raise NotKnownError(resource)
    if on.latest < opening.on.earliest:
        raise InvalidError("on", "is not before it was opened")
    return opening


def last(matter: Matter, kind: type[F]) -> F | None:
    """Return the last standing fact of a kind."""
    found = [fact for fact in matter.standing() if isinstance(fact, kind)]
    return found[-1] if found else None


def body(authority: str) -> Holder:
    """Return an authority as a holder."""
    return Holder(kind=HolderKind.BODY, id=authority)


def a_body(holder: Holder | None, field: str) -> None:
    """Raise InvalidError where a duty would be a natural person's."""
    if holder is not None and holder.kind is not HolderKind.BODY:
        raise InvalidError(field, "is a body: persons owe no duty of a department")


def due_after(due: PartialDate | None, on: PartialDate) -> None:
    """Raise InvalidError where something was due before it began."""
    if due is not None and due.latest < on.earliest:
        raise InvalidError("due", "is not before the act")
