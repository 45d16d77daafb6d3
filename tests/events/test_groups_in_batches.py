"""Records handed over together are one batch of the topic, whoever reads it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from kafka.record import MemoryRecords

from events.kafka import KafkaTopic
from ops.broker import Cluster
from tests.support.waiting import wait

GROUPS = [8, 1, 5, 2, 3] * 4
PATIENCE_S = 20.0


def batches(cluster: Cluster, topic: str) -> list[int]:
    """Return how many records each batch has, as the broker keeps them on its disk."""
    (segment,) = cluster.brokers[0].segments(topic)
    records, found = MemoryRecords(segment.read_bytes()), []
    while (batch := records.next_batch()) is not None:
        found.append(batch.records_count)
    return found


def test_each_group_lies_in_one_batch(
    cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    name = new_topic()
    with closing(KafkaTopic(cluster.addresses, name)) as topic:
        for number, count in enumerate(GROUPS):
            topic.send([b"%d of %d" % (one, number) for one in range(count)])
            wait(lambda: topic.end(PATIENCE_S) == sum(GROUPS[: number + 1]), PATIENCE_S)  # noqa: B023
    assert batches(cluster, name) == GROUPS


def test_a_group_larger_than_a_batch_is_whole_and_in_order(
    cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    said = [bytes([number]) * 300_000 for number in range(5)]
    found: list[bytes] = []
    with closing(KafkaTopic(cluster.addresses, new_topic())) as topic:
        topic.send(said)
        while len(found) < len(said):
            batch = topic.fetch(len(found), PATIENCE_S)
            found += [record.content for record in batch.records]
    assert found == said
