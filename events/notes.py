"""Signed notes: who says so, in the format that tools of others read.

What lives here: the C2SP signed note (Ed25519), the checkpoint text in which a tree
head is signed, cosignatures of witnesses, and verifier keys as text. What never does:
private keys on disk (`events.keys`), the decision to sign (`events.heads`).

Sources: c2sp.org/signed-note, c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature
(`cosignature/v1`), RFC 8032. The bytes are judged by `golang.org/x/mod/sumdb/note`.

A note is its text, an empty line, and a line for each signature:

    registry.example/cn-320300
    2
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — registry.example/cn-320300 Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+Zs4…

Nothing about time stands in the signed text, so two signers of one log make the same
bytes; a witness's signature says its time beside it.

    NoteError(place, rule)
    ├── NoteMalformedError       bytes that are no note, or no checkpoint
    ├── SignatureInvalidError    a known key's signature is not over this text
    ├── NoteUnsignedError        no known key signed
    └── KeyMalformedError        text that is no key, or a name that no key may have
"""

from __future__ import annotations

import binascii
import hashlib
from base64 import b64decode, b64encode
from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from events.tree import EMPTY_ROOT, HASH_BYTES, EvidenceError, TreeHead

MAX_NOTE_BYTES: Final = 1_000_000
"""Room for a hundred signatures of the longest kind, which are not ours."""
MAX_SIGNATURES: Final = 100
"""As many as the judge's library reads; the format asks for at least 16."""
MAX_SIZE: Final = (1 << 63) - 1
"""What every reader's integers hold."""
MAX_TIME_S: Final = (1 << 63) - 1
"""The last time a cosignature may state, in seconds since 1970."""
SEED_BYTES: Final = 32
_KEY_BYTES: Final = 32
_ID_BYTES: Final = 4
_SIGNATURE_BYTES: Final = 64
_TIME_BYTES: Final = 8
_DASH: Final = "— "


class NoteError(EvidenceError):
    """The root of the faults of notes and keys."""


class NoteMalformedError(NoteError):
    """Bytes that are no note, or no checkpoint."""


class SignatureInvalidError(NoteError):
    """A known key's signature is not over this text."""


class NoteUnsignedError(NoteError):
    """No known key signed."""


class KeyMalformedError(NoteError):
    """Text that is no key, or a name that no key may have."""


class KeyKind(IntEnum):
    """What a key's signature says; its number is part of the key's id."""

    LOG = 1
    """The text, as it stands: a log's own key."""
    WITNESS = 4
    """`cosignature/v1`: at this time this was the largest head seen, all consistent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """A public key under a name."""

    name: str
    kind: KeyKind
    public: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.public) != _KEY_BYTES:
            raise KeyMalformedError(self.name, f"a key has {_KEY_BYTES} bytes")

    @property
    def id(self) -> bytes:
        """Four bytes that with the name say which key signed."""
        material = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(material).digest()[:_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The key as text: `<name>+<id>+<base64 of kind and key>`."""
        material = b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{material}"

    def verify(self, text: bytes, signature: bytes) -> int | None:
        """Check a signature over a text; return the time that a witness states.

        Seconds since 1970; None for a log's key. Raises SignatureInvalidError.
        """
        time_s, message = None, text
        if self.kind is KeyKind.WITNESS:
            time_s = int.from_bytes(signature[:_TIME_BYTES], "big")
            signature = signature[_TIME_BYTES:]
            message = _cosigned(text, time_s)
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            place = f"signature of {self.name}"
            raise SignatureInvalidError(place, "is not over this text") from error
        if time_s is not None and time_s > MAX_TIME_S:
            place = f"signature of {self.name}"
            raise SignatureInvalidError(place, "states a time beyond all times")
        return time_s


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Signer:
    """A private key under a name; never shown by `repr`."""

    name: str
    kind: KeyKind
    seed: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.seed) != SEED_BYTES:
            raise KeyMalformedError(self.name, f"a seed has {SEED_BYTES} bytes")

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return _public_half(self.name, self.kind, self.seed)

    def sign(self, text: bytes, time_s: int | None = None) -> bytes:
        """Return the signature line over a note's text.

        A witness's key needs the time of its statement, in seconds since 1970; a
        log's takes none.
        """
        witness = self.kind is KeyKind.WITNESS
        assert witness == (time_s is not None), "only a witness states a time"  # noqa: S101  a fault of ours
        stated, message = b"", text
        if time_s is not None:
            stated, message = (
                time_s.to_bytes(_TIME_BYTES, "big"),
                _cosigned(text, time_s),
            )
        content = self.verifier.id + stated + self._key().sign(message)
        return f"{_DASH}{self.name} {b64encode(content).decode()}\n".encode()

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


@lru_cache(16)
def _public_half(name: str, kind: KeyKind, seed: bytes) -> Verifier:
    """Derive a public key: as dear as a signature, and every receipt asks for it."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes_raw()
    return Verifier(name=name, kind=kind, public=public)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A verified signature: whose, and the time that it states where it states one."""

    by: Verifier
    time_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A text with the verified signatures of known keys, and no others."""

    text: bytes
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A tree head of one log, as it is signed."""

    origin: str
    head: TreeHead

    @property
    def text(self) -> bytes:
        """The three lines that are signed: origin, size, root."""
        root = b64encode(self.head.root).decode()
        return f"{self.origin}\n{self.head.size}\n{root}\n".encode()


