"""Persons found to be one: an id read as another, wherever it stands.

What lives here: which id each is read as by the findings that stand, and the reading of
any value of the vocabulary by it. What never does: who may find it, streams, rules. A
fact is never rewritten: while the finding stands it is read so, and no longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from events.guardianship import PersonsFoundOne
from events.timeline import Holder
from events.wards import holders_in

Aliases = Mapping[Holder, Holder]
"""From an id to the one that is kept for the same person; the kept one is not in it."""


def aliases(found: Iterable[PersonsFoundOne]) -> dict[Holder, Holder]:
    """Return as whom each is read, by findings in the order of the record.

    Chains end at one id: that which the last finding about any of them kept, whatever
    was annulled and reinstated between, so that no two are read as each other.
    """
    kept_for: dict[Holder, Holder] = {}
    for one in found:
        kept = kept_for.get(one.kept, one.kept)
        other = kept_for.get(one.other, one.other)
        if kept == other:
            continue
        for alias, whom in kept_for.items():
            if whom == other:
                kept_for[alias] = kept
        kept_for[other] = kept
    return kept_for


def read_as(value: Any, by: Aliases) -> Any:  # noqa: ANN401  any of the vocabulary
    """Return a value with each alias read as the kept id, and nobody named twice."""
    if not by:
        return value
    if isinstance(value, Holder):
        return by.get(value, value)
    if isinstance(value, tuple):
        items = tuple(read_as(item, by) for item in value)
        return value if items == value else tuple(dict.fromkeys(items))
    if not is_dataclass(value) or isinstance(value, type):
        return value
    was = {field.name: getattr(value, field.name) for field in fields(value)}
    now = {name: read_as(item, by) for name, item in was.items()}
    changed = {name: item for name, item in now.items() if item != was[name]}
    return replace(value, **changed) if changed else value


def command_read(command: Any, of_child: Callable[[str], Aliases]) -> Any:  # noqa: ANN401  any command
    """Return a command as it is decided: each child's part by that child's aliases.

    What a command says beside its children, such as who applies, is read by all theirs.
    """
    child = getattr(command, "child", None)
    if isinstance(child, str):
        return read_as(command, of_child(child))
    parts = getattr(command, "children", ())
    merged: dict[Holder, Holder] = {}
    for part in reversed(parts):
        merged |= of_child(part.child)
    if not merged:
        return command
    read = tuple(read_as(part, of_child(part.child)) for part in parts)
    beside = replace(read_as(replace(command, children=()), merged), children=read)
    return command if beside == command else beside


def as_said(event: Any, command: Any, by: Aliases) -> Any:  # noqa: ANN401  any event, command
    """Return an act decided by the kept id with the id that its command says.

    Else the act would stay with the kept id when the finding is annulled. Where the
    command names the kept id itself, or two of its aliases, the kept id stands.
    """
    named = set(holders_in(command))
    back: dict[Holder, Holder] = {}
    for kept in set(by.values()) - named:
        said = [alias for alias in named if by.get(alias) == kept]
        if len(said) == 1:
            back[kept] = said[0]
    return read_as(event, back)
