"""What the deciders of all matters ask: is it known, is it open, is it in order.

What lives here: faults of form and order that all matters share, and the fact that says
what a command says. What never does: clocks, ids, I/O, law.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

from events.dates import PartialDate
from events.duties import MatterFact
from events.guardianship import Finding, Office
from events.matter_kinds import Opening
from events.matters import Matter
from events.timeline import Holder, HolderKind
from registry.refusal import InvalidError, NotKnownError

F = TypeVar("F", bound=MatterFact)
MAX_FEN = 10**13
"""A hundred billion yuan: more than any budget line; a slip of the hand is more."""


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


def due_after(due: PartialDate | None, on: PartialDate, field: str = "due") -> None:
    """Raise InvalidError where something was due before it began."""
    if due is not None and due.latest < on.earliest:
        raise InvalidError(field, "is not before the act")


def amount(fen: int | None, field: str) -> None:
    """Raise InvalidError where a sum of money is none."""
    if fen is not None and not 0 < fen <= MAX_FEN:
        raise InvalidError(field, f"is 1 to {MAX_FEN} fen")


def said(
    kind: type[F],
    command: object,
    by: Office,
    findings: tuple[Finding, ...] = (),
    **derived: object,
) -> F:
    """Return the fact that says what a command says: fields of the same name.

    `derived` are the fields that the command does not give.
    """
    told: dict[str, Any] = {  # of as many types as facts have fields
        field.name: getattr(command, field.name)
        for field in fields(kind)
        if hasattr(command, field.name)
    }
    return kind(**{**told, "by": by, "findings": findings, **derived})
