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
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from events.entry import OPAQUE, SCHEMA_ADOPTED
from events.files import opened_read_only
from events.heads import HeadFile
from events.kafka import KafkaTopic
from events.ledger import Key, Ledger, ledger_origin
from events.reading import FollowedLog
from events.registry import RulesAdopted
from events.topic import TopicUnavailableError
from events.topic_audit import audit, unaccepted
from events.tree import EvidenceError
from ops.backup import BackupError, verify
from ops.finding import Finding
from ops.races import races
from projections.custody import Custody
from projections.files import NotBuiltError, ProjectionError
from registry.bootstrap import (
    EMBEDDED_CLOCK_LEAD_US,
    KAFKA_CLOCK_LEAD_US,
    LEDGER_FILE,
    Config,
    KafkaConfig,
)
from registry.deliveries import Deliveries, LedgerRefusedError
from registry.subscribed import Subscribed
from registry.timeline import RULES_NUMBER
from registry.watch import Missing, Watch
from registry.wire import CODEC

FREE_BYTES = 1_000_000_000
"""Below this the disk of the copy is called full: an entry may have half a megabyte."""
CALL_S = 5.0
LOOKS = 200
"""Looks for urgent events: a million entries behind each bureau's acknowledgement."""
MOST_TOLD = 10
"""Entries named in one line."""
ALARMS: Mapping[str, str] = {
    "LOG_DAMAGED": "two-histories",
    "LOG_UNAVAILABLE": "the-topic-cannot-be-reached",
    "WRITE_OUTCOME_UNKNOWN": "the-topic-cannot-be-reached",
    "CLOCK_REFUSED": "clock-refused",
    "LEDGER_REFUSED": "the-deliveries-speak-of-another-log",
    "NOT_ADOPTED": "not-adopted",
    "PROJECTION_STOPPED": "the-projections-stopped",
    "LOST_EVERY_RACE": "too-much-waits",
    "OVERLOADED": "too-much-waits",
    "INTERNAL": "an-internal-error",
    "NOT_A_PEER": "nodes-race",
}
"""The page of each reason that a node, not its caller, has to be seen to for."""


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


def examine(config: Config, free_bytes: int = FREE_BYTES) -> Iterator[Finding]:
    """Look at a node's folder, log, clock and topic; give what was found, in order."""
    path = config.data_dir / "log.sqlite"
    yield _keeper(config.data_dir)
    yield _disk(config.data_dir, free_bytes)
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
        with closing(opened_read_only(path)) as log:
            if config.kafka is not None:
                yield races(log)
            yield from _release(log)
        yield _projections(config.data_dir)
        yield from _signed(config, copy)
        yield _deliveries(config)
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


def _disk(folder: Path, least: int) -> Finding:
    at = folder if folder.exists() else folder.parent
    free = shutil.disk_usage(at).free
    says = f"{free // 1_000_000} MB are free"
    if free >= least:
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


def _release(log: sqlite3.Connection) -> Iterator[Finding]:
    """Compare this release's formats and rules with those that the log has."""
    announced = {
        bytes(key) for (key,) in log.execute("SELECT fingerprint FROM schemas")
    }
    rows = log.execute(
        "SELECT fingerprint, own_body FROM events WHERE type=? ORDER BY version",
        (RulesAdopted.__name__,),
    ).fetchall()
    rules = [CODEC.decode(bytes(key), bytes(body)) for key, body in rows]
    numbers = [one.number for one in rules if isinstance(one, RulesAdopted)]
    adopted = numbers[-1] if numbers else 0
    missing = len(CODEC.texts.keys() - announced)
    well = not missing and adopted == RULES_NUMBER
    yield Finding(
        about="release",
        well=well,
        says=f"rules {adopted} are adopted, this release has {RULES_NUMBER}; "
        f"{missing} of its formats are not adopted",
        do="" if well else "upgrade every node, then on one: childregistry adopt",
        page="" if well else "not-adopted",
    )
    used = log.execute("SELECT fingerprint, min(position) FROM events GROUP BY 1")
    known = {*CODEC.texts, OPAQUE, SCHEMA_ADOPTED}
    foreign = [place for key, place in used if bytes(key) not in known]
    if foreign:
        yield Finding(
            about="formats",
            well=False,
            says=f"entry {min(foreign)} uses a format that this release does not have",
            do="upgrade this node; until then it answers from before that entry",
            page="a-newer-release-wrote",
        )


