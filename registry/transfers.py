"""Children whose record goes on in another registry, or came from one.

What lives here: the fact of it, on either side, and what acts come to afterwards. What
never does: a call to the other registry. Each log names the other's and its position;
whether they agree is seen by whoever reads both.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from events.guardianship import ChildTransferred, Fact, Finding, Office
from events.proceedings import Direction
from registry.child import known, record
from registry.commands import Command, ReceiveChild, TransferChild
from registry.expected import Expected
from registry.matter_commands import MatterCommand
from registry.pack import Effects
from registry.refusal import InvalidError, RefusedError

_ARTICLES = ("CC 31(1)",)
"""It is the offices of the child's domicile that act."""


def on_transfer(
    expected: Expected, command: TransferChild | ReceiveChild, office: Office
) -> Effects:
    """Record that a child's record goes elsewhere, or came from there.

    Raises InvalidError for this registry itself, or a position that no log has;
    NotKnownError for a child that is not registered here.
    """
    child = known(expected.child(command.child), command.child)
    if command.registry == expected.origin():
        raise InvalidError("registry", "is another registry than this one")
    if command.their_position is not None and command.their_position < 1:
        raise InvalidError("their_position", "is a position, from 1")
    going = isinstance(command, TransferChild)
    fact = ChildTransferred(
        on=command.on,
        order=command.order,
        case=None,
        by=office,
        findings=(),
        limits=(),
        registry=command.registry,
        their_child=command.their_child,
        their_position=command.their_position,
        direction=Direction.TO if going else Direction.FROM,
    )
    return [(f"child/{command.child}", record(child, [fact], expected.law.rules))]


def refuse_elsewhere(expected: Expected, command: Command, office: Office) -> None:
    """Refuse an act on a child whose record is elsewhere, unless a court's.

    A child comes back by its reception, or the annulment of the transfer; what stands
    around the guardianship, as a report, is taken of any child.
    """
    if office is Office.COURT or isinstance(command, MatterCommand | ReceiveChild):
        return
    one = getattr(command, "child", None)
    many = [part.child for part in getattr(command, "children", ())]
    for name in [one] if isinstance(one, str) else many:
        if expected.child(name).transferred is not None:
            reason, instead = "child_transferred", "act_in_the_other_registry"
            raise RefusedError(reason, _ARTICLES, instead)


def with_warnings(expected: Expected, effects: Effects) -> Effects:
    """Return acts, the first on a child whose record is elsewhere with a warning."""
    return [(stream, _warned(expected, stream, events)) for stream, events in effects]


def _warned(expected: Expected, stream: str, events: list[Any]) -> list[Any]:
    kind, _, name = stream.partition("/")
    if kind != "child" or expected.child(name).transferred is None:
        return events
    said = Finding(
        question="is_kept_here",
        holds=False,
        articles=_ARTICLES,
        reason="child_transferred",
    )
    warned = list(events)
    for index, event in enumerate(events):
        if isinstance(event, Fact) and not isinstance(event, ChildTransferred):
            warned[index] = replace(event, findings=(*event.findings, said))
            break
    return warned
