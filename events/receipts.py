"""The receipt that outlives the server: c2sp.org/tlog-proof, verified offline.

What lives here: `prove`, which makes the text of a `.tlog-proof`, and `verify`, which
needs the text, the frame's hash and the keys one trusts, and nothing else. What never
does: the entry itself (its frame is kept beside), files, networks.

    c2sp.org/tlog-proof@v1
    index <the position, less one>
    <base64 of each hash of the path, the leaf's sibling first>

    <the checkpoint, as it was signed and cosigned>

A receipt never ages: the log may grow, move to another store or end; the head in it
stays signed, and the entry stays in the tree of that head. Extra data, which the
format allows, is unsigned; ours has none, and that of others is refused.

    ReceiptError(place, rule)
    ├── ReceiptMalformedError    bytes that are no proof
    └── TooFewWitnessesError     fewer of the known witnesses signed than asked for
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from events.notes import (
    Checkpoint,
    KeyKind,
    NoteError,
    NoteUnsignedError,
    Signature,
    Verifier,
    base64,
    decimal,
    open_note,
    parse_checkpoint,
    text_of,
)
from events.proof import prove_inclusion, verify_inclusion
from events.tree import HASH_BYTES, EvidenceError, Nodes, leaf_hash, leaf_text

MAX_PATH: Final = 63
"""A tree of 2^63 entries."""
MAX_RECEIPT_BYTES: Final = 1_010_000
"""The largest note, and a path."""
_MARK: Final = "c2sp.org/tlog-proof@v1"


class ReceiptError(EvidenceError):
    """The root of the faults of receipts."""


class ReceiptMalformedError(ReceiptError):
    """Bytes that are no proof."""


class TooFewWitnessesError(ReceiptError):
    """Fewer of the trusted witnesses signed than are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a `.tlog-proof` says, not verified."""

    position: int
    path: tuple[bytes, ...]
    note: bytes

    @property
    def text(self) -> bytes:
        """The bytes of the file."""
        lines = [_MARK, f"index {self.position - 1}"]
        lines += [b64encode(step).decode() for step in self.path]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.note


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """What a verified receipt shows: the entry is in this signed tree."""

    position: int
    checkpoint: Checkpoint
    signatures: tuple[Signature, ...]


def prove(nodes: Nodes, position: int, note: bytes) -> bytes:
    """Return the receipt of the entry at a position under a signed head.

    `note` is our own and was verified when it was published. Raises ProofError where
    its head does not cover the position, or the tree not its head; NoteError.
    """
    head = parse_checkpoint(text_of(note)).head
    path = prove_inclusion(nodes, position, head.size)
    return Proof(position=position, path=tuple(path), note=note).text


def parse(content: bytes) -> Proof:
    """Return what a receipt says. Raises ReceiptMalformedError."""
    if len(content) > MAX_RECEIPT_BYTES:
        raise ReceiptMalformedError("receipt", f"more than {MAX_RECEIPT_BYTES} bytes")
    above, blank, note = content.partition(b"\n\n")
    mark, *lines = above.decode("latin-1").split("\n")
    if mark != _MARK or not blank or not lines:
        raise ReceiptMalformedError("receipt:1", f"must be {_MARK}")
    name, _, index = lines[0].partition(" ")
    if name != "index":
        raise ReceiptMalformedError("receipt:2", "must be the index")
    try:
        position = decimal(index, "receipt:2") + 1
    except NoteError as error:
        raise ReceiptMalformedError(error.place, error.rule) from error
    path = [base64(line) for line in lines[1:]]
    for number, step in enumerate(path, 3):
        if step is None or len(step) != HASH_BYTES:
            place = f"receipt:{number}"
            raise ReceiptMalformedError(place, "must be a hash in base64")
    if len(path) > MAX_PATH:
        raise ReceiptMalformedError("receipt", f"has more than {MAX_PATH} hashes")
    steps = tuple(step for step in path if step is not None)
    return Proof(position=position, path=steps, note=note)


def verify(
    content: bytes,
    frame_hash: bytes,
    origin: str,
    known: Collection[Verifier],
    witnesses: int = 0,
) -> Proved:
    """Check that the entry with this frame is in the log, by its receipt alone.

    One of the `known` keys must be the log's, and have signed; `witnesses` says how
    many of the known witnesses must have. Raises ReceiptError, NoteError, ProofError.
    """
    proof = parse(content)
    note = open_note(proof.note, known)
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != origin:
        raise ReceiptError("origin", f"must be {origin}")
    kinds = [signature.by.kind for signature in note.signatures]
    if KeyKind.LOG not in kinds:
        raise NoteUnsignedError("note", "no known key of the log signed it")
    if (cosigned := kinds.count(KeyKind.WITNESS)) < witnesses:
        raise TooFewWitnessesError("note", f"{cosigned} of {witnesses} witnesses")
    leaf = leaf_hash(leaf_text(proof.position, frame_hash))
    verify_inclusion(leaf, proof.position, checkpoint.head, proof.path)
    return Proved(
        position=proof.position, checkpoint=checkpoint, signatures=note.signatures
    )
