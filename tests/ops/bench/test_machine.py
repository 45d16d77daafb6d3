"""The pace of the machine is taken beside a measurement, and only beside it."""

import threading
import time

import pytest

from ops.bench import machine
from ops.bench.machine import Machine


def test_the_pace_is_taken_again_and_again_and_ends_with_the_measurement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "EVERY_S", 0.001)
    with Machine() as beside:
        until = time.monotonic() + 30
        while len(beside.paces) < 3 and time.monotonic() < until:
            time.sleep(0.01)
    taken = list(beside.paces)
    assert len(taken) >= 3
    assert all(pace > 0 for pace in taken)
    assert "machine" not in {thread.name for thread in threading.enumerate()}


def test_a_measurement_shorter_than_one_piece_has_a_pace_too() -> None:
    with Machine() as beside:
        pass
    assert beside.paces
