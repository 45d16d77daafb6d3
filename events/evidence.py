"""Evidence to take along: a folder that verifies itself, as a BagIt bag (RFC 8493).

What lives here: `export`, from a node's folder, and `check_bag`. What never does: the
reading of what is inside (`projections.evidence`), the law, a server.

    data/records           the entries, each after its length as Avro's long, with the
                           bodies of the named children and cases and no others
    data/checkpoint        the signed head that covers them
    data/proofs/<n>        a .tlog-proof of each entry that shows a body, or of a range
    data/json/<n>.json     the same entries for people
    data/schemas/<id>.avsc the schemas by which the bodies read, as the log announced
    data/scope             what was asked for, as JSON
    data/stamp/            the largest of these heads that somebody else's clock stamped
    data/key               the log's key as text: compare it with what you were given
    data/README.txt        what this is, for a judge
    manifest-sha256.txt    and the other files of RFC 8493

Without a range all frames are there, so that nobody has to believe that nothing was
left out; a frame names streams, types and offices and has no content. A range has the
entries from one to another, each with its proof: it says nothing of what is before or
after. No time of making and no name of a maker stands anywhere: the same log, head and
scope give the same bytes.

    EvidenceError
    └── BagError(place, rule)    a file is missing, added or changed; nothing to export
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import orjson

from events import avro
from events.audit_store import opened
from events.entry import (
    SCHEMA_ADOPTED,
    AcceptedRecord,
    decode_frame,
    decode_record,
    frame_hash,
    withhold,
)
from events.files import sync_folder
from events.notes import Verifier, open_note, parse_checkpoint
from events.publish import read_file
from events.readable import Readable, shown
from events.receipts import prove
from events.tiles import CHECKPOINT, TiledTree
from events.tree import EvidenceError

RECORDS: Final = "data/records"
HEAD: Final = "data/checkpoint"
KEY: Final = "data/key"
README: Final = "data/README.txt"
SCOPE: Final = "data/scope"
MANIFEST: Final = "manifest-sha256.txt"
TAGS: Final = "tagmanifest-sha256.txt"
DECLARATION: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_READ: Final = 1 << 20
_PAIR: Final = 2
_JSON: Final = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
_SCHEMAS: Final = "SELECT fingerprint, text FROM schemas"
_TEXT: Final = """\
This folder holds records of the child protection registry {origin},
entries {first} to {last}, as they were recorded. The contents of entries are included
where they belong to
{named}
and are withheld where they belong to others. data/json shows them to people; what is
signed is data/records.

To verify that nothing was changed{whole}, without the registry:

    python -m projections.evidence FOLDER --key KEY

KEY is the registry's public key. Take it from where you trust it, not from here.
{answers}Where data/stamp is, another authority saw the head of that size:

    openssl ts -verify -data data/stamp/SIZE -in data/stamp/SIZE.tsr -CAfile CA.pem
"""
_ANSWERS: Final = """\
With --child and --as-of the same command answers who had custody on that date.
"""
MAX_RANGE: Final = 100_000
"""Entries of a range, each with a proof of some kilobytes."""


class BagError(EvidenceError):
    """A file is missing, added or changed; or there is nothing to export."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is exported: whose bodies, and of which entries (None: up to the head)."""

    children: frozenset[str] = frozenset()
    cases: frozenset[str] = frozenset()
    entries: tuple[int, int] | None = None

    @property
    def streams(self) -> frozenset[str]:
        """The streams whose bodies are shown."""
        return frozenset(f"case/{case}" for case in self.cases)

    @property
    def text(self) -> bytes:
        """The bytes of the file."""
        told = {
            "children": sorted(self.children),
            "cases": sorted(self.cases),
            "range": self.entries,
        }
        return orjson.dumps(told, option=_JSON)


