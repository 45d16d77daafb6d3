"""Differences of a timeline, taken apart without being decoded; periods, read.

What lives here: `split`, from a TimelineChanged body to the bytes of its periods, and
`read_period`, from those bytes to a period. What never does: a second spelling; the
bytes of a period are those of the event, and what the patterns do not take is given to
`events.codec`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

import orjson

from events import avro
from events.codec import EVENTS, schema_text
from events.guardianship import Cause, TimelineChanged
from events.timeline import Holder, Line, Period
from projections.recognise import Shapes, field_of, values

CHANGED: Final = EVENTS.encode(
    TimelineChanged(rules=0, cause=Cause.ACT, act=None, withdrawn=(), asserted=())
)[0]
"""The fingerprint of a difference."""
PERIODS_CACHED: Final = 16_384
"""Periods kept decoded; a reader of one child asks for the same again and again."""
_SMALL: Final = 0x80
"""Below it a number stands in one byte, twice itself."""

_SCHEMA: Final = orjson.loads(schema_text("TimelineChanged"))
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
_FIELDS: Final = tuple(field_of(f["name"], Period) for f in _PERIOD_SCHEMA["fields"])
_READ: Final = tuple(values(*part, _SHAPES) for part in _PERIOD_PARTS)
_TOLD: Final = ("number", "line", "holder")
_SOME: Final = re.compile(
    b"".join(
        (b"(%b)" if name in _TOLD else b"%b") % _SHAPES.pattern(*part)
        for name, part in zip(_FIELDS, _PERIOD_PARTS, strict=True)
    ),
    re.DOTALL,
)
"""The same, capturing only what a fold asks of a period."""
_number, _line, _holder = (_READ[_FIELDS.index(name)] for name in _TOLD)
_BAR: Final = avro.long(list(Line).index(Line.BAR))[0]
"""The byte that stands after a bar's number."""
_BAR_BYTE: Final = bytes((_BAR,))
_withdrawn: Final = values(*_PARTS[-2], _SHAPES)
_ALONE: Final = EVENTS.encode(
    TimelineChanged(rules=0, cause=Cause.ACT, act=None, withdrawn=(), asserted=())
)[1][:-1] + avro.long(1)
"""The body of a difference that asserts one period, up to that period."""


Asserted = tuple[int, bytes, str | None]
"""A period as a difference asserts it: number, bytes, and its holder if a bar."""


def has_bars(body: bytes) -> bool:
    """Whether a difference may assert a bar: false where none of its bytes is one's."""
    return _BAR_BYTE in body


class Difference(NamedTuple):
    """What a difference takes away, by number, and what it puts there."""

    withdrawn: tuple[int, ...]
    asserted: list[Asserted]


def split(body: bytes) -> Difference:
    """Return the parts of a TimelineChanged body.

    Raises BodyUndecodableError where the bytes are not its canonical ones.
    """
    return _split_by_pattern(body) or _split_decoded(body)


@lru_cache(PERIODS_CACHED)
def read_period(body: bytes) -> Period:
    """Return the period of its bytes.

    Raises BodyUndecodableError where they are not a period's canonical ones.
    """
    found = _PERIOD.fullmatch(body)
    if found is None:
        event: Any = EVENTS.decode(CHANGED, _ALONE + body + b"\x00")
        period: Period = event.asserted[0]
        return period
    parts = zip(_FIELDS, _READ, found.groups(), strict=True)
    return Period(**{name: read(part) for name, read, part in parts})


def write_period(period: Period) -> bytes:
    """Return a period's canonical bytes."""
    alone = TimelineChanged(
        rules=0, cause=Cause.ACT, act=None, withdrawn=(), asserted=(period,)
    )
    return EVENTS.encode(alone)[1][len(_ALONE) : -1]


def _split_by_pattern(body: bytes) -> Difference | None:
    head = _HEAD.match(body)
    if head is None:
        return None
    at = head.end()
    if at >= len(body) or body[at] >= _SMALL or body[at] & 1:
        return None
    count, at = body[at] >> 1, at + 1
    asserted: list[Asserted] = []
    match = _SOME.match
    for _ in range(count):
        found = match(body, at)
        if found is None:
            return None
        end = found.end()
        if body[at] < _SMALL and body[at + 1] != _BAR:
            asserted.append((body[at] >> 1, body[at:end], None))
        else:
            number, line, holder = found.groups()
            barred = _barred(_line(line), _holder(holder))
            asserted.append((_number(number), body[at:end], barred))
        at = end
    if count:
        if body[at : at + 1] != b"\x00":
            return None
        at += 1
    if at != len(body):
        return None
    return Difference(_withdrawn(head[1]), asserted)


def _barred(line: Line, holder: Holder | None) -> str | None:
    return holder.id if line is Line.BAR and holder else None


def _split_decoded(body: bytes) -> Difference:
    event: Any = EVENTS.decode(CHANGED, body)
    return Difference(
        event.withdrawn,
        [
            (p.number, write_period(p), _barred(p.line, p.holder))
            for p in event.asserted
        ],
    )
