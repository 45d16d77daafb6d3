"""The topic's port keeps one contract on a real broker and in the simulation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from events.kafka import KafkaTopic
from events.topic import OffsetLostError, Topic, TopicRecord, TopicUnavailableError
from events.topic_audit import Replication, create
from ops.broker import Cluster, release
from ops.cache import cache_folder
from tests.simulation.contract import Simulation

CALL_S = 5.0
PATIENCE_S = 20.0
Opened = Callable[[], Topic]
"""Opens a client of this test's topic; each has connections of its own."""


@pytest.fixture(params=["kafka", "simulated"])
def opened(request: pytest.FixtureRequest) -> Iterator[Opened]:
    with ExitStack() as stack:
        if request.param == "kafka":
            cluster: Cluster = request.getfixturevalue("cluster")
            name = request.getfixturevalue("new_topic")()

            def real() -> Topic:
                topic = KafkaTopic(cluster.addresses, name)
                stack.callback(topic.close)
                return topic

            yield real
            return
        simulation = Simulation()
        stack.callback(simulation.close)
        yield simulation.topic


def landed(topic: Topic, count: int, after: int = 0) -> list[TopicRecord]:
    """Read on until so many records were seen."""
    found: list[TopicRecord] = []
    offset, until = after, time.monotonic() + PATIENCE_S
    while len(found) < count:
        assert time.monotonic() < until
        batch = topic.fetch(offset, 0.5)
        found += batch.records
        offset = batch.next_offset
    return found


def comes_to(error: type[Exception], question: Callable[[], object]) -> None:
    """Ask until the answer is an error: a client may notice it late, and must."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            question()
        except error:
            return
    pytest.fail(f"never {error.__name__}")


def test_an_empty_topic_ends_where_it_begins(opened: Opened) -> None:
    topic = opened()
    assert topic.end(CALL_S) == 0
    batch = topic.fetch(0, 0.1)
    assert (batch.records, batch.next_offset) == ((), 0)
    assert topic.read_at(0, CALL_S) is None


def test_what_one_client_sends_is_read_by_all_in_its_order(opened: Opened) -> None:
    writer, reader = opened(), opened()
    said = [f"record {number}".encode() for number in range(20)]
    sendings = [*writer.send(said[:3]), *writer.send(said[3:])]
    found = landed(reader, len(said))
    assert [record.content for record in found] == said
    offsets = [record.offset for record in found]
    assert offsets == sorted(set(offsets))
    assert reader.end(CALL_S) == offsets[-1] + 1 == writer.end(CALL_S)
    assert not any(sending.failed() for sending in sendings)


def test_a_record_is_read_at_its_offset_and_nowhere_else(opened: Opened) -> None:
    topic = opened()
    topic.send([b"first", b"second"])
    first, second = landed(topic, 2)
    assert topic.read_at(first.offset, CALL_S) == first
    assert topic.read_at(second.offset, CALL_S) == second
    assert topic.read_at(second.offset + 1, CALL_S) is None


def test_the_brokers_stamp_and_never_go_back(opened: Opened) -> None:
    topic = opened()
    for number in range(3):
        topic.send([bytes([number])])
        landed(topic, number + 1)
    stamps = [record.appended_ms for record in landed(topic, 3)]
    assert stamps == sorted(stamps)
    assert stamps[0] > 1_500_000_000_000


def test_the_same_bytes_twice_are_two_records(opened: Opened) -> None:
    topic = opened()
    topic.send([b"again"])
    topic.send([b"again"])
    assert [record.content for record in landed(topic, 2)] == [b"again"] * 2


def test_a_fetch_beyond_the_end_is_told_from_an_empty_one(opened: Opened) -> None:
    topic = opened()
    topic.send([b"one"])
    (one,) = landed(topic, 1)
    assert topic.fetch(one.offset + 1, 0.1).records == ()
    comes_to(OffsetLostError, lambda: topic.fetch(one.offset + 5, 0.1))
    assert landed(topic, 1) == [one]  # and the client goes on


def test_a_fresh_producer_sends_after_the_old_one(opened: Opened) -> None:
    topic = opened()
    topic.send([b"before"])
    landed(topic, 1)
    topic.renew()
    topic.send([b"after"])
    assert [r.content for r in landed(topic, 2)] == [b"before", b"after"]


def test_all_clients_are_told_one_identity(opened: Opened) -> None:
    assert opened().identity(CALL_S) == opened().identity(CALL_S) != ""


@dataclass(frozen=True)
class Breakable:
    """A topic whose brokers can be away."""

    topic: Topic
    leave: Callable[[], None]
    come_back: Callable[[], None]


@pytest.fixture(params=["kafka", "simulated"])
def breakable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Breakable]:
    with ExitStack() as stack:
        if request.param == "kafka":
            request.getfixturevalue("cluster")  # a broker can be had; this has its own
            own = stack.enter_context(Cluster(release(cache_folder()), tmp_path))
            create(own.addresses, "registry", Replication(factor=1, min_in_sync=1))
            topic = KafkaTopic(own.addresses, "registry")
            stack.callback(topic.close)
            (broker,) = own.brokers
            yield Breakable(topic, broker.kill, broker.start)
            return
        simulation = Simulation()
        stack.callback(simulation.close)
        yield Breakable(simulation.topic(), simulation.leave, simulation.come_back)


def test_brokers_that_are_away_are_said_so_and_lose_nothing(
    breakable: Breakable,
) -> None:
    topic = breakable.topic
    topic.send([b"before"])
    landed(topic, 1)
    breakable.leave()
    questions: list[Callable[[], object]] = [
        lambda: topic.fetch(1, 0.1),
        lambda: topic.end(1.0),
        lambda: topic.read_at(0, 1.0),
        lambda: topic.identity(1.0),
    ]
    for question in questions:
        comes_to(TopicUnavailableError, question)
    try:
        (sending,) = topic.send([b"meanwhile"])
    except TopicUnavailableError:
        pass  # nothing was handed over
    else:
        until = time.monotonic() + PATIENCE_S
        while not sending.failed():
            assert time.monotonic() < until
            time.sleep(0.05)
    breakable.come_back()
    topic.renew()
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            topic.send([b"after"])
            found = [record.content for record in landed(topic, 2)]
        except TopicUnavailableError:
            assert time.monotonic() < until
            time.sleep(0.1)
        else:
            break
    assert found[0] == b"before"
    assert b"after" in found or b"meanwhile" in found
