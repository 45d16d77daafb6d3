"""Asking witnesses: several at once, and as many signatures as the policy demands.

What lives here: the client of c2sp.org/tlog-witness, and `Witnesses`, which asks those
of a node's configuration. What never does: the witness's rule (`events.witness`) or its
server (`ops.witness`).

A head that fewer witnesses signed than the policy demands is not published: whoever
reads a published head may count on them. It was fixed and may be signed, and the next
step asks again; a witness that signed already signs the same head once more.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic
from typing import Final

from events.notes import Verifier, cosigned, open_note, parse_checkpoint, text_of
from events.proof import prove_consistency
from events.receipts import TooFewWitnessesError
from events.tree import EvidenceError, Nodes
from events.witness import request

PATH: Final = "/add-checkpoint"
ASK_TIMEOUT_S: Final = 5.0
"""A witness that is slower is out of reach: heads wait for as many as are demanded."""
MAX_ANSWER_BYTES: Final = 100_000
MAX_WITNESSES: Final = 16
"""As many cosignatures as every reader of the format must take."""


class RefusedByWitnessError(EvidenceError):
    """The witness did not sign: its status and its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A witness: where it is asked, and its key, which came from elsewhere."""

    url: str
    key: Verifier


class Witnesses:
    """The witnesses of a node, and how many of them must sign a head."""

    def __init__(
        self, asked: Sequence[Asked], quorum: int, timeout_s: float = ASK_TIMEOUT_S
    ) -> None:
        assert 0 <= quorum <= len(asked) <= MAX_WITNESSES, "checked when configured"  # noqa: S101  a fault of ours
        self._asked = asked
        self._quorum = quorum
        self._timeout_s = timeout_s
        self._running: dict[Asked, Future[bytes]] = {}
        self._pool = ThreadPoolExecutor(max(1, len(asked)), "witness")

    def cosigned(self, note: bytes, tree: Nodes) -> bytes:
        """Return a head with the signatures that came, as many as demanded at least.

        Raises TooFewWitnessesError: says of each witness why it did not sign.
        """
        lines: dict[Asked, bytes] = {}
        reasons: dict[Asked, str] = {}
        asking = self._ask_all(note, tree, reasons)
        deadline = monotonic() + self._timeout_s
        while asking and (self._quorum == 0 or len(lines) < self._quorum):
            done, _ = wait(asking, max(0.0, deadline - monotonic()), FIRST_COMPLETED)
            if not done:
                break
            for future in done:
                witness = asking.pop(future)
                try:
                    lines[witness] = future.result()
                except (EvidenceError, OSError) as error:
                    reasons[witness] = str(error)
        for future, witness in asking.items():
            if future.done() and future.exception() is None:
                lines[witness] = future.result()
            else:
                reasons[witness] = "did not answer in time"
        if len(lines) < self._quorum:
            said = "; ".join(f"{w.url}: {why}" for w, why in reasons.items())
            rule = f"{len(lines)} signed, {self._quorum} must: {said}"
            raise TooFewWitnessesError("witnesses", rule)
        return cosigned(note, *(lines[w] for w in self._asked if w in lines))

    def close(self) -> None:
        """Let the last questions end."""
        self._pool.shutdown(cancel_futures=True)

    def _ask_all(
        self, note: bytes, tree: Nodes, reasons: dict[Asked, str]
    ) -> dict[Future[bytes], Asked]:
        """Ask every witness that is not still being asked about an earlier head."""
        asking: dict[Future[bytes], Asked] = {}
        for witness in self._asked:
            before = self._running.get(witness)
            if before is not None and not before.done():
                reasons[witness] = "is still being asked about an earlier head"
                continue
            future = self._pool.submit(
                signature_of, witness.url, note, tree, witness.key, self._timeout_s
            )
            self._running[witness] = future
            asking[future] = witness
        return asking


def ask(
    url: str,
    note: bytes,
    tree: Nodes,
    witness: Verifier,
    timeout_s: float = ASK_TIMEOUT_S,
) -> bytes:
    """Return a head with the witness's verified signature beside the log's.

    Raises RefusedByWitnessError, NoteError, ProofError, OSError.
    """
    return cosigned(note, signature_of(url, note, tree, witness, timeout_s))


def signature_of(
    url: str, note: bytes, tree: Nodes, witness: Verifier, timeout_s: float
) -> bytes:
    """Return a witness's verified signature line over a head.

    The witness says which head it knows last, and is proved the continuation from
    there. Raises as `ask` does.
    """
    head = parse_checkpoint(text_of(note)).head
    status, content = _post(url, request(head.size, [], note), timeout_s)
    if status == HTTPStatus.CONFLICT:
        known = content.decode("latin-1").strip()
        if not known.isdigit() or int(known) > head.size:
            raise RefusedByWitnessError(url, f"knows a head of size {known}")
        proof = prove_consistency(tree, int(known), head.size)
        status, content = _post(url, request(int(known), proof, note), timeout_s)
    if status != HTTPStatus.OK:
        raise RefusedByWitnessError(url, f"{status}: {content.decode('latin-1')}")
    # Its own line alone: a witness does not speak for others.
    begin = f"— {witness.name} ".encode()
    lines = [one for one in content.splitlines(keepends=True) if one.startswith(begin)]
    if len(lines) != 1:
        raise RefusedByWitnessError(url, "did not answer with its signature")
    open_note(cosigned(note, lines[0]), [witness])
    return lines[0]


def _post(url: str, content: bytes, timeout_s: float) -> tuple[int, bytes]:
    if not url.startswith(("http://", "https://")):
        raise RefusedByWitnessError(url, "must be an address of HTTP")
    asked = urllib.request.Request(url + PATH, content, method="POST")  # noqa: S310  checked above
    try:
        with urllib.request.urlopen(asked, timeout=timeout_s) as answer:  # noqa: S310  likewise
            return answer.status, answer.read(MAX_ANSWER_BYTES)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(MAX_ANSWER_BYTES)
