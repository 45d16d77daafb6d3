"""Virtual time and one schedule for everything that waits, drawn from a seed.

What lives here: the hub that greenlets sleep on. Everything that can wait in the code
under test waits here, so a seed decides every order in which things happen, and the
same seed does the same again.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterable

import greenlet

WAKING_S = 0.01
"""Who is woken goes on within so long."""


class Bell:
    """Wakes those who doze until it rings."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._waiting: list[greenlet.greenlet] = []

    def awaited(self, by: greenlet.greenlet) -> None:
        """Remember who is to be woken."""
        self._waiting.append(by)

    def ring(self) -> None:
        """Wake all."""
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            self._hub.wake(one)


class Hub:
    """Runs what is due next, in the order of virtual time."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311  no secret
        self.time = 1_000.0
        self.steps = 0
        self.pace = 1.0
        """How long a tail asks for nothing new: more where only stragglers come."""
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._main = greenlet.getcurrent()
        self._spawned: list[greenlet.greenlet] = []
        self._stalled: dict[greenlet.greenlet, float] = {}
        self._asleep: dict[greenlet.greenlet, int] = {}
        self._wakings = itertools.count()
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
        self._resume(me, self.time + seconds)
        while self._stalled.get(me, 0.0) > self.time:
            self._resume(me, self._stalled[me])

    def stall(self, which: Iterable[greenlet.greenlet], until: float) -> None:
        """Let some do nothing until a time, wherever they wait: frozen, not dead."""
        self._stalled = {g: at for g, at in self._stalled.items() if not g.dead}
        self._stalled |= dict.fromkeys(which, until)

    def wake(self, sleeper: greenlet.greenlet) -> None:
        """Let who sleeps go on a little later instead."""
        if sleeper in self._asleep:
            self._wake_at(sleeper, self.time + self.chance.random() * WAKING_S)

    def _resume(self, me: greenlet.greenlet, when: float) -> None:
        self._wake_at(me, when)
        self._main.switch()

    def _wake_at(self, sleeper: greenlet.greenlet, when: float) -> None:
        """Wake at a time, and not at whatever time was said before."""
        self._asleep[sleeper] = number = next(self._wakings)

        def woken() -> None:
            if self._asleep.get(sleeper) == number:
                del self._asleep[sleeper]
                if not sleeper.dead:
                    sleeper.switch()

        self.at(when, woken)

    def doze(self, bell: Bell, holds: Callable[[], bool], until: float) -> bool:
        """Wait until a condition holds, looking only when a bell was rung."""
        while not holds():
            if self.time >= until:
                return False
            bell.awaited(greenlet.getcurrent())
            self.sleep(until - self.time)
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
