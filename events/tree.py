"""The tree over the log: leaves, hashes, heads, and the tree in memory.

What lives here: the Merkle tree of RFC 6962 (SHA-256; 0x00 before a leaf, 0x01 before
a node) over the entries of a log. What never does: proofs (`events.proof`), signatures
(`events.notes`), files (`events.tiles`). Standard library only: it is read for ever.

The leaf of the entry at position n is the text

    childregistry/entry/v1
    <n>
    <base64 of the SHA-256 of the frame>

with a newline after each line. Its leaf index is n - 1 and the tree that ends with it
has size n; no other number is public. The position stands in the leaf, so that no two
leaves are equal and no entry can be shown at another place.

    EvidenceError(place, rule)     all that an auditor may meet; `place` says where
    ├── ProofError                 events.proof
    ├── NoteError                  events.notes
    ├── TileError                  events.tiles
    └── HeadError                  events.heads
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from struct import iter_unpack
from typing import Final, Protocol

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree without leaves (RFC 6962, 2.1)."""
_NODE: Final = b"\x01"
COMMITMENT: Final = b"childregistry/entry/v1\n%d\n%b"
"""Of the entry at a position, by its frame's hash in base64 with an end of line."""


class EvidenceError(Exception):
    """Something is not as it was promised: `place` says where, `rule` what must be."""

    def __init__(self, place: str, rule: str) -> None:
        super().__init__(f"{place}: {rule}")
        self.place = place
        self.rule = rule


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeHead:
    """Size and root of a tree: all that a signature speaks of."""

    size: int
    root: bytes


EMPTY_TREE: Final = TreeHead(size=0, root=EMPTY_ROOT)
"""The head of a log without entries."""


class Nodes(Protocol):
    """Where the hashes of a tree come from: memory, or tiles."""

    @property
    def size(self) -> int:
        """How many leaves there are."""
        ...

    def node(self, level: int, index: int) -> bytes:
        """Return the root of the `index`-th full subtree of 2^level leaves.

        Asked only for subtrees whose leaves are all below `size`.
        """
        ...


def leaf_text(position: int, frame_hash: bytes) -> bytes:
    """Return the printable commitment to the entry at a position."""
    return COMMITMENT % (position, b2a_base64(frame_hash))


def leaf_hash(text: bytes) -> bytes:
    """Return the hash of a leaf (RFC 6962, 2.1)."""
    return sha256(b"\x00" + text).digest()


def leaf_texts_from(first: int, frame_hashes: Iterable[bytes]) -> list[bytes]:
    """Return the commitments to the entries from a position on."""
    return [
        COMMITMENT % leaf for leaf in enumerate(map(b2a_base64, frame_hashes), first)
    ]


def leaf_hashes(texts: Iterable[bytes]) -> list[bytes]:
    """Return the hash of each of many leaves: a call less for each."""
    return [sha256(b"\x00" + text).digest() for text in texts]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node (RFC 6962, 2.1)."""
    return sha256(_NODE + left + right).digest()


def root_of(hashes: bytes | bytearray) -> bytes:
    """Return the root over hashes that stand one after the other, from the first on.

    Pairs are joined level by level, an odd last one goes up as it is: the tree of RFC
    6962, whose left side is always the largest full one.
    """
    level = bytes(hashes)
    while len(level) > HASH_BYTES:
        paired = len(level) & -2 * HASH_BYTES
        level = _joined(level[:paired]) + level[paired:]
    return level or EMPTY_ROOT


def _joined(pairs: bytes) -> bytes:
    """Return the hashes of the nodes above pairs that stand one after the other."""
    pieces = iter_unpack(f"{2 * HASH_BYTES}s", pairs)
    return b"".join([sha256(_NODE + pair).digest() for (pair,) in pieces])


class Tree:
    """A tree in memory that grows by leaves: 64 bytes for each of them."""

    def __init__(self) -> None:
        self._levels = [bytearray()]

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return len(self._levels[0]) // HASH_BYTES

    def append(self, leaf: bytes) -> None:
        """Add the hash of a leaf at the end."""
        carried = leaf
        for row in self._levels:
            row.extend(carried)
            if len(row) & HASH_BYTES:  # an odd number: its pair is yet to come
                return
            carried = sha256(_NODE + row[-2 * HASH_BYTES :]).digest()
        self._levels.append(bytearray(carried))

    def extend(self, leaves: bytes) -> None:
        """Add the hashes of leaves that stand one after the other, at the end."""
        level = 0
        while leaves:
            if level == len(self._levels):
                self._levels.append(bytearray())
            row = self._levels[level]
            joined = len(row) & -2 * HASH_BYTES  # how far the level above goes
            row += leaves
            paired = len(row) & -2 * HASH_BYTES
            leaves = _joined(bytes(row[joined:paired]))
            level += 1

    def hashes(self, level: int, start: int, end: int) -> bytes:
        """Return the roots of full subtrees of 2^level leaves, in a row."""
        row = self._levels[level] if level < len(self._levels) else b""
        return bytes(row[start * HASH_BYTES : end * HASH_BYTES])

    def node(self, level: int, index: int) -> bytes:
        """Return the root of the `index`-th full subtree of 2^level leaves."""
        at = index * HASH_BYTES
        return bytes(self._levels[level][at : at + HASH_BYTES])


def head_of(nodes: Nodes, size: int | None = None) -> TreeHead:
    """Return the head of the first `size` leaves; of all where none is given."""
    size = nodes.size if size is None else size
    assert 0 <= size <= nodes.size, "asked for a head beyond the tree"  # noqa: S101  a fault of ours, no stranger's
    root = range_root(nodes, 0, size) if size else EMPTY_ROOT
    return TreeHead(size=size, root=root)


def split(count: int) -> int:
    """Return the largest power of two below a count of at least 2."""
    return 1 << (count - 1).bit_length() - 1


def range_root(nodes: Nodes, low: int, high: int) -> bytes:
    """Return the root over the leaves from `low` to below `high`, low being aligned."""
    count = high - low
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return nodes.node(level, low >> level)
    middle = low + split(count)
    return node_hash(range_root(nodes, low, middle), range_root(nodes, middle, high))
