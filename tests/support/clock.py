"""A clock that stands where a test puts it, and moves a millisecond at each look."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

from registry.sources import Sources

ZONE = timezone(timedelta(hours=8))
TICK_US = 1_000


class Clock:
    """Microseconds since the epoch; set to ten in the morning of a day in Beijing."""

    def __init__(self, day: str) -> None:
        self.now = 0
        self.set(day)

    def __call__(self) -> int:
        self.now += TICK_US
        return self.now

    def set(self, day: str, hour: int = 10) -> None:
        """Put the clock to an hour of a day."""
        moment = datetime.combine(date.fromisoformat(day), time(hour), ZONE)
        self.now = int(moment.timestamp()) * 1_000_000

    @property
    def sources(self) -> Sources:
        """The clock with fixed salts."""
        return Sources(clock=self, salt=lambda: bytes(16))
