"""Replay: a child's custody from a log file or an exported stream, and nothing else.

What lives here: `python -m projections.replay`, the offline auditor's tool. What never
does: a server, Kafka, the law; it needs none of them, and nobody's permission.

Every record is judged as any reader of the log must (FORMAT.md), so an answer is never
given from a chain that does not hold. A log file is a registry's `log.sqlite`; a stream
is records one after the other, each as Avro bytes: its length as a long, then itself.
An export from which bodies were withheld can be replayed; where one concerns the child,
the answer is uncertain and says from which entry on.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from events.avro import MalformedError, Reader
from events.entry import (
    MAX_ENTRY_BYTES,
    AcceptedRecord,
    MemoryState,
    accepted,
    decode_frame,
    decode_record,
    frame_hash,
    verify_partial,
)
from events.files import read_only
from events.log import Head, LogError, StoredEntry, VoidReason
from events.timeline import Period
from projections.custody import CustodyAnswer, answered, load
from projections.custody_fold import CustodyProjection
from projections.opened import open_stored
from projections.view import create

SQLITE_MARK: Final = b"SQLite format 3\x00"
LENGTH_BYTES: Final = 3
"""No length of a record takes more."""
EXIT_UNKNOWN: Final = 1
EXIT_UNUSABLE: Final = 2
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class UnusableError(Exception):
    """The input is no log, or ends inside a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """An answer with the head of the log it was given from, and the voids passed."""

    found: CustodyAnswer | None
    head: Head
    known_at: int
    voids: int


def records_of(path: Path) -> Iterator[bytes]:
    """Yield the records of a log file or an exported stream, in order.

    Raises UnusableError where the bytes are neither.
    """
    with path.open("rb") as source:
        is_file = source.read(len(SQLITE_MARK)) == SQLITE_MARK
        if not is_file:
            source.seek(0)
            while head := source.read(LENGTH_BYTES):
                size, used = _length(head)
                source.seek(used - len(head), 1)
                record = source.read(size)
                if len(record) != size:
                    message = "the stream ends inside a record"
                    raise UnusableError(message)
                yield record
            return
    with closing(sqlite3.connect(read_only(path), uri=True)) as log:
        try:
            rows = log.execute("SELECT record FROM entries ORDER BY position")
        except sqlite3.Error as error:
            raise UnusableError(str(error)) from error
        for row in rows:
            yield row[0]


def _length(head: bytes) -> tuple[int, int]:
    """Return a length and the bytes it takes."""
    used = next((n for n, byte in enumerate(head, 1) if byte < 0x80), 0)  # noqa: PLR2004  the continuation bit
    try:
        size = Reader(head[:used]).long()
    except MalformedError as error:
        raise UnusableError(str(error)) from error
    if not 0 < size <= MAX_ENTRY_BYTES:
        message = f"no record has {size} bytes"
        raise UnusableError(message)
    return size, used


def replay(
    records: Iterator[bytes], child: str, as_of: date, known_at: int | datetime | None
) -> Replayed:
    """Return who had custody of a child on a date, as known at a position or a time.

    Raises LogError where an entry of the child's cannot be read by this release.
    """
    state, voids, known = None, 0, 0
    connection = create(Path(":memory:"), CustodyProjection())
    with closing(connection):
        fold = CustodyProjection().folding(connection, whole=True)
        for record in records:
            state = state or MemoryState(_registry_of(record))
            if not judged(state, record):
                voids += 1
                continue
            head = state.head
            if not _is_known(head, known_at):
                continue
            known = head.position
            if child.encode() in record:
                fold([open_stored(_stored(record, head))])
            sql = "UPDATE checkpoint SET position=?, hash=?"
            connection.execute(sql, (head.position, head.hash))
        found = load(connection, child, None)
    if state is None:
        message = "there are no records"
        raise UnusableError(message)
    return Replayed(
        found=answered(found, as_of) if found else None,
        head=state.head,
        known_at=known,
        voids=voids,
    )


def _registry_of(record: bytes) -> str:
    try:
        return decode_frame(decode_record(record).frame).registry
    except MalformedError as error:
        raise UnusableError(str(error)) from error


def judged(state: MemoryState, record: bytes) -> AcceptedRecord | None:
    """Judge a record; one whose bodies were withheld by those that are there."""
    result = accepted(record, state)
    if result is VoidReason.BODY_MISSING:
        result = _partial(record)
    if isinstance(result, VoidReason):
        return None
    state.advance(result)
    return result


def _partial(record: bytes) -> AcceptedRecord | VoidReason:
    """Return a record some of whose bodies are withheld, the others matching."""
    try:
        frame = verify_partial(record)
    except MalformedError:
        return VoidReason.BODY_MISMATCH
    opened = decode_record(record)
    return AcceptedRecord(frame=frame, record=opened, hash=frame_hash(opened.frame))


def _is_known(head: Head, known_at: int | datetime | None) -> bool:
    if known_at is None:
        return True
    if isinstance(known_at, int):
        return head.position <= known_at
    return _EPOCH + timedelta(microseconds=head.recorded_at) <= known_at


def _stored(record: bytes, head: Head) -> StoredEntry:
    return StoredEntry(
        position=head.position,
        hash=head.hash,
        recorded_at=head.recorded_at,
        authority="",
        request_id="",
        record=record,
    )


def told(replayed: Replayed, child: str, as_of: date) -> dict[str, Any]:
    """Return an answer as plain values."""
    said: dict[str, Any] = {
        "child": child,
        "as_of": as_of.isoformat(),
        "known_at": replayed.known_at,
        "head": {"position": replayed.head.position, "hash": replayed.head.hash.hex()},
        "voids": replayed.voids,
        "status": "unknown",
    }
    if replayed.found is not None:
        found = replayed.found.answer
        said |= {
            "status": found.status,
            "hand_over_to": [holder.id for holder in found.hand_over_to],
            "certain": [_period(period) for period in found.certain],
            "possible": [_period(period) for period in found.possible],
            "unreadable": list(replayed.found.unreadable),
        }
    return said


def _period(period: Period) -> dict[str, Any]:
    return {
        "line": period.line,
        "role": period.role,
        "holder": period.holder.id if period.holder else None,
        "from": period.from_,
        "until": period.until,
        "articles": list(period.articles),
    }


def _known_at(text: str) -> int | datetime:
    if text.isascii() and text.isdigit():
        return int(text)
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        message = "a time needs its zone"
        raise argparse.ArgumentTypeError(message)
    return when


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the answer as JSON; 1 where the child is unknown, 2 where nothing holds."""
    parser = argparse.ArgumentParser(
        prog="python -m projections.replay",
        description="Custody of a child from a log file or an exported stream.",
    )
    parser.add_argument("log", type=Path, help="log.sqlite, or an exported stream")
    parser.add_argument("--child", required=True, help="the child's id")
    parser.add_argument(
        "--as-of", required=True, type=date.fromisoformat, help="the legal date"
    )
    parser.add_argument(
        "--known-at", type=_known_at, help="a position, or a time with its zone"
    )
    given = parser.parse_args(arguments)
    try:
        replayed = replay(
            records_of(given.log), given.child, given.as_of, given.known_at
        )
    except (UnusableError, LogError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201  a tool's answer
        return EXIT_UNUSABLE
    said = told(replayed, given.child, given.as_of)
    print(json.dumps(said, indent=2))  # noqa: T201  a tool's answer
    return 0 if replayed.found is not None else EXIT_UNKNOWN


if __name__ == "__main__":
    sys.exit(main())