def parse_scope(content: bytes) -> Scope:
    """Return the scope of a file's bytes. Raises BagError."""
    try:
        told = orjson.loads(content)
        found = Scope(
            children=frozenset(told["children"]),
            cases=frozenset(told["cases"]),
            entries=tuple(told["range"]) if told["range"] else None,
        )
        right = found.text == content and len(found.entries or (0, 0)) == _PAIR
    except (ValueError, TypeError, LookupError) as error:
        raise BagError(SCOPE, "is not of this format") from error
    if not right:
        raise BagError(SCOPE, "is not of this format")
    return found


def export(folder: Path, target: Path, scope: Scope, key: Verifier) -> int:
    """Write a node's log up to its published head into a new folder; return its size.

    It may run meanwhile. The folder appears under its name when it is whole. Raises
    BagError, NoteError where the published head is not the key's.
    """
    if target.exists():
        raise BagError(str(target), "exists")
    tiles = folder / "tiles"
    note = read_file(tiles, CHECKPOINT)
    if note is None:
        raise BagError(str(tiles), "has no published head")
    checkpoint = parse_checkpoint(open_note(note, [key]).text)
    size = checkpoint.head.size
    first, last = scope.entries or (1, size)
    if scope.entries is not None and not 1 <= first <= last <= size:
        raise BagError("range", f"must be within entries 1 to {size}")
    if scope.entries is not None and last - first >= MAX_RANGE:
        raise BagError("range", f"must be at most {MAX_RANGE} entries")
    scratch = target.with_name(f"{target.name}.part")
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / "data").mkdir(parents=True)
    made = _Writing(scratch, scope, note, TiledTree(partial(read_file, tiles), size))
    with closing(opened(folder / "log.sqlite")) as database:
        made.records(database, first, last)
    _write(scratch, HEAD, note)
    _write(scratch, KEY, key.vkey.encode() + b"\n")
    _write(scratch, SCOPE, scope.text)
    _write(scratch, README, _readme(checkpoint.origin, scope, first, last))
    _copy_stamp(folder / "stamps", scratch, size)
    _seal(scratch, checkpoint.origin)
    scratch.rename(target)
    sync_folder(target.parent)
    return size


class _Writing:
    """The entries of a bag, with all that stands beside them."""

    def __init__(
        self, folder: Path, scope: Scope, note: bytes, tree: TiledTree
    ) -> None:
        self._folder = folder
        self._scope = scope
        self._note = note
        self._tree = tree

    def records(self, database: sqlite3.Connection, first: int, last: int) -> None:
        """Write the entries of a log's file. Raises BagError where it has less."""
        sql = "SELECT position, record FROM entries WHERE position BETWEEN ? AND ?"
        rows = database.execute(f"{sql} ORDER BY position", (first, last))
        schemas = dict(database.execute(_SCHEMAS).fetchall())
        readable, used, reached = Readable(schemas), set[bytes](), 0
        with (self._folder / RECORDS).open("wb") as file:
            for position, record in rows:
                shown_ = withhold(record, self._scope.children, self._scope.streams)
                file.write(avro.sized(shown_))
                used |= self._beside(position, opened_entry(shown_), readable)
                reached = position
        if reached != last:
            rule = f"has {reached} entries, and {last} are asked for"
            raise BagError("log.sqlite", rule)
        for key in used & schemas.keys():
            _write(self._folder, schema_name(key), schemas[key].encode())

    def _beside(
        self, position: int, entry: AcceptedRecord, readable: Readable
    ) -> set[bytes]:
        """Write what stands beside an entry; return the schemas it needs."""
        keys = shown(entry) - {SCHEMA_ADOPTED}
        if keys or self._scope.entries is not None:
            proof = prove(self._tree, position, self._note)
            _write(self._folder, proof_name(position), proof)
            _write(self._folder, json_name(position), readable.json(position, entry))
        return keys


