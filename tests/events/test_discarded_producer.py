"""A producer thrown away while its broker is frozen or dead leaves no thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from events.kafka import KafkaTopic
from events.topic_audit import Replication, create
from ops.broker import Broker, Cluster, release
from ops.cache import cache_folder
from tests.support.waiting import wait

SENT = [b"not acknowledged"] * 3


@pytest.fixture(scope="module")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("brokers")
    with Cluster(release(cache_folder()), folder) as running:
        yield running


def freeze(broker: Broker) -> Callable[[], None]:
    broker.freeze()
    return broker.thaw


def kill(broker: Broker) -> Callable[[], None]:
    broker.kill()
    return broker.start


@pytest.mark.parametrize("harm", [freeze, kill])
def test_nothing_is_sent_any_more_by_a_producer_thrown_away(
    brokers: Cluster,
    new_name: Callable[[], str],
    harm: Callable[[Broker], Callable[[], None]],
) -> None:
    name = new_name()
    create(brokers.addresses, name, Replication(factor=1, min_in_sync=1))
    before = set(threading.enumerate())
    topic = KafkaTopic(brokers.addresses, name)
    for sending in topic.send([b"first"]):
        wait(lambda: sending._future.is_done, 30)  # type: ignore[attr-defined]  # noqa: B023
    mend = harm(brokers.brokers[0])
    try:
        sendings = topic.send(SENT)
        topic.renew()
        assert all(sending.failed() for sending in sendings)
        wait(lambda: set(threading.enumerate()) <= before, 30)
    finally:
        mend()
    topic.close()
