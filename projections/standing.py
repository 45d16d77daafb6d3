"""What stands of a child on a day, in the bytes that were recorded.

What lives here: the short way to the usual answer, which makes no period and no date.
What never does: an answer of its own; wherever a record is unusual this gives nothing,
and the long way (`projections.custody.answered`) is taken, which says the same of the
others (a differential test).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from events.timeline import HANDING_OVER, Line, Period, Status, status_of
from projections.custody_fold import differences_of
from projections.periods import hands_over, line_of, standing_of

Bytes = tuple[bytes, ...]
"""A period as the bytes of its fields."""


class Standing(NamedTuple):
    """The periods that stand, those that may, and those whose holders to go to."""

    status: Status
    certain: list[Bytes]
    possible: list[Bytes]
    hand_over_to: list[Bytes]


def standing(rows: Iterable[bytes], day: date) -> Standing | None:
    """Return what rows of `history` say of a day; None: take the long way."""
    live = _live(rows)
    if not live:
        return None
    ordinal = day.toordinal()
    certain: list[Bytes] = []
    possible: list[Bytes] = []
    lines: set[Line] = set()
    perhaps: set[Line] = set()
    for _, parts in sorted(live.items()):
        surely = standing_of(parts, ordinal)
        if surely:
            certain.append(parts)
            lines.add(line_of(parts))
        elif surely is not None:
            possible.append(parts)
            perhaps.add(line_of(parts))
    status = status_of(lines, perhaps)
    line = HANDING_OVER.get(status)
    to = [p for p in certain if line_of(p) is line and hands_over(p)] if line else []
    return Standing(status, certain, possible, to)


def _live(rows: Iterable[bytes]) -> dict[int, Bytes] | None:
    """Return the periods held true, by number; None where a record is unusual."""
    live: dict[int, Bytes] = {}
    for row in rows:
        for withdrawn, asserted in differences_of(row):
            for number in withdrawn:
                if live.pop(number, None) is None:
                    return None
            for number, parts in asserted:
                if number in live or isinstance(parts, Period):
                    return None
                live[number] = parts
    return live
