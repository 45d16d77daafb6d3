"""What of a node's log does not go out: the published topic, and webhooks.

What lives here: looking, as in `ops.doctor`, whose findings these join; the running
relay and the running sender are looked at from outside, by what they wrote. What never
does: publishing, sending, repairs.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from events.files import opened_read_only
from events.reading import FollowedLog
from events.topic import TopicError, TopicUnavailableError
from events.topic_audit import TopicFault, unaccepted
from ops.config import NodeConfig, PublishedConfig
from ops.finding import Finding
from ops.publish import audit_published, topic_of
from ops.webhooks.endpoints import Webhooks, load
from ops.webhooks.outbox import MAX_WAITING, Progress, parked_in, progress_in
from ops.webhooks.runner import is_kept
from registry.relay import PublishedUnfitError, Relay

LATE_S = 60.0
"""What was recorded so long ago, beyond a checkpoint's time, is published: the relay
needs seconds, and a broker that starts again half a minute. Nor does a sender of
webhooks need longer to read on, or for one attempt."""


def outgoing(
    node: NodeConfig, webhooks: Path | None = None, late_s: float = LATE_S
) -> Iterator[Finding]:
    """Look at a node's published topic, and at the webhooks of a configuration.

    Raises ConfigError where that cannot be read.
    """
    path = node.config.data_dir / "log.sqlite"
    if node.published is not None and path.exists():
        yield _published(node, node.published, late_s)
    if webhooks is not None:
        hooks = load(webhooks)
        yield _parked(hooks.state)
        with ExitStack() as open_:
            log = None
            if path.exists():
                log = FollowedLog(path, node.config.registry)
                open_.enter_context(closing(log))
            yield _sender(hooks, log, time.time() - late_s)


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


def _sender(hooks: Webhooks, log: FollowedLog | None, late: float) -> Finding:
    """Look whether a process delivers, and whether it gets on with it."""
    about = "sender"
    if not is_kept(hooks.state):
        return Finding(
            about=about,
            well=False,
            says=f"no process delivers from {hooks.state}",
            do="childregistry webhooks run: it goes on where it ended",
            page="nothing-goes-to-the-webhooks",
        )
    try:
        with closing(opened_read_only(hooks.state)) as file:
            found = progress_in(file)
    except sqlite3.Error as error:
        stands = [f"{hooks.state}: {error}"]
    else:
        names = {one.name for one in hooks.endpoints}
        stands = [_standing(one, log, late) for one in found if one.endpoint in names]
    if not any(stands):
        return Finding(about=about, well=True, says="it runs, and nothing due waits")
    return Finding(
        about=about,
        well=False,
        says=f"a process runs and does nothing: {'; '.join(filter(None, stands))}",
        do="see what its log says, end it and start it again: nothing is lost",
        page="the-webhooks-stand-still",
    )


def _standing(one: Progress, log: FollowedLog | None, late: float) -> str:
    """Say what stands still for an endpoint since a time, though something is due.

    An attempt ends within half a minute and a place moves with what is recorded, so
    neither stands for long while there is something to do. Where as much waits as may,
    reading waits for the office.
    """
    if one.due_s is not None and max(one.due_s, one.tried_s) <= late:
        ago = time.time() - max(one.due_s, one.tried_s)
        return f"{one.endpoint}: {one.waiting} wait, and none was tried for {ago:.0f} s"
    if log is None or one.read_s > late or one.waiting >= MAX_WAITING:
        return ""
    lacking = log.read(one.position, 1)
    if not lacking or lacking[0].recorded_at / 1e6 > late:
        return ""
    ago = time.time() - max(one.read_s, lacking[0].recorded_at / 1e6)
    return (
        f"{one.endpoint}: nothing was read after position {one.position}, {ago:.0f} s"
    )
