"""Records of a fetch, read without an object for each of their parts.

What lives here: `read_in_batches`, which makes a consumer of kafka-python take batches
of the ordinary kind apart in one loop; nothing else of it changes: requests, sessions,
errors, positions are its own. It then takes half the processor time, of which the most
is the network's. What never does: a second meaning of the bytes.

An ordinary batch is of format 2, not compressed, and its records have no headers.
Whatever else comes, another format, a codec, a header, a byte that does not fit, the
client reads itself, from the first record that was not ordinary on, and says what is
wrong with it: so both ways give the same records, and stop with the same error at the
same one (a test). As for the client, a batch whose checksum is wrong gives nothing,
control batches are no records, and an aborted transaction's records are: `events.kafka`
reads uncommitted.

Source: Apache Kafka, "Message Format", record batch and record of version 2.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, Final

from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.protocol.consumer import IsolationLevel

from events.topic import TopicRecord

HEADER_BYTES: Final = 61
"""Before the records of a batch."""
FORMAT: Final = 2
_MORE: Final = 0x80
"""The bit of a byte that says another byte of the number follows."""
_MOST_BITS: Final = 63


def read_in_batches(consumer: Any) -> None:  # noqa: ANN401  the client has no types
    """Make a consumer give `TopicRecord`s from now on, as fast as they can be read.

    It must read uncommitted and have no deserializers.
    """
    fetcher = consumer._fetcher  # noqa: SLF001  nowhere else
    assert fetcher._isolation_level == IsolationLevel.READ_UNCOMMITTED  # noqa: S101, SLF001  likewise
    fetcher.PartitionRecords = _Batches


def record_of(found: Any) -> TopicRecord:  # noqa: ANN401  the client has no types
    """Return a record that the client gives, whichever way it was read."""
    if type(found) is TopicRecord:
        return found
    return TopicRecord(
        offset=found.offset,
        leader_epoch=found.leader_epoch,
        appended_ms=found.timestamp,
        content=found.value or b"",
    )


class _Batches(Fetcher.PartitionRecords):  # type: ignore[misc]
    """One answer's records, as the client hands them out: its own class but for this.

    The client keeps the position by `next_fetch_offset`, record by record, since it may
    stop after any.
    """

    def _unpack_records(
        self,
        partition: Any,  # noqa: ANN401  as the client calls it
        records: Any,  # noqa: ANN401  likewise
        *_deserializers: None,
    ) -> Iterator[TopicRecord]:
        last = None
        while (batch := records.next_batch()) is not None:
            last = batch
            if self.check_crcs and not batch.validate_crc():
                message = f"{partition}: checksum of the batch at {batch.base_offset}"
                raise CorruptRecordError(message)
            if batch.magic == FORMAT:
                self.leader_epoch = batch.leader_epoch
                if batch.is_control_batch:
                    self.next_fetch_offset = batch.next_offset
                    continue
            for record in records_in(batch, self.leader_epoch):
                self.next_fetch_offset = record.offset + 1
                yield record
        if last is not None and last.magic == FORMAT:
            # Records at a batch's end may have been compacted away.
            self.next_fetch_offset = last.next_offset
        self.drain()


def records_in(batch: Any, epoch: int) -> Iterator[TopicRecord]:  # noqa: ANN401  no types
    """Yield the records of a batch of the client's, whose checksum is right.

    Raises the client's CorruptRecordError or UnsupportedCodecError, after the records
    before the one that is not to be read.
    """
    told = 0
    if batch.magic == FORMAT and not batch.compression_type:
        stamp = batch.max_timestamp if batch.timestamp_type else None
        told, whole = yield from _ordinary(
            bytes(batch._buffer),  # noqa: SLF001  a copy of the answer's part
            (batch.base_offset, epoch, batch.first_timestamp, stamp),
            batch.records_count,
        )
        if whole:
            return
    for number, found in enumerate(batch):
        if not found.validate_crc():
            message = f"checksum of the record at {found.offset}"
            raise CorruptRecordError(message)
        if number >= told:
            yield TopicRecord(found.offset, epoch, found.timestamp, found.value or b"")


def _ordinary(
    content: bytes, head: tuple[int, int, int, int | None], count: int
) -> Generator[TopicRecord, None, tuple[int, bool]]:
    """Yield records up to the first that is not ordinary.

    Returns how many, and whether they are all and the batch ends with them. `head` is
    the first offset, the epoch, the first time, and the time of all, if they have one.
    """
    base, epoch, first, stamp = head
    made, at = tuple.__new__, HEADER_BYTES
    for told in range(count):
        try:
            length, start = _number(content, at)
            since, at = _number(content, start + 1)
            delta, at = _number(content, at)
            key, at = _number(content, at)
            at += max(key, 0)
            size, at = _number(content, at)
            if size > 0:
                value = content[at : at + size]
                at += size
            else:
                value = b""
            other = content[start] or content[at]  # attributes, number of headers
        except IndexError:
            return told, False
        at += 1
        if other or at - start != length:
            return told, False
        when = first + since if stamp is None else stamp
        yield made(TopicRecord, (base + delta, epoch, when, value))
    return count, at == len(content)


def _number(content: bytes, at: int) -> tuple[int, int]:
    """Return a number in zigzag, and where what follows it begins.

    Raises IndexError where it ends after the content, or is longer than any is.
    """
    byte = content[at]
    if byte < _MORE:
        return (byte >> 1) ^ -(byte & 1), at + 1
    value, shift = byte & (_MORE - 1), 7
    while (byte := content[at := at + 1]) >= _MORE:
        value |= (byte & (_MORE - 1)) << shift
        shift += 7
        if shift > _MOST_BITS:
            raise IndexError
    value |= byte << shift
    return (value >> 1) ^ -(value & 1), at + 1
