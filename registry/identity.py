"""Who submits: a client certificate, and the authority it stands for.

What lives here: the static file that maps certificates to authorities, and the answer
to "who is this caller". What never does: what an authority may do (`competence`), the
handshake (the transport refuses expired and foreign certificates itself; one that
expires while its connection lasts is refused here).

    [[submitter]]
    certificate = "<SHA-256 of the certificate in DER, hex>"
    authority = "tongshan-court"
    office = "court"

    [[operator]]                       # who may call AdminService; a certificate may
    certificate = "<SHA-256 …>"        # be both
    name = "li-of-xuzhou-1"

The file is read when a server starts: a changed one is known, and what is a stream by
an older one has ended, when it starts again.

Without TLS the server listens on loopback only, and the caller says who he is in the
metadata `childregistry-authority` and `childregistry-office`: the entry then says
`claimed`. An operator names himself in `childregistry-operator`.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from events.entry import Authentication, AuthenticationKind
from events.guardianship import Office
from registry.form import BODY, BODY_RULE
from registry.submission import Submitter

AUTHORITY = "childregistry-authority"
OFFICE = "childregistry-office"
OPERATOR = "childregistry-operator"
_FINGERPRINT = re.compile(r"[0-9a-f]{64}", re.ASCII)
Who = TypeVar("Who")


class IdentitiesError(Exception):
    """The file of identities is wrong: says where and which rule."""


class SubmitterUnknownError(Exception):
    """The caller is nobody whom this registry knows."""


class NotAPeerError(Exception):
    """The caller is no node that this one's configuration lists: it may not forward."""


class NotAnOperatorError(Exception):
    """The caller is no operator whom this node lists."""


@dataclass(frozen=True, slots=True)
class Identities:
    """Submitters, and names of operators, by the SHA-256 of their certificate."""

    by_certificate: Mapping[bytes, tuple[str, Office]]
    operators: Mapping[bytes, str] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Identities:
        """Read the file. Raises IdentitiesError."""
        try:
            told = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            message = f"{path}: {error}"
            raise IdentitiesError(message) from error
        listed: Any = told.get("submitter")
        operators: Any = told.get("operator", [])
        lists = isinstance(listed, list) and isinstance(operators, list)
        if not lists or set(told) - {"operator"} != {"submitter"}:
            message = (
                f"{path}: holds [[submitter]] and [[operator]] tables, nothing else"
            )
            raise IdentitiesError(message)
        return cls(
            _listed(listed, "submitter", path, _submitter),
            _listed(operators, "operator", path, _operator),
        )

    def known(self, key: bytes) -> Submitter:
        """Return whom a certificate of this SHA-256 stands for.

        Raises SubmitterUnknownError.
        """
        if key not in self.by_certificate:
            message = f"no authority is known by the certificate {key.hex()}"
            raise SubmitterUnknownError(message)
        authority, office = self.by_certificate[key]
        known = Authentication(kind=AuthenticationKind.CERTIFICATE, fingerprint=key)
        return Submitter(authority=authority, office=office, authentication=known)


def claimed(metadata: Sequence[tuple[str, Any]]) -> Submitter:
    """Return who a caller on loopback says he is. Raises SubmitterUnknownError."""
    said = {str(key): value for key, value in metadata}
    authority, office = said.get(AUTHORITY, ""), said.get(OFFICE, "")
    if not isinstance(authority, str) or not BODY.fullmatch(authority):
        message = f"the metadata {AUTHORITY} {BODY_RULE}"
        raise SubmitterUnknownError(message)
    if office not in set(Office) - {Office.REGISTRY}:
        message = f"the metadata {OFFICE} is one of the offices"
        raise SubmitterUnknownError(message)
    return Submitter(
        authority=authority,
        office=Office(office),
        authentication=Authentication(
            kind=AuthenticationKind.CLAIMED, fingerprint=None
        ),
    )


def claimed_operator(metadata: Sequence[tuple[str, Any]]) -> str:
    """Return the name of an operator on loopback. Raises NotAnOperatorError."""
    name = {str(key): value for key, value in metadata}.get(OPERATOR, "")
    if not isinstance(name, str) or not BODY.fullmatch(name):
        message = f"the metadata {OPERATOR} {BODY_RULE}"
        raise NotAnOperatorError(message)
    return name


def is_loopback(address: str) -> bool:
    """Whether `host:port` can be reached from this machine only."""
    host = address.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Certificate(NamedTuple):
    """What is asked of a caller's certificate."""

    fingerprint: bytes
    """SHA-256 of it in DER."""
    ends: float
    """Until when it is valid, in seconds since 1970."""


def certificate_of(pem: bytes, now: float) -> Certificate:
    """Read a certificate at a time in seconds since 1970.

    Raises SubmitterUnknownError where it does not parse, or is valid no more.
    """
    try:
        found = _read(pem)
    except ValueError as error:
        message = "the certificate does not parse"
        raise SubmitterUnknownError(message) from error
    if found.ends <= now:
        message = f"the certificate {found.fingerprint.hex()} has expired"
        raise SubmitterUnknownError(message)
    return found


@lru_cache(1_024)
def _read(pem: bytes) -> Certificate:
    """Read a certificate; it is asked for at every call of a connection."""
    read = x509.load_pem_x509_certificate(pem)
    ends = read.not_valid_after_utc.timestamp()
    return Certificate(read.fingerprint(hashes.SHA256()), ends)


def _listed(
    entries: list[Any], kind: str, path: Path, read: Callable[[Any, str], Who]
) -> dict[bytes, Who]:
    """Return whom each table of a kind names, by certificate."""
    found: dict[bytes, Who] = {}
    for number, entry in enumerate(entries, 1):
        where = f"{path}: {kind} {number}"
        who = read(entry, where)
        key = bytes.fromhex(str(entry["certificate"]))
        if key in found:
            message = f"{where}: its certificate is listed twice"
            raise IdentitiesError(message)
        found[key] = who
    return found


def _submitter(entry: Any, where: str) -> tuple[str, Office]:  # noqa: ANN401  parsed TOML
    authority, office = _said(entry, where, "authority", "office")
    if office not in set(Office) - {Office.REGISTRY}:
        message = f"{where}: office is none of the offices"
        raise IdentitiesError(message)
    return authority, Office(office)


def _operator(entry: Any, where: str) -> str:  # noqa: ANN401  likewise
    (name,) = _said(entry, where, "name")
    return name


def _said(entry: Any, where: str, *names: str) -> list[str]:  # noqa: ANN401  likewise
    """Return what a table says beside its certificate; the first is a body's name."""
    keys = ["certificate", *names]
    if not isinstance(entry, dict) or set(entry) != set(keys):
        message = f"{where}: says {', '.join(keys[:-1])} and {keys[-1]}"
        raise IdentitiesError(message)
    certificate, *values = (str(entry[key]) for key in keys)
    if not _FINGERPRINT.fullmatch(certificate):
        message = f"{where}: certificate is 64 lower-case hex digits"
        raise IdentitiesError(message)
    if not BODY.fullmatch(values[0]):
        message = f"{where}: {names[0]} {BODY_RULE}"
        raise IdentitiesError(message)
    return values
