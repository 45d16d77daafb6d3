"""Whose wards: the index kept in the transaction that accepts entries.

What lives here: which persons a child's event names. What never does: whether they
hold anything; the deciders judge that on the child's own stream. The index names too
many rather than too few, so a death or loss of capacity reaches every ward. It reads
no schema: every id of a person in a body is found by its form, so that a release finds
the same whether or not it knows the event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from events.timeline import Holder

_ID = re.compile(rb"\x48([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
"""A lower-case UUID as Avro writes a string: its length, 36, zigzag, before it."""


def named_in(body: bytes) -> list[str]:
    """Return the ids of persons that a stored event names, and of cases."""
    return [found.decode() for found in _ID.findall(body)]


def holders_in(value: object) -> Iterator[Holder]:
    """Yield every holder that a value of the vocabulary names, as often as it does."""
    if isinstance(value, Holder):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from holders_in(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from holders_in(getattr(value, field.name))
