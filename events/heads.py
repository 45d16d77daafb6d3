"""The signer's rule: one head for one size, and each the continuation of the last.

What lives here: `begin` and `sign_next`, over head stores that swap atomically, and
`HeadFile`, the store that is a file of this machine. What never does: notes' bytes
(`events.notes`), publishing (`events.publish`).

A log that signs two heads that do not continue each other has lied, and no later
honesty heals it. So a head is *fixed* in two failure domains before it is signed: a
store that is restored from yesterday's backup, or lost, is then contradicted by the
other, and a node whose domains disagree signs nothing and asks a person.

What is fixed is a `FixedHead`: its number (1 for the empty tree, fixed once by a person
through `begin`), the SHA-256 of the one before, and the head. The stores have an order,
the same for every signer. A signer

1. reads the stores; each must hold the head of the first, or the one just before it,
   where a signer died between two swaps: then it completes what was begun;
2. proves from its own tree that the last head is its own, and that the next one
   continues it;
3. swaps the next head for the last in every store, the first store first: whoever
   loses that swap begins again;
4. signs, when the head stands in all of them.

As signed text has no time in it and Ed25519 no randomness, everyone who holds the key
makes the same bytes of a fixed head, and a dead signer's signature is never missed.

    HeadError(place, rule)
    ├── NotBegunError        no head was ever fixed here: a person begins
    ├── DomainsDisagreeError what one store knows contradicts another: a person looks
    ├── TreeBehindError      the stores know a larger tree: catch up, or the log was cut
    ├── OtherHistoryError    the last head is not this tree's: never signed over
    ├── HeadStoreError       a store cannot be read or written now, or is damaged
    └── ContendedError       others won every swap; try again
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from events.files import sync_folder
from events.notes import (
    Checkpoint,
    NoteError,
    Signer,
    base64,
    decimal,
    parse_checkpoint,
    signed,
)
from events.proof import ProofError, prove_consistency, verify_consistency
from events.tree import (
    EMPTY_TREE,
    HASH_BYTES,
    EvidenceError,
    Nodes,
    TreeHead,
    head_of,
)

ATTEMPTS: Final = 100
"""Each lost swap is another signer's success; so many in a row is a fault."""
MAX_HEAD_BYTES: Final = 4_096
"""Six short lines."""
_MARK: Final = "childregistry/head/v1"


class HeadError(EvidenceError):
    """The root of the reasons not to sign."""


class NotBegunError(HeadError):
    """No head was ever fixed here: a person begins."""


class DomainsDisagreeError(HeadError):
    """What one store knows contradicts another: a person looks."""


class TreeBehindError(HeadError):
    """The stores know a larger tree: catch up, or the log was cut."""


class OtherHistoryError(HeadError):
    """The last head is not this tree's: never signed over."""


class HeadStoreError(HeadError):
    """A store cannot be read or written now, or is damaged."""


class ContendedError(HeadError):
    """Others won every swap; try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedHead:
    """A head that may be signed, and no other of its size: what a store holds."""

    number: int
    previous: bytes
    checkpoint: Checkpoint

    @property
    def text(self) -> bytes:
        """The bytes that a store keeps and compares."""
        previous = b64encode(self.previous).decode()
        first = f"{_MARK}\n{self.number}\n{previous}\n"
        return first.encode() + self.checkpoint.text

    @property
    def hash(self) -> bytes:
        """What the next head names as the one before."""
        return hashlib.sha256(self.text).digest()

    def next(self, head: TreeHead) -> FixedHead:
        """Return the head that may follow."""
        checkpoint = Checkpoint(origin=self.checkpoint.origin, head=head)
        return FixedHead(
            number=self.number + 1, previous=self.hash, checkpoint=checkpoint
        )


def parse_fixed(text: bytes) -> FixedHead:
    """Return the head of a store's bytes. Raises NoteMalformedError, HeadStoreError."""
    mark, number, previous, *rest = [*text.split(b"\n", 3), b"", b"", b""][:4]
    hash_ = base64(previous.decode("latin-1"))
    checkpoint = parse_checkpoint(b"".join(rest))
    if mark != _MARK.encode() or hash_ is None or len(hash_) != HASH_BYTES:
        raise HeadStoreError("head", "is not of this format")
    count = decimal(number.decode("latin-1"), "head:2")
    return FixedHead(number=count, previous=hash_, checkpoint=checkpoint)


def first_of(origin: str) -> FixedHead:
    """Return the head with which every log begins: the empty tree."""
    checkpoint = Checkpoint(origin=origin, head=EMPTY_TREE)
    return FixedHead(number=1, previous=bytes(HASH_BYTES), checkpoint=checkpoint)


class HeadStore(Protocol):
    """One failure domain that remembers the last fixed head of one log.

    It promises: `swap` is atomic among all processes that use the store; when it
    returns True the head is durable, whatever dies next; `last` returns the head of
    the last swap. A power cut may undo a swap that had not returned: then the stores
    disagree, and nothing is signed.
    """

    @property
    def name(self) -> str:
        """How a person finds the store."""
        ...

    def last(self) -> FixedHead | None:
        """Return the last fixed head, None where none ever was. HeadStoreError."""
        ...

    def swap(self, expected: FixedHead | None, new: FixedHead) -> bool:
        """Fix a head if the last one is as expected; whether it was.

        Raises HeadStoreError: then nobody knows, and `last` says.
        """
        ...


