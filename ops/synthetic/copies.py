"""The bytes of told lives under other ids: records by the thousand.

What lives here: `Cast`, one told act as bytes with holes where copies differ. What
never does: decisions. Deciders compare ids and never read them, so what they said of
one child they say of any other with the same days; a test decides every copied entry
anew and finds it the same.

Ids, salts, digests and the time keep their length, so nothing else of a record moves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import chain
from typing import Final, NamedTuple

from events import avro
from events.draft import Draft, write
from events.entry import Authentication, AuthenticationKind, decode_record
from events.frame import SALT_BYTES
from ops.synthetic.lives import Act
from registry.wire import CODEC

_PARENT: Final = sha256(b"the parent of a cast").digest()
_TIME: Final = 1_600_000_000_123_457
"""Any time whose bytes are as many as those of the years of a synthetic log: eight."""
_REQUEST: Final = "00000000-0000-4000-8000-0000000000ff"


class Mould:
    """Bytes with holes, each filled with bytes of the same length."""

    __slots__ = ("_holes", "_parts")

    def __init__(self, content: bytes, marks: Mapping[bytes, int]) -> None:
        """Cut out what differs between copies: `marks` says what fills each hole.

        No mark stands within another: ids and digests are of the same lengths.
        """
        found = sorted((at, mark) for mark in marks for at in _places(content, mark))
        self._parts, self._holes, end = list[bytes](), list[tuple[int, int]](), 0
        for at, mark in found:
            self._parts += (content[end:at], mark)
            self._holes.append((len(self._parts) - 1, marks[mark]))
            end = at + len(mark)
        self._parts.append(content[end:])

    def fill(self, values: Sequence[bytes]) -> bytes:
        """Return the bytes with each hole filled."""
        parts = self._parts[:]
        for at, number in self._holes:
            parts[at] = values[number]
        return b"".join(parts)


def _places(content: bytes, mark: bytes) -> Iterator[int]:
    at = content.find(mark)
    while at >= 0:
        yield at
        at = content.find(mark, at + len(mark))


class Made(NamedTuple):
    """A record and the hash that it has as an entry."""

    record: bytes
    hash: bytes


class Cast:
    """One act of a told life, to be copied under other ids.

    `ids` are the ids of the life; `used` says which of them the act names, and a copy
    gives as many, in the same order.
    """

    def __init__(self, act: Act, ids: Sequence[str], registry: str, node: str) -> None:
        self.day = act.day
        self.events = len(act.events)
        self.salt_bytes = SALT_BYTES * (self.events + 1)
        salts = iter(
            sha256(bytes([n])).digest()[:SALT_BYTES] for n in range(self.events + 1)
        )
        draft = Draft(
            registry=registry,
            authority=act.authority,
            request_id=_REQUEST,
            request=act.command,
            authentication=Authentication(
                kind=AuthenticationKind.CLAIMED, fingerprint=None
            ),
            provenance=act.provenance,
            writer=node,
            cause="synthetic",
            events=act.events,
        )
        # A draft's salts come in the order of its bodies: the request's is the first.
        made = write(draft, _PARENT, _TIME, lambda: next(salts), CODEC)
        record = decode_record(made.record)
        assert record.request is not None  # noqa: S101  it was written just now
        bodies = [record.request, *(b for b in record.bodies if b is not None)]
        self.used = [n for n, one in enumerate(ids) if one.encode() in made.record]
        marks = {ids[n].encode(): number for number, n in enumerate(self.used)}
        self._contents = [Mould(body.content, marks) for body in bodies]
        first = len(marks)
        marks |= {body.digest: first + n for n, body in enumerate(bodies)}
        first = len(marks)
        marks |= {
            _REQUEST.encode(): first,
            _PARENT: first + 1,
            avro.long(_TIME): first + 2,
        }
        self._frame = Mould(record.frame, marks)
        # The whole parts of a record: nothing else in it differs.
        parts = [record.frame, *(p for b in bodies for p in (b.salt, b.content))]
        self._between = _between(made.record, parts)

    def copy(
        self,
        ids: Sequence[bytes],
        request: bytes,
        salts: bytes,
        previous: bytes,
        recorded_at: int,
    ) -> Made:
        """Return the record of the same act of another life, upon a parent's hash.

        `salts` has `salt_bytes` bytes; `request` is the id of the submission.
        """
        values = [*ids]
        bodies = [mould.fill(values) for mould in self._contents]
        own = [
            salts[at : at + SALT_BYTES] for at in range(0, self.salt_bytes, SALT_BYTES)
        ]
        values += [sha256(salt + body).digest() for salt, body in zip(own, bodies)]  # noqa: B905  as many, and this is the inner loop
        values += (request, previous, eight_bytes(recorded_at))
        frame = self._frame.fill(values)
        parts = self._between[:]
        parts[1::2] = [frame, *chain.from_iterable(zip(own, bodies))]  # noqa: B905  likewise
        return Made(b"".join(parts), sha256(frame).digest())


def eight_bytes(time: int) -> bytes:
    """Return the zigzag varint of a time that takes eight bytes: bits by sevens."""
    bits = time << 1
    bits = bits & 0x000000000FFFFFFF | (bits & 0x00FFFFFFF0000000) << 4
    bits = bits & 0x00003FFF00003FFF | (bits & 0x0FFFC0000FFFC000) << 2
    bits = bits & 0x007F007F007F007F | (bits & 0x3F803F803F803F80) << 1
    return (bits | 0x0080808080808080).to_bytes(8, "little")


def _between(whole: bytes, parts: Sequence[bytes]) -> list[bytes]:
    """Return what stands before, between and after parts; a hole after each but it."""
    found, at = list[bytes](), 0
    for part in parts:
        begins = whole.index(part, at)
        found += (whole[at:begins], b"")
        at = begins + len(part)
    return [*found, whole[at:]]
