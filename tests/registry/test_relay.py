"""The relay on a real broker: nothing missing, nothing twice but under its number."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from kafka.admin import NewPartitions

from events.guardianship import Office
from events.kafka import bare_sender
from events.published import opening
from events.published_rule import Rule, Wire
from events.published_topic import GROUP_BYTES, PublishedTopic
from events.topic import TopicUnavailableError
from ops.broker import Cluster, release
from ops.cache import cache_folder
from ops.config import PublishedConfig
from ops.publish import create_published, relaying
from registry.bootstrap import Config, KafkaConfig, TopicUnfitError, open_log
from registry.relay import PublishedUnfitError, Relay
from tests.ops.test_cli import COMMAND
from tests.support.published import (
    EVERY_TYPE,
    SYNTHETIC,
    Fact,
    checked,
    expected,
    facts,
    grown,
    records,
)
from tests.support.registry import ORIGIN, child_id, opened, submission, submit
from tests.support.stories import FATHER, MOTHER, born
from tests.support.waiting import wait

RULE = Rule(registry=SYNTHETIC, partitions=3, types=EVERY_TYPE)
MANY = 1_900
"""Children whose lives are ten thousand published events in all."""
MANY_EVENTS = 10_000
Made = Callable[..., PublishedConfig]


@pytest.fixture
def made(cluster: Cluster, new_name: Callable[[], str]) -> Made:
    def make(rule: Rule = RULE, address: str = "") -> PublishedConfig:
        servers = address or cluster.addresses
        where = PublishedConfig(servers=servers, topic=new_name(), checkpoint_s=0.2)
        create_published(where, rule, 1)
        return where

    return make


@contextmanager
def relay_of(config: Config, where: PublishedConfig) -> Iterator[Relay]:
    with open_log(config) as log, relaying(log, where) as relay:
        assert relay is not None
        yield relay


def publish_once(config: Config, where: PublishedConfig) -> int:
    with relay_of(config, where) as relay:
        relay.caught_up()
        return relay.position


def logged(config: Config, rule: Rule = RULE) -> list[Fact]:
    with open_log(config) as log:
        return expected(log, rule)


def test_all_that_the_log_has_is_published_and_a_later_run_goes_on(
    tmp_path: Path, made: Made
) -> None:
    config, where = grown(tmp_path), made()
    head = publish_once(config, where)
    first = records(where, 3)
    assert facts(first) == logged(config)
    assert [checked(partition)[0].position for partition in first] == [head] * 3
    assert publish_once(config, where) == head
    assert records(where, 3) == first


class Process:
    """`childregistry publish` with a configuration of its own."""

    def __init__(self, folder: Path, config: Config, where: PublishedConfig) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "node.toml").write_text(
            f'registry = "{config.registry}"\nnode = "{config.node}"\n'
            f'data_dir = "{config.data_dir}"\n[published]\ncheckpoint_s = 0.2\n'
            f'servers = "{where.servers}"\ntopic = "{where.topic}"\n'
        )
        self._command = [COMMAND, "publish", "-c", str(folder / "node.toml")]

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[str]]:
        with subprocess.Popen(
            self._command, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stdout is not None
                assert "published up to" in process.stdout.readline()
                yield process
            finally:
                process.kill()

    def once(self) -> None:
        subprocess.run([*self._command, "--once"], check=True, timeout=120)


def test_a_publisher_killed_anywhere_goes_on_with_the_next_event(
    tmp_path: Path, made: Made
) -> None:
    config, where = grown(tmp_path / "data", MANY), made()
    process = Process(tmp_path, config, where)
    chance = random.Random(5)  # noqa: S311  no secret
    for _ in range(4):
        with process.running() as killed:
            time.sleep(chance.uniform(0.0, 0.35))
            killed.send_signal(signal.SIGKILL)
    process.once()
    found = records(where, 3)
    assert facts(found) == logged(config)
    assert len(logged(config)) > MANY_EVENTS


def test_frozen_and_rival_publishers_make_duplicates_and_no_gap(
    tmp_path: Path, made: Made
) -> None:
    config, where = grown(tmp_path / "data", MANY), made()
    other = grown(tmp_path / "other", MANY)
    with (
        Process(tmp_path / "a", config, where).running() as frozen,
        Process(tmp_path / "b", other, where).running(),
    ):
        time.sleep(0.1)
        frozen.send_signal(signal.SIGSTOP)
        time.sleep(0.7)
        frozen.send_signal(signal.SIGCONT)
        time.sleep(0.3)
    publish_once(config, where)
    assert facts(records(where, 3)) == logged(config)


def test_the_relay_outlives_the_broker(
    tmp_path: Path, new_name: Callable[[], str]
) -> None:
    with Cluster(release(cache_folder()), tmp_path / "brokers") as brokers:
        where = PublishedConfig(
            servers=brokers.addresses, topic=new_name(), checkpoint_s=0.2
        )
        create_published(where, RULE, 1)
        config = grown(tmp_path / "data", MANY)
        with relay_of(config, where) as relay:
            relay.start()
            for _ in range(2):
                time.sleep(0.15)
                brokers.brokers[0].kill()
                time.sleep(0.5)
                brokers.brokers[0].start()
            wait(lambda: relay.position == head_of(relay))
        publish_once(config, where)
        assert facts(records(where, 3)) == logged(config)


def head_of(relay: Relay) -> int:
    return relay._log.head().position


def test_voids_of_the_log_are_never_published(
    tmp_path: Path, cluster: Cluster, new_topic: Callable[[], str], made: Made
) -> None:
    rule = replace(RULE, registry=ORIGIN)
    where, topic = made(rule), new_topic()
    send, close = bare_sender(cluster.addresses, topic)
    kafka = KafkaConfig(servers=cluster.addresses, topic=topic)
    with opened(tmp_path, kafka=kafka) as registry:
        for number in range(3):
            send(b"no record")
            child = child_id(f"child {number}")
            asked = born(child, "2010-03-01", FATHER, MOTHER)
            by = submission(asked, child, "xuzhou-police", Office.POLICE)
            submit(registry, by)
            send(registry.log.read(0, 1)[0].record)  # accepted once, void now
        with relaying(registry.log, where) as relay:
            assert relay is not None
            relay.caught_up()
        assert len(registry.log.voids(0, 100)) >= 4
        found = facts(records(where, 3))
        assert found == expected(registry.log, rule)
        assert found
    close()


def test_what_does_not_fit_in_a_group_travels_in_the_next(
    tmp_path: Path, made: Made
) -> None:
    where = made(replace(RULE, partitions=1))
    config = grown(tmp_path, 300)
    publish_once(config, where)
    found = records(where, 1)
    assert sum(len(one.value) for one in found[0]) + 600 * len(found[0]) > GROUP_BYTES
    assert facts(found) == logged(config)
    assert len({one.headers["ce_number"] for one in found[0]}) <= len(found[0])


def test_a_topic_whose_partitions_changed_is_refused(
    tmp_path: Path, made: Made
) -> None:
    config, where = grown(tmp_path), made()
    publish_once(config, where)
    admin = KafkaAdminClient(bootstrap_servers=where.servers)
    admin.create_partitions({where.topic: NewPartitions(total_count=4)})
    admin.close()
    wait(lambda: len(ends(where)) == 4)
    with pytest.raises(PublishedUnfitError, match="partition"):
        publish_once(config, where)


def ends(where: PublishedConfig) -> list[object]:
    topic = PublishedTopic(where.servers, where.topic)
    try:
        return list(topic.ends())
    finally:
        topic.close()


def test_topics_of_another_registry_or_history_or_rule_are_refused(
    tmp_path: Path, made: Made, new_name: Callable[[], str], cluster: Cluster
) -> None:
    config, where = grown(tmp_path / "a"), made()
    foreign = made(replace(RULE, registry="registry.example/other"))
    with pytest.raises(PublishedUnfitError, match=r"registry\.example/other"):
        publish_once(config, foreign)
    publish_once(grown(tmp_path / "b", 41), where)
    with pytest.raises((PublishedUnfitError, TopicUnavailableError)):
        publish_once(config, where)
    with pytest.raises(PublishedUnfitError, match="another rule"):
        create_published(where, replace(RULE, kinds=frozenset({"report"})), 1)
    with pytest.raises(PublishedUnfitError, match="must have 4"):
        create_published(where, replace(RULE, partitions=4), 1)
    nowhere = PublishedConfig(servers=cluster.addresses, topic=new_name())
    with open_log(config) as log, relaying(log, nowhere) as relay:
        assert relay is not None
        with pytest.raises(TopicUnavailableError, match="there is no topic"):
            relay.step()


def test_a_topic_that_was_made_in_part_is_made_whole(
    made: Made, tmp_path: Path
) -> None:
    where = made()
    create_published(where, RULE, 1)  # all is there
    unopened = replace(where, topic=where.topic + "-part")
    rule = replace(RULE, partitions=2)
    topic = PublishedTopic(where.servers, unopened.topic)
    create_published(unopened, rule, 1)
    topic.append([opening(rule, 0)])  # as by a second maker, at once
    topic.close()
    config = grown(tmp_path)
    publish_once(config, unopened)
    assert facts(records(unopened, 2)) == logged(config)


def test_a_schema_without_an_id_stops_the_relay_and_is_named(
    tmp_path: Path, made: Made
) -> None:
    config, where = grown(tmp_path), made(replace(RULE, wire=Wire.CONFLUENT))
    with pytest.raises(PublishedUnfitError, match="has no id for the schema"):
        publish_once(config, where)
    assert facts(records(where, 3)) == []


def test_a_topic_that_may_lose_records_is_refused(tmp_path: Path, made: Made) -> None:
    config, where = grown(tmp_path), made()
    strict = replace(where, min_in_sync=2)
    with pytest.raises(TopicUnfitError, match="insync"):
        publish_once(config, strict)


def test_an_unreachable_broker_stops_no_node(tmp_path: Path) -> None:
    config = grown(tmp_path)
    where = PublishedConfig(servers="127.0.0.1:1", topic="nowhere")
    with relay_of(config, where) as relay:
        relay.start()
        wait(lambda: relay.trouble is not None)
        assert relay.position == 0
