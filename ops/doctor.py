"""What is wrong with a node, in plain words, and what to do about it.

What lives here: looking, beside the running node and without changing anything. What
never does: repairs; each finding names the command that does it, and the page of
`runbook.md` that says when.
"""

from __future__ import annotations

import fcntl
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from events.files import opened_read_only
from events.kafka import KafkaTopic
from events.topic import TopicUnavailableError
from events.topic_audit import audit, unaccepted
from ops.backup import BackupError, verify
from registry.bootstrap import (
    EMBEDDED_CLOCK_LEAD_US,
    KAFKA_CLOCK_LEAD_US,
    Config,
    KafkaConfig,
)

FREE_BYTES = 1_000_000_000
"""Below this the disk of the copy is called full: an entry may have half a megabyte."""
CALL_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at: what was seen, and what to do where it is not as it must be.

    `page` is the alarm's page in the runbook; empty where all is well.
    """

    about: str
    well: bool
    says: str
    do: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class _Copy:
    """What the copy's file says of itself."""

    position: int
    recorded_at: int
    next_offset: int
    topic_id: str
    last: tuple[int, bytes] | None
    voids: int
    strangers: int


def examine(config: Config) -> Iterator[Finding]:
    """Look at a node's folder, log, clock and topic; give what was found, in order."""
    path = config.data_dir / "log.sqlite"
    yield _keeper(config.data_dir)
    yield _disk(config.data_dir)
    if not path.exists():
        yield Finding(
            about="log",
            well=config.kafka is None,
            says=f"{path} does not exist",
            do="start the node: it makes a new log, or copies the topic",
            page="the-copy-is-missing",
        )
        if config.kafka is not None:
            yield from _topic(config.kafka, None)
        return
    copy: _Copy | None = None
    try:
        with closing(opened_read_only(path)) as log:
            head = verify(log, lambda *_: None)
            copy = _read(log)
    except (BackupError, sqlite3.Error) as error:
        yield Finding(
            about="log",
            well=False,
            says=f"{path}: {error}",
            do="stop the node, set the file aside, start: it copies the topic again; "
            "an embedded log is restored from its backup",
            page="the-copy-is-damaged",
        )
    else:
        hash_, voids = head.hash.hex()[:16], f"{copy.voids} voids"
        yield Finding(
            about="log",
            well=True,
            says=f"{head.position} entries, each verified; head {hash_}; {voids}, "
            f"{copy.strangers} of them strangers",
        )
        yield _clock(config, copy)
    if config.kafka is not None:
        yield from _topic(config.kafka, copy)


def _keeper(folder: Path) -> Finding:
    lock = folder / "keeper.lock"
    if not lock.exists():
        return Finding(about="keeper", well=True, says="no node ever ran here")
    with lock.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return Finding(about="keeper", well=True, says="a node keeps this folder")
    return Finding(about="keeper", well=True, says="no node runs on this folder")


def _disk(folder: Path) -> Finding:
    at = folder if folder.exists() else folder.parent
    free = shutil.disk_usage(at).free
    says = f"{free // 1_000_000} MB are free"
    if free >= FREE_BYTES:
        return Finding(about="disk", well=True, says=says)
    return Finding(
        about="disk",
        well=False,
        says=says,
        do="make room: the node goes on by itself",
        page="the-disk-is-full",
    )


def _read(log: sqlite3.Connection) -> _Copy:
    meta = dict(log.execute("SELECT name, value FROM meta").fetchall())
    head = log.execute(
        "SELECT position, recorded_at FROM entries ORDER BY position DESC LIMIT 1"
    ).fetchone() or (0, 0)
    last = log.execute(
        "SELECT topic_offset, record FROM entries WHERE topic_offset IS NOT NULL "
        "ORDER BY position DESC LIMIT 1"
    ).fetchone()
    voids, strangers = log.execute(
        "SELECT count(*), coalesce(sum(kind='stranger'), 0) FROM voids"
    ).fetchone()
    return _Copy(
        position=head[0],
        recorded_at=head[1],
        next_offset=int(meta.get("next_offset", 0)),
        topic_id=meta.get("topic_id", ""),
        last=(int(last[0]), bytes(last[1])) if last else None,
        voids=voids,
        strangers=strangers,
    )


def _clock(config: Config, copy: _Copy) -> Finding:
    lead = EMBEDDED_CLOCK_LEAD_US if config.kafka is None else KAFKA_CLOCK_LEAD_US
    ahead = copy.recorded_at - time.time_ns() // 1_000
    last = datetime.fromtimestamp(copy.recorded_at / 1e6, UTC).isoformat()
    if ahead <= lead:
        return Finding(about="clock", well=True, says=f"the last entry is of {last}")
    return Finding(
        about="clock",
        well=False,
        says=f"the last entry, of {last}, is {ahead / 1e6:.0f} s ahead of this clock",
        do="set this clock right; where it is right: childregistry clock accept",
        page="clock-refused",
    )


def _topic(kafka: KafkaConfig, copy: _Copy | None) -> Iterator[Finding]:
    try:
        faults = audit(kafka.servers, kafka.topic, kafka.min_in_sync, kafka.security)
    except TopicUnavailableError as error:
        yield Finding(
            about="topic",
            well=False,
            says=f"{kafka.servers}: {error}",
            do="bring a broker back; a running node answers from its copy meanwhile",
            page="the-topic-cannot-be-reached",
        )
        return
    for fault in unaccepted(faults, kafka.accepted):
        yield Finding(
            about="topic",
            well=False,
            says=fault.message,
            do="set it right at the broker, or accept it by name in the configuration",
            page="the-topic-is-unfit",
        )
    if not faults:
        yield Finding(about="topic", well=True, says=f"{kafka.topic} is as it must be")
    if copy is not None and not any(fault.name == "missing" for fault in faults):
        topic = KafkaTopic(kafka.servers, kafka.topic, kafka.security)
        try:
            yield _history(topic, copy)
        except TopicUnavailableError as error:
            yield Finding(
                about="history",
                well=False,
                says=str(error),
                do="look again when the brokers answer",
                page="the-topic-cannot-be-reached",
            )
        finally:
            topic.close()


def _history(topic: KafkaTopic, copy: _Copy) -> Finding:
    """Compare the copy with the topic as a node does at its start."""
    end, identity = topic.end(CALL_S), topic.identity(CALL_S)
    found = topic.read_at(copy.last[0], CALL_S) if copy.last else None
    wrong = ""
    if copy.topic_id and identity != copy.topic_id:
        wrong = f"the topic {identity} is not the one copied, {copy.topic_id}"
    elif end < copy.next_offset:
        wrong = f"the topic ends at {end}, the copy was read up to {copy.next_offset}"
    elif copy.last and (found is None or found.content != copy.last[1]):
        wrong = f"the topic holds other bytes at offset {copy.last[0]}"
    if not wrong:
        behind = end - copy.next_offset
        says = f"the copy is the topic's, {behind} records behind"
        return Finding(about="history", well=True, says=says)
    return Finding(
        about="history",
        well=False,
        says=wrong,
        do="stop every node; then childregistry log restore",
        page="two-histories",
    )
