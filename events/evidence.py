"""Evidence to take along: a folder that verifies itself, as a BagIt bag (RFC 8493).

What lives here: `export`, from a node's folder, and `check_bag`. What never does: the
reading of what is inside (`projections.evidence`), the law, a server.

    data/records           every entry up to the head, each after its length as Avro's
                           long, with the bodies of the named children and no others
    data/checkpoint        the signed head that covers exactly these entries
    data/key               the log's key as text: compare it with what you were given
    data/README.txt        what this is, for a judge
    manifest-sha256.txt    and the other files of RFC 8493

All frames are there, so that nobody has to believe that nothing was left out; a frame
names streams, types and offices and has no content. No time of making and no name of a
maker stands anywhere: the same log, head and children give the same bytes.

    EvidenceError
    └── BagError(place, rule)    a file is missing, added or changed; nothing to export
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from events import avro
from events.audit_store import opened
from events.entry import withhold
from events.keys import sync_folder
from events.notes import Verifier, open_note, parse_checkpoint
from events.publish import read_file
from events.tiles import CHECKPOINT
from events.tree import EvidenceError

RECORDS: Final = "data/records"
HEAD: Final = "data/checkpoint"
KEY: Final = "data/key"
README: Final = "data/README.txt"
MANIFEST: Final = "manifest-sha256.txt"
TAGS: Final = "tagmanifest-sha256.txt"
DECLARATION: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_READ: Final = 1 << 20
_TEXT: Final = """\
This folder holds records of the child protection registry {origin},
entries 1 to {size}, as they were recorded. The contents of entries are included where
they concern
{children}
and are withheld where they concern others.

To verify that nothing was changed and nothing left out, without the registry:

    python -m projections.evidence FOLDER --key KEY

KEY is the registry's public key. Take it from where you trust it, not from here.
With --child and --as-of the same command answers who had custody on that date.
"""


class BagError(EvidenceError):
    """A file is missing, added or changed; or there is nothing to export."""


def export(folder: Path, target: Path, children: Collection[str], key: Verifier) -> int:
    """Write a node's log up to its published head into a new folder; return its size.

    It may run meanwhile. The folder appears under its name when it is whole. Raises
    BagError, NoteError where the published head is not the key's.
    """
    if target.exists():
        raise BagError(str(target), "exists")
    note = read_file(folder / "tiles", CHECKPOINT)
    if note is None:
        raise BagError(str(folder / "tiles"), "has no published head")
    checkpoint = parse_checkpoint(open_note(note, [key]).text)
    size = checkpoint.head.size
    scratch = target.with_name(f"{target.name}.part")
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / "data").mkdir(parents=True)
    with (scratch / RECORDS).open("wb") as file:
        for record in _records(folder / "log.sqlite", size, children):
            file.write(avro.sized(record))
    (scratch / HEAD).write_bytes(note)
    (scratch / KEY).write_bytes(key.vkey.encode() + b"\n")
    named = (
        "\n".join(f"    child {child}" for child in sorted(children)) or "    nobody"
    )
    text = _TEXT.format(origin=checkpoint.origin, size=size, children=named)
    (scratch / README).write_text(text, encoding="utf-8")
    _seal(scratch, checkpoint.origin)
    scratch.rename(target)
    sync_folder(target.parent)
    return size


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


def _records(path: Path, size: int, children: Collection[str]) -> Iterator[bytes]:
    sql = "SELECT position, record FROM entries WHERE position<=? ORDER BY position"
    last = 0
    with closing(opened(path)) as database:
        for position, record in database.execute(sql, (size,)):
            last = position
            yield withhold(record, children)
    if last != size:
        raise BagError(str(path), f"has {last} entries, and the head covers {size}")


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
