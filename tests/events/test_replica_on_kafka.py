"""The copy of a topic on a real broker: garbage, forgeries, other topics, dead brokers.

What is not a record of this log never has effect and is kept with its reason; what
shows that the topic is not the one copied stops writes and latest reads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from events.entry import MAX_ENTRY_BYTES, MemoryState
from events.kafka import KafkaTopic
from events.log import (
    Accepted,
    LogDamagedError,
    LogUnavailableError,
    OutcomeUnknownError,
    VoidKind,
    VoidReason,
)
from events.replica import ReplicatedLog
from events.topic import TopicUnavailableError
from events.topic_audit import Replication, TopicExistsError, audit, create
from ops.broker import Cluster, release
from ops.cache import cache_folder
from tests.support.records import siblings
from tests.support.registry import ORIGIN

ONCE = Replication(factor=1, min_in_sync=1)


def soon(seconds: float = 20) -> float:
    return time.monotonic() + seconds


@contextmanager
def followed(folder: Path, cluster: Cluster, topic: str) -> Iterator[ReplicatedLog]:
    folder.mkdir(exist_ok=True)
    path = folder / "log.sqlite"
    log = ReplicatedLog(path, ORIGIN, KafkaTopic(cluster.addresses, topic))
    log.start()
    try:
        yield log
    finally:
        log.close()


def produce(cluster: Cluster, topic: str, *records: bytes) -> None:
    """Write as a stranger does, past every rule of ours."""
    producer = KafkaProducer(
        bootstrap_servers=cluster.addresses, max_request_size=2_000_000
    )
    try:
        for record in records:
            producer.send(topic, record).get(10)
    finally:
        producer.close()


def voids(log: ReplicatedLog) -> list[tuple[VoidReason, VoidKind]]:
    return [(void.reason, void.kind) for void in log.voids(0, 100)]


def test_garbage_in_the_topic_is_kept_with_its_reason_and_has_no_effect(
    cluster: Cluster, new_topic: Callable[[], str], tmp_path: Path
) -> None:
    topic, honest = new_topic(), siblings()
    flipped = bytearray(honest)
    flipped[-3] ^= 1
    produce(
        cluster,
        topic,
        b"",
        b"hello",
        bytes.fromhex("feffffff0f00"),
        honest[: len(honest) // 2],
        bytes(flipped),
        bytes(MAX_ENTRY_BYTES + 1),
    )
    foreign = VoidKind.FOREIGN
    with followed(tmp_path, cluster, topic) as log:
        log.catch_up(soon())
        assert isinstance(log.append([honest], soon())[0], Accepted)
        assert voids(log) == [
            (VoidReason.MALFORMED, foreign),
            (VoidReason.MALFORMED, foreign),
            (VoidReason.MALFORMED, foreign),
            (VoidReason.MALFORMED, foreign),
            (VoidReason.MALFORMED, foreign),
            (VoidReason.TOO_LARGE, foreign),
        ] or voids(log)[4] == (VoidReason.BODY_MISMATCH, foreign)
        assert log.head().position == 1


def test_a_stranger_is_told_from_a_record_that_lost_a_race(
    cluster: Cluster, new_topic: Callable[[], str], tmp_path: Path
) -> None:
    topic, state = new_topic(), MemoryState(ORIGIN)
    first = siblings(state)
    late = siblings(state, seed=b"late", request="late")
    other = MemoryState(ORIGIN)
    other.apply(siblings(other, seed=b"elsewhere"))
    stranger = siblings(other)
    other.apply(stranger)
    with followed(tmp_path, cluster, topic) as log:
        log.append([first], soon())
        produce(cluster, topic, late, stranger, siblings(other))
        log.catch_up(soon())
        parent = VoidReason.OTHER_PARENT
        assert voids(log) == [
            (parent, VoidKind.STALE),
            (parent, VoidKind.STRANGER),
            (parent, VoidKind.STRANGER),
        ]
        # The topic still holds what was copied: foreign, but no other history.
        assert log.damage is None
        state.apply(first)
        assert isinstance(log.append([siblings(state)], soon())[0], Accepted)


def test_a_fitting_frame_of_an_aborted_transaction_counts_for_every_reader(
    cluster: Cluster, new_topic: Callable[[], str], tmp_path: Path
) -> None:
    topic, state = new_topic(), MemoryState(ORIGIN)
    producer = KafkaProducer(
        bootstrap_servers=cluster.addresses, transactional_id=f"{topic}-aborted"
    )
    producer.init_transactions()
    producer.begin_transaction()
    producer.send(topic, siblings(state)).get(10)
    producer.flush()
    producer.abort_transaction()
    producer.close()
    state.apply(siblings(state))
    with (
        followed(tmp_path / "a", cluster, topic) as one,
        followed(tmp_path / "b", cluster, topic) as two,
    ):
        assert one.catch_up(soon()) == two.catch_up(soon()) == state.head
        assert isinstance(one.append([siblings(state)], soon())[0], Accepted)
        assert two.catch_up(soon()) == one.head()


def test_a_topic_made_again_under_the_name_stops_writes_and_latest_reads(
    cluster: Cluster, new_topic: Callable[[], str], tmp_path: Path
) -> None:
    topic, state = new_topic(), MemoryState(ORIGIN)
    with followed(tmp_path, cluster, topic) as log:
        log.append([siblings(state)], soon())
        state.apply(siblings(state))
        admin = KafkaAdminClient(bootstrap_servers=cluster.addresses)
        admin.delete_topics([topic])
        for _ in range(50):
            time.sleep(0.1)
            try:
                create(cluster.addresses, topic, ONCE)
            except TopicExistsError:
                continue
            break
        admin.close()
        produce(cluster, topic, b"another life")
        with pytest.raises((LogDamagedError, LogUnavailableError, OutcomeUnknownError)):
            log.append([siblings(state)], soon(8))
        deadline = soon()
        while log.damage is None and time.monotonic() < deadline:
            time.sleep(0.05)
        with pytest.raises(LogDamagedError, match="topic"):
            log.catch_up(soon())
        # What was copied goes on being read, and says what it rests on.
        assert log.head() == state.head
        assert len(log.read(0, 10)) == 1


def test_records_deleted_from_the_start_are_found_by_audit_and_by_a_new_copy(
    cluster: Cluster, new_topic: Callable[[], str], tmp_path: Path
) -> None:
    topic, state = new_topic(), MemoryState(ORIGIN)
    with followed(tmp_path / "old", cluster, topic) as log:
        for _ in range(3):
            record = siblings(state)
            state.apply(record)
            log.append([record], soon())
    admin = KafkaAdminClient(bootstrap_servers=cluster.addresses)
    admin.delete_records({TopicPartition(topic, 0): 2})
    admin.close()
    faults = audit(cluster.addresses, topic, 1)
    assert [fault.name for fault in faults] == ["log.start.offset"]
    with (
        followed(tmp_path / "new", cluster, topic) as fresh,
        pytest.raises((LogDamagedError, LogUnavailableError)),
    ):
        fresh.catch_up(soon(5))
    # The old copy has it all, and its last record is still there.
    with followed(tmp_path / "old", cluster, topic) as log:
        assert log.catch_up(soon()) == state.head


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("retention.ms", "86400000"),
        ("retention.bytes", "1000000"),
        ("cleanup.policy", "compact"),
        ("message.timestamp.type", "CreateTime"),
        ("unclean.leader.election.enable", "true"),
        ("max.message.bytes", "100000"),
    ],
)
def test_each_setting_that_could_lose_records_is_a_fault_by_its_name(
    cluster: Cluster, new_topic: Callable[[], str], setting: str, value: str
) -> None:
    from kafka.admin import ConfigResource, ConfigResourceType  # noqa: PLC0415  here only

    topic = new_topic()
    assert audit(cluster.addresses, topic, 1) == []
    admin = KafkaAdminClient(bootstrap_servers=cluster.addresses)
    change = ConfigResource(ConfigResourceType.TOPIC, topic, {setting: value})
    admin.alter_configs([change])
    admin.close()
    assert [fault.name for fault in audit(cluster.addresses, topic, 1)] == [setting]


def test_what_is_missing_or_split_is_a_fault(
    cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    topic = new_topic()
    missing = audit(cluster.addresses, f"{topic}-not", 1)
    assert [fault.name for fault in missing] == ["missing"]
    from kafka.admin import NewPartitions  # noqa: PLC0415  here only

    admin = KafkaAdminClient(bootstrap_servers=cluster.addresses)
    admin.create_partitions({topic: NewPartitions(2)})
    admin.close()
    split = audit(cluster.addresses, topic, 1)
    assert [fault.name for fault in split] == ["partitions"]
    with pytest.raises(TopicExistsError):
        create(cluster.addresses, topic, ONCE)


def test_nobody_to_ask_is_said_so() -> None:
    with pytest.raises(TopicUnavailableError):
        KafkaTopic("127.0.0.1:9", "registry").end(1.0)


@pytest.mark.usefixtures("cluster")
def test_a_broker_killed_under_an_append_loses_nothing_and_doubles_nothing(
    tmp_path: Path,
) -> None:
    state = MemoryState(ORIGIN)
    with Cluster(release(cache_folder()), tmp_path / "brokers") as own:
        create(own.addresses, "registry", ONCE)
        (broker,) = own.brokers
        with followed(tmp_path, own, "registry") as log:
            log.catch_up(soon())
            for round_ in range(3):
                chain = []
                for _ in range(20):
                    chain.append(siblings(state))
                    state.apply(chain[-1])
                if round_ == 0:
                    broker.kill()
                    # Nothing may be said of the end while nobody answers.
                    with pytest.raises(LogUnavailableError):
                        log.catch_up(soon(1))
                    broker.start()
                verdicts = log.append(chain, soon(30))
                assert all(isinstance(v, Accepted) for v in verdicts)
                broker.kill()
                broker.start()
            assert log.catch_up(soon(30)) == state.head
        with followed(tmp_path / "again", own, "registry") as fresh:
            assert fresh.catch_up(soon(30)) == state.head


@pytest.mark.usefixtures("cluster")
def test_an_append_to_a_dead_broker_is_unknown_or_unavailable_never_a_verdict(
    tmp_path: Path,
) -> None:
    state = MemoryState(ORIGIN)
    record = siblings(state)
    with Cluster(release(cache_folder()), tmp_path / "brokers") as own:
        create(own.addresses, "registry", ONCE)
        (broker,) = own.brokers
        with followed(tmp_path, own, "registry") as log:
            log.catch_up(soon())
            broker.kill()
            with pytest.raises((OutcomeUnknownError, LogUnavailableError)):
                log.append([record], soon(2))
            broker.start()
            # The same bytes again: once, wherever the first attempt went.
            assert isinstance(log.append([record], soon(30))[0], Accepted)
            log.catch_up(soon(30))
            assert log.head().position == 1
