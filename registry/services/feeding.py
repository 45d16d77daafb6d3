"""The feed's own work: the next batch after a place, and the place at a position.

What lives here: pages, turned into what one reader is sent. What never does: signals,
who reads (`registry.services.events`), names (`registry.services.named`).
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections.abc import Callable
from operator import attrgetter
from typing import NamedTuple

from events.feed import Place, next_link
from events.filters import Filter
from registry.services.arrivals import PAGE, Arrivals
from registry.services.errors import PositionNotReachedError
from registry.services.pages import Page, batch_of


class Step(NamedTuple):
    """What comes next: a message of the stream, or None; and the place after it."""

    message: bytes | None
    place: Place


class Feed:
    """Makes batches; all methods run in one event loop."""

    def __init__(self, arrivals: Arrivals) -> None:
        self._arrivals = arrivals

    async def step(
        self,
        place: Place,
        wanted: Filter,
        until: Callable[[], int],
        most: int = PAGE,
    ) -> Step:
        """Return the next batch after a place, of one page at most.

        `until` is asked once the page is there; 0 is no end.
        """
        page = await self._arrivals.page(place.position)
        if page is None:
            return Step(None, place)
        return _step(page, place, wanted, until(), most)

    async def place_at(
        self, place: Place, wanted: Filter, position: int, deadline: float
    ) -> Place:
        """Fold a subscription from a place to a position.

        Raises PositionNotReachedError at the deadline, of `time.monotonic()`.
        """
        while place.position < position:
            if time.monotonic() >= deadline:
                raise PositionNotReachedError(place.position)
            page = await self._arrivals.page(place.position)
            if page is None:
                raise PositionNotReachedError(place.position)
            number, link = place.number, place.link
            for one in page.ready(wanted):
                if one.position <= place.position:
                    continue
                if one.position > position:
                    break
                number += 1
                link = next_link(link, number, one.said)
            last = min(page.last, position)
            place = Place(position=last, number=number, link=link)
            await asyncio.sleep(0)  # others are served between two pages
        return place


def _step(page: Page, place: Place, wanted: Filter, until: int, most: int) -> Step:
    last = min(page.last, until) if until else page.last
    whole = page.first == place.position + 1 and last == page.last
    if whole and most >= len(page.stored):
        batch = page.batch(place, wanted)
        if batch is None:
            return Step(None, place.over(last))
        return Step(batch.message, batch.place.over(last))
    ready = page.ready(wanted)
    begin = bisect_right(ready, place.position, key=_position)
    end = bisect_right(ready, last, key=_position)
    if begin == end:
        return Step(None, place.over(last))
    batch = batch_of(place, ready[begin : min(end, begin + most)])
    if end - begin > most:
        return Step(batch.message, batch.place)
    return Step(batch.message, batch.place.over(last))


_position = attrgetter("position")
