"""Records of one layout: where each field lies, learned from one and found in others.

What lives here: `Layouts`, which learns the layout of a record that was opened, and
finds it in others; `Form`, what is the same in all bodies of one layout. What never
does: the last word. A record of no known layout, and one with a text that is no date
where a date stands, is opened field by field by `projections.opened`.

A layout is a mask and a pattern over the whole record. The mask keeps every bit of what
decides how bytes are read (marks, lengths, counts, branches, symbols, booleans,
fingerprints); of a body's ASCII text, and of numbers, the top bit; of what else stands
there no bit. So a record that agrees under the mask has its fields where they lay in
the first, and its bodies are the canonical ones of their types.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, NamedTuple, get_args, get_type_hints

from events.codec import EVENT_CLASSES, EVENTS
from events.dates import PartialDate
from events.frame import (
    FINGERPRINT_BYTES,
    FRAME_MARK,
    HASH_BYTES,
    RECORD_MARK,
    SALT_BYTES,
    length_at,
)

MAX_LAYOUTS: Final = 4_096
"""Kept at once, some kilobytes each; a log has some for each kind of act and office."""
MAX_OF_ONE_SIZE: Final = 64
"""Compared one after the other, a tenth of a microsecond each."""
MAX_FORMS: Final = 16_384
"""Kept at once; what a fold knows of a form is kept as long."""

Path = tuple[str | int, ...]
"""The way to a value in an event: attributes, and places in arrays."""


class Form:
    """What all bodies of one layout have in common, and where they differ.

    `event` is one of them: of its type, symbols, what is absent and how many there are
    is the same in all. `places` are the bytes of the texts, by their paths.
    """

    __slots__ = ("event", "places")

    def __init__(self, event: Any, places: dict[Path, slice]) -> None:  # noqa: ANN401  any event
        self.event = event
        self.places = places


class Part(NamedTuple):
    """Where an event's header and body lie in the records of a layout."""

    stream: slice
    version: slice
    fingerprint: bytes
    child: slice | None
    body: slice
    form: Form


class Layout(NamedTuple):
    """The records that agree with a pattern under a mask, and their parts."""

    mask: int
    pattern: int
    parts: tuple[Part, ...]
    dates: Callable[[bytes], tuple[bytes, ...]]
    texts: tuple[slice, ...]

    def fits(self, record: bytes) -> bool:
        """Whether what the mask cannot tell is so: dates are dates, texts are texts."""
        try:
            for text in self.texts:
                record[text].decode()
        except UnicodeDecodeError:
            return False
        found = self.dates(record)
        return _DATES.issuperset(found) or all(map(_is_date, found))


_DATES: Final[set[bytes]] = set()
"""Texts that are dates; of three lengths and three centuries, so they have an end."""


def _is_date(text: bytes) -> bool:
    try:
        PartialDate(text.decode())
    except ValueError:
        return False
    _DATES.add(text)
    return True


class Layouts:
    """The layouts learned so far, by the size of the records that have them.

    For several threads: one that loses what another learned learns it again.
    """

    def __init__(self) -> None:
        self._by_size: dict[int, list[Layout]] = {}
        self._met: set[int] = set()
        self._forms: dict[tuple[bytes, int, int], Form] = {}
        self._count = 0

    def find(self, record: bytes) -> Layout | None:
        """Return the layout of a record, None where none is known."""
        known = self._by_size.get(len(record))
        if known is None:
            return None
        number = int.from_bytes(record, "little")
        for at, layout in enumerate(known):
            if number & layout.mask == layout.pattern:
                if at:  # what is met often comes to the front
                    known[at - 1], known[at] = layout, known[at - 1]
                return layout
        return None

    def meet(self, record: bytes, events: Sequence[Any]) -> None:
        """Keep the layout of a record whose events are these, all with their bodies.

        From the second of a size on: what never comes again is not worth it.
        """
        size = len(record)
        if size not in self._met:
            self._met.add(size)
            return
        known = self._by_size.setdefault(size, [])
        if self._count >= MAX_LAYOUTS or len(self._forms) >= MAX_FORMS:
            return
        layout = _Walk(record, self._forms).layout(events)
        if layout is None:
            return
        if len(known) == MAX_OF_ONE_SIZE:
            known.pop()
            self._count -= 1
        known.append(layout)
        self._count += 1


