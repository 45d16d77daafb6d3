"""The witness: another authority that remembers the last head, and signs no other.

What lives here: the rule of c2sp.org/tlog-witness, over a folder of last heads. What
never does: HTTP (`ops.witness`), entries; a witness sees hashes alone.

A request is text: the size the asker believes the witness to know, the proof that the
new head continues it, an empty line, and the signed head:

    old 5
    <base64 of each hash of the consistency proof>

    <the checkpoint>

The new head is durable here before the signature leaves, so a witness that is killed
has at worst remembered more than it signed. It never signs two heads of one size, nor
a smaller one after a larger.

    WitnessError(place, rule)
    ├── RequestMalformedError    bytes that are no such request
    ├── LogUnknownError          the head is of a log that nobody asked to be witnessed
    ├── NotSignedError           the log's key did not sign it
    ├── OtherSizeError           another size is known here: `size`; prove from there
    └── NotContinuedError        the proof does not show a continuation
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from events.heads import HeadFile, first_of
from events.notes import (
    KeyKind,
    NoteError,
    NoteMalformedError,
    Signer,
    Verifier,
    base64,
    decimal,
    open_note,
    parse_checkpoint,
    text_of,
)
from events.proof import ConsistencyError, OutOfTreeError, verify_consistency
from events.receipts import MAX_PATH, MAX_RECEIPT_BYTES
from events.tree import EMPTY_TREE, EvidenceError

MAX_REQUEST_BYTES: Final = MAX_RECEIPT_BYTES
"""A note and a path."""
_OLD: Final = "old "


class WitnessError(EvidenceError):
    """The root of the reasons not to sign."""


class RequestMalformedError(WitnessError):
    """Bytes that are no such request."""


class LogUnknownError(WitnessError):
    """The head is of a log that nobody asked to be witnessed."""


class NotSignedError(WitnessError):
    """The log's key did not sign it."""


class OtherSizeError(WitnessError):
    """Another size is known here; prove from there."""

    def __init__(self, size: int) -> None:
        super().__init__("old", f"the last head known here has size {size}")
        self.size = size


class NotContinuedError(WitnessError):
    """The proof does not show a continuation."""


class Witness:
    """Signs heads of the logs it knows; `now` is in seconds since 1970."""

    def __init__(
        self,
        folder: Path,
        key: Signer,
        logs: Collection[Verifier],
        now: Callable[[], int],
    ) -> None:
        assert key.kind is KeyKind.WITNESS, "a log's key makes no witness"  # noqa: S101  a fault of ours
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = key
        self._logs = logs
        self._now = now

    def add(self, request: bytes) -> bytes:
        """Return the signature line over a head that continues the last one.

        Raises WitnessError, HeadStoreError: then nothing was signed.
        """
        old, proof, note = parse(request)
        try:
            origin = parse_checkpoint(text_of(note)).origin
        except NoteError as error:
            raise RequestMalformedError(error.place, error.rule) from error
        known = [verifier for verifier in self._logs if verifier.name == origin]
        if not known:
            raise LogUnknownError("checkpoint", "is of a log not known here")
        try:
            checkpoint = parse_checkpoint(open_note(note, known).text)
        except NoteMalformedError as error:
            raise RequestMalformedError(error.place, error.rule) from error
        except NoteError as error:
            raise NotSignedError(error.place, error.rule) from error
        if old > checkpoint.head.size:
            raise RequestMalformedError("old", "is above the size of the head")
        store = HeadFile(self._folder / hashlib.sha256(origin.encode()).hexdigest())
        last = store.last()
        head = EMPTY_TREE if last is None else last.checkpoint.head
        if old != head.size:
            raise OtherSizeError(head.size)
        try:
            verify_consistency(head, checkpoint.head, proof)
        except (ConsistencyError, OutOfTreeError) as error:
            raise NotContinuedError(error.place, error.rule) from error
        fixed = (first_of(origin) if last is None else last).next(checkpoint.head)
        if (last is None or checkpoint.head != head) and not store.swap(last, fixed):
            newest = store.last()
            raise OtherSizeError(newest.checkpoint.head.size if newest else 0)
        return self._key.sign(checkpoint.text, self._now())


def request(old: int, proof: Collection[bytes], note: bytes) -> bytes:
    """Return the bytes of a request."""
    lines = [f"{_OLD}{old}", *(b64encode(step).decode() for step in proof)]
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + note


def parse(content: bytes) -> tuple[int, list[bytes], bytes]:
    """Return the old size, the proof and the note of a request.

    Raises RequestMalformedError.
    """
    if len(content) > MAX_REQUEST_BYTES:
        raise RequestMalformedError("request", f"above {MAX_REQUEST_BYTES} bytes")
    above, blank, note = content.partition(b"\n\n")
    first, *lines = above.decode("latin-1").split("\n")
    if not first.startswith(_OLD) or not blank or len(lines) > MAX_PATH:
        raise RequestMalformedError("request", "must be old size, proof and note")
    try:
        old = decimal(first.removeprefix(_OLD), "old")
    except NoteError as error:
        raise RequestMalformedError(error.place, error.rule) from error
    proof = [step for step in map(base64, lines) if step is not None]
    if len(proof) != len(lines):
        raise RequestMalformedError("request", "a hash is not in base64")
    return old, proof, note
