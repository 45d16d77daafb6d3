"""Opening exported evidence: verified, and replayed, with no registry at hand.

    python -m projections.evidence FOLDER --key VKEY [--child ID --as-of DATE]

What lives here: the verification of `events.evidence`'s folders, and answers from
them. What never does: a server, the law, trust in the folder: the key is the reader's.

Every record is judged as any reader of the log must; the tree over all of them must be
that of the signed head. So a changed, left out, added or reordered entry is found
wherever it is, and a body that was exchanged does not match its frame. What stands
beside the records for people (JSON, schemas, proofs) is made again and compared.

Of a range, each entry has its own proof, and is chained to the one before.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from events.audit import parsed_schema
from events.avro import MalformedError
from events.entry import (
    SCHEMA_ADOPTED,
    AcceptedRecord,
    MemoryState,
    verify_partial,
)
from events.evidence import (
    HEAD,
    RECORDS,
    SCOPE,
    BagError,
    Scope,
    check_bag,
    json_name,
    opened_entry,
    parse_scope,
    proof_name,
    schema_name,
)
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
from events.readable import Readable, shown
from events.receipts import prove
from events.receipts import verify as verify_proof
from events.tree import EvidenceError, Tree, head_of, leaf_hash, leaf_text
from projections.replay import UnusableError, judged, records_of, replay, told

FAULTY: Final = 1
UNUSABLE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What verified evidence holds: head, the log's keys, how many bodies it shows.

    `entries` are the first and the last that are inside; `whole` says that all up to
    the head are.
    """

    checkpoint: Checkpoint
    line: KeyLine
    entries: tuple[int, int]
    whole: bool
    bodies: int
    withheld: int


def verify(folder: Path, known: Sequence[Verifier]) -> Opened:
    """Verify exported evidence. Raises EvidenceError: its place is the first fault."""
    check_bag(folder)
    note, told = read_file(folder, HEAD), read_file(folder, SCOPE)
    if note is None or told is None:
        raise BagError(HEAD if note is None else SCOPE, "is missing")
    scope = parse_scope(told)
    checkpoint = parse_checkpoint(text_of(note))
    found = _Reading(folder, checkpoint.origin, note)
    if scope.entries is None:
        found.whole(scope, checkpoint)
    else:
        found.range(scope.entries, known)
    # Only now is it known which keys the log itself says are its own, and when.
    opened = open_note(note, found.line.trusted(known))
    found.line.check(opened.signatures, checkpoint.head.size)
    found.nothing_else()
    return Opened(
        checkpoint=checkpoint,
        line=found.line,
        entries=scope.entries or (1, checkpoint.head.size),
        whole=scope.entries is None,
        bodies=found.bodies,
        withheld=found.withheld,
    )


class _Reading:
    """The entries of a bag, judged in order, and what stands beside them."""

    def __init__(self, folder: Path, origin: str, note: bytes) -> None:
        self._folder = folder
        self._note = note
        self.line = KeyLine(origin)
        self.bodies = self.withheld = 0
        self._schemas: dict[bytes, str] = {}
        self._readable = Readable(self._schemas)
        self._expected: set[str] = set()

    def whole(self, scope: Scope, checkpoint: Checkpoint) -> None:
        """Judge all entries of a log up to its head, as any reader must."""
        state, tree = MemoryState(checkpoint.origin), Tree()
        entries: list[tuple[int, AcceptedRecord]] = []
        for record in _records(self._folder):
            entry = judged(state, record)
            if entry is None:
                place = f"entry {tree.size + 1}"
                raise BagError(place, "is not the next entry of the log")
            position = state.head.position
            tree.append(leaf_hash(leaf_text(position, state.head.hash)))
            self._count(scope, position, entry)
            for act, text in key_statements(entry):
                with suppress(KeyLineError):  # it has no effect, for every reader alike
                    self.line = self.line.told(position, act, text)
            if shown(entry) - {SCHEMA_ADOPTED}:
                entries.append((position, entry))
        if head_of(tree) != checkpoint.head:
            size = checkpoint.head.size
            rule = f"covers {size} entries, whose tree is not that of these"
            raise BagError(HEAD, f"{rule} {tree.size}")
        for position, entry in entries:
            self._schemas_of(entry, state.schemas)
            proof = prove(tree, position, self._note)
            self._same(proof_name(position), proof)
            self._same(json_name(position), self._readable.json(position, entry))

    def range(self, asked: tuple[int, int], known: Sequence[Verifier]) -> None:
        """Judge the entries of a range: proved, chained, their bodies matching."""
        position, previous = asked[0] - 1, b""
        for record in _records(self._folder):
            position += 1
            place = f"entry {position}"
            try:
                verify_partial(record)
                entry = opened_entry(record)
            except MalformedError as error:
                raise BagError(place, str(error)) from error
            if previous not in {b"", entry.frame.previous}:
                raise BagError(place, "does not follow the one before")
            previous = entry.hash
            name = proof_name(position)
            proof = read_file(self._folder, name)
            if proof is None:
                raise BagError(name, "is missing")
            proved = verify_proof(proof, entry.hash, self.line.origin, known)
            if proved.position != position:
                raise BagError(name, f"is of entry {proved.position}")
            self._expected.add(name)
            self._count(None, position, entry)
            self._schemas_of(entry, None)
            self._same(json_name(position), self._readable.json(position, entry))
        if position != asked[1]:
            raise BagError(RECORDS, f"ends with entry {position}, must with {asked[1]}")

    def nothing_else(self) -> None:
        """Check that beside the entries stands nothing that they do not make."""
        for folder in ("data/json", "data/proofs", "data/schemas"):
            for path in sorted((self._folder / folder).glob("*")):
                name = str(path.relative_to(self._folder))
                if name not in self._expected:
                    raise BagError(name, "belongs to no entry that is shown")

    def _count(self, scope: Scope | None, position: int, entry: AcceptedRecord) -> None:
        pairs = zip(entry.frame.events, entry.record.bodies, strict=True)
        for header, body in pairs:
            self.bodies += body is not None
            self.withheld += body is None
            if scope is None or body is not None:
                continue
            # What was asked for is there, or the export was cut down afterwards.
            if header.concerns in scope.children or header.stream in scope.streams:
                place = f"entry {position}"
                raise BagError(place, "a body that was asked for is gone")

    def _schemas_of(
        self, entry: AcceptedRecord, announced: Mapping[bytes, str] | None
    ) -> None:
        """Take the schemas of what is shown; those of a range by their fingerprint."""
        for key in shown(entry) - {SCHEMA_ADOPTED} - self._schemas.keys():
            content = read_file(self._folder, schema_name(key))
            if announced is None and content is not None:
                text = content.decode(errors="replace")
                parsed_schema(key, text)
                self._schemas[key] = text
                self._expected.add(schema_name(key))
            elif announced is not None and key in announced:
                self._schemas[key] = announced[key]
                self._same(schema_name(key), announced[key].encode())

    def _same(self, name: str, content: bytes) -> None:
        """Check that a file beside the entries is what they make."""
        if read_file(self._folder, name) != content:
            raise BagError(name, "is not what the records say")
        self._expected.add(name)


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
        if given.child is not None and not found.whole:
            raise BagError(SCOPE, "is a range: it answers nobody's custody")
    except EvidenceError as error:
        print(error, file=sys.stderr)  # noqa: T201  a tool's answer
        return FAULTY
    except OSError as error:
        print(error, file=sys.stderr)  # noqa: T201  a tool's answer
        return UNUSABLE
    said: dict[str, Any] = {
        "log": found.checkpoint.origin,
        "entries": list(found.entries),
        "whole": found.whole,
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
