"""A TCP proxy between clients and a broker that cuts, delays and half-closes.

What lives here: one port that leads to another, and what is wrong with the way. What
never does: Kafka; bytes are bytes.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from dataclasses import dataclass
from typing import Self

CHUNK = 65_536
ACCEPT_S = 0.1
CONNECT_S = 1.0


@dataclass(slots=True, eq=False)
class _Pair:
    """Two sockets, one connection; `halved`: the client is not told that it ended."""

    client: socket.socket
    broker: socket.socket
    halved: bool = False
    ended: int = 0


class Proxy:
    """Leads every connection on a port of loopback to another; a context manager.

    `delay_s` holds back whatever passes; `silent` lets nothing pass while connections
    stay open, as a network does that drops packets.
    """

    def __init__(self, port: int, to: int) -> None:
        self.port = port
        self.delay_s = 0.0
        self.silent = False
        self._to = to
        self._refusing = False
        self._pairs: list[_Pair] = []
        self._guard = threading.Lock()
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", port))
        self._listener.settimeout(ACCEPT_S)
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, name="proxy")

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._accepting.join()
        self.cut()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def cut(self, *, refuse: bool = False) -> None:
        """Break every connection; with `refuse` new ones too, until `mend`."""
        self._refusing = refuse
        for pair in self._held():
            for one in (pair.client, pair.broker):
                _shut(one, socket.SHUT_RDWR)

    def half_close(self) -> None:
        """End every connection for the broker alone: clients wait for answers."""
        for pair in self._held():
            pair.halved = True
            _shut(pair.broker, socket.SHUT_WR)

    def mend(self) -> None:
        """Let everything pass again; what was half closed stays so."""
        self._refusing, self.silent, self.delay_s = False, False, 0.0

    def _held(self) -> list[_Pair]:
        with self._guard:
            return list(self._pairs)

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            try:
                if self._refusing:
                    raise ConnectionRefusedError
                broker = socket.create_connection(("127.0.0.1", self._to), CONNECT_S)
            except OSError:
                client.close()  # nobody behind: what a client of a dead broker sees
                continue
            client.settimeout(None)
            broker.settimeout(None)
            pair = _Pair(client, broker)
            with self._guard:
                self._pairs.append(pair)
            self._threads = [t for t in self._threads if t.is_alive()]
            for asking in (True, False):
                thread = threading.Thread(target=self._pump, args=(pair, asking))
                self._threads.append(thread)
                thread.start()

    def _pump(self, pair: _Pair, asking: bool) -> None:  # noqa: FBT001  one of two ways
        """Pass bytes on: what the client asks, or what the broker answers."""
        source, target = pair.client, pair.broker
        if not asking:
            source, target = target, source
        with contextlib.suppress(OSError):  # the connection ended, from any side
            while read := source.recv(CHUNK):
                if self.delay_s:
                    time.sleep(self.delay_s)
                while self.silent and not self._closing.is_set():
                    time.sleep(0.05)
                if not pair.halved:
                    target.sendall(read)
        if not pair.halved or asking:
            _shut(target, socket.SHUT_RDWR)
            _shut(source, socket.SHUT_RDWR)
        with self._guard:
            pair.ended += 1
            if pair.ended == len((pair.client, pair.broker)):
                self._pairs.remove(pair)
                pair.client.close()
                pair.broker.close()


def _shut(which: socket.socket, how: int) -> None:
    with contextlib.suppress(OSError):  # it was broken already
        which.shutdown(how)
