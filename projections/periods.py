"""Differences of a timeline, taken apart; their periods, read where they are wanted.

What lives here: `split`, from a TimelineChanged body to the parts of its periods, and
what can be asked of those parts without making a period of them. What never does: a
second spelling; the bytes of a period are those of the event, and what the patterns do
not take is given to `events.codec`.
"""

from __future__ import annotations

import json
import re
from datetime import date
from functools import lru_cache
from operator import call
from typing import Any, Final, NamedTuple

from events import avro
from events.codec import EVENTS, schema_text
from events.dates import PartialDate
from events.guardianship import TimelineChanged
from events.timeline import Cause, HandOver, Holder, Line, Period
from projections.recognise import CACHED_VALUES, Shapes, field_of, values

CHANGED: Final = EVENTS.encode(
    TimelineChanged(rules=0, cause=Cause.ACT, act=None, withdrawn=(), asserted=())
)[0]
"""The fingerprint of a difference."""
_NEVER: Final = date.max.toordinal() + 1
_SMALL: Final = 0x80
"""Below it a number stands in one byte, twice itself."""

_SCHEMA: Final = json.loads(schema_text("TimelineChanged"))
_SHAPES: Final = Shapes()
_PARTS: Final = _SHAPES.parts(_SCHEMA, TimelineChanged)
_HEAD: Final = re.compile(
    b"".join(_SHAPES.pattern(*part) for part in _PARTS[:-2])
    + b"(%b)" % _SHAPES.pattern(*_PARTS[-2]),
    re.DOTALL,
)
"""What stands before the periods; captures the numbers withdrawn."""
_PERIOD_SCHEMA: Final = _SHAPES.resolved(_PARTS[-1][0]["items"])
_PERIOD_PARTS: Final = _SHAPES.parts(_PERIOD_SCHEMA, Period)
_PERIOD: Final = re.compile(
    b"".join(b"(%b)" % _SHAPES.pattern(*part) for part in _PERIOD_PARTS), re.DOTALL
)
"""A period; captures each of its fields, in the schema's order."""
FIELDS: Final = tuple(field_of(f["name"], Period) for f in _PERIOD_SCHEMA["fields"])
"""The attributes of a period, in the order of its parts."""
READ: Final = tuple(values(*part, _SHAPES) for part in _PERIOD_PARTS)
"""What reads each part."""
_AT: Final = {name: place for place, name in enumerate(FIELDS)}
_NUMBER, _LINE, _HOLDER = (_AT[name] for name in ("number", "line", "holder"))
_FROM, _UNTIL, _HAND_OVER = (_AT[name] for name in ("from_", "until", "hand_over"))
_read_number, _read_holder = READ[_NUMBER], READ[_HOLDER]
_read_from, _read_until = READ[_FROM], READ[_UNTIL]
_read_withdrawn: Final = values(*_PARTS[-2], _SHAPES)
_BAR: Final = avro.long(list(Line).index(Line.BAR))
"""The line of a bar, as bytes."""
_ALONE: Final = EVENTS.encode(
    TimelineChanged(rules=0, cause=Cause.ACT, act=None, withdrawn=(), asserted=())
)[1][:-1] + avro.long(1)
"""The body of a difference that asserts one period, up to that period."""

Parts = tuple[bytes, ...] | Period
"""A period as the bytes of its fields; or itself, where a pattern does not take it."""


class Difference(NamedTuple):
    """What a difference takes away, by number, and what it puts there, likewise."""

    withdrawn: tuple[int, ...]
    asserted: list[tuple[int, Parts]]


def split(body: bytes) -> Difference:
    """Return the parts of a TimelineChanged body.

    Raises BodyUndecodableError where the bytes are not its canonical ones.
    """
    found = _split_by_pattern(body)
    if found is not None:
        return found
    event: Any = EVENTS.decode(CHANGED, body)
    return Difference(event.withdrawn, [(p.number, p) for p in event.asserted])


