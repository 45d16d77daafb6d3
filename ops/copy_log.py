"""A log moved to another store: the same entries, positions, hashes and tree.

What lives here: `copy`, which appends a log's records to another log byte for byte and
then compares both from the first entry. What never does: deciding, signing; nothing is
recorded that was not. Stopped anywhere, it goes on where the target stands; a target
that has another history is refused and not touched.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from events.heads import OtherHistoryError
from events.log import Accepted, Log, StoredEntry
from events.tree import Tree, TreeHead, head_of, leaf_hash, leaf_text

BATCH: Final = 200
"""Records of one append: some hundred kilobytes."""
READ: Final = 1_000
PATIENCE_S: Final = 60.0
Progress = Callable[[int, int], None]
"""Told what is done, and of how much."""


def copy(source: Log, target: Log, progress: Progress) -> TreeHead:
    """Bring a log up to another one, compare both, return the head of their tree.

    Raises OtherHistoryError, and what the logs raise: then call it again.
    """
    if source.registry != target.registry:
        raise OtherHistoryError(target.registry, f"the log is {source.registry}")
    source.catch_up(time.monotonic() + PATIENCE_S)
    target.catch_up(time.monotonic() + PATIENCE_S)
    end = source.head().position
    _compare(source, target, min(end, target.head().position))
    while (at := target.head().position) < end:
        batch = source.read(at, min(BATCH, end - at))
        records = [entry.record for entry in batch]
        verdicts = target.append(records, time.monotonic() + PATIENCE_S)
        for entry, verdict in zip(batch, verdicts, strict=True):
            if not isinstance(verdict, Accepted) or verdict.hash != entry.hash:
                place = f"entry {entry.position}"
                raise OtherHistoryError(place, f"is not taken: {verdict}")
        progress(target.head().position, end)
    if target.head().position != end:
        place = f"target of {target.head().position} entries"
        raise OtherHistoryError(place, f"the log has {end}")
    return _compare(source, target, end)


def _compare(source: Log, target: Log, upto: int) -> TreeHead:
    """Compare two logs entry by entry; return the head of the tree of each."""
    trees = Tree(), Tree()
    pairs = zip(_entries(source, upto), _entries(target, upto), strict=True)
    for one, other in pairs:
        if one != other:
            place = f"entry {one.position}"
            raise OtherHistoryError(place, "is not the same in both")
        for tree, entry in zip(trees, (one, other), strict=True):
            tree.append(leaf_hash(leaf_text(entry.position, entry.hash)))
    assert head_of(trees[0]) == head_of(trees[1]), "equal entries, unequal trees"  # noqa: S101  a fault of ours
    return head_of(trees[0])


def _entries(log: Log, upto: int) -> Iterator[StoredEntry]:
    at = 0
    while at < upto:
        batch = log.read(at, min(READ, upto - at))
        yield from batch
        at += len(batch)
