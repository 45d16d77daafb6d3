"""Proofs: an entry is in a tree, a tree continues another; made and verified.

What lives here: inclusion and consistency proofs of RFC 6962, over any `Nodes`. What
never does: the tree (`events.tree`), signatures (`events.notes`), files, the clock.
Standard library only: receipts are checked for ever.

A proof binds an entry to a root, not to a size: a tree of 3 and one of 4 may ask for a
path of one shape. What binds the size is the head's signature, so sizes and roots are
only ever taken from a head that was verified.

    ProofError(place, rule)
    ├── OutOfTreeError         a position or size that the tree does not have
    ├── InclusionError         an entry is not where the proof says
    └── ConsistencyError       a tree is not the continuation of another
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from events.tree import (
    EMPTY_ROOT,
    HASH_BYTES,
    EvidenceError,
    Nodes,
    TreeHead,
    node_hash,
    range_root,
    split,
)


class ProofError(EvidenceError):
    """The root of the faults of proofs."""


class OutOfTreeError(ProofError):
    """A position or a size that the tree does not have."""


class InclusionError(ProofError):
    """An entry is not where the proof says."""


class ConsistencyError(ProofError):
    """A tree is not the continuation of another."""


def prove_inclusion(nodes: Nodes, position: int, size: int) -> list[bytes]:
    """Return the path of the entry at a position, leaf's sibling first.

    RFC 6962, 2.1.1. Raises OutOfTreeError.
    """
    _within(size, nodes.size, "size")
    _within(position, size, "position", least=1)
    low, high, path = 0, size, list[bytes]()
    while high - low > 1:
        middle = low + split(high - low)
        if position <= middle:
            path.append(range_root(nodes, middle, high))
            high = middle
        else:
            path.append(range_root(nodes, low, middle))
            low = middle
    return path[::-1]


def prove_consistency(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of size `new` continues that of size `old`.

    RFC 6962, 2.1.2; empty where `old` is 0 or `new`. Raises OutOfTreeError.
    """
    _within(new, nodes.size, "size")
    _within(old, new, "old size")
    low, high, proof = 0, new, list[bytes]()
    while old and old != high:
        middle = low + split(high - low)
        if old <= middle:
            proof.append(range_root(nodes, middle, high))
            high = middle
        else:
            proof.append(range_root(nodes, low, middle))
            low = middle
    if low:  # otherwise what is left is the old tree itself, whose root is known
        proof.append(range_root(nodes, low, high))
    return proof[::-1]


def verify_inclusion(
    leaf: bytes, position: int, head: TreeHead, path: Sequence[bytes]
) -> None:
    """Check that a leaf's hash stands at a position of the tree with this head.

    RFC 9162, 2.1.3.2. Raises InclusionError, OutOfTreeError.
    """
    _within(position, head.size, "position", least=1)
    place = f"entry {position} in the tree of {head.size}"
    found = leaf
    for step, left in _climb(position - 1, head.size - 1, path, InclusionError, place):
        found = node_hash(step, found) if left else node_hash(found, step)
    if found != head.root:
        raise InclusionError(place, "leaf and path do not lead to the root")


def verify_consistency(old: TreeHead, new: TreeHead, proof: Sequence[bytes]) -> None:
    """Check that the tree with head `new` continues that with head `old`.

    RFC 9162, 2.1.4.2. Raises ConsistencyError, OutOfTreeError.
    """
    _within(old.size, new.size, "old size")
    place = f"tree of {old.size} to tree of {new.size}"
    if old.size in {0, new.size}:
        if proof:
            raise ConsistencyError(place, "needs no proof, and has one")
        roots = {old.root, new.root} if old.size == new.size else {old.root}
        if len(roots) != 1 or (old.size == 0 and roots != {EMPTY_ROOT}):
            raise ConsistencyError(place, "one size has two roots")
        return
    index, last = old.size - 1, new.size - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    # A full old tree is itself where the way up begins, and is not in the proof.
    steps = list(proof) if index else [old.root, *proof]
    if not steps:
        raise ConsistencyError(place, "0 hashes are too few")
    below = above = steps[0]
    for step, left in _climb(index, last, steps[1:], ConsistencyError, place):
        below = node_hash(step, below) if left else below
        above = node_hash(step, above) if left else node_hash(above, step)
    if below != old.root:
        raise ConsistencyError(place, "the proof does not lead to the old root")
    if above != new.root:
        raise ConsistencyError(place, "the proof does not lead to the new root")


def _climb(
    index: int, last: int, steps: Sequence[bytes], error: type[ProofError], place: str
) -> Iterator[tuple[bytes, bool]]:
    """Yield each hash on the way up to the root and whether it stands to the left."""
    for step in steps:
        if last == 0:
            raise error(place, f"{len(steps)} hashes are too many")
        if len(step) != HASH_BYTES:
            raise error(place, f"a hash of {len(step)} bytes")
        left = bool(index & 1) or index == last
        while left and index and not index & 1:  # no sibling on these levels
            index, last = index >> 1, last >> 1
        yield step, left
        index, last = index >> 1, last >> 1
    if last:
        raise error(place, f"{len(steps)} hashes are too few")


def _within(number: int, most: int, name: str, least: int = 0) -> None:
    if not least <= number <= most:
        place = f"{name} {number}"
        raise OutOfTreeError(place, f"must be from {least} to {most}")
