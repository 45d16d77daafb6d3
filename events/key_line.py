"""The life of a log's keys, as its own entries tell it: adopted, retired, in order.

What lives here: `KeyLine`, a fold of `KeyAdopted` and `KeyRetired`, and the statements
in them. What never does: private keys on disk (`events.keys`), trust: whoever verifies
brings a key, and follows the line from there.

A statement is a C2SP signed note of four lines:

    childregistry/key/v1
    <origin>
    adopted                       or: rotated, compromised, lost
    <the key as text>

* The first key that a log adopts signs for itself, and stands from the beginning.
* A later one is signed by itself and by a key in force: whoever trusts that key has
  the old key's word for the new one.
* A key is retired by the word of a key in force, its own or another; never the last.
* A key lives once: neither adopted nor retired it comes back. No two have one id, which
  is four bytes: whoever has seconds to spare makes two that do.

Whatever breaks a rule has no effect, for every reader alike, and is a fault to an
auditor. A key in force at a position signs the receipts of that entry, and the heads
that end with it. Adopt a spare while the first is at hand: a log that lost its only
key can name no other.

    KeyLineError(place, rule)    a statement without effect; a key out of its time
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from events.avro import MalformedError, Reader
from events.entry import (
    KEY_ADOPTED,
    KEY_RETIRED,
    REGISTRY_STREAM,
    AcceptedRecord,
)
from events.notes import (
    KeyKind,
    NoteError,
    Signature,
    Signer,
    Verifier,
    decimal,
    open_note,
    parse_verifier,
    signed,
    text_of,
)
from events.tree import EvidenceError

MARK: Final = "childregistry/key/v1"
MAX_KEYS: Final = 1_000
"""A key a week for twenty years; more is somebody who fills the log."""
_LINES: Final = 4
_SCHEMAS: Final = frozenset({KEY_ADOPTED, KEY_RETIRED})


class KeyLineError(EvidenceError):
    """A statement without effect, or a key that signed out of its time."""


class KeyAct(StrEnum):
    """What a statement says of a key; all but the first retire it."""

    ADOPTED = "adopted"
    ROTATED = "rotated"
    COMPROMISED = "compromised"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySpan:
    """A key and its time: from a position until, exclusive, another; and why not on."""

    key: Verifier
    adopted: int
    retired: int | None = None
    because: KeyAct | None = None

    def covers(self, position: int) -> bool:
        """Whether the key signs for a position."""
        before = self.retired is None or position < self.retired
        return self.adopted <= position and before


@dataclass(frozen=True, slots=True)
class KeyLine:
    """The keys of a log up to a position; a log without statements has no line."""

    origin: str
    spans: tuple[KeySpan, ...] = ()

    def told(self, position: int, act: bytes, statement: str) -> KeyLine:
        """Return the line after a statement of the entry at a position.

        `act` is the fingerprint of the event's schema. Raises KeyLineError: then the
        statement has no effect.
        """
        place = f"entry {position}, key"
        said, key, by = self._opened(statement, place)
        if (act == KEY_ADOPTED) != (said is KeyAct.ADOPTED):
            raise KeyLineError(place, f"the statement says {said}")
        if said is KeyAct.ADOPTED:
            return self._adopted(position, key, by)
        return self._retired(position, key, by, said)

    def signs(self, key: Verifier, position: int) -> bool:
        """Whether a key may sign for a position; of a log without a line any may."""
        return not self.spans or any(
            span.key == key and span.covers(position) for span in self.spans
        )

    def trusted(self, trusted: Collection[Verifier]) -> list[Verifier]:
        """Return all keys that whoever trusts these may believe, each in its time.

        Where one of them is of the line, those are its keys; others, witnesses' for
        one, stay as they are.
        """
        ours = [span.key for span in self.spans]
        if not any(key in ours for key in trusted):
            return list(trusted)
        return list(dict.fromkeys([*trusted, *ours]))

    def check(self, signatures: Iterable[Signature], position: int) -> None:
        """Check that a key of the log signed in its time. Raises KeyLineError."""
        by = [s.by for s in signatures if s.by.kind is KeyKind.LOG]
        if not any(self.signs(key, position) for key in by):
            names = ", ".join(key.id.hex() for key in by) or "nobody"
            place = f"signature for position {position}"
            raise KeyLineError(place, f"is by {names}, no key in force there")

    def _opened(self, statement: str, place: str) -> tuple[KeyAct, Verifier, set[str]]:
        """Return act, key, and the keys that signed. Raises KeyLineError."""
        content = statement.encode()
        try:
            lines = text_of(content).decode().removesuffix("\n").split("\n")
            if len(lines) != _LINES or lines[:2] != [MARK, self.origin]:
                raise KeyLineError(place, f"must be four lines, {MARK} and the log")
            key, act = parse_verifier(lines[3]), KeyAct(lines[2])
            known = {span.key for span in self.spans} | {key}
            if len({(one.name, one.id) for one in known}) < len(known):
                raise KeyLineError(place, f"{key.id.hex()} is the id of another key")
            note = open_note(content, known)
        except (NoteError, ValueError) as error:
            raise KeyLineError(place, f"is no statement: {error}") from error
        if key.kind is not KeyKind.LOG or key.name != self.origin:
            raise KeyLineError(place, "is no key of this log")
        return act, key, {signature.by.vkey for signature in note.signatures}

    def _adopted(self, position: int, key: Verifier, by: set[str]) -> KeyLine:
        place = f"entry {position}, key {key.id.hex()}"
        if any(span.key == key for span in self.spans):
            raise KeyLineError(place, "was adopted before")
        if key.vkey not in by or (self.spans and not self._in_force(by, position)):
            raise KeyLineError(place, "must sign itself, beside a key in force")
        if len(self.spans) == MAX_KEYS:
            raise KeyLineError(place, f"is beyond {MAX_KEYS} keys")
        first = position if self.spans else 0
        return replace(self, spans=(*self.spans, KeySpan(key=key, adopted=first)))

    def _retired(
        self, position: int, key: Verifier, by: set[str], because: KeyAct
    ) -> KeyLine:
        place = f"entry {position}, key {key.id.hex()}"
        standing = [span for span in self.spans if span.covers(position)]
        if key not in [span.key for span in standing]:
            raise KeyLineError(place, "is not in force")
        if len(standing) == 1:
            raise KeyLineError(place, "is the last: adopt another first")
        if not self._in_force(by, position):
            raise KeyLineError(place, "no key in force retired it")
        spans = tuple(
            replace(span, retired=position, because=because)
            if span.key == key
            else span
            for span in self.spans
        )
        return replace(self, spans=spans)

    def _in_force(self, by: set[str], position: int) -> bool:
        return any(s.covers(position) and s.key.vkey in by for s in self.spans)


def statement(act: KeyAct, key: Verifier, by: Collection[Signer]) -> str:
    """Return the note that says an act of a key, signed by these keys."""
    text = f"{MARK}\n{key.name}\n{act}\n{key.vkey}\n".encode()
    return signed(text, *(signer.sign(text) for signer in by)).decode()


def line_text(line: KeyLine) -> bytes:
    """Return a line as text: the log, then from, before (or a dash) and key."""
    spans = [f"{s.adopted} {s.retired or '-'} {s.key.vkey}\n" for s in line.spans]
    return "".join([f"{line.origin}\n", *spans]).encode()


def parse_line(content: bytes) -> KeyLine:
    """Return the line of a text, as somebody who read the log wrote it.

    Raises KeyLineError, NoteError.
    """
    try:
        origin, *lines = content.decode().removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise KeyLineError("keys", "is no text") from error
    spans: list[KeySpan] = []
    for number, told in enumerate(lines[:MAX_KEYS], 2):
        first, _, rest = told.partition(" ")
        before, _, vkey = rest.partition(" ")
        adopted = decimal(first, f"keys:{number}")
        retired = None if before == "-" else decimal(before, f"keys:{number}")
        key = parse_verifier(vkey)
        if key.name != origin:
            raise KeyLineError(f"keys:{number}", f"is no key of {origin}")
        spans.append(KeySpan(key=key, adopted=adopted, retired=retired))
    return KeyLine(origin, tuple(spans))


def key_statements(result: AcceptedRecord) -> list[tuple[bytes, str]]:
    """Return what an entry says of keys: schema and statement, in order.

    A body that is withheld, or no such event's, or in another stream, says nothing.
    """
    found: list[tuple[bytes, str]] = []
    for header, body in zip(result.frame.events, result.record.bodies, strict=True):
        if header.stream != REGISTRY_STREAM or body is None:
            continue
        if header.fingerprint in _SCHEMAS:
            text = statement_in(body.content)
            found += [] if text is None else [(header.fingerprint, text)]
    return found


def statement_in(body: bytes) -> str | None:
    """Return the statement of an event's body; None where it is none."""
    read = Reader(body)
    try:
        text = read.string()
        read.end()
    except MalformedError:
        return None
    return text
