"""The published topic: what each of its records says, and why a reader misses none.

What lives here: the rule of a topic, its numbers and chains, the headers of its
records; all of it a pure function of accepted entries. What never does: Kafka, clocks.

The topic is derived from the log and can be made again from it. Each event that its
rule takes is one record, in the partition of its key: the child it concerns, else its
stream. Headers are CloudEvents 1.0 in binary mode, the value is the body's Avro.
In each partition events are numbered 1, 2, 3 … and chained, with ‖ for bytes put
together and numbers as 8 bytes, big-endian:

    link 0 = SHA-256("childregistry/published/1" ‖ 0x00 ‖ opening ‖ 0x00 ‖ partition)
    link n = SHA-256(link n-1 ‖ n ‖ position ‖ index ‖ frame's hash ‖ body's digest)

The first record of each partition is its opening: number 0, its value the rule as text,
with the registry and the count of partitions, which are so for ever. A checkpoint says
that nothing more comes up to a position; it has the number and link of the event before
it. A record whose number was seen is a duplicate, byte for byte the same; one whose
number is not the next is a gap. The body's digest is SHA-256(salt ‖ Avro), so the chain
also covers what is inside; and the frame's hash leads to receipts and proofs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from events.entry import Entry
from events.frame import Body, EventHeader
from events.published_rule import PublishedFormError, Rule, Wire

LABEL: Final = b"childregistry/published/1"
LAST_INDEX: Final = 2**31 - 1
"""Above every event of an entry: all of it is passed."""
EVENT_TYPE: Final = "childregistry.event."
"""Before the name of an event in `ce_type`: the namespace of its schema."""
OPENED: Final = "childregistry.topic.opened"
CHECKPOINT: Final = "childregistry.topic.checkpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far a partition is: all up to an event of an entry, `number` of it here."""

    position: int
    index: int
    number: int
    link: bytes

    def at(self, entry: Entry, index: int, digest: bytes) -> Mark:
        """Return the mark once an event of an entry is taken."""
        number = self.number + 1
        numbers = b"".join(map(_eight, (number, entry.position, index)))
        link = hashlib.sha256(self.link + numbers + entry.hash + digest).digest()
        return Mark(position=entry.position, index=index, number=number, link=link)

    def over(self, position: int) -> Mark:
        """Return the mark once nothing more came up to a position."""
        return Mark(
            position=position, index=LAST_INDEX, number=self.number, link=self.link
        )

    def passed(self, position: int, index: int) -> bool:
        """Whether an event of an entry is not above the mark."""
        return (position, index) <= (self.position, self.index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One record of the topic, and the mark that its partition has with it."""

    partition: int
    key: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    value: bytes
    mark: Mark

    @property
    def size(self) -> int:
        """About how many bytes it has in a batch."""
        headers = sum(len(name) + len(value) + 4 for name, value in self.headers)
        return headers + len(self.value) + len(self.key or b"") + 32


def opening(rule: Rule, partition: int) -> Message:
    """Return the first record of a partition."""
    content = rule.text.encode()
    link = hashlib.sha256(LABEL + b"\0" + content + b"\0" + _eight(partition)).digest()
    mark = Mark(position=0, index=LAST_INDEX, number=0, link=link)
    more = {"content-type": "text/plain; charset=utf-8"}
    return _message(rule, partition, mark, OPENED, content=content, more=more)


def checkpoint(rule: Rule, partition: int, before: Mark, entry: Entry) -> Message:
    """Return the record that says: nothing more in this partition up to an entry."""
    mark = before.over(entry.position)
    more = {"ce_time": _time(entry), "ce_hash": entry.hash.hex()}
    return _message(rule, partition, mark, CHECKPOINT, more=more)


def messages(
    rule: Rule, marks: Sequence[Mark], entry: Entry, ids: Mapping[bytes, int]
) -> Iterator[Message]:
    """Give the records of an entry that are above the marks of their partitions.

    `ids` are those of a schema registry, by fingerprint: KeyError where one is missing.
    """
    chosen = [
        (index, header, body)
        for index, (header, body) in enumerate(
            zip(entry.frame.events, entry.record.bodies, strict=True)
        )
        if rule.takes(header)
    ]
    current = list(marks)
    for index, header, body in chosen:
        key = (header.concerns or header.stream).encode()
        partition = partition_of(key, rule.partitions)
        before = current[partition]
        if before.passed(entry.position, index):
            continue
        assert body is not None  # noqa: S101  an accepted entry has all its bodies
        current[partition] = before.at(entry, index, header.digest)
        more = _event(entry, index, header, body, len(chosen))
        yield _message(
            rule,
            partition,
            current[partition],
            EVENT_TYPE + header.type,
            key=key,
            content=_framed(rule, header, body, ids),
            more=more,
        )


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition of a key: what Kafka's own clients choose by default.

    Source: MurmurHash2, 32 bits, as org.apache.kafka.common.utils.Utils has it.
    """
    word, factor = 0xFFFFFFFF, 0x5BD1E995
    state = 0x9747B28C ^ len(key)
    whole = len(key) & ~3
    for start in range(0, whole, 4):
        mixed = int.from_bytes(key[start : start + 4], "little") * factor & word
        mixed = (mixed ^ mixed >> 24) * factor & word
        state = state * factor & word ^ mixed
    if key[whole:]:
        state = (state ^ int.from_bytes(key[whole:], "little")) * factor & word
    state = (state ^ state >> 13) * factor & word
    return ((state ^ state >> 15) & 0x7FFFFFFF) % partitions


def mark_of(headers: Mapping[str, bytes]) -> Mark:
    """Return the mark that a record's headers say. Raises PublishedFormError."""
    try:
        named = {name: value.decode() for name, value in headers.items()}
        whole = named["ce_type"] in {OPENED, CHECKPOINT}
        return Mark(
            position=int(named["ce_position"]),
            index=LAST_INDEX if whole else int(named["ce_index"]),
            number=int(named["ce_number"]),
            link=bytes.fromhex(named["ce_link"]),
        )
    except (KeyError, ValueError) as error:
        message = f"no record of a published topic: {error!r}"
        raise PublishedFormError(message) from error


def _message(  # noqa: PLR0913  a record has so many parts
    rule: Rule,
    partition: int,
    mark: Mark,
    type_: str,
    *,
    key: bytes | None = None,
    content: bytes = b"",
    more: Mapping[str, str],
) -> Message:
    named = {
        "ce_specversion": "1.0",
        "ce_id": f"{partition}-{mark.position}-{mark.index}",
        "ce_source": rule.registry,
        "ce_type": type_,
        "ce_position": str(mark.position),
        "ce_number": str(mark.number),
        "ce_link": mark.link.hex(),
        **more,
    }
    headers = tuple((name, value.encode()) for name, value in named.items())
    return Message(
        partition=partition, key=key, headers=headers, value=content, mark=mark
    )


def _event(
    entry: Entry, index: int, header: EventHeader, body: Body, count: int
) -> dict[str, str]:
    return {
        "ce_id": f"{entry.position}-{index}",
        "ce_subject": header.stream,
        "ce_time": _time(entry),
        "content-type": "application/avro",
        "ce_index": str(index),
        "ce_events": str(count),
        "ce_schema": header.fingerprint.hex(),
        "ce_hash": entry.hash.hex(),
        "ce_salt": body.salt.hex(),
    }


def _framed(
    rule: Rule, header: EventHeader, body: Body, ids: Mapping[bytes, int]
) -> bytes:
    if rule.wire is Wire.PLAIN:
        return body.content
    return b"\0" + ids[header.fingerprint].to_bytes(4, "big") + body.content


def _time(entry: Entry) -> str:
    moment = datetime.fromtimestamp(entry.frame.recorded_at / 1e6, UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _eight(number: int) -> bytes:
    return number.to_bytes(8, "big")
