"""Opening exported evidence: verified, and replayed, with no registry at hand.

    python -m projections.evidence FOLDER --key VKEY [--child ID --as-of DATE]

What lives here: the verification of `events.evidence`'s folders, and answers from
them. What never does: a server, the law, trust in the folder: the key is the reader's.

Every record is judged as any reader of the log must; the tree over all of them must be
that of the signed head. So a changed, left out, added or reordered entry is found
wherever it is, and a body that was exchanged does not match its frame.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from events.entry import MemoryState
from events.evidence import HEAD, RECORDS, BagError, check_bag
from events.key_line import KeyLine, KeyLineError, key_statements
from events.notes import (
    Checkpoint,
    Verifier,
    open_note,
    parse_checkpoint,
    parse_verifier,
    text_of,
)
from events.publish import read_file
from events.tree import EvidenceError, Tree, head_of, leaf_hash, leaf_text
from projections.replay import UnusableError, judged, records_of, replay, told

FAULTY: Final = 1
UNUSABLE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What verified evidence holds: head, the log's keys, how many bodies it shows."""

    checkpoint: Checkpoint
    line: KeyLine
    bodies: int
    withheld: int


def verify(folder: Path, known: Sequence[Verifier]) -> Opened:
    """Verify exported evidence. Raises EvidenceError: its place is the first fault."""
    check_bag(folder)
    note = read_file(folder, HEAD)
    if note is None:
        raise BagError(HEAD, "is missing")
    checkpoint = parse_checkpoint(text_of(note))
    state, tree, bodies, withheld = MemoryState(checkpoint.origin), Tree(), 0, 0
    line = KeyLine(checkpoint.origin)
    for record in _records(folder):
        place = f"entry {tree.size + 1}"
        result = judged(state, record)
        if result is None:
            raise BagError(place, "is not the next entry of the log")
        tree.append(leaf_hash(leaf_text(state.head.position, state.head.hash)))
        for act, text in key_statements(result):
            with suppress(KeyLineError):  # it has no effect, for every reader alike
                line = line.told(state.head.position, act, text)
        for body in result.record.bodies:
            bodies += body is not None
            withheld += body is None
    # Only now is it known which keys the log itself says are its own, and when.
    opened = open_note(note, line.trusted(known))
    line.check(opened.signatures, checkpoint.head.size)
    if head_of(tree) != checkpoint.head:
        rule = f"covers {checkpoint.head.size} entries, whose tree is not that of these"
        raise BagError(HEAD, f"{rule} {tree.size}")
    return Opened(checkpoint=checkpoint, line=line, bodies=bodies, withheld=withheld)


def _records(folder: Path) -> Iterator[bytes]:
    """Yield the records. Raises BagError where they are none."""
    try:
        yield from records_of(folder / RECORDS)
    except UnusableError as error:
        raise BagError(RECORDS, str(error)) from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the verdict, and the answer where one is asked for."""
    parser = argparse.ArgumentParser(prog="python -m projections.evidence")
    parser.add_argument("folder", type=Path, help="exported evidence")
    parser.add_argument("--key", action="append", required=True, help="key of the log")
    parser.add_argument("--child", help="the child's id")
    parser.add_argument("--as-of", type=date.fromisoformat, help="the legal date")
    given = parser.parse_args(arguments)
    if (given.child is None) != (given.as_of is None):
        parser.error("--child and --as-of go together")
    try:
        known = [parse_verifier(vkey) for vkey in given.key]
        found = verify(given.folder, known)
    except EvidenceError as error:
        print(error, file=sys.stderr)  # noqa: T201  a tool's answer
        return FAULTY
    except OSError as error:
        print(error, file=sys.stderr)  # noqa: T201  a tool's answer
        return UNUSABLE
    said: dict[str, Any] = {
        "log": found.checkpoint.origin,
        "entries": found.checkpoint.head.size,
        "bodies": found.bodies,
        "withheld": found.withheld,
        "keys": [
            {"from": s.adopted, "before": s.retired, "vkey": s.key.vkey}
            for s in found.line.spans
        ],
        "verified": True,
    }
    if given.child is not None:
        records = records_of(given.folder / RECORDS)
        answer = replay(records, given.child, given.as_of, None)
        said["custody"] = told(answer, given.child, given.as_of)
    print(json.dumps(said, indent=2))  # noqa: T201  a tool's answer
    return 0


if __name__ == "__main__":
    sys.exit(main())
