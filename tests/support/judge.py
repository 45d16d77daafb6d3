"""Tiles served over loopback, and the answer of the foreign judge about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from ops.static import TileServer

Judge = Callable[..., tuple[bool, str]]
"""Judges a folder of tiles: whether all was right, and what was said."""


@contextmanager
def served(folder: Path) -> Iterator[TileServer]:
    """Serve a folder of tiles on a free port of loopback."""
    with TileServer(folder) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
