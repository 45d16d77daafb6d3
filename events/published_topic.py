"""The published topic on Kafka: appended to in groups, read back at its two ends.

What lives here: `PublishedTopic`. What never does: what a record says
(`events.published`), what comes next (`registry.relay`). Beside `events.kafka` and the
audit the only importer of the client.

A group is one batch in each of its partitions, and the next is sent when all of it was
acknowledged. A batch lands whole or not at all; so whatever is lost, late or sent
twice, by one sender or several, each record lies behind the one before it. For that a
batch is never split: it is sent by `flush` alone (`linger_ms` is longer than it takes
to fill) and is kept far from the size at which the client would begin another.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError, OffsetOutOfRangeError

from events.kafka import COMMON, DELIVERY_MS, METADATA_MS, REQUEST_MS, discard, probe
from events.published import Message
from events.topic import OffsetLostError, TopicUnavailableError

GROUP_BYTES: Final = 262_144
"""Of one partition in a group; a single record above it travels alone."""
BATCH_BYTES: Final = 1_000_000
"""Above every group, and below what a broker takes by default."""
REQUEST_BYTES: Final = 64 * 1024 * 1024
"""A group goes to a broker in one request, however many partitions it leads."""
LINGER_MS: Final = 1_500
FLUSH_S: Final = DELIVERY_MS / 1000 + 1


@dataclass(frozen=True, slots=True)
class Ends:
    """The first and the last record of a partition: headers and value of each."""

    first: tuple[Mapping[str, bytes], bytes]
    last: tuple[Mapping[str, bytes], bytes]


class PublishedTopic:
    """One topic of several partitions. `security` goes to every client as it is.

    Every method raises TopicUnavailableError; nothing is known then, and the next one
    begins with fresh connections.
    """

    def __init__(
        self, servers: str, topic: str, security: Mapping[str, Any] | None = None
    ) -> None:
        self.servers = servers
        self.topic = topic
        self.security = dict(security or {})
        self._addresses = servers.split(",")
        self._options = {
            **COMMON,
            **self.security,
            "bootstrap_servers": self._addresses,
        }
        self._producer: Any = None

    def ends(self) -> list[Ends | None]:
        """Return first and last record of each partition; None where it is empty.

        Raises OffsetLostError where a partition does not begin with its first record.
        """
        with self._reaching():
            probe(self._addresses)
            consumer = KafkaConsumer(
                auto_offset_reset="none",
                enable_auto_commit=False,
                isolation_level="read_uncommitted",
                max_poll_records=1,
                **self._options,
            )
            try:
                return self._ends(consumer)
            finally:
                consumer.close(autocommit=False)

    def append(self, group: Sequence[Message]) -> None:
        """Append a group; all of it is acknowledged on return.

        At an error any of its partitions may have theirs, now or a little later.
        """
        sizes: dict[int, int] = {}
        for message in group:
            sizes[message.partition] = sizes.get(message.partition, 0) + message.size
        assert max(sizes.values(), default=0) < BATCH_BYTES  # noqa: S101  kept by callers
        with self._reaching():
            if self._producer is None:
                probe(self._addresses)
                self._producer = self._new_producer()
            futures = [
                self._producer.send(
                    self.topic,
                    message.value,
                    key=message.key,
                    headers=list(message.headers),
                    partition=message.partition,
                )
                for message in group
            ]
            self._producer.flush(timeout=FLUSH_S)
            for future in futures:
                future.get(timeout=0)

    def close(self) -> None:
        """Let go of all connections, with all that is not acknowledged."""
        producer, self._producer = self._producer, None
        if producer is not None:
            discard(producer)

    def _ends(self, consumer: Any) -> list[Ends | None]:  # noqa: ANN401  has no types
        numbers = consumer.partitions_for_topic(self.topic)
        if not numbers:
            message = f"there is no topic {self.topic}"
            raise TopicUnavailableError(message)
        partitions = [TopicPartition(self.topic, number) for number in sorted(numbers)]
        offsets = consumer.end_offsets(partitions, timeout_ms=REQUEST_MS)
        found: list[Ends | None] = []
        for partition in partitions:
            end = offsets[partition]
            if end == 0:
                found.append(None)
                continue
            consumer.assign([partition])
            first, last = (_read(consumer, partition, at) for at in (0, end - 1))
            found.append(Ends(first, last))
        return found

    def _new_producer(self) -> Any:  # noqa: ANN401  the client has no types
        return KafkaProducer(
            acks="all",
            enable_idempotence=True,
            delivery_timeout_ms=DELIVERY_MS,
            max_block_ms=METADATA_MS,
            max_in_flight_requests_per_connection=1,
            batch_size=BATCH_BYTES,
            max_request_size=REQUEST_BYTES,
            compression_type="gzip",
            linger_ms=LINGER_MS,
            **self._options,
        )

    @contextlib.contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except OffsetOutOfRangeError as error:
            self.close()
            raise OffsetLostError(str(error)) from error
        except (KafkaError, OSError, ValueError, AssertionError) as error:
            self.close()
            message = f"{type(error).__name__}: {error}"
            raise TopicUnavailableError(message) from error


def _read(
    consumer: Any,  # noqa: ANN401  the client has no types
    partition: TopicPartition,
    offset: int,
) -> tuple[Mapping[str, bytes], bytes]:
    consumer.seek(partition, offset)
    polled = consumer.poll(timeout_ms=REQUEST_MS, max_records=1)
    found = polled.get(partition, ())
    if not found or found[0].offset != offset:
        message = f"{partition.topic}/{partition.partition}: offset {offset} not given"
        raise TopicUnavailableError(message)
    return dict(found[0].headers), found[0].value or b""
