"""What a topic must be before a node serves from it, and how one is made.

What lives here: `audit`, one line for each setting that could lose, change or reorder
what the log holds, and `create`. What never does: records.

The list is the one of what can go wrong: a topic that forgets (retention, compaction,
a start above zero), that splits (partitions), that takes back (replication, unclean
elections), that appears by itself, that is too narrow for an entry, or whose times
are the writers' own. What a managed broker does not let anyone ask is accepted by
name, by the operator, in the configuration.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic
from kafka.errors import KafkaError, for_code

from events.entry import MAX_ENTRY_BYTES
from events.topic import TopicUnavailableError

BATCH_OVERHEAD_BYTES = 512
"""What a record batch adds around an entry, and room to spare."""
TIMEOUT_MS = 10_000
_SETTINGS: Mapping[str, str] = {
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "cleanup.policy": "delete",
    "message.timestamp.type": "LogAppendTime",
    "unclean.leader.election.enable": "false",
}
"""What every topic of a registry says, literally."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicFault:
    """One thing that is not as it must be: `name` is what an operator accepts it by."""

    name: str
    message: str


class TopicExistsError(Exception):
    """A topic of this name exists already: audit it instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replication:
    """How many brokers hold a record, and how many must before it is acknowledged."""

    factor: int
    min_in_sync: int


def create(
    servers: str,
    topic: str,
    replication: Replication,
    security: Mapping[str, Any] | None = None,
    partitions: int = 1,
) -> None:
    """Make a topic as a registry needs it: a log has one partition.

    Raises TopicExistsError, TopicUnavailableError.
    """
    made = NewTopic(
        topic,
        num_partitions=partitions,
        replication_factor=replication.factor,
        topic_configs={
            **_SETTINGS,
            "min.insync.replicas": str(replication.min_in_sync),
            "max.message.bytes": str(max(1_048_588, 2 * MAX_ENTRY_BYTES)),
        },
    )
    with _administrator(servers, security) as admin:
        answer = admin.create_topics([made], raise_errors=False, timeout_ms=TIMEOUT_MS)
        error = for_code(answer["topics"][0]["error_code"])
        if error.__name__ == "TopicAlreadyExistsError":
            raise TopicExistsError(topic)
        if error.__name__ != "NoError":
            message = f"{error.__name__}: {answer['topics'][0]['error_message']}"
            raise TopicUnavailableError(message)
        admin.wait_for_topics([topic])


def audit(
    servers: str,
    topic: str,
    min_in_sync: int,
    security: Mapping[str, Any] | None = None,
    expected: int = 1,
) -> list[TopicFault]:
    """Return what is wrong with a topic; nothing where a node may serve from it.

    `expected` is the count of its partitions; `min_in_sync` is the configured floor.
    Raises TopicUnavailableError.
    """
    with _administrator(servers, security) as admin:
        partitions = _partitions(admin, topic)
        if not partitions:
            return [TopicFault(name="missing", message=f"there is no topic {topic}")]
        faults = _shape(partitions, min_in_sync, expected)
        settings = _settings(admin, ConfigResourceType.TOPIC, topic)
        broker = str(partitions[0]["leader_id"])
        brokers = _settings(admin, ConfigResourceType.BROKER, broker)
    faults += _setting_faults(settings, min_in_sync)
    automatic = brokers.get("auto.create.topics.enable")
    if automatic != "false":
        message = f"auto.create.topics.enable is {automatic}, must be false"
        faults.append(TopicFault(name="auto.create.topics.enable", message=message))
    return faults + _start(servers, topic, security)


def unaccepted(
    faults: Collection[TopicFault], accepted: Collection[str]
) -> list[TopicFault]:
    """Return the faults that the operator did not accept by name."""
    return [fault for fault in faults if fault.name not in accepted]


def _shape(partitions: list[Any], min_in_sync: int, expected: int) -> list[TopicFault]:
    faults = []
    if len(partitions) != expected:
        must = "one" if expected == 1 else str(expected)
        message = f"has {len(partitions)} partitions, must have {must}"
        faults.append(TopicFault(name="partitions", message=message))
    copies = len(partitions[0]["replica_nodes"])
    if copies < min_in_sync:
        message = f"has {copies} replicas, fewer than {min_in_sync} in sync"
        faults.append(TopicFault(name="replication.factor", message=message))
    return faults


def _setting_faults(settings: Mapping[str, str], min_in_sync: int) -> list[TopicFault]:
    rules: dict[str, tuple[str, Callable[[str], bool]]] = {
        name: (f"must be {value}", value.__eq__) for name, value in _SETTINGS.items()
    }
    for name, floor in (
        ("min.insync.replicas", min_in_sync),
        ("max.message.bytes", MAX_ENTRY_BYTES + BATCH_OVERHEAD_BYTES),
    ):
        rules[name] = (f"must be at least {floor}", partial(_reaches, floor))
    return [
        TopicFault(name=name, message=f"{name} is {settings.get(name)}, {rule}")
        for name, (rule, holds) in rules.items()
        if not holds(settings.get(name) or "")
    ]


def _reaches(floor: int, found: str) -> bool:
    return found.isdecimal() and int(found) >= floor


def _start(
    servers: str, topic: str, security: Mapping[str, Any] | None
) -> list[TopicFault]:
    partition = TopicPartition(topic, 0)
    with _translated():
        consumer = KafkaConsumer(
            bootstrap_servers=servers.split(","),
            enable_auto_commit=False,
            bootstrap_timeout_ms=TIMEOUT_MS,
            metrics_enabled=False,
            **(security or {}),
        )
        try:
            consumer.assign([partition])
            offsets = consumer.beginning_offsets([partition], timeout_ms=TIMEOUT_MS)
        finally:
            consumer.close(autocommit=False)
    if offsets[partition] == 0:
        return []
    message = f"starts at offset {offsets[partition]}, must start at 0"
    return [TopicFault(name="log.start.offset", message=message)]


def _partitions(admin: Any, topic: str) -> list[Any]:  # noqa: ANN401  has no types
    (found,) = admin.describe_topics([topic])
    partitions: list[Any] = found["partitions"]
    return partitions


def _settings(admin: Any, kind: ConfigResourceType, name: str) -> dict[str, str]:  # noqa: ANN401  has no types
    answer = admin.describe_configs([ConfigResource(kind, name)], config_filter="all")
    found: dict[str, dict[str, Any]] = answer[kind.name.lower()][name]
    return {key: str(setting["value"]) for key, setting in found.items()}


@contextlib.contextmanager
def _administrator(
    servers: str, security: Mapping[str, Any] | None
) -> Iterator[KafkaAdminClient]:
    with _translated():
        admin = KafkaAdminClient(
            bootstrap_servers=servers.split(","),
            bootstrap_timeout_ms=TIMEOUT_MS,
            request_timeout_ms=TIMEOUT_MS,
            **(security or {}),
        )
        try:
            yield admin
        finally:
            admin.close()


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (KafkaError, OSError) as error:
        message = f"{type(error).__name__}: {error}"
        raise TopicUnavailableError(message) from error
