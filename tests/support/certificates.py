"""Real keys and certificates, and lines of the file that maps them to authorities."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from registry.server import Tls

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Certified:
    """A key and the certificate on it."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    @property
    def fingerprint(self) -> bytes:
        return self.certificate.fingerprint(hashes.SHA256())


def certified(
    name: str, by: Certified | None = None, days: tuple[float, float] = (-1, 1)
) -> Certified:
    """Make a certificate, signed by another or by itself, valid on some days."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * DAY)
        .not_valid_after(now + days[1] * DAY)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), True)  # noqa: FBT003  critical
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost")]),
            False,  # noqa: FBT003  not critical
        )
    )
    signer = by.key if by else key
    return Certified(key, builder.sign(signer, hashes.SHA256()))


def listed(who: Certified, authority: str, office: str) -> str:
    return (
        f'[[submitter]]\ncertificate = "{who.fingerprint.hex()}"\n'
        f'authority = "{authority}"\noffice = "{office}"\n'
    )


def tls_in(folder: Path, own: Certified, clients: Certified, identities: str) -> Tls:
    """Write the files of a server's TLS: itself, who signs its clients, whom it knows.

    They may stand there already.
    """
    folder.mkdir(exist_ok=True)
    files = {
        "key": own.key_pem,
        "chain": own.pem,
        "clients": clients.pem,
        "identities": identities.encode(),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return Tls(**{name: folder / name for name in files})
