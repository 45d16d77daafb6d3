"""The offline auditor's tool: was anything changed, was anything left out.

    python -m events.verify FOLDER            a node's data folder, as it lies
    python -m events.verify FILE              exported records, each after its length
                                              as four bytes, the higher first
        [--vkey VKEY]...                      keys that must have signed the heads
        [--head FILE]...                      heads you kept: the log must continue them
        [--origin NAME]                       the log you mean, where you know it
        [--indexes]                           compare the file's indexes with its tables

What lives here: the report, and the comparison with heads and tiles. The records are
judged by `events.audit`, a node's file is read by `events.audit_store`. What is never
needed: the server, Kafka, the law, anybody's permission. `ops/auditor` is a second
judge of the same, in Go, made from FORMAT.md: both must print the same lines.

Of a folder it reads `log.sqlite` (records, and all that the node derived from them and
answers from), `tiles/` with the published head, and `head`, the node's own head store.
It exits with 0 where everything is as it must be, 1 where anything is not, 2 where
there was nothing to read.

What is cut off the end of a log is seen only by a head that covers it: bring one.
"""

from __future__ import annotations

import argparse
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, TextIO

from events.audit import MAX_FAULTS, Audit
from events.audit_store import TOGETHER, compare_indexes, opened, origin, replay
from events.entry import (
    MAX_ENTRY_BYTES,
    MalformedError,
    decode_frame,
    decode_record,
)
from events.heads import FixedHead, HeadError, HeadFile
from events.key_line import KeyLineError, KeySpan
from events.notes import (
    NoteError,
    Verifier,
    open_note,
    parse_checkpoint,
    parse_verifier,
    text_of,
)
from events.publish import read_file
from events.shapes import Shapes
from events.tiles import CHECKPOINT, faults
from events.tree import TreeHead, head_of

LOG: Final = "log.sqlite"
TILES: Final = "tiles"
HEAD: Final = "head"
PROGRESS_EVERY: Final = 10_000
_LENGTH_BYTES: Final = 4
_MICROSECONDS: Final = 1_000_000


class NothingToReadError(Exception):
    """There is no log at this place."""


@dataclass(slots=True)
class Report:
    """What was found, line by line, and what could not be looked at."""

    audit: Audit
    lines: list[tuple[str, str]] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)

    def say(self, what: str, told: str) -> None:
        """Add a line."""
        self.lines.append((what, told))

    def write(self, out: TextIO) -> bool:
        """Write the report; return whether everything is as it must be."""
        found = self.audit.faults
        out.writelines(f"{what:<10} {told}\n" for what, told in self.lines)
        out.writelines(f"{'NOT SEEN':<10} {told}\n" for told in self.unseen)
        out.writelines(f"{'FAULT':<10} {fault}\n" for fault in found)
        if len(found) == MAX_FAULTS:
            out.write(f"{'FAULT':<10} and perhaps more: {MAX_FAULTS} are shown\n")
        size = self.audit.tree.size
        right = f"nothing was changed and nothing is missing in entries 1 to {size}"
        out.write(f"{'RESULT':<10} {'FAULTS WERE FOUND' if found else right}\n")
        return not found


def verify_folder(
    folder: Path,
    known: Sequence[Verifier] = (),
    progress: TextIO | None = None,
    *,
    indexes: bool = False,
) -> Report:
    """Audit a node's data folder. Raises NothingToReadError.

    Indexes are compared only where they are asked for: it takes half as long again.
    """
    if not (folder / LOG).is_file():
        message = f"no {LOG} in {folder}"
        raise NothingToReadError(message)
    # Heads first: a node that goes on while we read has a longer log, not a shorter.
    note = read_file(folder / TILES, CHECKPOINT)
    store = HeadFile(folder / HEAD)
    fixed, unreadable = None, None
    try:
        fixed = store.last()
    except HeadError as error:
        unreadable = error
    with closing(opened(folder / LOG)) as database:
        report = Report(Audit(origin(database), Shapes()))
        voids = replay(database, report.audit, _Progress(progress).reached)
        right = indexes and compare_indexes(database, report.audit)
    _say_log(report)
    report.say("voids", voids or "none")
    if right:
        report.say("indexes", "each says what its table says")
    elif not indexes:
        report.unseen.append(f"indexes of {LOG}: --indexes compares them")
    _compare_tiles(folder / TILES, report, note, known)
    if unreadable is not None:
        report.audit.add(unreadable)
    if fixed is not None:
        _compare_store(report, fixed)
    return report


def verify_records(
    path: Path, name: str | None = None, progress: TextIO | None = None
) -> Report:
    """Audit a file of exported records. Raises NothingToReadError."""
    report, shown, found = None, _Progress(progress), _records(path)
    while some := list(islice(found, TOGETHER)):
        if report is None:
            origin_ = _origin_of(some[0]) if name is None else name
            report = Report(Audit(origin_, Shapes()))
        records = [record for record in some if record is not None]
        if report.audit.take_all(records) < len(records):
            break
        if len(records) < len(some):
            report.audit.fault(str(path), "is cut short, or holds no records")
        shown.reached(report.audit.state.head.position)
    if report is None:
        message = f"{path} is empty"
        raise NothingToReadError(message)
    _say_log(report)
    return report


def compare_head(
    report: Report, name: str, note: bytes, known: Sequence[Verifier]
) -> None:
    """Check that the log continues a head that somebody kept."""
    head = _checkpoint(report, name, note, known)
    if head is not None and _is_of_the_log(report, name, head):
        report.say("head kept", f"{name}: {head.size} entries, continued by the log")


