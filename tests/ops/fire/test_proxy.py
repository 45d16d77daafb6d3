"""A proxy passes what it gets, until it is told to cut, delay, half-close or hush."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ops.broker import free_port
from ops.fire.proxy import Proxy


@contextmanager
def echoed() -> Iterator[Proxy]:
    """A proxy before a server that answers with what it gets."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=echo, args=(peer,)).start()

        def echo(peer: socket.socket) -> None:
            with peer:
                while read := peer.recv(100):
                    peer.sendall(read)

        threading.Thread(target=serve, daemon=True).start()
        with Proxy(free_port(), listener.getsockname()[1]) as proxy:
            yield proxy
        listener.shutdown(socket.SHUT_RDWR)


def connected(proxy: Proxy) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", proxy.port), 5)
    made.sendall(b"hello")
    assert made.recv(5) == b"hello"
    return made


def test_what_is_cut_is_told_to_the_client_and_refused_until_mended() -> None:
    with echoed() as proxy:
        with connected(proxy) as client:
            proxy.cut(refuse=True)
            assert client.recv(5) == b""
        with socket.create_connection(("127.0.0.1", proxy.port), 5) as refused:
            assert refused.recv(5) == b""
        proxy.mend()
        connected(proxy).close()


def test_what_is_delayed_comes_later_and_whole() -> None:
    with echoed() as proxy, connected(proxy) as client:
        proxy.delay_s = 0.2
        start = time.monotonic()
        client.sendall(b"later")
        assert client.recv(5) == b"later"
        assert time.monotonic() - start >= 0.4


def test_what_is_silent_stays_open_and_comes_after_it_is_mended() -> None:
    with echoed() as proxy, connected(proxy) as client:
        proxy.silent = True
        client.sendall(b"quiet")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(5)
        proxy.mend()
        client.settimeout(5)
        assert client.recv(5) == b"quiet"


def test_what_is_half_closed_never_answers_and_never_ends() -> None:
    with echoed() as proxy, connected(proxy) as client:
        proxy.half_close()
        client.sendall(b"anybody")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(5)
        proxy.mend()
        with pytest.raises(TimeoutError):
            client.recv(5)
        connected(proxy).close()
