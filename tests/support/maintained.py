"""What is maintained entry by entry is what a fold from the first entry makes."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from events.embedded import EmbeddedLog
from events.log import StoredEntry
from projections.opened import open_stored
from projections.runner import PROJECTIONS
from projections.view import digest
from tests.projections.test_oracle import followed, rebuilt_digest
from tests.support.registry import ORIGIN


def holds_after_every(entries: Sequence[StoredEntry], folder: Path) -> None:
    """Apply entries one at a time to live files; after each, rebuild and compare."""
    with ExitStack() as stack:
        log = stack.enter_context(closing(EmbeddedLog(folder / "empty.sqlite", ORIGIN)))
        live = stack.enter_context(followed(folder, log))
        kept = [stack.enter_context(closing(sqlite3.connect(f.path))) for f in live]
        for number, entry in enumerate(entries, 1):
            for file, rows, projection in zip(live, kept, PROJECTIONS, strict=True):
                file.apply([open_stored(entry)])
                wanted = rebuilt_digest(projection, entries[:number])
                where = projection.name, entry.position
                assert digest(rows, projection) == wanted, where
