"""An answer about custody in the contract's bytes, from the bytes that were recorded.

What lives here: `custody_wire`. What never does: a spelling of its own; what each part
of a period becomes is asked of `translate`, once for each value, and remembered. That
takes a fifth of the time of a period and its message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from typing import Final

from childregistry.v1 import custody_service_pb2 as pb
from childregistry.v1 import types_pb2
from events.timeline import Period
from projections.periods import FIELDS, READ
from projections.recognise import CACHED_VALUES, ID_BYTES
from projections.standing import Bytes, Standing
from registry.services.translate import number_of, put_field

Wire = Callable[[bytes], bytes]

_LENGTH_DELIMITED: Final = 2
_MORE: Final = 0x80
_NUMBERS: Final = {f.name: f.number for f in types_pb2.Period.DESCRIPTOR.fields}
_TAGS: Final = {
    f.name: bytes([f.number << 3 | _LENGTH_DELIMITED])
    for f in (*pb.Custody.DESCRIPTOR.fields, *pb.GetCustodyResponse.DESCRIPTOR.fields)
}
_ID_HEAD: Final = 3
"""Bytes before a holder's id: that there is one, its kind, the id's length."""
_ID_LENGTH: Final = bytes([ID_BYTES << 1])


def response_wire(child: str, day: date, found: Standing, state: pb.ReadState) -> bytes:
    """Return a GetCustodyResponse of what stands, as bytes."""
    head = pb.Custody(child=child, date=day.isoformat(), status=number_of(found.status))
    custody = [head.SerializeToString()]
    # A holder is field 4 of a period and of the answer: its bytes are the same.
    custody += [_holder(parts[_HOLDER]) for parts in found.hand_over_to]
    custody += _periods(_TAGS["certain"], found.certain)
    custody += _periods(_TAGS["possible"], found.possible)
    said = b"".join(custody)
    rest = pb.GetCustodyResponse(read_state=state).SerializeToString()
    return _TAGS["custody"] + _varint(len(said)) + said + rest


def _periods(tag: bytes, periods: Iterable[Bytes]) -> Iterable[bytes]:
    for parts in periods:
        said = b"".join([wire(parts[at]) for at, wire in _WIRES])
        yield tag
        yield _varint(len(said))
        yield said


@lru_cache(1 << 14)
def _varint(number: int) -> bytes:
    said = bytearray()
    while number >= _MORE:
        said.append(number & (_MORE - 1) | _MORE)
        number >>= 7
    said.append(number)
    return bytes(said)


def _wire(place: int) -> Wire:
    """Return how a part becomes its field's bytes; a message may be said in pieces."""
    name, read = FIELDS[place], READ[place]

    @lru_cache(CACHED_VALUES)
    def wire(content: bytes) -> bytes:
        message = types_pb2.Period()
        put_field(message, Period, name, read(content))
        return message.SerializeToString()

    return wire


def _holder(content: bytes) -> bytes:
    """Return the bytes of a holder: ids do not repeat, what stands before them does."""
    if len(content) == _ID_HEAD + ID_BYTES and content[2:3] == _ID_LENGTH:
        return _before_id(content[:_ID_HEAD]) + content[_ID_HEAD:]
    return _whole_holder(content)


@lru_cache(None)
def _before_id(head: bytes) -> bytes:
    return _whole_holder(head + b"0" * ID_BYTES)[:-ID_BYTES]


_HOLDER: Final = FIELDS.index("holder")
_whole_holder: Final = _wire(_HOLDER)
_WIRES: Final[list[tuple[int, Wire]]] = [
    (place, _holder if place == _HOLDER else _wire(place))
    for place in sorted(
        range(len(FIELDS)), key=lambda place: _NUMBERS[FIELDS[place].rstrip("_")]
    )
]
"""How each part is said, in the order of the contract's fields."""
