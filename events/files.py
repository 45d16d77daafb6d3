"""Files: named as SQLite takes them, opened by readers, durable once they are whole.

What lives here: SQLite's URI, with every character escaped that means something in one,
so that a folder may have any name; what makes a name durable. What never does: what is
in the file.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path


def uri_of(path: Path) -> str:
    """Return how SQLite is told to open a file, whatever its folder is called."""
    return path.absolute().as_uri()


def read_only(path: Path) -> str:
    """Return how SQLite is told to open a file for reading only."""
    return f"{uri_of(path)}?mode=ro"


def opened_read_only(path: Path) -> sqlite3.Connection:
    """Return a read-only connection. Raises sqlite3.OperationalError without a file."""
    return sqlite3.connect(read_only(path), uri=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def durable(written: Path, path: Path) -> None:
    """Give a file that is written its name, once its bytes are on the disk."""
    with written.open("rb") as content:
        os.fsync(content.fileno())
    written.rename(path)
    sync_folder(path.parent)
