"""A consumer of the published topic: checks, shows, keeps its place, goes on.

    python -m bureau.from_kafka SERVERS TOPIC STATE [UNTIL]

Each new event is one line of JSON; with UNTIL it ends when all up to that position was
shown. The place is kept after the lines were written: after a kill the last ones may
come again, with the same position and index, and none is left out.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from bureau.places import keep, load
from bureau.topic_check import Place, Record, advance, complete_up_to


def consumer_of(servers: str, topic: str, places: dict[int, Place]) -> KafkaConsumer:
    """Return a consumer that stands at the places: no group, offsets are our own."""
    consumer = KafkaConsumer(
        bootstrap_servers=servers.split(","),
        enable_auto_commit=False,
        auto_offset_reset="none",
        reconnect_backoff_max_ms=1_000,
    )
    numbers = sorted(consumer.partitions_for_topic(topic) or ())
    if not numbers:
        message = f"there is no topic {topic}"
        raise SystemExit(message)
    consumer.assign([TopicPartition(topic, number) for number in numbers])
    for partition in consumer.assignment():
        kept = places.get(partition.partition)
        consumer.seek(partition, kept.offset if kept else 0)
    return consumer


def follow(servers: str, topic: str, state: Path, until: int) -> None:
    """Follow the topic, until a position where one is given."""
    kept = load(state)
    places = {int(number): Place(**one) for number, one in kept.items()}
    consumer = consumer_of(servers, topic, places)
    count = len(consumer.assignment())
    while not until or complete_up_to(places, count) < until:
        polled = consumer.poll(timeout_ms=500)
        for partition, records in polled.items():
            number = partition.partition
            for record in records:
                found = Record(
                    partition=number,
                    partitions=count,
                    offset=record.offset,
                    headers=dict(record.headers),
                    value=record.value or b"",
                )
                places[number], event = advance(places.get(number), found)
                if event is not None:
                    told = {
                        "position": event.position,
                        "index": event.index,
                        "type": event.type,
                        "stream": event.stream,
                    }
                    sys.stdout.write(json.dumps(told) + "\n")
        if polled:
            sys.stdout.flush()
            keep(state, {str(number): asdict(one) for number, one in places.items()})


def main() -> None:
    """Run; a broker that is gone is waited for."""
    servers, topic, state, *rest = sys.argv[1:]
    until = int(rest[0]) if rest else 0
    while True:
        try:
            return follow(servers, topic, Path(state), until)
        except (KafkaError, OSError) as error:
            sys.stderr.write(f"{type(error).__name__}: {error}; again\n")


if __name__ == "__main__":
    main()
