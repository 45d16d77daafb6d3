"""The completeness check of the published topic, one partition at a time.

Copy this file. It needs the standard library alone. What it checks is said in
events/published.py: numbers without a gap, chained from the opening, and each body
under the digest that the chain has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

LABEL = b"childregistry/published/1"


class BrokenError(Exception):
    """The topic is not complete, or not what was published."""


@dataclass(frozen=True)
class Place:
    """Where a reader is in a partition: keep it, and go on from `offset`.

    All up to entry `position` is passed; `rule` is the opening's, `link` the chain.
    """

    offset: int
    position: int
    number: int
    link: str
    rule: str


@dataclass(frozen=True)
class Event:
    """What a record says, once it is checked; `avro` is its body."""

    position: int
    index: int
    type: str
    stream: str
    time: str
    schema: str
    avro: bytes


@dataclass(frozen=True)
class Record:
    """A record as every client of Kafka gives it; `partitions` is the topic's count."""

    partition: int
    partitions: int
    offset: int
    headers: Mapping[str, bytes]
    value: bytes


def advance(place: Place | None, record: Record) -> tuple[Place, Event | None]:
    """Return the place after a record, and its event where it is a new one.

    Raises BrokenError.
    """
    try:
        told = {name: text.decode() for name, text in record.headers.items()}
        return _advance(place, record, told)
    except (KeyError, ValueError) as error:
        message = f"partition {record.partition}: no record of a published topic"
        raise BrokenError(message) from error


def _advance(
    place: Place | None, record: Record, told: Mapping[str, str]
) -> tuple[Place, Event | None]:
    partition, value = record.partition, record.value
    number, position = int(told["ce_number"]), int(told["ce_position"])
    if told["ce_type"] == "childregistry.topic.opened":
        return _opened(place, record, told), None
    if place is None:
        message = f"partition {partition}: does not begin with its opening"
        raise BrokenError(message)
    here = replace(place, offset=record.offset + 1)
    if told["ce_type"] == "childregistry.topic.checkpoint":
        if number > place.number:
            message = f"partition {partition}: number {place.number + 1} is missing"
            raise BrokenError(message)
        if number < place.number or position <= place.position:
            return here, None  # an old one, sent twice
        _same(told["ce_link"], place.link, partition, number)
        return replace(here, position=position), None
    if number <= place.number:
        return here, None  # sent twice, under its own number
    if number != place.number + 1:
        message = f"partition {partition}: number {place.number + 1} is missing"
        raise BrokenError(message)
    body = value[5:] if "wire=confluent" in place.rule.split("\n") else value
    digest = hashlib.sha256(bytes.fromhex(told["ce_salt"]) + body).digest()
    index = int(told["ce_index"])
    link = hashlib.sha256(
        bytes.fromhex(place.link)
        + b"".join(one.to_bytes(8, "big") for one in (number, position, index))
        + bytes.fromhex(told["ce_hash"])
        + digest
    ).hexdigest()
    _same(told["ce_link"], link, partition, number)
    event = Event(
        position=position,
        index=index,
        type=told["ce_type"].removeprefix("childregistry.event."),
        stream=told["ce_subject"],
        time=told["ce_time"],
        schema=told["ce_schema"],
        avro=body,
    )
    # The entry may have more events in this partition: only those before are complete.
    passed = max(place.position, position - 1)
    return replace(here, position=passed, number=number, link=link), event


def complete_up_to(places: Mapping[int, Place], partitions: int) -> int:
    """Return the position up to which nothing more comes in any partition."""
    if len(places) < partitions:
        return 0
    return min(place.position for place in places.values())


def _opened(place: Place | None, record: Record, told: Mapping[str, str]) -> Place:
    partition, offset, value = record.partition, record.offset, record.value
    content = LABEL + b"\0" + value + b"\0" + partition.to_bytes(8, "big")
    link = hashlib.sha256(content).hexdigest()
    _same(told["ce_link"], link, partition, 0)
    rule = value.decode()
    if f"partitions={record.partitions}" not in rule.split("\n"):
        message = (
            f"the topic has {record.partitions} partitions, it was made with others"
        )
        raise BrokenError(message)
    if place is None:
        return Place(offset=offset + 1, position=0, number=0, link=link, rule=rule)
    _same(rule, place.rule, partition, 0)
    return replace(place, offset=offset + 1)


def _same(found: str, expected: str, partition: int, number: int) -> None:
    if found != expected:
        message = f"partition {partition}: number {number} is not what was published"
        raise BrokenError(message)
