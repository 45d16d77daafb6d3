"""Who is behind: the first entry that a subscription lacks, and the first urgent one.

What lives here: looking through the log behind each acknowledgement, an alarm where an
urgent event is not acknowledged within its limit, and the thread that looks. What never
does: anything to the record; an alarm is a line in the server's log and an answer.

A look goes on where the last one ended and reads so many entries at most, so a bureau
that has been gone for years costs every look the same. Entries are opened once for all
who lack them: a thousand subscriptions that are up to date look at the same few pages.
"""

from __future__ import annotations

import logging
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Final, NamedTuple

from events.entry import open_entry
from events.filters import Filter
from events.frame import Frame
from events.ledger import Key, Mark
from events.log import Log, LogError
from events.subscriptions import Epoch
from registry.deliveries import Deliveries
from registry.subscribed import Subscribed

LOOK_S: Final = 10.0
"""How often it is looked: limits are hours."""
MAX_READ: Final = 5_000
"""Entries read in one look for one epoch: about a tenth of a second."""
PAGE: Final = 250
KEPT: Final = MAX_READ // PAGE
"""Pages: those that one look for one epoch goes through serve the next one's."""
_US: Final = 1_000_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """An entry that is not acknowledged, and when it was recorded, in microseconds."""

    position: int
    recorded_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What an epoch lacks: looked for above `after`, up to `looked_to`.

    `first` is the first entry that is not acknowledged, `urgent` the first of those
    with an urgent event that the filter takes.
    """

    after: int
    looked_to: int
    first: Missing | None = None
    urgent: Missing | None = None

    def alarm(self, epoch: Epoch, now: int) -> bool:
        """Whether an urgent event is not acknowledged although its limit is over."""
        return self.urgent is not None and overdue(
            self.urgent.recorded_at, epoch.urgent_within_s, now
        )


def overdue(recorded_at: int, within_s: int, now: int) -> bool:
    """Whether what was recorded at a time was to be acknowledged before now."""
    return now > recorded_at + within_s * _US


class _Taken(NamedTuple):
    """What a filter takes of a page: the entries, and those with an urgent event."""

    all: list[Missing]
    urgent: list[Missing]


class _Page:
    """Frames up to the position `last`, read once for whoever looks through them."""

    def __init__(self, frames: Sequence[tuple[int, Frame]], last: int) -> None:
        self.last = last
        self._frames = frames
        self._taken: dict[Filter, _Taken] = {}

    def taken(self, wanted: Filter) -> _Taken:
        """Return what a filter takes: once, however many subscriptions have it."""
        found = self._taken.get(wanted)
        if found is None:
            found = _Taken([], [])
            for position, frame in self._frames:
                _look(position, frame, wanted, found)
            self._taken[wanted] = found  # whole: other threads take it as it is
        return found


def _look(position: int, frame: Frame, wanted: Filter, found: _Taken) -> None:
    """Add an entry to what a filter takes, where it takes any of it."""
    taken = wanted.takes(frame)
    if any(taken):
        missing = Missing(position=position, recorded_at=frame.recorded_at)
        found.all.append(missing)
        if any(t and h.urgent for t, h in zip(taken, frame.events, strict=True)):
            found.urgent.append(missing)


class _Pages:
    """The log's pages, those kept that were looked at last."""

    def __init__(self, main: Log) -> None:
        self._log = main
        self._kept: OrderedDict[int, _Page] = OrderedDict()

    def page(self, after: int, end: int) -> _Page:
        """Return the page with the entry behind a position, up to `end` if it is there.

        Each begins at a multiple of `PAGE`, so that all look at the same ones.
        """
        begin = after - after % PAGE
        page = self._kept.pop(begin, None)
        if page is None or page.last < min(end, begin + PAGE):
            entries = self._log.read(begin, PAGE)
            frames = [(one.position, open_entry(one).frame) for one in entries]
            page = _Page(frames, begin + len(entries))
        self._kept[begin] = page
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return page


