"""Bitemporal custody once more: plain, slow and obviously right. The judge of the fold.

It replays the entries up to a position through the strict decoders and the shared fold
of differences, keeps nothing between two questions, and knows no files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from events.codec import EVENTS, BodyUndecodableError
from events.entry import OPAQUE, open_entry
from events.guardianship import ChildRegistered, TimelineChanged
from events.log import StoredEntry
from events.timeline import Answer, Line, Period, Status, answer, apply


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was known of a child at a position."""

    periods: dict[int, Period]
    registered: bool
    unreadable: tuple[int, ...]


def known(entries: Sequence[StoredEntry], child: str, known_at: int) -> Known:
    """Return what the entries up to a position say of a child."""
    periods: dict[int, Period] = {}
    registered, unreadable = False, []
    for stored in entries:
        if stored.position > known_at:
            break
        entry = open_entry(stored)
        events = []
        try:
            for header, body in zip(
                entry.frame.events, entry.record.bodies, strict=True
            ):
                if body is not None and header.fingerprint != OPAQUE:
                    event = EVENTS.decode(header.fingerprint, body.content)
                    events.append((header.concerns, event))
            before = periods
            for concerns, event in events:
                if concerns == child and isinstance(event, TimelineChanged):
                    before = apply(before, event.withdrawn, event.asserted)
            periods = before
        except (BodyUndecodableError, ValueError):
            if child in {header.concerns for header in entry.frame.events}:
                unreadable.append(stored.position)
        else:
            registered |= any(
                concerns == child and isinstance(event, ChildRegistered)
                for concerns, event in events
            )
    return Known(periods=periods, registered=registered, unreadable=tuple(unreadable))


def custody(state: Known, as_of: date) -> tuple[Answer, tuple[int, ...]] | None:
    """Return who has custody on a date, and what cannot be read."""
    if not state.periods and not state.registered and not state.unreadable:
        return None
    found = answer(state.periods.values(), as_of)
    if state.unreadable:
        perhaps = (*found.certain, *found.possible)
        found = Answer(
            status=Status.UNCERTAIN, certain=(), possible=perhaps, hand_over_to=()
        )
    return found, state.unreadable


def barred(state: Known, holder: str, as_of: date) -> bool:
    """Whether a person is, or may be, barred from the child's guardianship."""
    return any(
        period.line is Line.BAR
        and period.holder is not None
        and period.holder.id == holder
        and period.may_cover(as_of)
        for period in state.periods.values()
    )
