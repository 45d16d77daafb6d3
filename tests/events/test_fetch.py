"""Batches read in one go give what the client itself gives, and stop where it stops."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.record import MemoryRecords
from kafka.record.default_records import DefaultRecordBatchBuilder
from kafka.record.legacy_records import LegacyRecordBatchBuilder
from kafka.record.util import calc_crc32c

from events import fetch
from events.fetch import read_in_batches, record_of, records_in
from events.kafka import KafkaTopic
from events.kafka_strangers import delete_from_the_start, produce_aborted
from events.topic import TopicRecord, TopicUnavailableError
from ops.broker import Cluster

Said = tuple[bytes | None, bytes | None, Sequence[tuple[str, bytes | None]]]
"""Key, value and headers of a record."""
ROOM = 10_000_000
NOON = 1_422_792_000_000
"""Noon of 1 February 2015, in milliseconds."""
ATTRIBUTES, LAST_DELTA = 21, 23
BY_BROKER, CONTROL, GZIP = 0x08, 0x20, 1
PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A batch as a broker would hold it; `gap` offsets lie between its records."""

    records: Sequence[Said]
    base: int = 0
    gap: int = 0
    codec: int = 0
    flags: int = 0
    lost: int = 0
    """Offsets at its end whose records were compacted away."""

    def bytes(self) -> bytearray:
        builder = DefaultRecordBatchBuilder(2, self.codec, False, 7, 0, 0, ROOM)  # noqa: FBT003  the client's own
        for place, (key, value, headers) in enumerate(self.records):
            at = place * (self.gap + 1)
            builder.append(at, NOON + 97 * place, key, value, list(headers))
        raw = bytearray(builder.build())
        struct.pack_into(">q", raw, 0, self.base)
        struct.pack_into(">i", raw, 12, 5)  # the leader's epoch
        raw[ATTRIBUTES + 1] |= self.flags
        (last,) = struct.unpack_from(">i", raw, LAST_DELTA)
        struct.pack_into(">i", raw, LAST_DELTA, last + self.lost)
        return signed(raw)


def signed(raw: bytearray) -> bytearray:
    """Give a batch the checksum of what it holds."""
    struct.pack_into(">I", raw, 17, calc_crc32c(memoryview(raw)[ATTRIBUTES:]))
    return raw


def old(magic: int, said: Sequence[Said], codec: int = 0) -> bytes:
    """Return a batch of a format of yesterday's brokers."""
    builder = LegacyRecordBatchBuilder(magic, codec, ROOM)
    for place, (key, value, _) in enumerate(said):
        builder.append(place, NOON, key, value)
    return bytes(builder.build())


@dataclass(frozen=True, slots=True)
class Taken:
    """What a caller sees: each take's records, the error of one, where it goes on."""

    steps: list[tuple[tuple[TopicRecord, ...], str, int]]
    drained: bool


def taken(kind: type[Any], raw: bytes, offset: int, page: int) -> Taken:
    """Take all of an answer, page by page, as the client does it."""
    drained: list[object] = []
    steps: list[tuple[tuple[TopicRecord, ...], str, int]] = []
    try:
        part = kind(
            offset,
            TopicPartition("log", 0),
            MemoryRecords(raw),
            on_drain=drained.append,
        )
        for _ in range(len(raw) + 2):
            error, found = "", tuple[TopicRecord, ...]()
            try:
                found = tuple(map(record_of, part.take(page)))
            except Exception as raised:  # noqa: BLE001  whatever the client raises
                error = type(raised).__name__
            steps.append((found, error, part.next_fetch_offset))
            if error or not found or not part:
                break
    except Exception as raised:  # noqa: BLE001  likewise
        steps.append(((), type(raised).__name__, -1))
    return Taken(steps, bool(drained))


def same(raw: bytes, offset: int = 0, page: int = 3) -> Taken:
    """Return what both ways take; they must be one."""
    plain = taken(Fetcher.PartitionRecords, raw, offset, page)
    assert taken(fetch._Batches, raw, offset, page) == plain
    return plain


def contents(found: Taken) -> list[bytes]:
    return [record.content for records, _, _ in found.steps for record in records]


short = st.none() | st.binary(max_size=200)
headers = st.lists(st.tuples(st.text(max_size=5), short), max_size=2)
said = st.tuples(short, short, st.just(()) | headers)
batches = st.builds(
    Made,
    records=st.lists(said, min_size=1, max_size=5),
    base=st.integers(0, 1 << 40),
    gap=st.integers(0, 300),
    codec=st.sampled_from([0, 0, 0, GZIP]),
    flags=st.sampled_from([0, 0, BY_BROKER, CONTROL, CONTROL | BY_BROKER]),
    lost=st.integers(0, 3),
)
HELLO: list[Said] = [(None, b"one", ()), (b"key", b"", ()), (None, None, ())]


