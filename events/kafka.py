"""Apache Kafka as a topic: the port of a log, on the client of kafka-python.

What lives here: `KafkaTopic`, the port of `events.topic`. What never does: promises
(`events.replica` keeps them), administration (`events.topic_audit`), the topic derived
from a log (`events.published_topic`), the bytes of a batch (`events.fetch`, where the
client itself need not read them).

What is known of the client (3.0.12, measured), and what follows from it here:

* After a time-out a producer may deliver late, or nothing more: `renew` throws it
  away. Idempotence keeps the order of what one producer sends, by one batch of a
  partition at a time: without `linger_ms` the first record of a group goes alone.
* `delivery_timeout_ms` bounds how long a record stays queued; a waiting caller that
  gives up does not unqueue it.
* `reconnect_backoff_max_ms` is 30 s by default: a broker back after 1 s would be
  found after half a minute.
* `close` raises where the broker is gone. A producer's does so while anything is not
  acknowledged, and leaves its thread at work: `discard` stops that first.
* A poll says of a dead broker that nothing came, and goes on with the next one without
  a word: who leads, and over which connection, is looked at after each.
* Never a consumer group for a fold: partitions are assigned, offsets are the copy's
  own, and an offset that is gone is an error, not a reason to jump.
* Always uncommitted: the frame of an aborted transaction counts like any other, for
  every reader alike.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import (
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    OffsetOutOfRangeError,
)

from events.fetch import read_in_batches, record_of
from events.topic import (
    Batch,
    OffsetLostError,
    Sending,
    TopicRecord,
    TopicUnavailableError,
)

DELIVERY_MS = 5_000
"""A record that is not delivered by then is sent again by a fresh producer."""
REQUEST_MS = 3_000
"""A broker that does not answer a request in this time is asked again."""
METADATA_MS = 1_000
"""How long `send` may wait to learn who leads: else nothing was handed over."""
RECONNECT_MAX_MS = 250
FETCH_MS = 500
"""The broker holds an empty answer for so long; data is answered at once."""
BATCH_BYTES = 262_144
"""A group of submissions travels in one batch, if it is not larger than this."""
LINGER_MS = 100
"""Longer than it takes to hand over a group, which `flush` then sends at once: by
itself the client sends the first record, and the others when that is acknowledged."""
FLUSH_S = 0.1
"""How long `send` may wait for what it handed over."""
MAX_RECORDS = 5_000
MAX_FETCH_BYTES = 4 * 1024 * 1024
CLOSE_S = 1.0
PROBE_S = 1.0

COMMON: Mapping[str, Any] = {
    "request_timeout_ms": REQUEST_MS,
    "bootstrap_timeout_ms": REQUEST_MS,
    "reconnect_backoff_ms": 50,
    "reconnect_backoff_max_ms": RECONNECT_MAX_MS,
    "retry_backoff_ms": 50,
    "metadata_max_age_ms": 30_000,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
}


class _Future:
    """A sending, as the client's future tells of it."""

    def __init__(self, future: Any) -> None:  # noqa: ANN401  the client has no types
        self._future = future

    def failed(self) -> bool:
        return bool(self._future.failed())


class _Refused:
    """A record that the client did not take, after others of its group."""

    def failed(self) -> bool:
        return True


