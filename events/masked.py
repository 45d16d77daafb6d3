"""Bytes of one layout, known by a mask: what is the same in all of them, and where.

What lives here: `Known`, which finds the layout of bytes among those met before;
`Walk`, which passes the parts of canonical bytes and loosens a mask where they may be
others. What never does: what a layout is good for (`events.shapes` judges records by
it, `projections.forms` opens them).

The mask keeps every bit of what decides how bytes are read; of ASCII text the top bit,
so that it is that; of all bytes of a number but the last of several the top bit, so
that it is as long and in its shortest form; of what may be anything no bit. Text that
is not ASCII is read each time: it must be UTF-8.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Generic, Protocol, TypeVar

from events.frame import length_at

MAX_KNOWN: Final = 4_096
"""Kept at once, some kilobytes each; a log has some for each kind of act and office."""
MAX_OF_ONE_SIZE: Final = 64
"""Compared one after the other, a twentieth of a microsecond each."""


class Masked(Protocol):
    """What bytes of a layout agree with, and under which bits."""

    @property
    def mask(self) -> int:
        """The bits that are the same in all."""
        ...

    @property
    def pattern(self) -> int:
        """What these bits are."""
        ...


Layout = TypeVar("Layout", bound=Masked)


class Known(Generic[Layout]):
    """Layouts by the size of the bytes that have them.

    For several threads: one that loses what another learned learns it again.
    """

    def __init__(self) -> None:
        self._by_size: dict[int, list[Layout]] = {}
        self.count = 0

    def find(self, content: bytes) -> Layout | None:
        """Return the layout of bytes, None where none is known."""
        found = self.run((content,))
        return found[0] if found else None

    def run(self, contents: Iterable[bytes]) -> list[Layout]:
        """Return the layouts of contents, up to the first of no known layout."""
        found, by_size, from_bytes = list[Layout](), self._by_size, int.from_bytes
        for content in contents:
            known = by_size.get(len(content))
            if not known:
                break
            number = from_bytes(content, "little")
            layout = known[0]
            if number & layout.mask != layout.pattern:
                other = _among(known, number)
                if other is None:
                    break
                layout = other
            found.append(layout)
        return found

    def keep(self, size: int, layout: Layout) -> None:
        """Remember a layout of bytes of a size; the rarest of many gives way."""
        known = self._by_size.setdefault(size, [])
        if len(known) == MAX_OF_ONE_SIZE:
            known.pop()
            self.count -= 1
        known.append(layout)
        self.count += 1


def _among(known: list[Layout], number: int) -> Layout | None:
    """Return a layout that is not the first; met often it comes to the front."""
    for at, layout in enumerate(known):
        if number & layout.mask == layout.pattern:
            known[at - 1], known[at] = layout, known[at - 1]
            return layout
    return None


class Walk:
    """Walks canonical bytes and loosens the mask where they are free."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0
        self.mask = bytearray(b"\xff" * len(content))
        self.texts: list[slice] = []
        """Those that are not ASCII."""

    def masked(self, part: slice = slice(None)) -> tuple[int, int]:
        """Return mask and pattern, of a part where one is given."""
        mask = int.from_bytes(self.mask[part], "little")
        return mask, int.from_bytes(self.content[part], "little") & mask

    def length(self) -> int:
        """Pass a number that decides how what follows is read."""
        value, self.at = length_at(self.content, self.at)
        return value

    def skip(self, size: int) -> None:
        """Pass bytes that stay as they are."""
        self.at += size

    def free(self, size: int) -> slice:
        """Pass bytes that may be any others."""
        return self._loosened(size, b"\x00")

    def text(self) -> slice:
        """Pass a text that may be any other as long."""
        size = self.length()
        if self.content[self.at : self.at + size].isascii():
            return self._loosened(size, b"\x80")
        self.texts.append(slice(self.at, self.at + size))
        return self.free(size)

    def number(self) -> slice:
        """Pass a number that may be any other as long, in its shortest form."""
        start = self.at
        self.length()
        size, self.at = self.at - start, start
        found = self._loosened(size, b"\x80")
        if size > 1:
            # Of several bytes the last stays: with another the number might not be in
            # its shortest form, or not within 64 bits.
            self.mask[found.stop - 1] = 0xFF
        return found

    def _loosened(self, size: int, kept: bytes) -> slice:
        found = slice(self.at, self.at + size)
        self.mask[found] = kept * size
        self.at = found.stop
        return found


def readable(content: bytes, texts: Iterable[slice]) -> bool:
    """Whether what stands at these places is UTF-8."""
    try:
        for text in texts:
            content[text].decode()
    except UnicodeDecodeError:
        return False
    return True
