"""Records of one layout: where each field lies, learned from one and found in others.

What lives here: `Layouts`, which learns the layout of a record that was opened, and
finds it in others; `Form`, what is the same in all bodies of one layout. What never
does: the last word. A record of no known layout, and one with a text that is no date
where a date stands, is opened field by field by `projections.opened`.

A layout is a mask and a pattern over the whole record (`events.masked`). Every bit is
kept of marks, lengths, counts, branches, symbols, booleans and fingerprints; none of
texts outside of bodies, since the records were accepted. So a record that agrees under
the mask has its fields where they lay in the first, and its bodies are the canonical
ones of their types.
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
)
from events.masked import MAX_KNOWN, Known, Walk, readable

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
        if not readable(record, self.texts):
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


class Layouts(Known[Layout]):
    """The layouts learned so far, by the size of the records that have them."""

    def __init__(self) -> None:
        super().__init__()
        self._met: set[int] = set()
        self._forms: dict[tuple[bytes, int, int], Form] = {}

    def meet(self, record: bytes, events: Sequence[Any]) -> None:
        """Keep the layout of a record whose events are these, all with their bodies.

        From the second of a size on: what never comes again is not worth it.
        """
        size = len(record)
        if size not in self._met:
            self._met.add(size)
            return
        if self.count >= MAX_KNOWN or len(self._forms) >= MAX_FORMS:
            return
        layout = _Walk(record, self._forms).layout(events)
        if layout is not None:
            self.keep(size, layout)


class _Walk(Walk):
    """Walks a record, and remembers where its bodies' texts and dates lie."""

    def __init__(
        self, record: bytes, forms: dict[tuple[bytes, int, int], Form]
    ) -> None:
        super().__init__(record)
        self.dates: list[slice] = []
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
        return Layout(
            *self.masked(),
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
        fingerprint = self.content[self.at : self.at + FINGERPRINT_BYTES]
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
        key = (fingerprint, *self.masked(body))
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = Form(opened.event(), self.places)
        return Part(stream, version, fingerprint, child, body, form)

    def text_at(self, path: Path, *, date: bool) -> None:
        """Pass a text of a body, and keep where it is."""
        found = self.text()
        if date:
            self.dates.append(found)
        self.places[path] = slice(found.start - self._start, found.stop - self._start)


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
            return lambda walk, path: walk.text_at(path, date=date)
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