def opened_entry(record: bytes) -> AcceptedRecord:
    """Return a record whose bodies may be withheld. Raises MalformedError."""
    whole = decode_record(record)
    return AcceptedRecord(
        frame=decode_frame(whole.frame), record=whole, hash=frame_hash(whole.frame)
    )


def proof_name(position: int) -> str:
    """Return the path of an entry's proof."""
    return f"data/proofs/{position}"


def json_name(position: int) -> str:
    """Return the path of an entry as JSON."""
    return f"data/json/{position}.json"


def schema_name(key: bytes) -> str:
    """Return the path of a schema."""
    return f"data/schemas/{key.hex()}.avsc"


def _readme(origin: str, scope: Scope, first: int, last: int) -> bytes:
    named = [f"    child {child}" for child in sorted(scope.children)]
    named += [f"    case {case}" for case in sorted(scope.cases)]
    text = _TEXT.format(
        origin=origin,
        first=first,
        last=last,
        named="\n".join(named) or "    nobody",
        whole="" if scope.entries else " and nothing left out",
        answers="" if scope.entries else _ANSWERS,
    )
    return text.encode()


def _copy_stamp(stamps: Path, scratch: Path, size: int) -> None:
    """Take along the largest stamped head that the export covers, if any is."""
    sizes = [int(p.stem) for p in stamps.glob("*.tsr") if p.stem.isdecimal()]
    covered = [found for found in sizes if found <= size]
    for name in [f"{max(covered)}", f"{max(covered)}.tsr"] if covered else []:
        _write(scratch, f"data/stamp/{name}", (stamps / name).read_bytes())


def _write(folder: Path, name: str, content: bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def check_bag(folder: Path) -> None:
    """Check that every file of a bag is there, as listed, and no other. BagError."""
    if read_file(folder, "bagit.txt") != DECLARATION:
        raise BagError("bagit.txt", "must declare BagIt 1.0 in UTF-8")
    payload, tags = _listed(folder, MANIFEST), _listed(folder, TAGS)
    there = {str(path.relative_to(folder)) for path in _files(folder)}
    for name in sorted(there ^ {*payload, *tags, TAGS}):
        raise BagError(name, "is missing" if name not in there else "is not listed")
    for name, digest in (payload | tags).items():
        if _digest(folder / name) != digest:
            raise BagError(name, "is not as the manifest says")


def _seal(folder: Path, origin: str) -> None:
    payload = [path for path in _files(folder) if path.is_file()]
    count = sum(path.stat().st_size for path in payload)
    (folder / "bagit.txt").write_bytes(DECLARATION)
    info = f"External-Identifier: {origin}\nPayload-Oxum: {count}.{len(payload)}\n"
    (folder / "bag-info.txt").write_text(info, encoding="utf-8")
    _list(folder, MANIFEST, payload)
    tags = [folder / name for name in ("bagit.txt", "bag-info.txt", MANIFEST)]
    _list(folder, TAGS, tags)


def _list(folder: Path, name: str, paths: Collection[Path]) -> None:
    lines = sorted(f"{_digest(p)}  {p.relative_to(folder)}\n" for p in paths)
    (folder / name).write_text("".join(lines), encoding="utf-8")


def _listed(folder: Path, name: str) -> dict[str, str]:
    content = read_file(folder, name)
    if content is None:
        raise BagError(name, "is missing")
    found: dict[str, str] = {}
    for line in content.decode(errors="replace").splitlines():
        digest, _, path = line.partition("  ")
        if not path or path.startswith("/") or ".." in path or path in found:
            raise BagError(name, "must list each file of the bag once")
        found[path] = digest
    return found


def _files(folder: Path) -> list[Path]:
    """Return everything in a folder that is no folder: links are listed, and fail."""
    found = sorted(folder.rglob("*"))
    return [path for path in found if path.is_symlink() or not path.is_dir()]


def _digest(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        raise BagError(path.name, "must be a file")
    found = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_READ):
            found.update(part)
    return found.hexdigest()
