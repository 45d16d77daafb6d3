"""Time stamps of heads by somebody else's clock: RFC 3161, asked and looked at.

What lives here: the bytes of a request, and what an answer must say before it is kept.
What never does: HTTP (`registry.stamper`), the signature of the authority: whoever
doubts a time checks it with tools of others,

    openssl ts -verify -data HEAD -in HEAD.tsr -CAfile CA.pem

HEAD being the three lines of a tree head as they are signed. So the words are few: a
request is version 1, SHA-256 of the text, a nonce, and the wish for the certificate; of
an answer are looked at the status (RFC 3161, 2.4.2) and whether imprint and nonce of
the request stand in it, DER having one spelling for each.

    TimeStampError(place, rule)    an answer that stamps nothing, or something else
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from events.tree import EvidenceError

NONCE_BYTES: Final = 16
MAX_ANSWER_BYTES: Final = 100_000
"""A token with a chain of certificates has some thousand."""
QUERY: Final = "application/timestamp-query"
REPLY: Final = "application/timestamp-reply"
_SEQUENCE: Final = 0x30
_INTEGER: Final = 0x02
_OCTETS: Final = 0x04
_VERSION_1: Final = bytes.fromhex("020101")
_WANTS_CERTIFICATE: Final = bytes.fromhex("0101ff")
_SHA256: Final = bytes.fromhex("300d06096086480165030402010500")
"""AlgorithmIdentifier of SHA-256 with its NULL (RFC 5754, 2)."""
_SHA256_BARE: Final = bytes.fromhex("300b0609608648016503040201")
"""The same with absent parameters, which an authority may answer with."""
_GRANTED: Final = frozenset({0, 1})
_LONG_FORM: Final = 0x80


class TimeStampError(EvidenceError):
    """An answer that stamps nothing, or something else than was asked."""


def query(text: bytes, nonce: bytes) -> bytes:
    """Return the request for a time stamp of a text: a TimeStampReq in DER."""
    imprint = _der(_SEQUENCE, _SHA256 + _der(_OCTETS, sha256(text).digest()))
    parts = _VERSION_1 + imprint + _number(nonce) + _WANTS_CERTIFICATE
    return _der(_SEQUENCE, parts)


def check_answer(answer: bytes, text: bytes, nonce: bytes) -> None:
    """Check that an answer is a stamp of a text, as asked. Raises TimeStampError."""
    kind, whole, rest = _read(answer)
    if kind != _SEQUENCE or rest:
        raise TimeStampError("stamp", "is no answer of RFC 3161")
    kind, said, token = _read(whole)
    number, status, _ = _read(said)
    if kind != _SEQUENCE or number != _INTEGER or len(status) != 1:
        raise TimeStampError("stamp", "states no status")
    if status[0] not in _GRANTED or not token:
        raise TimeStampError("stamp", f"is refused with status {status[0]}")
    digest = _der(_OCTETS, sha256(text).digest())
    if not any(algorithm + digest in token for algorithm in (_SHA256, _SHA256_BARE)):
        raise TimeStampError("stamp", "is of another text")
    if _number(nonce) not in token:
        raise TimeStampError("stamp", "has another nonce")


def _number(content: bytes) -> bytes:
    """Write a positive integer in as few bytes as its sign allows."""
    bare = content.lstrip(b"\x00") or b"\x00"
    return _der(_INTEGER, b"\x00" + bare if bare[0] & _LONG_FORM else bare)


def _der(kind: int, content: bytes) -> bytes:
    size = len(content)
    if size < _LONG_FORM:
        return bytes((kind, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((kind, _LONG_FORM | len(length))) + length + content


def _read(content: bytes) -> tuple[int, bytes, bytes]:
    """Return kind and content of the first value, and what follows it."""
    kind, size, at = content[:1], content[1:2], 2
    if not size:
        raise TimeStampError("stamp", "is cut short")
    length = size[0]
    if length & _LONG_FORM:
        at += length & ~_LONG_FORM
        length = int.from_bytes(content[2:at], "big")
    if at + length > len(content):
        raise TimeStampError("stamp", "is cut short")
    return kind[0], content[at : at + length], content[at + length :]
