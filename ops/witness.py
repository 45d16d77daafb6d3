"""The witness over HTTP: c2sp.org/tlog-witness, asked and answered.

What lives here: a server of one method, and `ask`. What never does: the rule
(`events.witness`).
"""

from __future__ import annotations

import urllib.error
import urllib.request
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any, Final

from events.heads import HeadStoreError
from events.notes import Verifier, cosigned, open_note, parse_checkpoint, text_of
from events.proof import prove_consistency
from events.tree import EvidenceError, Nodes
from events.witness import (
    MAX_REQUEST_BYTES,
    LogUnknownError,
    NotContinuedError,
    NotSignedError,
    OtherSizeError,
    RequestMalformedError,
    Witness,
    WitnessError,
    request,
)

PATH: Final = "/add-checkpoint"
TEXT: Final = "text/plain; charset=utf-8"
IDLE_TIMEOUT_S: Final = 15
ASK_TIMEOUT_S: Final = 30
MAX_ANSWER_BYTES: Final = 100_000
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


class RefusedByWitnessError(EvidenceError):
    """The witness did not sign: its status and its words."""


def ask(url: str, note: bytes, tree: Nodes, witness: Verifier) -> bytes:
    """Return a head with the witness's verified signature beside the log's.

    The witness says which head it knows last, and is proved the continuation from
    there. Raises RefusedByWitnessError, NoteError, ProofError, OSError.
    """
    head = parse_checkpoint(text_of(note)).head
    status, content = _post(url, request(head.size, [], note))
    if status == HTTPStatus.CONFLICT:
        known = content.decode("latin-1").strip()
        if not known.isdigit() or int(known) > head.size:
            raise RefusedByWitnessError(url, f"knows a head of size {known}")
        proof = prove_consistency(tree, int(known), head.size)
        status, content = _post(url, request(int(known), proof, note))
    if status != HTTPStatus.OK:
        raise RefusedByWitnessError(url, f"{status}: {content.decode('latin-1')}")
    made = cosigned(note, content)
    open_note(made, [witness])
    return made


def _post(url: str, content: bytes) -> tuple[int, bytes]:
    if not url.startswith(("http://", "https://")):
        raise RefusedByWitnessError(url, "must be an address of HTTP")
    asked = urllib.request.Request(url + PATH, content, method="POST")  # noqa: S310  checked above
    try:
        with urllib.request.urlopen(asked, timeout=ASK_TIMEOUT_S) as answer:  # noqa: S310  likewise
            return answer.status, answer.read(MAX_ANSWER_BYTES)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(MAX_ANSWER_BYTES)
