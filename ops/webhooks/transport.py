"""One POST over HTTPS to a place that strangers chose: what may go wrong, bounded.

What lives here: `post`. What never does: retries, what is sent.

The name is resolved once, every address is judged, and the connection goes to the
address that was judged: an answer that changes in between (DNS rebinding) changes
nothing. Private, loopback, link-local and otherwise special addresses are refused
unless their network is allowed, also inside IPv6 forms that carry an IPv4 address.
Certificates are verified for the name. A redirect is an answer like any other: it is
not followed. The whole exchange ends after `TOTAL_S`, however slowly bytes drip.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult

CONNECT_S: Final = 5.0
TOTAL_S: Final = 20.0
"""Standard Webhooks ask for 15 to 30 seconds."""
MAX_ANSWER_BYTES: Final = 4_096
"""Of an answer that is read and thrown away; its status is what counts."""
PORT: Final = 443
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class DeliveryError(Exception):
    """It was not taken: says why, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to send: a parsed https address, trust, networks that are allowed."""

    url: SplitResult
    trust: ssl.SSLContext
    allowed: Sequence[Network] = ()
    total_s: float = TOTAL_S


def post(target: Target, headers: Mapping[str, str], body: bytes) -> None:
    """Send and return once it was taken (2xx). Raises DeliveryError."""
    host = target.url.hostname or ""
    port = target.url.port or PORT
    try:
        with _connected(target, host, port) as secure:
            status = _exchanged(secure, target, headers, body)
    except ssl.SSLCertVerificationError as error:
        message = f"TLS: {error.verify_message}"
        raise DeliveryError(message) from error
    except (OSError, http.client.HTTPException) as error:
        message = f"{type(error).__name__}: {error}"[:300]
        raise DeliveryError(message) from error
    if not 200 <= status < 300:  # noqa: PLR2004  the class of success
        kind = "redirects are not followed: " if 300 <= status < 400 else ""  # noqa: PLR2004  likewise
        message = f"{kind}answered {status}"
        raise DeliveryError(message)


def permitted(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether an address may be connected to: public, or in a network allowed."""
    if any(address in network for network in allowed):
        return True
    inner = _carried(address)
    if inner is not None:
        return permitted(inner, allowed)
    return address.is_global and not address.is_multicast


def _carried(address: Address) -> Address | None:
    """Return the IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


def _judged(host: str, port: int, allowed: Sequence[Network]) -> str:
    """Return the one address that is connected to."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(str(one[4][0]).split("%")[0]) for one in found]
    for address in addresses:
        if permitted(address, allowed):
            return str(address)
    message = f"{host}: no address that is public or allowed"
    raise DeliveryError(message)


def _connected(target: Target, host: str, port: int) -> ssl.SSLSocket:
    address = _judged(host, port, target.allowed)
    plain = socket.create_connection((address, port), CONNECT_S)
    try:
        return target.trust.wrap_socket(
            plain, server_hostname=host, do_handshake_on_connect=False
        )
    except BaseException:
        plain.close()
        raise


def _exchanged(
    secure: ssl.SSLSocket, target: Target, headers: Mapping[str, str], body: bytes
) -> int:
    over = threading.Event()

    def cut() -> None:
        over.set()
        # Whoever reads then finds the end; a socket that is gone already is as good.
        with contextlib.suppress(OSError):
            secure.shutdown(socket.SHUT_RDWR)

    late = threading.Timer(target.total_s, cut)
    late.start()
    try:
        secure.settimeout(target.total_s)
        secure.do_handshake()
        connection = http.client.HTTPConnection(
            target.url.hostname or "", target.url.port or PORT
        )
        connection.sock = secure
        path = target.url.path or "/"
        query = f"?{target.url.query}" if target.url.query else ""
        connection.request("POST", path + query, body=body, headers=dict(headers))
        answer = connection.getresponse()
        answer.read(MAX_ANSWER_BYTES)
        if over.is_set():
            message = f"no whole answer within {target.total_s} s"
            raise TimeoutError(message)
        return answer.status
    finally:
        late.cancel()
