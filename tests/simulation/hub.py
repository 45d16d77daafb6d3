"""Virtual time and one schedule for everything that waits, drawn from a seed.

What lives here: the hub that greenlets sleep on. Everything that can wait in the code
under test waits here, so a seed decides every order in which things happen, and the
same seed does the same again.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable

import greenlet


class Hub:
    """Runs what is due next, in the order of virtual time."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311  no secret
        self.time = 1_000.0
        self.steps = 0
        self.pace = 1.0
        """How long idle waits last: more where nothing but stragglers is awaited."""
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._main = greenlet.getcurrent()
        self._spawned: list[greenlet.greenlet] = []
        self.after_step: Callable[[], None] = lambda: None

    def now(self) -> float:
        """Return the virtual time in seconds."""
        return self.time

    def at(self, when: float, what: Callable[[], object]) -> None:
        """Do something at a time."""
        heapq.heappush(self._due, (max(when, self.time), next(self._numbers), what))

    def spawn(self, work: Callable[[], None]) -> greenlet.greenlet:
        """Run something beside the rest."""
        made = greenlet.greenlet(work, parent=self._main)
        self._spawned = [one for one in self._spawned if not one.dead] + [made]
        self.at(self.time, lambda: made.switch() if not made.dead else None)
        return made

    def sleep(self, seconds: float) -> None:
        """Let others go on for a while. Only inside what was spawned."""
        me = greenlet.getcurrent()
        self.at(self.time + seconds, lambda: me.switch() if not me.dead else None)
        self._main.switch()

    def wait(self, holds: Callable[[], bool], until: float) -> bool:
        """Wait until a condition holds or a time passes; whether it holds."""
        while not holds():
            if self.time >= until:
                return False
            pause = self.pace * (0.01 + self.chance.random() * 0.02)
            self.sleep(min(pause, until - self.time))
        return True

    def end(self) -> None:
        """End whatever still waits, in the thread that it belongs to."""
        for one in self._spawned:
            if not one.dead:
                one.throw(greenlet.GreenletExit)

    def run(self, until: float, done: Callable[[], bool]) -> None:
        """Go on until everything is done, or a time passes."""
        while self._due and self._due[0][0] <= until and not done():
            self.time, _, what = heapq.heappop(self._due)
            self.steps += 1
            what()
            self.after_step()
