"""The public report: what was recorded in a year, by place, from public facts alone.

What lives here: counts over frames, and the rule by which they are published. What
never does: a body, so no person: whoever holds the frames of a log computes the same.

The rule, so that no child can be recognised:

* A cell is a jurisdiction and a type of event; it counts the streams (a child, a
  report, a house) that had such an event recorded in the calendar year.
* A count is rounded down to a multiple of `STEP`; below `STEP` the cell is not shown,
  nor whether it is nothing. A number says: this many, or up to `STEP` - 1 more.
* There are no totals, no other partitions and no other spans of time: nothing can be
  subtracted from anything to learn of fewer than `STEP`.
* A year is that of the time of recording (UTC), which no later entry can change. Its
  report is made when it is over, and is the same whenever and by whomever it is made:
  nobody can watch a number grow.
* A year is over when the log holds an entry recorded after it, whatever the entry says:
  times only grow, so none of the year can follow. No clock is asked, since a stranger
  with the file has another. An act, a refusal, or a limit that the node itself says has
  passed is such an entry; while a registry is silent, its last year waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from events.entry import MemoryState, decode_frame, decode_record
from events.frame import Frame
from projections.replay import judged, records_of

STEP: Final = 10
"""Numbers below this are not shown; the others are its multiples."""
UNPUBLISHED: Final = ("tracking/", "registry", "opaque")
"""Streams of the log's own, which are about nobody."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One published number: at least so many streams, and fewer than `STEP` more."""

    jurisdiction: str
    type: str
    at_least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicReport:
    """A year's report, with the positions of the log that it was made from."""

    year: int
    first: int
    last: int
    cells: tuple[Cell, ...]


class YearNotOverError(Exception):
    """The log has no entry recorded after the year: its report could still change."""


def public_report(frames: Iterable[tuple[int, Frame]], year: int) -> PublicReport:
    """Return the report of a year from positions and frames in the log's order.

    Raises YearNotOverError where no frame was recorded after the year.
    """
    since, until = (first_microsecond(year + more) for more in (0, 1))
    seen: dict[tuple[str, str], set[str]] = {}
    positions: list[int] = []
    over = False
    for position, frame in frames:
        over = over or frame.recorded_at >= until
        if not since <= frame.recorded_at < until:
            continue
        positions.append(position)
        for event in frame.events:
            if event.jurisdiction and not event.stream.startswith(UNPUBLISHED):
                cell = event.jurisdiction, event.type
                seen.setdefault(cell, set()).add(event.stream)
    if not over:
        raise YearNotOverError(year)
    counts = {cell: len(streams) for cell, streams in seen.items()}
    return PublicReport(
        year=year,
        first=min(positions, default=0),
        last=max(positions, default=0),
        cells=tuple(published(counts)),
    )


def published(counts: dict[tuple[str, str], int]) -> list[Cell]:
    """Return what may be shown of counts, in a fixed order."""
    return sorted(
        Cell(jurisdiction, kind, count - count % STEP)
        for (jurisdiction, kind), count in counts.items()
        if count >= STEP
    )


def report_of(log: Path, year: int) -> PublicReport:
    """Return the report of a year from a log file or an exported stream.

    Raises YearNotOverError, and UnusableError where the file is neither.
    """
    return public_report(_frames(log), year)


def _frames(log: Path) -> Iterator[tuple[int, Frame]]:
    state: MemoryState | None = None
    for record in records_of(log):
        frame = decode_frame(decode_record(record).frame)
        state = state or MemoryState(frame.registry)
        if judged(state, record):
            yield state.head.position, frame


def first_microsecond(year: int) -> int:
    """Return the first microsecond of a year, UTC."""
    return (datetime(year, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
