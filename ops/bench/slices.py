"""A slice of a processor for each server, as if each were on a machine of its own.

What lives here: groups of processes that the kernel lets run for so much of each period
(`cpu.cfs_quota_us`, the cpu controller of Linux control groups, version 1), each on one
processor: the kernel hands out a slice by the processor, and what a group was given on
one and left there it cannot use on another. What never does: load, figures.

Servers that share a benchmark's processors take them from each other; so what their
protocol costs is not told from what their copies and projections cost. With the same
slice each, a further server takes nothing from the others.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

CONTROLLER: Final = Path("/sys/fs/cgroup/cpu")
PERIOD_US: Final = 10_000
"""Short, so that a server that had its slice waits for the next one only so long."""
END_S: Final = 10.0
"""How long processes that were told to end may take to."""
LOOK_S: Final = 0.05
"""How often it is looked whether they have."""


class NoSlicesError(Exception):
    """The controller is not there, or is not ours to write."""


class Slices:
    """Gives out slices of a part of one processor each."""

    def __init__(self, part: float, under: Path) -> None:
        self._part, self._under = part, under
        self._made: list[Path] = []

    def give(self, processes: list[int]) -> None:
        """Let processes, and those that they start, run in one new slice."""
        group = self._under / str(len(self._made))
        group.mkdir()
        self._made.append(group)
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
        (group / "cpu.cfs_quota_us").write_text(str(int(self._part * PERIOD_US)))
        cpu = len(self._made) % (os.cpu_count() or 1)
        for process in processes:
            (group / "cgroup.procs").write_text(str(process))
            for task in Path(f"/proc/{process}/task").iterdir():
                os.sched_setaffinity(int(task.name), {cpu})

    def close(self) -> None:
        """Remove the groups once their processes, which were told to end, have."""
        while self._made:
            group = self._made.pop()
            until = time.monotonic() + END_S
            while (group / "cgroup.procs").read_text() and time.monotonic() < until:
                time.sleep(LOOK_S)
            group.rmdir()


@contextmanager
def slices(part: float) -> Iterator[Slices]:
    """Make slices of a part of a processor. Raises NoSlicesError."""
    under = CONTROLLER / f"childregistry-bench-{os.getpid()}"
    try:
        under.mkdir()
    except OSError as error:
        message = f"{under}: {error}"
        raise NoSlicesError(message) from error
    made = Slices(part, under)
    try:
        yield made
    finally:
        made.close()
        under.rmdir()
