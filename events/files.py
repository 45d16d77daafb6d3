"""How a file of SQLite is opened by whoever may only read it.

What lives here: the URI, with every character escaped that means something in one, so
that a folder may have any name. What never does: what is in the file.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path


def read_only(path: Path) -> str:
    """Return how SQLite is told to open a file for reading only."""
    return f"{path.absolute().as_uri()}?mode=ro"


def opened_read_only(path: Path) -> sqlite3.Connection:
    """Return a read-only connection. Raises sqlite3.OperationalError without a file."""
    return sqlite3.connect(read_only(path), uri=True)