def begin(stores: Sequence[HeadStore], origin: str) -> None:
    """Fix the empty tree as the first head of a log, because a person said so.

    Begun and not completed, it is completed. Raises DomainsDisagreeError where a store
    holds anything else: a log is begun once.
    """
    first = first_of(origin)
    for store in stores:
        if store.last() not in {None, first}:
            raise DomainsDisagreeError(store.name, "holds heads already")
    for store in stores:
        if not store.swap(None, first) and store.last() != first:
            raise DomainsDisagreeError(store.name, "holds heads already")


def sign_next(stores: Sequence[HeadStore], tree: Nodes, *keys: Signer) -> bytes:
    """Fix the tree's head in every store, and return it as a note that all keys signed.

    Where it is the last fixed head already, it is signed again, to the same bytes.
    Raises HeadError: nothing was signed.
    """
    assert keys, "nobody signs"  # noqa: S101  a fault of ours
    assert len(stores) > 1, "one failure domain is none"  # noqa: S101  a fault of ours
    for _ in range(ATTEMPTS):
        last = _settled(stores)
        if last is None:
            continue
        for key in keys:
            if last.checkpoint.origin != key.name:
                rule = f"the log is {last.checkpoint.origin}"
                raise OtherHistoryError(key.name, rule)
        head = _continued(last.checkpoint.head, tree)
        fixed = last if head == last.checkpoint.head else last.next(head)
        if fixed != last and not stores[0].swap(last, fixed):
            continue
        if _complete(stores, fixed):
            text = fixed.checkpoint.text
            return signed(text, *(key.sign(text) for key in keys))
    raise ContendedError("heads", f"others won {ATTEMPTS} swaps in a row")


def _settled(stores: Sequence[HeadStore]) -> FixedHead | None:
    """Return the last head, standing in every store; None while others move it."""
    first = stores[0].last()
    found = [store.last() for store in stores[1:]]
    if stores[0].last() != first:
        return None
    for store, other in zip(stores[1:], found, strict=True):
        if first is None and other is None:
            continue
        _agree(stores[0].name, first, store.name, other)
    if first is None:
        raise NotBegunError(stores[0].name, "no head was ever fixed")
    return first if _complete(stores, first) else None


def _agree(
    name: str, first: FixedHead | None, other_name: str, other: FixedHead | None
) -> None:
    """Check that a later store holds the first one's head, or the one before."""
    sizes = [f"head {h.number}" if h else "no head" for h in (first, other)]
    place = f"{name} and {other_name}"
    if first is None or other is None:
        # Also where it was not completed: the person who begins completes it.
        raise DomainsDisagreeError(place, f"hold {sizes[0]} and {sizes[1]}")
    if other != first and other.hash != first.previous:
        raise DomainsDisagreeError(place, f"hold {sizes[0]} and {sizes[1]}")


def _complete(stores: Sequence[HeadStore], fixed: FixedHead) -> bool:
    """Bring every later store up to the first one's head; False where others moved."""
    for store in stores[1:]:
        last = store.last()
        if last == fixed:
            continue
        if last is None or last.hash != fixed.previous:
            return False
        if not store.swap(last, fixed):
            return False
    return True


def _continued(last: TreeHead, tree: Nodes) -> TreeHead:
    """Return the tree's head, proved to continue the last one."""
    if last.size > tree.size:
        place = f"tree of {tree.size}"
        raise TreeBehindError(place, f"a head of size {last.size} was fixed already")
    head = head_of(tree)
    try:
        proof = prove_consistency(tree, last.size, head.size)
        verify_consistency(last, head, proof)
    except ProofError as error:
        raise OtherHistoryError(error.place, error.rule) from error
    return head


class HeadFile:
    """A head store in one file of this machine, swapped under a lock of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        """The file's path."""
        return str(self._path)

    def last(self) -> FixedHead | None:
        """Return the last fixed head, None where the file is not there."""
        try:
            with self._path.open("rb") as file:
                return parse_fixed(file.read(MAX_HEAD_BYTES))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise HeadStoreError(self.name, f"cannot be read: {error}") from error
        except (NoteError, HeadStoreError) as error:
            raise HeadStoreError(self.name, f"is damaged: {error}") from error

    def swap(self, expected: FixedHead | None, new: FixedHead) -> bool:
        """Fix a head if the last one is as expected; whether it was."""
        aside = self._beside(".aside")
        try:
            with self._beside(".lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if self.last() != expected:
                    return False
                with aside.open("wb") as file:
                    file.write(new.text)
                    file.flush()
                    os.fsync(file.fileno())
                aside.rename(self._path)
                sync_folder(self._path.parent)
        except OSError as error:
            raise HeadStoreError(self.name, f"cannot be written: {error}") from error
        return True

    def _beside(self, suffix: str) -> Path:
        return self._path.with_name(self._path.name + suffix)
