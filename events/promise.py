"""The signed receipt: the registry's word for an entry, before a head covers it.

What lives here: the text that is signed when a submission is accepted, and reading it
back. What never does: the proof that the word was kept (`events.receipts`).

    childregistry/receipt/v1
    <origin>
    <position>
    <base64 of the SHA-256 of the frame>
    <recorded at, microseconds since 1970>
    <base64 of the digest of the request>

It is a C2SP signed note by the log's key. No checkpoint has such a second line, so
neither can be taken for the other. A registry that signed this and whose heads do not
have the entry there has lied, and the holder can show it. Ed25519 has no randomness:
asked again, the bytes are the same.

    PromiseError(place, rule)    a signed text that is no receipt, or not as it proves
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from events.key_line import KeyLine
from events.notes import Signer, Verifier, base64, decimal, open_note, signed
from events.receipts import Proved
from events.receipts import verify as verify_proof
from events.tree import HASH_BYTES, EvidenceError

MARK: Final = "childregistry/receipt/v1"
_LINES: Final = 7
"""Six lines, each with its end."""


class PromiseError(EvidenceError):
    """A signed text that is no receipt, or not as it proves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a signed receipt says: this frame is the entry at this position."""

    origin: str
    position: int
    hash: bytes
    recorded_at: int
    request_digest: bytes

    @property
    def text(self) -> bytes:
        """The six lines that are signed."""
        hash_, digest = (
            b64encode(h).decode() for h in (self.hash, self.request_digest)
        )
        lines = (MARK, self.origin, self.position, hash_, self.recorded_at, digest)
        return "".join(f"{line}\n" for line in lines).encode()


def promise(said: Promise, key: Signer) -> bytes:
    """Return the signed receipt: a note."""
    return signed(said.text, key.sign(said.text))


def opened(
    note: bytes, known: Collection[Verifier], line: KeyLine | None = None
) -> Promise:
    """Return what a signed receipt says. Raises NoteError, PromiseError, KeyLineError.

    The signature must be of a known key under the name of the log it speaks of; with
    the line of the log's keys, of one in force at the position.
    """
    verified = open_note(note, known)
    lines = verified.text.decode().split("\n")
    if len(lines) != _LINES or lines[0] != MARK:
        rule = f"must be six lines, the first {MARK}"
        raise PromiseError("receipt", rule)
    hash_, digest = base64(lines[3]), base64(lines[5])
    if hash_ is None or digest is None or {len(hash_), len(digest)} != {HASH_BYTES}:
        rule = "lines 4 and 6 are hashes in base64"
        raise PromiseError("receipt", rule)
    if lines[1] not in {signature.by.name for signature in verified.signatures}:
        rule = "must be the log whose key signed"
        raise PromiseError("receipt:2", rule)
    position = decimal(lines[2], "receipt:3")
    if line is not None:
        line.check(verified.signatures, position)
    return Promise(
        origin=lines[1],
        position=position,
        hash=hash_,
        recorded_at=decimal(lines[4], "receipt:5"),
        request_digest=digest,
    )


def kept(
    said: Promise,
    proof: bytes,
    known: Collection[Verifier],
    line: KeyLine | None = None,
) -> Proved:
    """Check that a promise was kept: a signed tree has the entry there.

    Raises what `events.receipts.verify` raises, and PromiseError.
    """
    proved = verify_proof(proof, said.hash, said.origin, known)
    if line is not None:
        line.check(proved.signatures, proved.checkpoint.head.size)
    if proved.position != said.position:
        place = f"entry {proved.position}"
        raise PromiseError(place, f"entry {said.position} was promised")
    return proved
