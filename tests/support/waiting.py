"""Waiting in a test for what other threads and processes bring about."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait(holds: Callable[[], bool], at_most_s: float = 60) -> None:
    """Wait until it holds; fail where that takes longer."""
    deadline = time.monotonic() + at_most_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
