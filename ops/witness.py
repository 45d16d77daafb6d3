"""The witness over HTTP: c2sp.org/tlog-witness, answered.

What lives here: a server of one method. What never does: the rule (`events.witness`),
asking (`registry.witnesses`).
"""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any, Final

from events.heads import HeadStoreError
from events.tree import EvidenceError
from events.witness import (
    MAX_REQUEST_BYTES,
    LogUnknownError,
    NotContinuedError,
    NotSignedError,
    OtherSizeError,
    RequestMalformedError,
    Witness,
    WitnessError,
)
from registry.witnesses import PATH

TEXT: Final = "text/plain; charset=utf-8"
IDLE_TIMEOUT_S: Final = 15
_STATUS: Final[dict[type[EvidenceError], HTTPStatus]] = {
    RequestMalformedError: HTTPStatus.BAD_REQUEST,
    LogUnknownError: HTTPStatus.NOT_FOUND,
    NotSignedError: HTTPStatus.FORBIDDEN,
    OtherSizeError: HTTPStatus.CONFLICT,
    NotContinuedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    HeadStoreError: HTTPStatus.SERVICE_UNAVAILABLE,
}


class WitnessHandler(BaseHTTPRequestHandler):
    """Answers POST to the one path; all else is not found."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_TIMEOUT_S
    server_version = "childregistry-witness"
    sys_version = ""

    def __init__(self, witness: Witness, lock: Lock, *values: Any) -> None:  # noqa: ANN401  the server's
        self._witness = witness
        self._lock = lock
        super().__init__(*values)

    def do_POST(self) -> None:
        """Sign a head, or say why not."""
        length = self.headers.get("Content-Length", "")
        # What was not read cannot be told from the next request.
        self.close_connection = True
        if not length.isascii() or not length.isdigit():
            self._say(HTTPStatus.LENGTH_REQUIRED, b"")
        elif int(length) > MAX_REQUEST_BYTES:
            self._say(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"")
        elif self.path != PATH:
            self._say(HTTPStatus.NOT_FOUND, b"")
        else:
            self._add(self.rfile.read(int(length)))

    def log_message(self, *values: object) -> None:
        """Say nothing: the heads say it."""

    def _add(self, content: bytes) -> None:
        try:
            with self._lock:
                line = self._witness.add(content)
        except OtherSizeError as error:
            size = f"{error.size}\n".encode()
            self._say(HTTPStatus.CONFLICT, size, "text/x.tlog.size")
        except (WitnessError, HeadStoreError) as error:
            self._say(_STATUS[type(error)], f"{error}\n".encode())
        else:
            self._say(HTTPStatus.OK, line)

    def _say(
        self,
        status: HTTPStatus,
        content: bytes,
        kind: str = "text/plain; charset=utf-8",
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)


class WitnessServer(ThreadingHTTPServer):
    """Serves a witness until it is shut down."""

    daemon_threads = True

    def __init__(
        self, witness: Witness, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        super().__init__((host, port), partial(WitnessHandler, witness, Lock()))

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"
