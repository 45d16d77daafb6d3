"""A child's history told again: folded anew, entry by entry, beside the live answer.

What lives here: `retell`. What never does: the live file's writing; it is only asked.

Each entry that concerns the child is folded into a file in memory that nobody else
has, and after each the answer for one legal date is compared with what the registry
answers as known at that position.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from events.frame import Frame, decode_frame, decode_record
from events.log import Log
from events.tree import leaf_hash, leaf_text
from projections.custody import Custody, CustodyAnswer, answered, load
from projections.custody_fold import CustodyProjection
from projections.opened import open_stored
from projections.view import create


@dataclass(frozen=True, slots=True, kw_only=True)
class Retold:
    """One entry, the answer after it, and whether the registry answers the same.

    `digest` is the SHA-256 over the leaf hashes of all entries told so far.
    """

    position: int
    hash: bytes
    frame: Frame
    answer: CustodyAnswer | None
    equal: bool
    digest: bytes


class Retelling:
    """The steps of a history, made as asked for, by one thread at a time."""

    def __init__(self, steps: Iterator[Retold]) -> None:
        self._steps = steps
        self.count = 0

    def __iter__(self) -> Iterator[Retold]:
        return self

    def __next__(self) -> Retold:
        step = next(self._steps)
        self.count += 1
        return step


def retell(
    log: Log, custody: Custody, child: str, day: date, known_at: int
) -> Retelling:
    """Return the history of a child up to a position, for a legal date.

    Its steps raise LogError where an entry cannot be read by this release.
    """
    return Retelling(_steps(log, custody, child, day, known_at))


def _steps(
    log: Log, custody: Custody, child: str, day: date, known_at: int
) -> Iterator[Retold]:
    positions = dict.fromkeys(body.position for body in log.stream(f"child/{child}"))
    digest = hashlib.sha256()
    projection = CustodyProjection()
    with closing(create(Path(":memory:"), projection)) as connection:
        fold = projection.folding(connection, whole=True)
        for position in positions:
            if position > known_at:
                return
            (stored,) = log.read(position - 1, 1)
            fold([open_stored(stored)])
            sql = "UPDATE checkpoint SET position=?, hash=?"
            connection.execute(sql, (position, stored.hash))
            found = load(connection, child, None)
            answer = answered(found, day) if found else None
            live = custody.custody(child, day, position)
            if live is not None:  # which goes on meanwhile
                live = replace(live, checkpoint=position)
            digest.update(leaf_hash(leaf_text(position, stored.hash)))
            yield Retold(
                position=position,
                hash=stored.hash,
                frame=decode_frame(decode_record(stored.record).frame),
                answer=answer,
                equal=answer == live,
                digest=digest.digest(),
            )
