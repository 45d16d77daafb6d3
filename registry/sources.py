"""Where time and chance come from: arguments, so that two runs can be equal.

What lives here: the two sources, and this machine's. What never does: their use.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from events.frame import SALT_BYTES


@dataclass(frozen=True, slots=True)
class Sources:
    """A clock and a source of salts."""

    clock: Callable[[], int]
    """Microseconds since the epoch."""
    salt: Callable[[], bytes]
    """Sixteen unpredictable bytes."""


def system_sources() -> Sources:
    """Return this machine's clock and the operating system's randomness."""
    return Sources(
        clock=lambda: time.time_ns() // 1_000,
        salt=lambda: secrets.token_bytes(SALT_BYTES),
    )
