"""Publishing: the published topic made, audited, and followed by a relay.

What lives here: composition of `registry.relay` with a log and a topic. What never
does: what is published.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from events.log import Log
from events.published_rule import Rule
from events.published_topic import PublishedTopic
from events.topic import TopicUnavailableError
from events.topic_audit import (
    Replication,
    TopicExistsError,
    TopicFault,
    audit,
    create,
    unaccepted,
)
from ops.config import PublishedConfig
from registry.bootstrap import Config, TopicUnfitError, keeper, open_log
from registry.relay import Relay, make

log = logging.getLogger(__name__)

TIMES = "message.timestamp.type"
"""Whose times the records have is nothing to this topic: `ce_time` is the log's."""


def create_published(where: PublishedConfig, rule: Rule, replicas: int) -> None:
    """Make the published topic with its openings; again where that was killed.

    Raises PublishedUnfitError where there is another one, TopicError.
    """
    replication = Replication(factor=replicas, min_in_sync=where.min_in_sync)
    with suppress(TopicExistsError):
        create(where.servers, where.topic, replication, where.security, rule.partitions)
    topic = topic_of(where)
    try:
        make(topic, rule)
    finally:
        topic.close()


def audit_published(where: PublishedConfig) -> list[TopicFault]:
    """Return what is wrong with the published topic. Raises TopicUnavailableError."""
    topic = topic_of(where)
    try:
        count = len(topic.ends())
    finally:
        topic.close()
    faults = audit(where.servers, where.topic, where.min_in_sync, where.security, count)
    return [fault for fault in faults if fault.name != TIMES]


@contextmanager
def relaying(given: Log, where: PublishedConfig | None) -> Iterator[Relay | None]:
    """Yield a relay of a log that is not started; None where nothing is published.

    Raises TopicUnfitError, PublishedUnfitError, OffsetLostError.
    """
    if where is None:
        yield None
        return
    relay = Relay(given, topic_of(where), where.schema_ids, where.checkpoint_s)
    try:
        try:
            if unfit := unaccepted(audit_published(where), where.accepted):
                raise TopicUnfitError(unfit)
            relay.open()
        except TopicUnavailableError as error:
            # What is published comes later; what is submitted does not wait for it.
            log.warning("the published topic is not reached: %s", error)
        yield relay
    finally:
        relay.close()


def run(
    config: Config,
    where: PublishedConfig,
    told: Callable[[int], None],
    *,
    once: bool,
) -> None:
    """Publish a folder's log until SIGINT or SIGTERM, or all that there is.

    Raises KeeperBusyError, and what `open_log` and `relaying` raise.
    """
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with keeper(config.data_dir), open_log(config) as opened:
        with relaying(opened, where) as relay:
            assert relay is not None  # noqa: S101  there is a configuration
            if once:
                relay.caught_up()
            else:
                relay.start()
                told(relay.position)
                stop.wait()
        told(relay.position)


def topic_of(where: PublishedConfig) -> PublishedTopic:
    """Return the published topic of a configuration."""
    return PublishedTopic(where.servers, where.topic, where.security)