def parse_verifier(vkey: str) -> Verifier:
    """Return the key of a vkey. Raises KeyMalformedError."""
    # The base64 alphabet has a plus of its own, names and ids have none.
    name, _, rest = vkey.partition("+")
    key_id, _, material = rest.partition("+")
    content = base64(material)
    if content is None or len(content) != 1 + _KEY_BYTES:
        raise KeyMalformedError("vkey", "must be <name>+<id>+<base64 of the key>")
    if content[0] not in set(KeyKind):
        raise KeyMalformedError("vkey", f"kind {content[0]} is not Ed25519's")
    found = Verifier(name=name, kind=KeyKind(content[0]), public=content[1:])
    if found.id.hex() != key_id:
        raise KeyMalformedError("vkey", f"its id must be {found.id.hex()}")
    return found


def open_note(content: bytes, known: Collection[Verifier]) -> Note:
    """Return a note's text with the signatures of known keys; others are ignored.

    Every signature that names a known key must verify, also a second one. Raises
    NoteMalformedError, SignatureInvalidError, NoteUnsignedError.
    """
    by_id = {(verifier.name, verifier.id): verifier for verifier in known}
    assert len(by_id) == len(set(known)), "two known keys share name and id"  # noqa: S101  a fault of ours
    text, lines = _split(content)
    found: dict[Verifier, Signature] = {}
    for number, line in enumerate(lines, 1):
        name, key_id, signature = _signature(line, f"signature line {number}")
        verifier = by_id.get((name, key_id))
        if verifier is not None:
            time_s = verifier.verify(text, signature)
            found.setdefault(verifier, Signature(by=verifier, time_s=time_s))
    if not found:
        raise NoteUnsignedError("note", "no known key signed it")
    return Note(text=text, signatures=tuple(found.values()))


def text_of(content: bytes) -> bytes:
    """Return a note's text, verified by nobody. Raises NoteMalformedError."""
    return _split(content)[0]


def signed(text: bytes, *lines: bytes) -> bytes:
    """Return the note of a text and signature lines made by `Signer.sign`."""
    return text + b"\n" + b"".join(lines)


def cosigned(content: bytes, *lines: bytes) -> bytes:
    """Return a note with further signature lines. Raises NoteMalformedError."""
    _split(content)
    return content + b"".join(lines)


def parse_checkpoint(text: bytes) -> Checkpoint:
    """Return the tree head of a note's text. Raises NoteMalformedError.

    Further lines, which the format allows and advises against, are refused: our logs
    sign none, and two texts for one head would be two heads.
    """
    lines = _utf8(text, "checkpoint").split("\n")
    if len(lines) != 4 or lines[3]:  # noqa: PLR2004  three lines, each with its end
        raise NoteMalformedError("checkpoint", "must be three lines")
    origin, size, root = lines[0], lines[1], base64(lines[2])
    if not origin:
        raise NoteMalformedError("checkpoint:1", "the origin is empty")
    if root is None or len(root) != HASH_BYTES:
        raise NoteMalformedError("checkpoint:3", "must be a hash in base64")
    head = TreeHead(size=decimal(size, "checkpoint:2"), root=root)
    if head.size == 0 and root != EMPTY_ROOT:
        raise NoteMalformedError("checkpoint:3", "no leaves have another root")
    return Checkpoint(origin=origin, head=head)


def decimal(text: str, place: str) -> int:
    """Return the number of a decimal without leading zeros. NoteMalformedError."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1  # noqa: PLR2004  64 bits have 19 digits
    if not 0 <= number <= MAX_SIZE or str(number) != text:
        raise NoteMalformedError(place, "must be a decimal number of 63 bits")
    return number


def _cosigned(text: bytes, time_s: int) -> bytes:
    return b"cosignature/v1\ntime %d\n" % time_s + text


def _split(content: bytes) -> tuple[bytes, list[str]]:
    if len(content) > MAX_NOTE_BYTES:
        raise NoteMalformedError("note", f"has more than {MAX_NOTE_BYTES} bytes")
    _utf8(content, "note")
    text, blank, signatures = content.rpartition(b"\n\n")
    if not blank or not signatures.endswith(b"\n"):
        raise NoteMalformedError("note", "must end in an empty line and signatures")
    lines = signatures.decode().split("\n")[:-1]
    if len(lines) > MAX_SIGNATURES:
        raise NoteMalformedError("note", f"has more than {MAX_SIGNATURES} signatures")
    return text + b"\n", lines


def _signature(line: str, place: str) -> tuple[str, bytes, bytes]:
    """Return name, id and signature of a signature line."""
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    content = base64(encoded)
    if not line.startswith(_DASH) or content is None or len(content) <= _ID_BYTES:
        raise NoteMalformedError(place, "must be a dash, a name and base64")
    try:
        _check_name(name)
    except KeyMalformedError as error:
        raise NoteMalformedError(place, error.rule) from error
    return name, content[:_ID_BYTES], content[_ID_BYTES:]


def _check_name(name: str) -> None:
    # Lone surrogates are no text that UTF-8 could write.
    refused = any(
        c.isspace() or c == "+" or c < " " or "\ud800" <= c <= "\udfff" for c in name
    )
    if refused or not name:
        raise KeyMalformedError("name", "must be text without spaces and plus")


def _utf8(content: bytes, place: str) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise NoteMalformedError(place, f"no UTF-8 at byte {error.start}") from error
    if any(character < " " and character != "\n" for character in text):
        raise NoteMalformedError(place, "holds a control character")
    return text


def base64(text: str) -> bytes | None:
    """Return what standard base64 says in its one spelling; None for any other."""
    try:
        content = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if b64encode(content).decode() == text else None
