"""Run seeds: on all cores, with the shortest history of the first that fails.

python -m tests.simulation.run --seeds 100000
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.bugs import BUGS, FORKS
from tests.simulation.judge import BrokenPromiseError
from tests.simulation.schedule import Schedule, drawn, shortest
from tests.simulation.world import World

CHUNK = 50
GARBAGE = 50_000
"""Objects between two looks for cycles: a run makes some, and most of it is none."""
ENOUGH = 300
"""Seeds within which each planted bug is found."""


def broken(schedule: Schedule) -> str:
    """Run a schedule; return what was broken and how it came, or nothing."""
    world = World(schedule)
    try:
        world.run()
    except BrokenPromiseError as error:
        return "\n".join([schedule.told(), *world.trace, f"BROKEN: {error}"])
    return ""


def fails(schedule: Schedule) -> bool:
    """Whether a run of a schedule breaks a promise."""
    return bool(broken(schedule))


def explained(seed: int, *, fork: bool = False) -> str:
    """Return the shortest history found that shows what a failing seed shows."""
    found = shortest(drawn(seed, fork=fork), fails)
    return f"seed {seed}{' fork' if fork else ''}, made shorter:\n{broken(found)}"


def chunk(first: int, last: int, fork: bool) -> list[int]:
    """Return the seeds that fail from the first to before the last."""
    return [n for n in range(first, last) if fails(drawn(n, fork=fork))]


def failing(seeds: range, *, fork: bool = False) -> Iterator[int]:
    """Run seeds on all cores; give those that fail."""
    context = multiprocessing.get_context("spawn")
    starts = range(seeds.start, seeds.stop, CHUNK)
    with ProcessPoolExecutor(
        os.cpu_count(),
        mp_context=context,
        initializer=gc.set_threshold,
        initargs=(GARBAGE,),
    ) as pool:
        futures = [
            pool.submit(chunk, start, min(start + CHUNK, seeds.stop), fork)
            for start in starts
        ]
        for future in futures:
            yield from future.result()


def found_after(name: str) -> int:
    """Return how many seeds it takes to find a planted bug; 0: it was not found."""
    with BUGS[name]():
        for seed in range(ENOUGH):
            if fails(drawn(seed, fork=name in FORKS)):
                return seed + 1
    return 0


def main() -> int:
    """Run and report; 1 where a seed fails."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=2_000)
    parser.add_argument("--first", type=int, default=0)
    asked = parser.parse_args()
    seeds = range(asked.first, asked.first + asked.seeds)
    for fork in (False, True):
        for seed in failing(seeds, fork=fork):
            print(explained(seed, fork=fork))  # noqa: T201  the report
            return 1
    print(f"{2 * len(seeds)} runs, no promise broken")  # noqa: T201  the report
    return 0


if __name__ == "__main__":
    sys.exit(main())
