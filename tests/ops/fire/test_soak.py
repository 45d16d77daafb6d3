"""The memory of a server is sampled while it works, and its slope is told."""

from __future__ import annotations

from pathlib import Path

from ops.broker import Cluster
from ops.fire.soak import soak, told


def test_the_slope_is_that_of_the_later_half() -> None:
    filling = [(float(minute), 100.0 + minute) for minute in range(10)]
    flat = [(float(minute), 110.0) for minute in range(10, 20)]
    found = told([*filling, *flat])
    assert (found["first_mb"], found["most_mb"], found["last_mb"]) == (100, 110, 110)
    assert found["slope_mb_per_hour"] == 0.0
    leaking = [(float(minute), 100.0 + minute) for minute in range(20)]
    assert told(leaking)["slope_mb_per_hour"] == 60.0


def test_a_server_is_loaded_and_watched(cluster: Cluster, tmp_path: Path) -> None:
    assert cluster.addresses  # a broker can be had here; the soak has its own
    found = soak(tmp_path, minutes=0.05, pause_s=0.05, every_s=0.5)
    assert isinstance(found["acknowledged"], int)
    assert found["acknowledged"] > 10
    assert isinstance(found["most_mb"], float)
    assert found["most_mb"] > 20
