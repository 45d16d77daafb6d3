"""Deliveries: what each subscription was offered and has acknowledged, kept by ticks.

What lives here: the marks of this server, and the thread that records those which
moved, once a tick. What never does: the ledger's bytes (`events.ledger`), whether a
place is one of a subscription (`registry.services.subscriptions`).

What is promised:

* A mark moves forward only. Of several servers the highest counts.
* An acknowledgement is confirmed only once the ledger has it: after a kill -9 right
  behind the answer it stands. Whoever does not wait is told what is durable so far.
* Losing the last tick may offer again; it never claims an acknowledgement.
* Where the ledger cannot be written nothing is lost but time: marks wait, one for each
  subscription, and `trouble` says why.
* A ledger that speaks of another history than the log is not written: a log restored
  from a backup would have acknowledged what nobody has seen.
"""

from __future__ import annotations

import bisect
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

from events.feed import Place
from events.ledger import Key, Ledger, Mark, Moved, Reached
from events.log import Log, LogClosedError, LogDamagedError, LogError

TICK_S: Final = 1.0
"""An entry at most so often from each server: what a kill may offer again."""
REMEMBERED: Final = 64
"""Places of a subscription kept in memory, so that a later one need not be folded from
far back; each is that of a message."""

log = logging.getLogger(__name__)


class LedgerRefusedError(LogDamagedError):
    """The ledger speaks of another history than the log; a person must look."""


@dataclass(slots=True)
class _Marks:
    """What this server knows of one epoch, beyond what the ledger has."""

    offered: Place | None = None
    acknowledged: Place | None = None
    places: list[Place] = field(default_factory=list)


class Deliveries:
    """Keeps marks; for many threads at once.

    `existing` is the ledger that is there already; `opened` makes one, when something
    is first to be recorded: a registry that nobody subscribes to has none. Whoever
    only looks gives nothing to make one with.
    """

    def __init__(
        self,
        main: Log,
        existing: Ledger | None,
        opened: Callable[[], Ledger] | None = None,
        tick_s: float = TICK_S,
    ) -> None:
        self._log = main
        self._opened = opened
        self._ledger = existing
        self._tick_s = tick_s
        self._known: dict[Key, _Marks] = {}
        self._moved: dict[tuple[Mark, Key], Place] = {}
        self._waiting: list[tuple[Key, int, Future[None]]] = []
        self._guard = threading.Lock()
        self._ticking = threading.Lock()
        self._some = threading.Event()
        self._closing = threading.Event()
        self._trouble: str | None = None
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)

    @property
    def trouble(self) -> str | None:
        """Why nothing is recorded now, or None."""
        return self._trouble

    def start(self) -> None:
        """Record what moves in a thread of its own until `close`."""
        self._thread.start()

    def offered(self, key: Key, place: Place) -> None:
        """Say that all up to a place was handed to the transport."""
        with self._guard:
            marks = self._known.setdefault(key, _Marks())
            if marks.offered is None or place.position > marks.offered.position:
                marks.offered = place
                self._moved[Mark.OFFERED, key] = place
            if not marks.places or place.position > marks.places[-1].position:
                marks.places.append(place)
                if len(marks.places) > REMEMBERED:
                    del marks.places[: REMEMBERED // 2]
        self._some.set()

    def acknowledge(self, key: Key, place: Place) -> Future[None]:
        """Move an acknowledgement to a place; the future is done when that is durable.

        Raises LogClosedError during shutdown.
        """
        future: Future[None] = Future()
        known = self.place(Mark.ACKNOWLEDGED, key)
        with self._guard:
            if self._closing.is_set():
                raise LogClosedError
            if known is None or place.position > known.position:
                self._known.setdefault(key, _Marks()).acknowledged = place
                self._moved[Mark.ACKNOWLEDGED, key] = place
            self._waiting.append((key, place.position, future))
        self._some.set()
        return future

    def place(self, mark: Mark, key: Key) -> Place | None:
        """Return how far a mark has come, as far as this server knows."""
        with self._guard:
            marks = self._known.get(key, _Marks())
            here = marks.offered if mark is Mark.OFFERED else marks.acknowledged
        found = self.durable(mark, key)
        if here is None or (found is not None and found.position > here.position):
            return found
        return here

    def durable(self, mark: Mark, key: Key) -> Place | None:
        """Return how far a mark has come in the ledger."""
        return None if self._ledger is None else self._ledger.place(mark, key)

    def reached(self, mark: Mark, key: Key, position: int) -> Reached | None:
        """Return when a mark came to a position, by the ledger."""
        if self._ledger is None:
            return None
        return self._ledger.reached(mark, key, position)

    def nearest(self, key: Key, position: int) -> Place | None:
        """Return the last place of a subscription known at or before a position."""
        acknowledged = self.place(Mark.ACKNOWLEDGED, key)
        with self._guard:
            places = self._known.get(key, _Marks()).places
            index = bisect.bisect_right(places, position, key=lambda p: p.position)
            found = places[index - 1] if index else None
        known = [p for p in (found, acknowledged) if p and p.position <= position]
        return max(known, key=lambda p: p.position) if known else None

    def tick(self) -> None:
        """Record what moved since the last tick, and tell whoever waits for it.

        Raises LogError: nothing is forgotten then, and the next tick tries again.
        """
        with self._ticking:
            self._tick()

    def check(self) -> None:
        """Raise LedgerRefusedError where the ledger is not this log's."""
        if self._ledger is not None and not self._ledger.agrees(self._log):
            message = "the delivery ledger speaks of another history than the log"
            raise LedgerRefusedError(message)

    def close(self) -> None:
        """Record what moved, and stop; whoever still waits gets LogClosedError."""
        self._closing.set()
        self._some.set()
        if self._thread.ident is not None:
            self._thread.join()
        try:
            self.tick()
        except LogError as error:
            log.warning("the last marks are not recorded: %s", error)
        with self._guard:
            waiting, self._waiting = self._waiting, []
        for _, _, future in waiting:
            if future.set_running_or_notify_cancel():
                future.set_exception(LogClosedError())
        if self._ledger is not None:
            self._ledger.close()

    def _tick(self) -> None:
        with self._guard:
            moved, self._moved = self._moved, {}
        try:
            if moved:
                self.check()
                if self._ledger is None:
                    assert self._opened is not None, "who only looks moves nothing"  # noqa: S101  the card, 17
                    self._ledger = self._opened()
                found = [Moved(mark=m, key=k, place=p) for (m, k), p in moved.items()]
                self._ledger.record(found, self._log.head())
        except BaseException:
            with self._guard:
                self._moved = {**moved, **self._moved}
            raise
        self._confirm()

    def _confirm(self) -> None:
        """Tell whoever waits for what the ledger has by now."""
        with self._guard:
            waiting, self._waiting = self._waiting, []
        left: list[tuple[Key, int, Future[None]]] = []
        for key, position, future in waiting:
            durable = self.durable(Mark.ACKNOWLEDGED, key)
            if durable is None or durable.position < position:
                if not future.cancelled():
                    left.append((key, position, future))
            elif future.set_running_or_notify_cancel():
                future.set_result(None)
        with self._guard:
            self._waiting += left

    def _run(self) -> None:
        while not self._closing.is_set():
            self._some.wait()
            self._some.clear()
            if self._closing.wait(self._tick_s):
                return
            try:
                self.tick()
            except LogError as error:
                self._told(str(error))
                self._some.set()
            else:
                self._told(None)

    def _told(self, trouble: str | None) -> None:
        if trouble is not None and trouble != self._trouble:
            log.warning("deliveries are not recorded: %s", trouble)
        self._trouble = trouble
