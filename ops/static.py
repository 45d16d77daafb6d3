"""The tiles over HTTP: files as they lie, read-only, with headers that let caches work.

What lives here: a server of one folder of `events.tiles`, and nothing but the paths of
its layout. What never does: proofs (whoever asks makes them from tiles), entries.

    python -m ops.static FOLDER [--port 8080] [--host 127.0.0.1]

c2sp.org/tlog-tiles: the checkpoint is text that changes every second; all else is
bytes that never change and may be kept for ever. Any other server of static files
does as well; in front of the public stands one.
"""

from __future__ import annotations

import argparse
import re
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from events.publish import read_file
from events.tiles import CHECKPOINT

IDLE_TIMEOUT_S: Final = 15
"""A client that says nothing for so long has its thread taken away."""
_LAYOUT: Final = re.compile(
    r"/(checkpoint|tile/(?:[0-9]|[1-5][0-9]|6[0-3]|entries)"
    r"/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?)",
    re.ASCII,
)
_FRESH: Final = ("text/plain; charset=utf-8", "no-cache")
_FOR_EVER: Final = ("application/octet-stream", "public, max-age=31536000, immutable")


class TileHandler(BaseHTTPRequestHandler):
    """Answers GET and HEAD for the paths of the layout; all else is not found."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_TIMEOUT_S
    server_version = "childregistry"
    sys_version = ""

    def __init__(self, folder: Path, *values: Any) -> None:  # noqa: ANN401  the server's
        self._folder = folder
        super().__init__(*values)

    def do_GET(self) -> None:
        """Send a file of the layout."""
        self.wfile.write(self._answer())

    def do_HEAD(self) -> None:
        """Send what GET would, without the bytes."""
        self._answer()

    def log_message(self, *values: object) -> None:
        """Say nothing: who reads a public log is nobody's business."""

    def _answer(self) -> bytes:
        path = _LAYOUT.fullmatch(self.path)
        content = None if path is None else read_file(self._folder, path[1])
        status = HTTPStatus.NOT_FOUND if content is None else HTTPStatus.OK
        kind, caching = _FRESH
        if content is not None and path is not None and path[1] != CHECKPOINT:
            kind, caching = _FOR_EVER
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content or b"")))
        self.send_header("Cache-Control", caching)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        return content or b""


class TileServer(ThreadingHTTPServer):
    """Serves a folder of tiles until it is shut down."""

    daemon_threads = True

    def __init__(self, folder: Path, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__((host, port), partial(TileHandler, folder))

    @property
    def url(self) -> str:
        """The prefix under which the layout is found."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"


def main() -> None:
    """Serve a folder until interrupted."""
    parser = argparse.ArgumentParser(description="Serve a folder of tiles, read-only.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    options = parser.parse_args()
    with TileServer(options.folder, options.host, options.port) as server:
        print(server.url, flush=True)  # noqa: T201  where to ask
        server.serve_forever()


if __name__ == "__main__":
    main()