def period_of(parts: Parts) -> Period:
    """Return the period of its parts."""
    if isinstance(parts, Period):
        return parts
    return Period(**dict(zip(FIELDS, map(call, READ, parts), strict=True)))


def may_cover(parts: Parts, day: date) -> bool:
    """Say what the period itself would say, without making it."""
    if isinstance(parts, Period):
        return parts.may_cover(day)
    if day < _read_from(parts[_FROM]).earliest:
        return False
    until = _read_until(parts[_UNTIL])
    return until is None or day < until.latest


def standing_of(parts: tuple[bytes, ...], day: int) -> bool | None:
    """Whether a period surely covers a day, by its ordinal; None: it surely does not.

    As the period's own `surely_covers` and `may_cover` say.
    """
    begins, ends = _begins(parts[_FROM]), _ends(parts[_UNTIL])
    if not begins[0] <= day < ends[1]:
        return None
    return begins[1] <= day < ends[0]


def line_of(parts: tuple[bytes, ...]) -> Line:
    """Return the line that a period is on."""
    line: Line = READ[_LINE](parts[_LINE])
    return line


def hands_over(parts: tuple[bytes, ...]) -> bool:
    """Whether the child may be handed to the holder of a period."""
    return READ[_HAND_OVER](parts[_HAND_OVER]) is HandOver.YES


@lru_cache(CACHED_VALUES)
def _begins(content: bytes) -> tuple[int, int]:
    """Return the ordinals of the first days that a beginning can mean."""
    first: PartialDate = _read_from(content)
    return first.earliest.toordinal(), first.latest.toordinal()


@lru_cache(CACHED_VALUES)
def _ends(content: bytes) -> tuple[int, int]:
    """Return the same of an end; of none, a day after every day."""
    until: PartialDate | None = _read_until(content)
    if until is None:
        return _NEVER, _NEVER
    return until.earliest.toordinal(), until.latest.toordinal()


def barred_by(parts: Parts) -> Holder | None:
    """Return who the period says is disqualified; None where it is another line's."""
    if isinstance(parts, Period):
        return parts.holder if parts.line is Line.BAR else None
    holder: Holder | None = None
    if parts[_LINE] == _BAR:
        holder = _read_holder(parts[_HOLDER])
    return holder


def held_by(parts: Parts) -> Holder | None:
    """Return whose period it is, on whichever line; None of a gap."""
    if isinstance(parts, Period):
        return parts.holder
    held: Holder | None = _read_holder(parts[_HOLDER])
    return held


def may_have_bars(body: bytes) -> bool:
    """Whether a difference may assert a bar: false where no byte is a bar's line."""
    return _BAR in body


def write_period(parts: Parts) -> bytes:
    """Return a period's canonical bytes."""
    if not isinstance(parts, Period):
        return b"".join(parts)
    alone = TimelineChanged(
        rules=0, cause=Cause.ACT, act=None, withdrawn=(), asserted=(parts,)
    )
    return EVENTS.encode(alone)[1][len(_ALONE) : -1]


def read_period(body: bytes) -> Period:
    """Return the period of its bytes.

    Raises BodyUndecodableError where they are not a period's canonical ones.
    """
    (asserted,) = split(_ALONE + body + b"\x00").asserted
    return period_of(asserted[1])


def _split_by_pattern(body: bytes) -> Difference | None:
    head = _HEAD.match(body)
    if head is None:
        return None
    at = head.end()
    if at >= len(body) or body[at] >= _SMALL or body[at] & 1:
        return None
    count, at = body[at] >> 1, at + 1
    asserted: list[tuple[int, Parts]] = []
    match = _PERIOD.match
    for _ in range(count):
        found = match(body, at)
        if found is None:
            return None
        at = found.end()
        parts = found.groups()
        asserted.append((_read_number(parts[_NUMBER]), parts))
    if body[at:] != (b"\x00" if count else b""):
        return None
    return Difference(_read_withdrawn(head[1]), asserted)