class KafkaTopic:
    """One topic of one partition. `security` goes to every client as it is."""

    def __init__(
        self, servers: str, topic: str, security: Mapping[str, Any] | None = None
    ) -> None:
        self._topic = topic
        self._partition = TopicPartition(topic, 0)
        self._servers = servers.split(",")
        self._options = {
            **COMMON,
            **(security or {}),
            "bootstrap_servers": self._servers,
        }
        self._producer: Any = None
        self._reader: Any = None
        self._line: Any = None
        self._looker: Any = None
        self._looking = threading.Lock()

    def send(self, records: Sequence[bytes]) -> list[Sending]:
        """Hand over records to be appended in this order."""
        sendings: list[Sending] = []
        try:
            if self._producer is None:
                self._producer = self._new_producer()
            for record in records:
                future = self._producer.send(self._topic, record, partition=0)
                sendings.append(_Future(future))
            with contextlib.suppress(KafkaTimeoutError):  # it goes on by itself
                self._producer.flush(timeout=FLUSH_S)
        except (KafkaError, OSError) as error:
            if not sendings:
                raise TopicUnavailableError(_said(error)) from error
            sendings += [_Refused() for _ in records[len(sendings) :]]
        return sendings

    def renew(self) -> None:
        """Throw the producer away, with all that it still holds."""
        producer, self._producer = self._producer, None
        if producer is not None:
            discard(producer)

    def fetch(self, offset: int, wait_s: float) -> Batch:
        """Return what lies at an offset and after it, waiting a while for the first."""
        with self._reaching("_reader"):
            if self._reader is None:
                self._reader = self._new_consumer(MAX_RECORDS)
                read_in_batches(self._reader)
            reader = self._reader
            if reader.position(self._partition, timeout_ms=REQUEST_MS) != offset:
                reader.seek(self._partition, offset)
            polled = reader.poll(timeout_ms=int(wait_s * 1000))
            after = reader.position(self._partition, timeout_ms=REQUEST_MS)
            self._same_line(reader)
        records = tuple(map(record_of, polled.get(self._partition, ())))
        return Batch(records=records, next_offset=offset if after is None else after)

    def end(self, timeout_s: float) -> int:
        """Return the offset after the last record, as the leader says now."""
        with self._looking, self._reaching("_looker"):
            ends = self._at_looker().end_offsets(
                [self._partition], timeout_ms=_milliseconds(timeout_s)
            )
            return int(ends[self._partition])

    def read_at(self, offset: int, timeout_s: float) -> TopicRecord | None:
        """Return the record at an offset, or None where there is none."""
        with self._looking, self._reaching("_looker"):
            looker = self._at_looker()
            ends = looker.end_offsets([self._partition], timeout_ms=REQUEST_MS)
            if offset >= ends[self._partition]:
                return None
            looker.seek(self._partition, offset)
            try:
                polled = looker.poll(timeout_ms=_milliseconds(timeout_s), max_records=1)
            except OffsetOutOfRangeError:
                return None
            found = polled.get(self._partition, ())
        if not found:
            message = f"offset {offset} was not answered in time"
            raise TopicUnavailableError(message)
        record = record_of(found[0])
        return record if record.offset == offset else None

    def identity(self, timeout_s: float) -> str:
        """Return the topic's id, asked for anew."""
        with self._looking, self._reaching("_looker"):
            # Metadata is the client's own cache: a fresh client has none of yesterday.
            self._drop("_looker")
            looker = self._at_looker()
            looker.end_offsets([self._partition], timeout_ms=_milliseconds(timeout_s))
            found = looker._cluster.topic_id(self._topic)  # noqa: SLF001  nowhere else
            if found is None:
                message = "the broker does not say which topic it has"
                raise TopicUnavailableError(message)
            return str(found)

    def _same_line(self, reader: Any) -> None:  # noqa: ANN401  the client has no types
        """Raise KafkaConnectionError where connection, leader or topic are others.

        The client reads on without a word over a new connection, and from a topic made
        again under the name; of a leader that is gone it says that nothing came. None
        of it may pass unseen (`events.replica`).
        """
        cluster = reader._cluster  # noqa: SLF001  nowhere else
        leader = cluster.leader_for_partition(self._partition)
        connection = reader._manager._conns.get(leader)  # noqa: SLF001  likewise
        alive = connection is not None and connection.connected
        line = (connection, cluster.topic_id(self._topic)) if alive else None
        if self._line is not None and line != self._line:
            message = "the connection to the leader was lost, or the topic"
            raise KafkaConnectionError(message)
        self._line = line

    def close(self) -> None:
        """Let go of all connections."""
        self.renew()
        for name in ("_reader", "_looker"):
            self._drop(name)

    @contextlib.contextmanager
    def _reaching(self, client: str) -> Iterator[None]:
        """Turn the client's errors into the port's, and start anew after one."""
        try:
            yield
        except OffsetOutOfRangeError as error:
            self._drop(client)
            raise OffsetLostError(_said(error)) from error
        except (KafkaError, OSError, ValueError, AssertionError) as error:
            self._drop(client)
            raise TopicUnavailableError(_said(error)) from error

    def _drop(self, name: str) -> None:
        if name == "_reader":
            self._line = None
        client = getattr(self, name)
        setattr(self, name, None)
        if client is not None:
            with contextlib.suppress(KafkaError, OSError):
                client.close(autocommit=False, timeout_ms=_milliseconds(CLOSE_S))

    def _at_looker(self) -> Any:  # noqa: ANN401  the client has no types
        if self._looker is None:
            self._looker = self._new_consumer(1)
        return self._looker

    def _new_producer(self) -> Any:  # noqa: ANN401  the client has no types
        probe(self._servers)
        return KafkaProducer(
            acks="all",
            enable_idempotence=True,
            delivery_timeout_ms=DELIVERY_MS,
            max_block_ms=METADATA_MS,
            batch_size=BATCH_BYTES,
            linger_ms=LINGER_MS,
            **self._options,
        )

    def _new_consumer(self, max_records: int) -> Any:  # noqa: ANN401  has no types
        probe(self._servers)
        consumer = KafkaConsumer(
            auto_offset_reset="none",
            enable_auto_commit=False,
            isolation_level="read_uncommitted",
            check_crcs=True,
            max_poll_records=max_records,
            fetch_max_wait_ms=FETCH_MS,
            fetch_max_bytes=MAX_FETCH_BYTES,
            max_partition_fetch_bytes=MAX_FETCH_BYTES,
            **self._options,
        )
        consumer.assign([self._partition])
        consumer.seek(self._partition, 0)
        return consumer


