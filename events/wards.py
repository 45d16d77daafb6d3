"""Whose wards: the index kept in the transaction that accepts entries.

What lives here: which persons a child's event names. What never does: whether they
hold anything; the deciders judge that on the child's own stream. The index names too
many rather than too few, so a death or loss of capacity reaches every ward. It reads
no schema: every id of a person in a body is found by its form, so that a release finds
the same whether or not it knows the event.
"""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from functools import cache

from events.timeline import Holder

IDS = re.compile(rb"\x48([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
"""A lower-case UUID as Avro writes a string: its length, 36, zigzag, before it."""


def named_in(body: bytes) -> list[str]:
    """Return the ids of persons that a stored event names, and of cases."""
    return [found.decode() for found in IDS.findall(body)]


def holders_in(value: object) -> list[Holder]:
    """Return every holder that a value of the vocabulary names, as often as it does."""
    found: list[Holder] = []
    left = [value]
    while left:
        value = left.pop()
        if isinstance(value, Holder):
            found.append(value)
        elif isinstance(value, tuple):
            left += reversed(value)
        else:
            kind: type = type(value)
            left += [getattr(value, name) for name in _parts(kind)]
    return found


@cache
def _parts(kind: type) -> tuple[str, ...]:
    """Return the names of a type's fields, the last one first; none of a leaf's."""
    names = [field.name for field in fields(kind)] if is_dataclass(kind) else []
    return tuple(reversed(names))
