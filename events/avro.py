"""The few Avro encodings that frames and records are made of, and nothing lenient.

What lives here: a `Reader` that takes exactly the bytes its counterparts below write,
and refuses every other spelling of the same value. What never does: schemas of events
and commands (`events.codec`), meaning.

Acceptance rests on these bytes for ever, so it rests on no library: readers of other
libraries accept overlong numbers, split arrays and negative indexes, each a little
differently. FORMAT.md, "Encodings", says the same in prose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

T = TypeVar("T")

MAX_VARINT_BYTES: Final = 10
"""Sixty-four bits, seven to a byte."""
MIN_LONG: Final = -(1 << 63)
MAX_LONG: Final = (1 << 63) - 1


class MalformedError(Exception):
    """Bytes that are no record or frame of this format, or not its canonical ones."""


class Reader:
    """Reads canonical Avro from the first byte to the last; every fault is one error.

    Memory is bounded by the bytes that are there: a length beyond them is refused
    before anything is allocated. Every method raises MalformedError.
    """

    __slots__ = ("_at", "_bytes")

    def __init__(self, content: bytes) -> None:
        self._bytes = content
        self._at = 0

    def long(self) -> int:
        """Read a zigzag varint of 64 bits in its shortest form."""
        content, at = self._bytes, self._at
        if at < len(content) and content[at] < 0x80:  # noqa: PLR2004  the continuation bit
            self._at = at + 1
            first = content[at]
            return (first >> 1) ^ -(first & 1)
        value = 0
        for index, byte in enumerate(content[at : at + MAX_VARINT_BYTES]):
            value |= (byte & 0x7F) << (7 * index)
            if byte < 0x80:  # noqa: PLR2004  the continuation bit
                if byte == 0 or value >> 64:
                    break
                self._at = at + index + 1
                return (value >> 1) ^ -(value & 1)
        message = f"no shortest number of 64 bits at byte {at}"
        raise MalformedError(message)

    def fixed(self, size: int) -> bytes:
        """Read as many bytes."""
        start = self._at
        end = start + size
        if size < 0 or end > len(self._bytes):
            message = f"no {size} bytes at byte {start}"
            raise MalformedError(message)
        self._at = end
        return self._bytes[start:end]

    def skip(self, size: int) -> None:
        """Pass over as many bytes."""
        if not 0 <= size <= len(self._bytes) - self._at:
            message = f"no {size} bytes at byte {self._at}"
            raise MalformedError(message)
        self._at += size

    def sized(self) -> bytes:
        """Read bytes with their length before them."""
        return self.fixed(self.long())

    def string(self) -> str:
        """Read UTF-8 with its length in bytes before it."""
        try:
            return self.fixed(self.long()).decode()
        except UnicodeDecodeError as error:
            message = f"no UTF-8 before byte {self._at}"
            raise MalformedError(message) from error

    def boolean(self) -> bool:
        """Read a byte that is 0 or 1."""
        byte = self.fixed(1)
        if byte not in _BOOLEANS:
            message = f"no boolean before byte {self._at}"
            raise MalformedError(message)
        return byte == _BOOLEANS[1]

    def index(self, count: int) -> int:
        """Read the number of a union's branch or an enum's symbol, below `count`."""
        value = self.long()
        if not 0 <= value < count:
            message = f"no index below {count} before byte {self._at}"
            raise MalformedError(message)
        return value

    def optional(self, read: Callable[[], T]) -> T | None:
        """Read a union of null and one other type."""
        return read() if self.index(2) else None

    def array(self, read: Callable[[], T]) -> tuple[T, ...]:
        """Read an array in one block with a positive count, or in none."""
        count = self.long()
        if count == 0:
            return ()
        # Every item takes at least a byte, so what cannot be there is not looped for.
        if not 0 < count <= len(self._bytes) - self._at:
            message = f"no {count} items at byte {self._at}"
            raise MalformedError(message)
        items = tuple([read() for _ in range(count)])
        if self.long() != 0:
            message = f"more than one block before byte {self._at}"
            raise MalformedError(message)
        return items

    def end(self) -> None:
        """Insist that nothing follows."""
        if self._at != len(self._bytes):
            message = f"bytes after the end at {self._at}"
            raise MalformedError(message)


_BOOLEANS: Final = (b"\x00", b"\x01")


def long(value: int) -> bytes:
    """Write a zigzag varint. Raises ValueError outside 64 bits."""
    if not MIN_LONG <= value <= MAX_LONG:
        message = f"{value} is no number of 64 bits"
        raise ValueError(message)
    rest = (value << 1) ^ (value >> 63)
    out = bytearray()
    while rest >= 0x80:  # noqa: PLR2004  the continuation bit
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def sized(value: bytes) -> bytes:
    """Write bytes with their length before them."""
    return long(len(value)) + value


def string(value: str) -> bytes:
    """Write UTF-8 with its length in bytes before it."""
    return sized(value.encode())


def fixed(value: bytes, size: int) -> bytes:
    """Write exactly as many bytes. Raises ValueError on others."""
    if len(value) != size:
        message = f"{len(value)} bytes where {size} belong"
        raise ValueError(message)
    return value


def boolean(value: bool) -> bytes:  # noqa: FBT001  the value itself, not a flag
    """Write a byte that is 0 or 1."""
    return _BOOLEANS[value]


def optional(value: bytes | None) -> bytes:
    """Write a union of null and one other type, that one already written."""
    return b"\x00" if value is None else b"\x02" + value


def array(items: Iterable[bytes]) -> bytes:
    """Write items, each already written, as one block, or as none."""
    written = list(items)
    if not written:
        return b"\x00"
    return b"".join((long(len(written)), *written, b"\x00"))
