"""Run seeds: on all cores, with the shortest history of the first that fails.

python -m tests.simulation.run --seeds 100000
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.bugs import BUGS, FORKS
from tests.simulation.world import BrokenPromiseError, World

CHUNK = 50
OPERATIONS = 24
ENOUGH = 300
"""Seeds within which each planted bug is found."""


def broken(seed: int, operations: int = OPERATIONS, *, fork: bool = False) -> str:
    """Run a seed; return what was broken and how it came, or nothing."""
    world = World(seed, operations, fork=fork)
    try:
        world.run()
    except BrokenPromiseError as error:
        return "\n".join([*world.trace, str(error)])
    return ""


def shortest(seed: int, *, fork: bool = False) -> str:
    """Return the shortest history of a failing seed: as few operations as fail."""
    for operations in range(1, OPERATIONS + 1):
        if told := broken(seed, operations, fork=fork):
            return told
    return ""


def chunk(first: int, last: int, fork: bool) -> list[int]:
    """Return the seeds that fail from the first to before the last."""
    return [seed for seed in range(first, last) if broken(seed, fork=fork)]


def failing(seeds: range, *, fork: bool = False) -> Iterator[int]:
    """Run seeds on all cores; give those that fail."""
    context = multiprocessing.get_context("spawn")
    starts = range(seeds.start, seeds.stop, CHUNK)
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
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
            if broken(seed, fork=name in FORKS):
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
            print(shortest(seed, fork=fork))  # noqa: T201  the report
            return 1
    print(f"{2 * len(seeds)} runs, no promise broken")  # noqa: T201  the report
    return 0


if __name__ == "__main__":
    sys.exit(main())