def _projections(folder: Path) -> Finding:
    custody = Custody(folder)
    try:
        unreadable = sorted({position for position, _ in custody.quarantined()})
    except NotBuiltError:
        return Finding(
            about="projections", well=True, says="not built: the next start builds them"
        )
    except ProjectionError as error:
        return Finding(
            about="projections",
            well=False,
            says=str(error),
            do="childregistry rebuild, beside the running node",
            page="the-projections-stopped",
        )
    finally:
        custody.close()
    if not unreadable:
        return Finding(about="projections", well=True, says="every entry was read")
    return Finding(
        about="projections",
        well=False,
        says=f"entries {unreadable[:MOST_TOLD]} cannot be read",
        do="correct the act by a new submission of the authority that submitted it",
        page="an-entry-cannot-be-read",
    )


def _signed(config: Config, copy: _Copy) -> Iterator[Finding]:
    """Compare the last fixed tree head, where heads are signed, with the log."""
    if config.signing is None:
        return
    try:
        last = HeadFile(config.data_dir / "head").last()
    except EvidenceError as error:
        last, wrong = None, str(error)
    else:
        wrong = "" if last else "no head was ever fixed here"
    size = last.checkpoint.head.size if last else 0
    if size > copy.position:
        wrong = f"the last head has {size} entries, the log {copy.position}"
    if wrong:
        yield Finding(
            about="head",
            well=False,
            says=wrong,
            do="see the page before anything is signed",
            page="no-head-is-signed",
        )
        return
    behind = copy.position - size
    says = f"the last tree head has {size} entries, {behind} are not signed yet"
    yield Finding(about="head", well=True, says=says)


def _deliveries(config: Config) -> Finding:
    """Look who has not acknowledged an urgent event within its limit."""
    log = FollowedLog(config.data_dir / "log.sqlite", config.registry)
    path = config.data_dir / LEDGER_FILE
    ledger: Ledger | None = None
    if path.exists():
        kept = FollowedLog(path, ledger_origin(config.registry))
        ledger = Ledger(kept, config.node, _now)
    with closing(log), closing(Deliveries(log, ledger)) as marks:
        try:
            marks.check()
        except LedgerRefusedError as error:
            return Finding(
                about="deliveries",
                well=False,
                says=str(error),
                do="set the ledger aside, start the node; bureaus are offered again",
                page="the-deliveries-speak-of-another-log",
            )
        subscribed = Subscribed(log)
        count = len(subscribed.all())
        alarms, left = _looked(Watch(log, subscribed, marks, _now))
    if not alarms:
        says = f"{count} subscriptions, no urgent event is overdue"
        says += f"; {left} entries were not looked through" if left else ""
        return Finding(about="deliveries", well=True, says=says)
    late = ", ".join(
        f"{a}/{name} (position {u.position})" for (a, name, _), u in alarms
    )
    return Finding(
        about="deliveries",
        well=False,
        says=f"urgent and not acknowledged in time: {late}",
        do="ask the bureau: childregistry subscriptions list --everyone",
        page="an-urgent-event-is-not-acknowledged",
    )


def _looked(watch: Watch) -> tuple[list[tuple[Key, Missing]], int]:
    """Look through what there is; return the alarms, and how many entries are left."""
    for _ in range(LOOKS):
        alarms = watch.alarms()
        if not watch.left():
            break
    return alarms, watch.left()


def _now() -> int:
    return time.time_ns() // 1_000


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
