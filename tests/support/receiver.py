"""A small office's own server over HTTPS: takes notices, or does what it is told to."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.support.certificates import certified

Answer = Callable[[dict[str, Any]], int]
"""The status for a notice."""


@dataclass
class Receiver:
    """Where it is, who vouches for it, what came, and how it answers."""

    url: str
    authority: Path
    answer: Answer = lambda _: 204
    headers: dict[str, str] = field(default_factory=dict)
    came: list[tuple[dict[str, str], bytes, int]] = field(default_factory=list)

    def taken(self) -> list[dict[str, Any]]:
        """Return the notices that were taken, in the order in which they were."""
        return [json.loads(body) for _, body, status in self.came if status < 300]


@contextmanager
def receiving(folder: Path) -> Iterator[Receiver]:
    """Serve on a free port of loopback, under a certificate for `localhost`."""
    folder.mkdir(parents=True, exist_ok=True)
    root = certified("an authority of its own")
    own = certified("localhost", root)
    authority, chain = folder / "authority.pem", folder / "own.pem"
    authority.write_bytes(root.pem)
    chain.write_bytes(own.pem + own.key_pem)
    receiver = Receiver("", authority)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            body = self.rfile.read(length)
            if len(body) < length:  # the sender was killed between head and end
                self.close_connection = True
                return
            with lock:
                told = json.loads(body) if body.startswith(b"{") else {}
                status = receiver.answer(told)
                headers = {name.lower(): one for name, one in self.headers.items()}
                receiver.came.append((headers, body, status))
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    with _Quiet(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        receiver.url = f"https://localhost:{server.server_address[1]}/events?from=us"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that goes away, or refuses the certificate, is no news here."""