def _say_log(report: Report) -> None:
    audit = report.audit
    head = audit.state.head
    moment = datetime.fromtimestamp(head.recorded_at / _MICROSECONDS, UTC)
    root = b64encode(head_of(audit.tree).root).decode()
    kinds = ("canonical", "opaque", "unreadable")
    bodies = [f"{audit.bodies[kind]} {kind}" for kind in kinds if audit.bodies[kind]]
    told = ", ".join(bodies)
    report.lines[:0] = [
        ("log", audit.state.registry),
        ("entries", f"1 to {head.position}, the last of {moment.isoformat()}"),
        ("chain", head.hash.hex()),
        ("tree", root),
        ("bodies", f"{told or 'none'}; {len(audit.state.schemas)} schemas announced"),
        *(("key", _life(span)) for span in audit.line.spans),
    ]


def _life(span: KeySpan) -> str:
    end = "" if span.retired is None else f", {span.because} before {span.retired}"
    return f"{span.key.vkey} from {span.adopted}{end}"


def _compare_tiles(
    folder: Path, report: Report, note: bytes | None, known: Sequence[Verifier]
) -> None:
    if note is None:
        report.unseen.append(
            "no published head: entries cut off the end would not be seen"
        )
        return
    head = _checkpoint(report, f"{TILES}/{CHECKPOINT}", note, known)
    if head is None:
        return
    count = len(report.audit.faults)
    audit = report.audit
    read = partial(read_file, folder)
    for fault in faults(read, head, audit.tree, audit.bundles):
        report.audit.add(fault)
        if len(report.audit.faults) == MAX_FAULTS:
            return
    if len(report.audit.faults) == count:
        report.say("tiles", f"head of {head.size} entries; every file is the log's")


def _compare_store(report: Report, fixed: FixedHead) -> None:
    if fixed.checkpoint.origin != report.audit.state.registry:
        report.audit.fault(HEAD, f"is of the log {fixed.checkpoint.origin}")
    head = fixed.checkpoint.head
    if _is_of_the_log(report, HEAD, head):
        report.say("head store", f"head {fixed.number} of {head.size} entries")


def _checkpoint(
    report: Report, place: str, note: bytes, known: Sequence[Verifier]
) -> TreeHead | None:
    """Return what a signed head says; without known keys unverified, and said so."""
    try:
        if known:
            line = report.audit.line
            opened = open_note(note, line.trusted(known))
            names = ", ".join(signature.by.name for signature in opened.signatures)
            report.say("signed", f"{place}: by {names}")
            checkpoint = parse_checkpoint(opened.text)
            line.check(opened.signatures, checkpoint.head.size)
        else:
            checkpoint = parse_checkpoint(text_of(note))
            report.unseen.append(f"signatures of {place}: no --vkey was given")
    except (NoteError, KeyLineError) as error:
        report.audit.fault(place, str(error))
        return None
    if checkpoint.origin != report.audit.state.registry:
        report.audit.fault(place, f"is of the log {checkpoint.origin}")
        return None
    return checkpoint.head


def _is_of_the_log(report: Report, place: str, head: TreeHead) -> bool:
    tree = report.audit.tree
    if head.size > tree.size:
        rule = f"covers {head.size} entries, and the log has {tree.size}"
        report.audit.fault(place, rule)
        return False
    if head_of(tree, head.size) != head:
        report.audit.fault(place, f"its root is not the log's at {head.size} entries")
        return False
    return True


def _records(path: Path) -> Iterator[bytes | None]:
    """Yield the records of a file; None where it is no such file, and then no more."""
    with path.open("rb") as file:
        while length := file.read(_LENGTH_BYTES):
            size = int.from_bytes(length, "big")
            record = file.read(size) if size <= MAX_ENTRY_BYTES else b""
            if len(length) != _LENGTH_BYTES or len(record) != size:
                yield None
                return
            yield record


def _origin_of(record: bytes | None) -> str:
    try:
        return decode_frame(decode_record(record or b"").frame).registry
    except MalformedError:
        return ""


class _Progress:
    """Says on a terminal how far it is, and how fast it goes."""

    def __init__(
        self, out: TextIO | None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._out, self._now, self._started = out, now, now()
        self._next = PROGRESS_EVERY

    def reached(self, position: int) -> None:
        if self._out is not None and position >= self._next:
            self._next = position + PROGRESS_EVERY
            rate = position / max(self._now() - self._started, 1e-9)
            self._out.write(f"\r{position} entries, {rate:,.0f} a second")
            self._out.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m events.verify")
    parser.add_argument("path", type=Path, help="data folder, or file of records")
    parser.add_argument("--vkey", action="append", default=[], help="key of the log")
    parser.add_argument("--head", action="append", default=[], type=Path)
    parser.add_argument("--origin", help="name of the log")
    parser.add_argument("--indexes", action="store_true", help="compare indexes too")
    options = parser.parse_args(arguments)
    try:
        known = [parse_verifier(vkey) for vkey in options.vkey]
        if options.path.is_dir():
            report = verify_folder(
                options.path, known, sys.stderr, indexes=options.indexes
            )
        else:
            report = verify_records(options.path, options.origin, sys.stderr)
        kept: list[tuple[str, Any]] = [(str(p), p.read_bytes()) for p in options.head]
    except (NothingToReadError, NoteError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.origin not in {None, report.audit.state.registry}:
        report.audit.fault("log", f"is {report.audit.state.registry}")
    for name, note in kept:
        compare_head(report, name, note, known)
    return 0 if report.write(sys.stdout) else 1


if __name__ == "__main__":
    sys.exit(main())
