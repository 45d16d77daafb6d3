"""What is fetched or built once and kept: releases, programs of the kit, foreign tools.

What lives here: where it is kept, and that a kept folder is whole and made by one. What
never does: what is in it.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def cache_folder() -> Path:
    """Return where things are kept: beside the source, or as the user says."""
    default = Path(__file__).resolve().parents[1] / ".cache"
    return Path(os.environ.get("CHILDREGISTRY_CACHE", default))


def kept(folder: Path, make: Callable[[Path], None]) -> Path:
    """Return a folder of a cache; where it is not there, `make` is to make it.

    `make` is given where to put it, a path that does not exist beside others of its
    own; the folder appears by rename when it is whole, so one that was killed starts
    anew. Of several processes one makes a cache's next folder and the others wait:
    Maven's own store is not to be filled by two at once.
    """
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / ".making").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
                made = Path(scratch) / folder.name
                make(made)
                made.rename(folder)
    return folder
