"""A published topic as its readers have it, with the kit's own check."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kafka import KafkaConsumer, TopicPartition

from bureau.topic_check import Event, Place, Record, advance
from events.codec import EVENT_CLASSES
from events.entry import open_entry
from events.log import Log
from events.published import Message
from events.published_rule import Rule
from ops.config import PublishedConfig
from ops.synthetic.province import grow
from ops.synthetic.telling import Numbers
from registry.bootstrap import Config

SYNTHETIC = "synthetic.example/cn-329900"
EVERY_TYPE = frozenset(cls.__name__ for cls in EVENT_CLASSES)
Fact = tuple[int, int, str, str]
"""An event: position, index, type, stream."""


def grown(folder: Path, children: int = 40) -> Config:
    """Make a log of lawful lives in a folder, and return the node that has it."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = Numbers(children=children, years=3, seed=7, registry=SYNTHETIC)
    grow(folder / "log.sqlite", numbers, lambda _done, _total: None)
    return Config(data_dir=folder, registry=SYNTHETIC, node="publisher")


def expected(log: Log, rule: Rule) -> list[Fact]:
    """Return what a rule takes of a log, read without anything that publishes."""
    return [
        (entry.position, index, header.type, header.stream)
        for entry in map(open_entry, log.read(0, 1_000_000))
        for index, header in enumerate(entry.frame.events)
        if header.stream.split("/")[0] in rule.kinds and header.type in rule.types
    ]


def records(where: PublishedConfig, partitions: int) -> list[list[Record]]:
    """Read the whole topic, each partition by itself."""
    consumer = KafkaConsumer(
        bootstrap_servers=where.servers.split(","),
        enable_auto_commit=False,
        auto_offset_reset="none",
    )
    try:
        return [
            list(_partition(consumer, where, n, partitions)) for n in range(partitions)
        ]
    finally:
        consumer.close(autocommit=False)


def _partition(
    consumer: KafkaConsumer, where: PublishedConfig, number: int, partitions: int
) -> Iterator[Record]:
    partition = TopicPartition(where.topic, number)
    consumer.assign([partition])
    consumer.seek(partition, 0)
    end = consumer.end_offsets([partition])[partition]
    while consumer.position(partition) < end:
        for found in consumer.poll(timeout_ms=1_000).get(partition, ()):
            yield Record(
                partition=number,
                partitions=partitions,
                offset=found.offset,
                headers=dict(found.headers),
                value=found.value or b"",
            )


def checked(found: list[Record]) -> tuple[Place, list[Event]]:
    """Return the place after records of a partition, and its events, each checked."""
    place: Place | None = None
    events: list[Event] = []
    for record in found:
        place, event = advance(place, record)
        events += [event] if event else []
    assert place is not None
    return place, events


def facts(partitions: list[list[Record]]) -> list[Fact]:
    """Return the events of all partitions in the log's order, each checked."""
    found = [
        (event.position, event.index, event.type, event.stream)
        for partition in partitions
        for event in checked(partition)[1]
    ]
    return sorted(found)


def record_of(message: Message, partitions: int, offset: int = 0) -> Record:
    """Return a message as a client would give it."""
    return Record(
        partition=message.partition,
        partitions=partitions,
        offset=offset,
        headers=dict(message.headers),
        value=message.value,
    )
