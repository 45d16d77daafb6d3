"""Every question's answers, opened together from one folder.

What lives here: `Views`, and their opening and closing. What never does: who follows
the log (`projections.runner`, `projections.progress`), meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from projections.barred import Barred
from projections.custody import Custody
from projections.docket import Docket
from projections.limits import Limits
from projections.matters import Matters
from projections.places import Places
from projections.wards import Wards


class Views(NamedTuple):
    """One reader of each projection, in the order in which their owners name them."""

    custody: Custody
    barred: Barred
    matters: Matters
    places: Places
    limits: Limits
    docket: Docket
    wards: Wards


@contextmanager
def open_views(folder: Path) -> Iterator[Views]:
    """Open what is asked of a folder; the files need not be there yet."""
    views = Views(
        custody=Custody(folder),
        barred=Barred(folder),
        matters=Matters(folder),
        places=Places(folder),
        limits=Limits(folder),
        docket=Docket(folder),
        wards=Wards(folder),
    )
    try:
        yield views
    finally:
        for view in views:
            view.close()