@given(st.lists(batches, max_size=4), st.integers(-2, 4), st.integers(1, 7))
def test_any_batches_are_read_as_the_client_reads_them(
    made: list[Made], after: int, page: int
) -> None:
    raw = b"".join(bytes(one.bytes()) for one in made)
    first = made[0].base if made else 0
    same(raw, max(0, first + after), page)


@given(st.lists(batches, min_size=1, max_size=3), st.data())
@settings(max_examples=400)
def test_a_changed_byte_stops_both_ways_at_the_same_record(
    made: list[Made], data: st.DataObject
) -> None:
    """Also where the checksum says that it was meant."""
    parts = [one.bytes() for one in made]
    part = data.draw(st.sampled_from(parts))
    for _ in range(data.draw(st.integers(1, 3))):
        part[data.draw(st.integers(0, len(part) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()) and len(part) > ATTRIBUTES:
        signed(part)
    same(b"".join(map(bytes, parts)), made[0].base)


@given(st.binary(max_size=300))
@example(b"")
def test_no_bytes_at_all_make_them_differ(raw: bytes) -> None:
    same(raw)
    body = bytearray(Made(records=HELLO).bytes()[:61] + raw)
    struct.pack_into(">i", body, 8, len(body) - 12)
    same(bytes(signed(body)))


@given(st.integers(0, 400), batches)
def test_an_answer_that_was_cut_gives_its_whole_batches(cut: int, made: Made) -> None:
    whole = bytes(Made(records=HELLO).bytes())
    found = same(whole + bytes(made.bytes())[:cut], 0, 100)
    assert contents(found)[:3] == [b"one", b"", b""]


@pytest.mark.parametrize("magic", [0, 1])
@pytest.mark.parametrize("codec", [0, GZIP])
def test_formats_of_yesterday_are_left_to_the_client(magic: int, codec: int) -> None:
    found = same(old(magic, HELLO, codec) + bytes(Made(records=HELLO, base=3).bytes()))
    assert len(contents(found)) == 6


def test_ordinary_batches_are_read_without_the_client() -> None:
    """Else all the rest here would compare the client with itself."""
    raw = Made(records=HELLO * 50, base=9, gap=2).bytes()

    class Silent:
        """A batch of the client's that does not give its records."""

        def __init__(self) -> None:
            self._buffer = raw
            self.magic, self.compression_type, self.timestamp_type = 2, 0, 0
            self.base_offset, self.records_count = 9, 150
            self.first_timestamp, self.max_timestamp = NOON, NOON

    found = list(records_in(Silent(), 5))
    assert found[:2] == [
        TopicRecord(offset=9, leader_epoch=5, appended_ms=NOON, content=b"one"),
        TopicRecord(offset=12, leader_epoch=5, appended_ms=NOON + 97, content=b""),
    ]
    assert len(found) == 150


def test_numbers_of_any_length_are_read() -> None:
    big = b"x" * 3_000_000
    records: list[Said] = [(None, big, ()), (big[:20_000], b"end", ())]
    found = same(bytes(Made(records=records, base=1 << 60, gap=1 << 29).bytes()), 0, 1)
    assert contents(found) == [big, b"end"]


def test_a_batch_whose_checksum_is_wrong_gives_nothing() -> None:
    raw = Made(records=HELLO, base=3).bytes()
    raw[-1] ^= 1
    found = same(bytes(Made(records=HELLO).bytes()) + bytes(raw), 0, 100)
    assert contents(found) == [b"one", b"", b""]
    assert found.steps[-1][1:] == ("CorruptRecordError", 3)


def test_attributes_of_several_bytes_are_as_many_as_the_client_says() -> None:
    raw = Made(records=[(None, b"", ())]).bytes()
    raw[62:64] = b"\x80\x00"  # in the place of attributes and time
    same(bytes(signed(raw)))


@pytest.mark.parametrize(
    ("at", "by", "read"),
    [
        (61, 2, []),  # the first record's length
        (60, 2, [b"one", b"", b""]),  # how many records there are
        (60, -1, [b"one", b""]),
        (-1, 2, [b"one", b""]),  # how many headers the last one has
    ],
)
def test_a_length_or_a_count_that_does_not_fit_is_an_error(
    at: int, by: int, read: list[bytes]
) -> None:
    """Also where the checksum is right."""
    raw = Made(records=HELLO).bytes()
    raw[at] += by
    found = same(bytes(signed(raw)), 0, 1)
    assert contents(found) == read
    assert found.steps[-1][1] == "CorruptRecordError"


def test_a_batch_compacted_to_nothing_is_passed() -> None:
    empty = Made(records=HELLO[:1], base=0, lost=41).bytes()
    del empty[61:]
    struct.pack_into(">i", empty, 8, len(empty) - 12)
    struct.pack_into(">i", empty, 57, 0)  # its records
    (step,) = same(bytes(signed(empty))).steps
    assert step == ((), "", 42)


def test_a_consumer_that_reads_committed_is_not_taken() -> None:
    class Committed:
        class _fetcher:  # noqa: N801  the client's name
            _isolation_level = 1

    with pytest.raises(AssertionError):
        read_in_batches(Committed())


@contextmanager
def producer(servers: str, **options: object) -> Iterator[Any]:
    made = KafkaProducer(
        bootstrap_servers=servers.split(","), acks="all", linger_ms=20, **options
    )
    try:
        yield made
        made.flush()
    finally:
        made.close()


def crowded(servers: str, topic: str) -> None:
    """Put all that a broker may hold into a topic."""
    with producer(servers) as plain:
        for number in range(400):
            plain.send(topic, b"plain %d" % number, partition=0)
    with producer(servers, compression_type="gzip") as gzip:
        for number in range(60):
            gzip.send(topic, b"gzip %d" % number * 30, partition=0)
    with producer(servers, batch_size=1 << 20) as huge:
        huge.send(topic, b"huge" * 250_000, partition=0)
        huge.send(topic, b"", key=b"key", partition=0)
        huge.send(topic, None, key=b"deleted", partition=0)
        huge.send(topic, b"told", headers=[("who", b"court")], partition=0)
    produce_aborted(servers, topic, f"{topic}-aborted", [b"aborted", b"too"])
    with producer(servers, transactional_id=f"{topic}-committed") as sure:
        sure.init_transactions()
        sure.begin_transaction()
        for number in range(5):
            sure.send(topic, b"committed %d" % number, partition=0)
        sure.commit_transaction()
    with producer(servers) as plain:
        plain.send(topic, b"the last", partition=0)


def by_client(servers: str, topic: str, offset: int) -> list[TopicRecord]:
    """Return all from an offset on, as the client's own documentation has it."""
    consumer = KafkaConsumer(
        bootstrap_servers=servers.split(","), enable_auto_commit=False
    )
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek(partition, offset)
    end = consumer.end_offsets([partition])[partition]
    found: list[TopicRecord] = []
    try:
        while consumer.position(partition) < end:
            for records in consumer.poll(timeout_ms=500).values():
                found += map(record_of, records)
    finally:
        consumer.close()
    return found


def by_topic(servers: str, topic: str, offset: int) -> list[TopicRecord]:
    """Return the same as a node reads it."""
    found: list[TopicRecord] = []
    until = time.monotonic() + PATIENCE_S
    with closing(KafkaTopic(servers, topic)) as reader:
        end = reader.end(5.0)
        while offset < end:
            assert time.monotonic() < until
            batch = reader.fetch(offset, 0.5)
            found += batch.records
            offset = batch.next_offset
    return found


def test_a_node_reads_from_a_broker_what_the_client_reads(
    cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    topic, servers = new_topic(), cluster.addresses
    crowded(servers, topic)
    whole = by_client(servers, topic, 0)
    assert by_topic(servers, topic, 0) == whole
    values = [record.content for record in whole]
    assert len(values) == 400 + 60 + 4 + 2 + 5 + 1
    assert values[-8:] == [
        b"aborted",
        b"too",
        *(b"committed %d" % number for number in range(5)),
        b"the last",
    ]
    offsets = [record.offset for record in whole]
    gaps = set(range(offsets[-1])) - set(offsets)
    assert len(gaps) == 2  # the markers of two transactions
    for start in (1, 399, 400, 431, 460, *gaps, offsets[-1]):
        assert by_topic(servers, topic, start) == [
            r for r in whole if r.offset >= start
        ]


def test_records_deleted_from_the_start_are_not_read_in_the_middle_of_a_batch(
    cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    topic, servers = new_topic(), cluster.addresses
    with producer(servers) as plain:
        for number in range(50):
            plain.send(topic, b"plain %d" % number, partition=0)
    delete_from_the_start(servers, topic, 17)
    found = by_topic(servers, topic, 17)
    assert found == by_client(servers, topic, 17)
    assert [record.content for record in found] == [
        b"plain %d" % number for number in range(17, 50)
    ]


def test_a_topic_spoilt_on_disk_is_unavailable_not_read(
    cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    topic, servers = new_topic(), cluster.addresses
    with producer(servers) as plain:
        plain.send(topic, b"a judgment of 2015", partition=0).get(10)
    (segment,) = cluster.brokers[0].segments(topic)
    spoilt = segment.read_bytes().replace(b"judgment of 2015", b"judgment of 2016")
    with segment.open("r+b") as file:
        file.write(spoilt)
    with (
        closing(KafkaTopic(servers, topic)) as reader,
        pytest.raises(TopicUnavailableError, match="checksum"),
    ):
        reader.fetch(0, 2.0)