class Watch:
    """Looks who is behind; for many threads at once. `clock` is in microseconds."""

    def __init__(
        self,
        main: Log,
        subscribed: Subscribed,
        deliveries: Deliveries,
        clock: Callable[[], int],
    ) -> None:
        self._log = main
        self._subscribed = subscribed
        self._deliveries = deliveries
        self._clock = clock
        self._pages = _Pages(main)
        self._seen: dict[Key, Behind] = {}
        self._told: set[tuple[Key, int]] = set()

    def behind(self, key: Key, epoch: Epoch) -> Behind:
        """Return what an epoch lacks, as far as it was looked for."""
        acknowledged = self._deliveries.place(Mark.ACKNOWLEDGED, key)
        after = acknowledged.position if acknowledged else epoch.after
        before = self._seen.get(key)
        found = (
            _again(before, after) if before else Behind(after=after, looked_to=after)
        )
        end = self._end(epoch)
        end = min(end, found.looked_to + MAX_READ)
        while found.looked_to < end and found.urgent is None:
            found = self._looked(found, epoch, end)
        self._seen[key] = found
        return found

    def left(self) -> int:
        """Return how many entries are to be looked through still, for all epochs."""
        return sum(
            max(0, self._end(epoch) - found.looked_to)
            for key, epoch in self._subscribed.epochs()
            if (found := self._seen.get(key)) and found.urgent is None
        )

    def now(self) -> int:
        """Return the time that limits are compared with, in microseconds."""
        return self._clock()

    def alarms(self) -> list[tuple[Key, Missing]]:
        """Return who has not acknowledged which urgent event within its limit."""
        alarms: list[tuple[Key, Missing]] = []
        for key, epoch in self._subscribed.epochs():
            found = self.behind(key, epoch)
            if found.urgent is not None and found.alarm(epoch, self._clock()):
                alarms.append((key, found.urgent))
        return alarms

    def look(self) -> list[tuple[Key, Missing]]:
        """Return every alarm, and write those that are new to the server's log."""
        alarms = self.alarms()
        for key, urgent in alarms:
            if (key, urgent.position) not in self._told:
                authority, name, epoch_number = key
                log.warning(
                    "urgent event not acknowledged: position %d, subscription %s/%s, "
                    "epoch %d",
                    urgent.position,
                    authority,
                    name,
                    epoch_number,
                )
        self._told = {(key, urgent.position) for key, urgent in alarms}
        return alarms

    def _end(self, epoch: Epoch) -> int:
        """Return the last position there is of an epoch by now."""
        head = self._log.head().position
        return head if epoch.until is None else min(head, epoch.until)

    def _looked(self, found: Behind, epoch: Epoch, end: int) -> Behind:
        """Look through one page more, to a position at most."""
        page = self._pages.page(found.looked_to, end)
        taken = page.taken(epoch.wanted)
        end = min(end, page.last)
        first = found.first or _next(taken.all, found.looked_to, end)
        urgent = _next(taken.urgent, found.looked_to, end)
        looked_to = end if urgent is None else urgent.position
        return replace(found, looked_to=looked_to, first=first, urgent=urgent)


def _next(entries: Sequence[Missing], after: int, end: int) -> Missing | None:
    """Return the first entry between two positions, the latter one included."""
    index = bisect_right(entries, after, key=_position)
    found = entries[index] if index < len(entries) else None
    return found if found is not None and found.position <= end else None


_position = attrgetter("position")


def _again(before: Behind, after: int) -> Behind:
    """Return what is known once the acknowledgement stands at a position."""
    if after == before.after:
        return before
    urgent = before.urgent
    if urgent is not None and urgent.position <= after:
        urgent = None
    first = before.first
    if first is not None and first.position > after:
        return replace(before, after=after, urgent=urgent)
    # What is missing first is further on, and is looked for again from here.
    return Behind(after=after, looked_to=after)


@contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """Look every `LOOK_S` in a thread of its own until the block ends."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(LOOK_S):
            try:
                watch.look()
            except LogError as error:
                log.warning("who is behind is not known now: %s", error)

    thread = threading.Thread(target=work, name="watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
