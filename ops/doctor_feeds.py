"""What of a node's log does not go out: the published topic, and webhooks.

What lives here: looking, as in `ops.doctor`, whose findings these join; the running
relay and the running sender are looked at from outside, by what they wrote. What never
does: publishing, sending, repairs.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from events.files import opened_read_only
from events.reading import FollowedLog
from events.topic import TopicError, TopicUnavailableError
from events.topic_audit import TopicFault, unaccepted
from ops.config import NodeConfig, PublishedConfig
from ops.finding import Finding
from ops.publish import audit_published, topic_of
from ops.webhooks.endpoints import Webhooks, load
from ops.webhooks.outbox import parked_in
from ops.webhooks.runner import is_kept
from registry.relay import PublishedUnfitError, Relay

LATE_S = 60.0
"""What was recorded so long ago, beyond a checkpoint's time, is published: the relay
needs seconds, and a broker that starts again half a minute."""


def outgoing(
    node: NodeConfig, webhooks: Path | None = None, late_s: float = LATE_S
) -> Iterator[Finding]:
    """Look at a node's published topic, and at the webhooks of a configuration.

    Raises ConfigError where that cannot be read.
    """
    if node.published is not None and (node.config.data_dir / "log.sqlite").exists():
        yield _published(node, node.published, late_s)
    if webhooks is not None:
        hooks = load(webhooks)
        yield _parked(hooks.state)
        yield _sender(hooks)


def _published(node: NodeConfig, where: PublishedConfig, late_s: float) -> Finding:
    """Compare the ends of the topic with the log."""
    log = FollowedLog(node.config.data_dir / "log.sqlite", node.config.registry)
    relay = Relay(log, topic_of(where))
    try:
        faults = unaccepted(audit_published(where), where.accepted)
        if faults:
            return _unfit(faults)
        relay.open()
        return _lag(log, relay.position, where.checkpoint_s + late_s)
    except TopicUnavailableError as error:
        return _stopped(f"{where.servers}: {error}")
    except (PublishedUnfitError, TopicError) as error:
        return Finding(
            about="published",
            well=False,
            says=f"{where.topic}: {error}",
            do="see the page; a topic can be made again from the log, by another name",
            page="the-published-topic-is-another",
        )
    finally:
        relay.close()
        log.close()


def _lag(log: FollowedLog, position: int, after_s: float) -> Finding:
    """Judge a topic that has all up to a position, and perhaps the next entry."""
    behind = max(0, log.head().position - position - 1)
    says = f"the topic has all but the last {behind} entries"
    lacking = log.read(position + 1, 1)
    if not lacking:
        return Finding(about="published", well=True, says="the topic has all entries")
    ago = time.time() - lacking[0].recorded_at / 1e6
    if ago <= after_s:
        return Finding(about="published", well=True, says=says)
    oldest = f"position {lacking[0].position} was recorded {ago:.0f} s ago"
    return _stopped(f"{says}: {oldest}")


def _unfit(faults: list[TopicFault]) -> Finding:
    return Finding(
        about="published",
        well=False,
        says="; ".join(fault.message for fault in faults),
        do="set it right at the broker, or accept it by name in the configuration",
        page="the-topic-is-unfit",
    )


def _stopped(says: str) -> Finding:
    return Finding(
        about="published",
        well=False,
        says=says,
        do="see that a node with [published] runs, and what its log says of it",
        page="nothing-is-published",
    )


def _parked(state: Path) -> Finding:
    """Look for notices that were given up, without touching the sender's file."""
    if not state.exists():
        return Finding(about="webhooks", well=True, says="nothing was ever sent")
    try:
        with closing(opened_read_only(state)) as file:
            found = parked_in(file)
    except sqlite3.Error as error:
        found, trouble = {}, f"{state}: {error}"
    else:
        trouble = ""
    if not found and not trouble:
        return Finding(about="webhooks", well=True, says="nothing is parked")
    told = (f"{name} {parked}, {held} behind" for name, (parked, held) in found.items())
    return Finding(
        about="webhooks",
        well=False,
        says=trouble or f"parked: {'; '.join(told)}",
        do="childregistry webhooks parked says why; then webhooks replay ENDPOINT",
        page="webhooks-are-parked",
    )


def _sender(hooks: Webhooks) -> Finding:
    """Look whether a process delivers."""
    about = "sender"
    if not is_kept(hooks.state):
        return Finding(
            about=about,
            well=False,
            says=f"no process delivers from {hooks.state}",
            do="childregistry webhooks run: it goes on where it ended",
            page="nothing-goes-to-the-webhooks",
        )
    return Finding(about=about, well=True, says="it runs")
