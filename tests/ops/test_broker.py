"""The ports of what is killed and started again are nobody else's meanwhile."""

from __future__ import annotations

import secrets
import socket
from pathlib import Path

import pytest

from ops.broker import FIRST_PORT, PORTS, free_port

KERNELS_OWN = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_a_port_is_none_that_the_kernel_gives_away() -> None:
    first, last = map(int, KERNELS_OWN.read_text().split())
    given = set(range(first, last + 1))
    assert given.isdisjoint({free_port() for _ in range(100)})
    assert given.isdisjoint(range(FIRST_PORT, FIRST_PORT + PORTS))


def test_a_port_that_somebody_listens_on_is_not_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as taken:
        port = free_port()
        taken.bind(("127.0.0.1", port))
        taken.listen()
        draws = iter((port, port, port + 1, port + 2))
        monkeypatch.setattr(secrets, "randbelow", lambda _: next(draws) - FIRST_PORT)
        assert free_port() > port