def probe(servers: Sequence[str]) -> None:
    """Raise OSError where nobody listens.

    A client whose constructor fails leaves its thread behind, at every attempt of an
    outage; so none is made before somebody answers.
    """
    refused: OSError | None = None
    for server in servers:
        host, _, port = server.rpartition(":")
        try:
            socket.create_connection((host, int(port)), PROBE_S).close()
        except OSError as error:
            refused = error
        else:
            return
    if refused is not None:
        raise refused


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))


def discard(producer: Any) -> None:  # noqa: ANN401  the client has no types
    """Stop a producer's thread, with all that it still holds, and close it.

    A request on its way may still land; nothing is sent any more. Waits a second at
    most for each of the two.
    """
    producer._sender.force_close()  # noqa: SLF001  `close` would wait, or give up
    with contextlib.suppress(KafkaError, OSError):
        producer.close(timeout=CLOSE_S)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def bare_sender(
    servers: str, topic: str
) -> tuple[Callable[[bytes], None], Callable[[], None]]:
    """Return how to send one record and wait, with nothing of ours around, and close.

    What benchmarks compare with.
    """
    producer = KafkaProducer(bootstrap_servers=servers.split(","), acks="all")
    return lambda record: producer.send(topic, record).get(10), producer.close


def bare_reader(servers: str, topic: str) -> Iterator[list[bytes]]:
    """Give the values of a topic up to its end, with nothing of ours around.

    What benchmarks compare with: a consumer as its documentation makes one.
    """
    consumer = KafkaConsumer(
        bootstrap_servers=servers.split(","),
        enable_auto_commit=False,
        max_poll_records=MAX_RECORDS,
    )
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek(partition, 0)
    end = consumer.end_offsets([partition])[partition]
    while consumer.position(partition) < end:
        for records in consumer.poll(timeout_ms=1_000).values():
            yield [record.value for record in records]
    consumer.close()
