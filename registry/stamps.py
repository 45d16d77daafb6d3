"""The times of entries: a clock that is believed within limits, and above the last.

What lives here: the stamp of the next entry, and by how much this node's clock was
seen to be ahead of the topic's. What never does: reading a clock; that comes in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from events.log import Accepted, ClockRefusedError, Head, Verdict

ACCEPTED_MARGIN_US = 1_000_000
"""A microsecond an entry: so many may follow an accepted time before the clock does."""


class Stamps:
    """Stamps the entries of one node; times in microseconds.

    `lead_us` is how far the last entry may be ahead of the clock, `accepted_us` the
    time up to which an operator accepted it however far ahead.
    """

    def __init__(
        self, clock: Callable[[], int], lead_us: int, accepted_us: int
    ) -> None:
        self._clock = clock
        self._lead_us = lead_us
        self._accepted_us = accepted_us + ACCEPTED_MARGIN_US
        self._ahead_us = 0
        self._read_us = 0

    def next(self, head: Head) -> int:
        """Return the time of the entry after a head, by the clock read now.

        Raises ClockRefusedError.
        """
        self._read_us = self._clock()
        return self.after(head, self._read_us)

    def after(self, head: Head, read: int) -> int:
        """Return the time of an entry after a head: the clock as read, and above it.

        Raises ClockRefusedError where the head is further ahead than clocks differ.
        """
        now = read - self._ahead_us
        accepted = head.recorded_at <= self._accepted_us
        if head.recorded_at - now > self._lead_us and not accepted:
            message = (
                f"the last entry is {(head.recorded_at - now) / 1e6:.1f} s ahead of "
                "this clock; set the clock right before writing"
            )
            raise ClockRefusedError(message)
        return max(now, head.recorded_at + 1)

    def measure(self, verdicts: Sequence[Verdict]) -> None:
        """Learn by how much this clock is ahead of the topic's, where there is one.

        The topic stamps after this node did, in whole milliseconds: what is above
        that is a lead, and later stamps are put back by it.
        """
        last = verdicts[-1]
        if isinstance(last, Accepted) and last.appended_ms is not None:
            latest = (last.appended_ms + 1) * 1_000
            self._ahead_us = max(0, self._read_us - latest)
