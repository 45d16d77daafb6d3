"""A loop whose clock moves only when all in it wait: to the next thing that is due.

Sleeping costs no time, and what happens when is the same in every run. A thread that
calls in is let in, but the clock does not wait for it.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import Any


class SkippingLoop(asyncio.SelectorEventLoop):
    """An event loop; `time` is seconds since it was made."""

    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        """Return the clock's time in seconds."""
        return self._skipping.now

    monotonic = time
    """So that it stands in for the module of that function."""

    def due(self) -> int:
        """Return how much is still to happen later."""
        scheduled: Any = getattr(self, "_scheduled")  # noqa: B009  the loop's own
        return sum(not one.cancelled() for one in scheduled)


class _Skipping(selectors.DefaultSelector):
    now = 0.0

    def select(self, timeout: float | None = None) -> Any:  # noqa: ANN401  as the selector's
        """Return what is ready; where nothing is, the time of waiting is over."""
        if timeout is None:
            return super().select(None)
        ready = super().select(0)
        if not ready and timeout > 0:
            self.now += timeout
        return ready
