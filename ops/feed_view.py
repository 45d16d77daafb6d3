"""What a person sees of a feed while it runs: place, lag, and the last events.

What lives here: the state of the view, and how it is drawn. What never does: following.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

from ops.subscriber import Delivered

LAST: Final = 12
"""Entries shown, the newest below."""
WINDOW_S: Final = 5.0
"""Over which the rate is taken."""
SAID: Final = {
    "caught_up": "live",
    "checkpoint": "live",
    "fell_behind": "fell behind",
    "lost": "server lost, going on elsewhere",
    "ended": "ended",
}


@dataclass(slots=True)
class View:
    """Position, numbers and the last entries of a feed."""

    title: str
    state: str = "catching up"
    position: int = 0
    number: int = 0
    acknowledged: int | None = None
    recorded_at: datetime | None = None
    last: deque[Delivered] = field(default_factory=lambda: deque(maxlen=LAST))
    times: deque[float] = field(default_factory=lambda: deque(maxlen=10_000))
    now: Callable[[], float] = time.monotonic

    def take(self, one: Delivered | str, position: int) -> None:
        """Take what the feed gave, and the position up to which all is passed."""
        self.position = max(self.position, position)
        if isinstance(one, str):
            self.state = SAID.get(one, one)
            return
        self.position, self.number = max(self.position, one.position), one.number
        self.recorded_at = one.recorded_at
        self.last.append(one)
        self.times.append(self.now())

    def rate(self) -> float:
        """Return entries a second, lately."""
        since = self.now() - WINDOW_S
        return sum(moment >= since for moment in self.times) / WINDOW_S

    def lag_s(self, wall: datetime) -> float | None:
        """Return how old the last entry is where the feed is not live, else 0."""
        if self.state == "live":
            return 0.0
        if self.recorded_at is None:
            return None
        return max(0.0, (wall - self.recorded_at).total_seconds())

    def drawn(self, wall: datetime | None = None) -> Group:
        """Return what is shown."""
        lag = self.lag_s(wall or datetime.now(UTC))
        head = Text(f"{self.title}: {self.state}", style="bold")
        told = f"position {self.position}, number {self.number}, {self.rate():.0f}/s"
        told += "" if lag is None else f", {lag:.0f} s behind"
        if self.acknowledged is not None:
            told += f", acknowledged up to {self.acknowledged}"
        table = Table(box=None, pad_edge=False)
        for column in ("number", "position", "recorded", "submitter", "events"):
            table.add_column(column)
        for one in self.last:
            urgent = any(header.urgent for header in one.events)
            table.add_row(
                str(one.number),
                str(one.position),
                f"{one.recorded_at:%Y-%m-%d %H:%M:%S}Z",
                one.submitter,
                ", ".join(header.type for header in one.events),
                style="red" if urgent else "",
            )
        return Group(head, Text(told), table)
