"""One POST to a place that strangers chose: only where it may, and not for ever."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ops.webhooks.transport import DeliveryError, Target, permitted, post
from tests.support.receiver import Receiver, receiving

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with receiving(tmp_path) as found:
        yield found


def target(receiver: Receiver) -> Target:
    trust = ssl.create_default_context(cafile=str(receiver.authority))
    return Target(url=urlsplit(receiver.url), trust=trust, allowed=LOOPBACK)


PRIVATE = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104  refused
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2001:0:7f00:1::80ff:fffe",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not permitted(ipaddress.ip_address(address), ())


def test_public_addresses_and_allowed_networks_are_not() -> None:
    for address in ("1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1"):
        assert permitted(ipaddress.ip_address(address), ())
    assert permitted(ipaddress.ip_address("127.0.0.1"), LOOPBACK)
    assert permitted(ipaddress.ip_address("::ffff:127.0.0.1"), LOOPBACK)
    assert not permitted(ipaddress.ip_address("10.0.0.1"), LOOPBACK)


def test_what_is_sent_arrives_as_it_is(receiver: Receiver) -> None:
    post(target(receiver), {"webhook-id": "7-0"}, b'{"a": 1}')
    ((headers, body, _),) = receiver.came
    assert (headers["webhook-id"], body) == ("7-0", b'{"a": 1}')
    assert headers["host"].startswith("localhost:")


def test_nothing_is_sent_where_no_address_is_allowed(receiver: Receiver) -> None:
    with pytest.raises(DeliveryError, match="no address that is public"):
        post(replace(target(receiver), allowed=()), {}, b"{}")
    assert not receiver.came


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    receiver.answer = lambda _: status
    receiver.headers = {"location": receiver.url}
    with pytest.raises(DeliveryError, match="redirects are not followed"):
        post(target(receiver), {}, b"{}")
    assert len(receiver.came) == 1


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
def test_another_answer_than_success_is_a_failure(
    receiver: Receiver, status: int
) -> None:
    receiver.answer = lambda _: status
    with pytest.raises(DeliveryError, match=f"answered {status}"):
        post(target(receiver), {}, b"{}")


def test_a_certificate_of_nobody_trusted_or_for_another_name_is_refused(
    receiver: Receiver, tmp_path: Path
) -> None:
    honest = target(receiver)
    with receiving(tmp_path / "other") as other:
        stranger = replace(honest, trust=target(other).trust)
    named = honest.url._replace(netloc=f"127.0.0.1:{honest.url.port}")
    for one in (stranger, replace(honest, url=named)):
        with pytest.raises(DeliveryError, match="TLS"):
            post(one, {}, b"{}")
    assert not receiver.came


_seen: list[tuple[str, object]] | None = None


def _watch(event: str, values: tuple[object, ...]) -> None:
    if _seen is None:
        return
    if event == "socket.getaddrinfo":
        _seen.append((event, values[0]))
    elif event == "socket.connect":
        _seen.append((event, values[1]))


@contextmanager
def watched() -> Iterator[list[tuple[str, object]]]:
    """Say which names are resolved and which addresses are connected to."""
    seen: list[tuple[str, object]] = []
    globals()["_seen"] = seen
    try:
        yield seen
    finally:
        globals()["_seen"] = None


def test_a_name_is_resolved_once_and_the_judged_address_connected_to(
    receiver: Receiver,
) -> None:
    sys.addaudithook(_watch)
    with watched() as seen:
        post(target(receiver), {}, b"{}")
    names = [value for event, value in seen if event == "socket.getaddrinfo"]
    assert names.count("localhost") == 1
    addresses = [value for event, value in seen if event == "socket.connect"]
    assert addresses == [("127.0.0.1", target(receiver).url.port)]


def test_an_answer_that_drips_is_cut(receiver: Receiver) -> None:
    """Bytes that come one by one would keep any time-out of a socket waiting."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(receiver.authority.with_name("own.pem"))
    gone = threading.Event()

    def drip(server: socket.socket) -> None:
        plain, _ = server.accept()
        try:
            with context.wrap_socket(plain, server_side=True) as secure:
                secure.recv(65_536)
                secure.sendall(b"HTTP/1.1 200 OK\r\nx: ")
                while not gone.wait(0.02):
                    secure.sendall(b"y")
        except OSError:
            gone.set()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        url = urlsplit(f"https://localhost:{server.getsockname()[1]}/")
        with pytest.raises(DeliveryError, match="no whole answer"):
            post(replace(target(receiver), url=url, total_s=0.3), {}, b"{}")
        gone.set()
        thread.join()


def test_nobody_listening_is_a_failure_in_words(receiver: Receiver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    url = urlsplit(f"https://localhost:{port}/")
    with pytest.raises(DeliveryError, match="ConnectionRefusedError"):
        post(replace(target(receiver), url=url), {}, b"{}")
