"""How fast the machine itself was while something was measured on it.

What lives here: a fixed piece of work, timed again and again beside a measurement. What
never does: load, servers, judgements.

A machine that shares its processors with others gives less in one minute than in the
next, and does not say so; a rate offered in a good minute is then more than a server
can take, and its times tell of the wait and not of the server. Only processor time is
counted, so what else this machine runs does not make the work look longer.
"""

from __future__ import annotations

import threading
import time
from typing import Final, Self

TURNS: Final = 30_000
"""Additions of one piece of work: a millisecond or two."""
EVERY_S: Final = 0.5
"""Between two pieces: together less than a hundredth of a processor."""


class Machine:
    """Times the fixed work for as long as it is entered; milliseconds each."""

    def __init__(self) -> None:
        self.paces: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="machine", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.paces.append(_piece())
            if self._over.wait(EVERY_S):
                return


def _piece() -> float:
    """Return the processor time of one piece of work, in milliseconds."""
    begin = time.thread_time()
    total = 0
    for turn in range(TURNS):
        total += turn
    return (time.thread_time() - begin) * 1e3
