"""What strangers and careless hands can do to a topic: what campaigns attack with.

What lives here: deleting, cutting and forging, with Kafka's own client. What never
does: anything that a node or an operator calls.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from events.topic import TopicUnavailableError

WAIT_S = 30.0
CALL_S = 10.0
MAX_BYTES = 2_000_000


def remove(servers: str, topic: str) -> None:
    """Delete a topic; returns when no broker knows it. Raises TopicUnavailableError."""
    with _admin(servers) as admin:
        admin.delete_topics([topic])
        until = time.monotonic() + WAIT_S
        while topic in admin.list_topics():
            if time.monotonic() > until:
                message = f"{topic} is still there"
                raise TopicUnavailableError(message)
            time.sleep(0.1)


def delete_from_the_start(servers: str, topic: str, before: int) -> None:
    """Delete the records before an offset."""
    with _admin(servers) as admin:
        admin.delete_records({TopicPartition(topic, 0): before})


def produce(servers: str, topic: str, records: Sequence[bytes]) -> None:
    """Append records past every rule of ours; returns when the brokers have them."""
    producer = KafkaProducer(
        bootstrap_servers=servers.split(","), acks="all", max_request_size=MAX_BYTES
    )
    try:
        for future in [producer.send(topic, record) for record in records]:
            future.get(CALL_S)
    finally:
        producer.close()


def produce_aborted(
    servers: str, topic: str, identity: str, records: Sequence[bytes]
) -> None:
    """Append records in a transaction that is aborted when the brokers have them."""
    producer = KafkaProducer(
        bootstrap_servers=servers.split(","), transactional_id=identity
    )
    try:
        producer.init_transactions()
        producer.begin_transaction()
        for record in records:
            producer.send(topic, record).get(CALL_S)
        producer.flush()
        producer.abort_transaction()
    finally:
        producer.close()


def leader(servers: str, topic: str) -> int:
    """Return the node that leads the partition now. Raises TopicUnavailableError."""
    consumer = KafkaConsumer(bootstrap_servers=servers.split(","))
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        consumer.end_offsets([partition], timeout_ms=int(CALL_S * 1000))
        found = consumer._cluster.leader_for_partition(partition)  # noqa: SLF001  nowhere else
    finally:
        consumer.close(autocommit=False)
    if found is None:
        message = f"nobody leads {topic}"
        raise TopicUnavailableError(message)
    return int(found)


@contextlib.contextmanager
def _admin(servers: str) -> Iterator[Any]:
    admin = KafkaAdminClient(bootstrap_servers=servers.split(","))
    try:
        yield admin
    finally:
        admin.close()
