"""A topic that lost what this copy holds: the missing records are produced again.

What lives here: finding where two histories part, and the one repair that changes no
receipt: where the topic accepted nothing after that place, this copy's records are
sent again, byte for byte, and get the same positions and hashes. Where the topic did
accept something else, two histories exist and a person decides; both are shown. What
never does: deleting; the copy is set aside as evidence.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from events.entry import MemoryState, decode_frame, decode_record
from events.files import opened_read_only
from events.log import Accepted
from events.topic import Topic

CALL_S = 10.0
PATIENCE_S = 60.0
WAIT_S = 1.0
TOGETHER = 500
"""Records sent before they are read back: one by one takes ten times as long."""
Progress = Callable[[int, int], None]


class TwoHistoriesError(Exception):
    """Topic and copy both went on after the same entry; nothing was changed."""

    def __init__(self, parted: Parted) -> None:
        super().__init__(
            f"after position {parted.common} the topic has {len(parted.topic)} other "
            f"entries, the copy {len(parted.copy)}"
        )
        self.parted = parted


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An entry as it is shown to a person who must decide."""

    position: int
    hash: str
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """Up to where topic and copy agree, and what each holds after it."""

    common: int
    topic: tuple[Told, ...]
    copy: tuple[Told, ...]
    records: tuple[bytes, ...]
    """The copy's records after the common part."""


def compare(path: Path, topic: Topic, progress: Progress) -> Parted:
    """Return where a copy and its topic part. Raises TopicUnavailableError."""
    with closing(opened_read_only(path)) as log:
        (registry,) = log.execute(
            "SELECT value FROM meta WHERE name='registry'"
        ).fetchone()
        rows = log.execute(
            "SELECT position, hash, request_id, record FROM entries ORDER BY position"
        ).fetchall()
    mine = [Told(position=r[0], hash=r[1].hex(), request_id=r[2]) for r in rows]
    theirs = list(_accepted(str(registry), topic, progress))
    common = 0
    for own, other in zip(mine, theirs, strict=False):
        if own != other:
            break
        common = own.position
    return Parted(
        common=common,
        topic=tuple(theirs[common:]),
        copy=tuple(mine[common:]),
        records=tuple(bytes(row[3]) for row in rows[common:]),
    )


def restore(path: Path, topic: Topic, progress: Progress) -> Parted:
    """Send the missing records again, set the copy aside; return what was missing.

    Raises TwoHistoriesError where the topic went on by itself, TimeoutError where the
    records did not come back as they were, TopicUnavailableError.
    """
    parted = compare(path, topic, progress)
    if parted.topic and parted.copy:
        raise TwoHistoriesError(parted)
    for first in range(0, len(parted.records), TOGETHER):
        _send(topic, parted.records[first : first + TOGETHER])
        progress(min(first + TOGETHER, len(parted.records)), len(parted.records))
    again = compare(path, topic, progress)
    if again.copy:
        message = f"the topic still lacks position {again.common + 1}"
        raise TimeoutError(message)
    _set_aside(path)
    return parted


def _send(topic: Topic, records: Sequence[bytes]) -> None:
    """Send records in their order, and wait until the topic holds them in it.

    Whoever is told that it does not may begin again: what is there twice is void.
    """
    offset = topic.end(CALL_S)
    until = time.monotonic() + PATIENCE_S
    topic.send(records)
    awaited = deque(records)
    while awaited:
        if time.monotonic() > until:
            message = f"the topic did not take {len(awaited)} records"
            raise TimeoutError(message)
        batch = topic.fetch(offset, WAIT_S)
        for record in batch.records:
            if awaited and record.content == awaited[0]:
                awaited.popleft()
        offset = batch.next_offset


def _set_aside(path: Path) -> None:
    """Keep the copy as evidence; the node reads a new one from the topic."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(path.with_name(f"{path.name}.{stamp}.evidence{suffix}"))


def _accepted(registry: str, topic: Topic, progress: Progress) -> Iterator[Told]:
    state = MemoryState(registry)
    end, offset = topic.end(CALL_S), 0
    while offset < end:
        batch = topic.fetch(offset, CALL_S)
        if batch.next_offset == offset:
            break
        for record in batch.records:
            verdict = state.apply(record.content)
            if isinstance(verdict, Accepted):
                yield Told(
                    position=verdict.position,
                    hash=verdict.hash.hex(),
                    request_id=decode_frame(
                        decode_record(record.content).frame
                    ).request_id,
                )
        offset = batch.next_offset
        progress(offset, end)