class _Walk:
    """Walks a record and loosens the mask where bytes are free."""

    def __init__(
        self, record: bytes, forms: dict[tuple[bytes, int, int], Form]
    ) -> None:
        self.record = record
        self.at = 0
        self.mask = bytearray(b"\xff" * len(record))
        self.dates: list[slice] = []
        self.texts: list[slice] = []
        self.places: dict[Path, slice] = {}
        self._start = 0
        self._forms = forms

    def layout(self, events: Sequence[Any]) -> Layout | None:
        """Return the layout; None where not every record of it would be read alike."""
        self.at = len(RECORD_MARK)
        self.length()
        heads = self._frame()
        if heads is None or len(heads) != len(events):
            return None
        if self.length():  # the submission
            self.free(SALT_BYTES)
            self.free(self.length())
        self.length()
        parts = [self._part(*head) for head in zip(heads, events, strict=True)]
        mask = int.from_bytes(self.mask, "little")
        return Layout(
            mask,
            int.from_bytes(self.record, "little") & mask,
            tuple(parts),
            _taking(self.dates),
            tuple(self.texts),
        )

    def _frame(self) -> list[tuple[slice, slice, bytes, slice | None]] | None:
        self.at += len(FRAME_MARK)
        self.free(self.length())  # registry
        self.free(HASH_BYTES)  # previous
        self.free(self.length())  # authority
        self.free(self.length())  # request_id
        self.free(FINGERPRINT_BYTES + HASH_BYTES)  # the request's
        self.length()  # how the submitter was known
        if self.length():
            self.free(HASH_BYTES)
        if self.length():  # attestations are rare
            return None
        self.number()  # recorded_at
        self.length()  # provenance
        self.free(self.length())  # writer
        self.free(self.length())  # cause
        heads = [self._head() for _ in range(self.length())]
        if heads:
            self.length()
        return heads

    def _head(self) -> tuple[slice, slice, bytes, slice | None]:
        stream = self.free(self.length())
        version = self.number()
        self.free(self.length())  # type
        fingerprint = self.record[self.at : self.at + FINGERPRINT_BYTES]
        self.at += FINGERPRINT_BYTES
        child = self.free(self.length()) if self.length() else None
        if self.length():
            self.free(self.length())  # jurisdiction
        self.at += 1  # urgent
        self.free(HASH_BYTES)
        return stream, version, fingerprint, child

    def _part(
        self,
        head: tuple[slice, slice, bytes, slice | None],
        opened: Any,  # noqa: ANN401  `projections.opened` has its type
    ) -> Part:
        stream, version, fingerprint, child = head
        self.length()  # it is there
        self.free(SALT_BYTES)
        size = self.length()
        body = slice(self.at, self.at + size)
        self._start, self.places = self.at, {}
        _walker(fingerprint)(self, ())
        assert self.at == body.stop  # noqa: S101  its bytes are canonical
        mask = int.from_bytes(self.mask[body], "little")
        pattern = int.from_bytes(self.record[body], "little") & mask
        key = (fingerprint, mask, pattern)
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = Form(opened.event(), self.places)
        return Part(stream, version, fingerprint, child, body, form)

    def length(self) -> int:
        """Pass a number that decides how what follows is read."""
        value, self.at = length_at(self.record, self.at)
        return value

    def free(self, size: int) -> slice:
        """Pass bytes that may be any others."""
        return self._loosened(size, b"\x00")

    def number(self) -> slice:
        """Pass a number that may be any other as long, in its shortest form."""
        start = self.at
        self.length()
        size, self.at = self.at - start, start
        found = self._loosened(size, b"\x80")
        if size > 1:  # or the last byte might be nought, and the form a longer one
            self.mask[found.stop - 1] = 0xFF
        return found

    def text(self, path: Path, *, date: bool) -> None:
        """Pass a text of a body, and keep where it is."""
        size = self.length()
        ascii_ = self.record[self.at : self.at + size].isascii()
        found = self._loosened(size, b"\x80" if ascii_ else b"\x00")
        if date:
            self.dates.append(found)
        elif not ascii_:
            self.texts.append(found)
        self.places[path] = slice(found.start - self._start, found.stop - self._start)

    def _loosened(self, size: int, kept: bytes) -> slice:
        found = slice(self.at, self.at + size)
        self.mask[found] = kept * size
        self.at = found.stop
        return found


def _taking(places: list[slice]) -> Callable[[bytes], tuple[bytes, ...]]:
    """Return what takes the bytes of some places, however many they are."""
    if len(places) > 1:
        return itemgetter(*places)
    if places:
        one = places[0]
        return lambda record: (record[one],)
    return lambda _record: ()


_Step = Callable[[_Walk, Path], Any]


@lru_cache(None)
def _walker(fingerprint: bytes) -> _Step:
    """Return what walks the canonical bodies of an event type."""
    schema = json.loads(EVENTS.texts[fingerprint])
    return _step(schema, {c.__name__: c for c in EVENT_CLASSES}[schema["name"]], {})


def _step(  # noqa: PLR0911  one return per kind of schema
    schema: Any,  # noqa: ANN401  parsed JSON
    kind: Any,  # noqa: ANN401  a type
    named: dict[str, Any],
) -> _Step:
    if isinstance(schema, str):
        schema = named.get(schema, schema)
    elif isinstance(schema, dict) and "name" in schema:
        named[f"{schema['namespace']}.{schema['name']}"] = schema
    match schema:
        case ["null", other]:
            (inner,) = (o for o in get_args(kind) if o is not types.NoneType)
            step = _step(other, inner, named)
            return lambda walk, path: walk.length() and step(walk, path)
        case {"type": "record", "fields": fields}:
            return _record(fields, kind, named)
        case {"type": "enum"}:
            return lambda walk, _path: walk.length()
        case {"type": "array", "items": items}:
            return _array(_step(items, get_args(kind)[0], named))
        case "string":
            date = kind is PartialDate
            return lambda walk, path: walk.text(path, date=date)
        case "long":
            return lambda walk, _path: walk.number()
        case "boolean":
            return lambda walk, _path: walk.length()
        case "bytes":
            return lambda walk, _path: walk.free(walk.length())
    message = f"no walk for {schema}"
    raise TypeError(message)


def _record(fields: list[Any], kind: type, named: dict[str, Any]) -> _Step:
    hints = get_type_hints(kind)
    steps: list[tuple[str, _Step]] = []
    for field in fields:
        name = field["name"] if field["name"] in hints else f"{field['name']}_"
        steps.append((name, _step(field["type"], hints[name], named)))

    def walk_fields(walk: _Walk, path: Path) -> None:
        for name, step in steps:
            step(walk, (*path, name))

    return walk_fields


def _array(step: _Step) -> _Step:
    def walk_items(walk: _Walk, path: Path) -> None:
        count = walk.length()
        for place in range(count):
            step(walk, (*path, place))
        if count:
            walk.length()

    return walk_items
