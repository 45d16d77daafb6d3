"""What a fold of custody holds, in a line that is the same only where all of it is.

What lives here: `answer`, of a projection's file, and `same`, which stops a benchmark
whose works do not hold the same. What never does: the peers' own way of telling it
(`ops/bench/java/peer/Answer.java` writes the same line).

The line: children with a period, periods, those held true, SHA-256. Periods go by
child, number and position; each is digested as the child's id, the positions from and
until which it was held true (0: it is) in eight bytes each, and its canonical Avro
bytes.
"""

from __future__ import annotations

import hashlib
import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import Final

from events.files import read_only
from projections.custody import load
from projections.periods import write_period

_POSITIONS: Final = struct.Struct(">QQ")


class DifferentAnswersError(Exception):
    """Two works do not hold the same: one of them left something out."""


def answer(path: Path) -> str:
    """Return the line of a file of the custody projection."""
    children = periods = held = 0
    digest = hashlib.sha256()
    with closing(sqlite3.connect(read_only(path), uri=True)) as file:
        for (child,) in file.execute("SELECT name FROM child ORDER BY name"):
            state = load(file, child, None)
            assert state is not None  # noqa: S101  it has a name by its rows alone
            live = [(number, *kept, 0) for number, kept in state.live.items()]
            known = sorted(live + state.closed, key=lambda row: (row[0], row[2]))
            children += bool(known)
            periods += len(known)
            for _, parts, since, until in known:
                digest.update(child.encode() + _POSITIONS.pack(since, until))
                digest.update(write_period(parts))
            held += len(live)
    return f"{children} {periods} {held} {digest.hexdigest()}"


def same(name: str, found: str, expected: str) -> None:
    """Raise DifferentAnswersError where a work's line is another than expected."""
    if found != expected:
        message = f"{name} holds {found}, not {expected}"
        raise DifferentAnswersError(message)
