"""A log reduced to what its tree is made of, and the keys that sign its heads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from events.notes import Checkpoint, KeyKind, Signer, signed
from events.publish import TileBuilder, read_file
from events.tiles import Read
from events.tree import Tree, TreeHead, leaf_hash, leaf_text
from tests.support.registry import ORIGIN

LOG_KEY = Signer(
    name=ORIGIN, kind=KeyKind.LOG, seed=b"the registry's own seed, of 32 b"
)
OTHER_KEY = Signer(
    name=ORIGIN, kind=KeyKind.LOG, seed=b"a stranger's seed, of 32 bytes.."
)
TWINS = tuple(
    Signer(name=ORIGIN, kind=KeyKind.LOG, seed=b"seed of a key %018d" % number)
    for number in (51_242, 171_734)
)
"""Two keys with one id: found in ten seconds among 171 735."""
WITNESS_KEY = Signer(
    name="audit.example/w1",
    kind=KeyKind.WITNESS,
    seed=b"a witness at another authority..",
)
KNOWN = [LOG_KEY.verifier, WITNESS_KEY.verifier]


def frame_hash(position: int, history: bytes = b"") -> bytes:
    return hashlib.sha256(b"frame %d of %b" % (position, history)).digest()


def log_entries(
    first: int, last: int, history: bytes = b""
) -> Iterator[tuple[int, bytes]]:
    return ((n, frame_hash(n, history)) for n in range(first, last + 1))


def leaf(position: int, history: bytes = b"") -> bytes:
    return leaf_hash(leaf_text(position, frame_hash(position, history)))


def tree_of(size: int, fork_at: int | None = None) -> Tree:
    """Return the tree of a log; from `fork_at` on it has another history."""
    tree = Tree()
    for position in range(1, size + 1):
        forked = fork_at is not None and position >= fork_at
        tree.append(leaf(position, b"another" if forked else b""))
    return tree


def note_of(head: TreeHead, key: Signer = LOG_KEY, origin: str = ORIGIN) -> bytes:
    text = Checkpoint(origin=origin, head=head).text
    return signed(text, key.sign(text))


def published(folder: Path, size: int) -> TreeHead:
    """Build and publish a log of some size; return its head."""
    with closing(TileBuilder(folder, ORIGIN)) as builder:
        builder.extend(log_entries(builder.head.size + 1, size))
        builder.publish(note_of(builder.head), KNOWN)
        return builder.head


def reader(folder: Path) -> Read:
    return lambda path: read_file(folder, path)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder but the builder's lock, by its path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }
